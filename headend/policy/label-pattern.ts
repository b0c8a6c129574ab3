/** What a pattern is made of, once its stars are taken out. */
interface Shape {
  /** The characters of the pattern; `?` stands for any one. */
  readonly items: readonly string[];
  /** `loops[i]`: a star stands before item i; the last: at the end. */
  readonly loops: readonly boolean[];
}

/**
 * Tells whether a label is like a pattern: `*` stands for any text, none too, `?` for one character, everything else for
 * itself. A character is one of Unicode's; labels that look the same are the same (NFC). Case counts.
 *
 * The label is read once, whatever the pattern: all ways to match it are followed together, a bit for each, so that no
 * label of a host makes this slow.
 */
export function labelPattern(pattern: string): (label: string) => boolean {
  const text = pattern.normalize('NFC');
  if (!/[*?]/.test(text)) return (label) => label.normalize('NFC') === text;
  const { items, loops } = shapeOf(text);
  const words = (items.length >> 5) + 1;
  const bit = (at: number) => 1 << (at & 31);
  const any = new Int32Array(words);
  const stay = new Int32Array(words);
  const literals = new Map<string, Int32Array>();
  items.forEach((item, at) => {
    if (item === '?') any[at >> 5]! |= bit(at);
  });
  items.forEach((item, at) => {
    if (item === '?') return;
    const mask = literals.get(item) ?? Int32Array.from(any);
    mask[at >> 5]! |= bit(at);
    literals.set(item, mask);
  });
  loops.forEach((loop, at) => {
    if (loop) stay[at >> 5]! |= bit(at);
  });

  return (label) => {
    // Bit i: the first i items match what was read.
    const reached = new Int32Array(words);
    reached[0] = 1;
    for (const character of label.normalize('NFC')) {
      const mask = literals.get(character) ?? any;
      let carry = 0;
      for (let word = 0; word < words; word++) {
        const before = reached[word]!;
        const moved = before & mask[word]!;
        reached[word] = (moved << 1) | carry | (before & stay[word]!);
        carry = moved >>> 31;
      }
    }
    return (reached[items.length >> 5]! & bit(items.length)) !== 0;
  };
}

/** Whether every label that is like `narrow` is like `wide` too. True is certain; false may be an oversight. */
export function patternCovers(wide: string, narrow: string): boolean {
  const { items, loops } = shapeOf(wide.normalize('NFC'));
  let reached = new Set([0]);
  for (const character of narrow.normalize('NFC')) {
    const next = new Set<number>();
    for (const at of reached) {
      // A star of the narrow one stands for anything, so only where the wide one has a star is it at home.
      if (loops[at]) next.add(at);
      if (character !== '*' && (items[at] === '?' || items[at] === character)) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(items.length);
}

function shapeOf(pattern: string): Shape {
  const items: string[] = [];
  const loops: boolean[] = [false];
  for (const character of pattern) {
    if (character === '*') loops[items.length] = true;
    else {
      items.push(character);
      loops.push(false);
    }
  }
  return { items, loops };
}
