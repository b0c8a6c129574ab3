const WIDTH = 120;

/** A doc comment of paragraphs; nothing where there are none. */
export function docComment(paragraphs: readonly string[], indent: string): string {
  if (paragraphs.length === 0) return '';
  const lines = paragraphs.flatMap((paragraph, at) => [
    ...(at > 0 ? [''] : []),
    ...wrapped(paragraph, WIDTH - indent.length - 3),
  ]);
  const [only] = lines;
  if (lines.length === 1 && only !== undefined && indent.length + only.length + 7 <= WIDTH)
    return `${indent}/** ${only} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line && ` ${line}`}\n`).join('')}${indent} */\n`;
}

/** The paragraphs of a YANG description. Lines that stand further in than the first are kept as they are. */
export function paragraphsOf(description: string | undefined): string[] {
  return (description ?? '')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').replaceAll('*/', '*\\/').trim())
    .filter((paragraph) => paragraph !== '');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
