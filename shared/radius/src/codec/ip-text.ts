/** The four bytes of `192.0.2.1`; nothing where it is no such text. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const fine = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return fine ? Uint8Array.from(parts, Number) : undefined;
}

export const formatIpv4 = (value: Uint8Array): string => value.join('.');

/** The sixteen bytes of an IPv6 address, in any of the forms of RFC 4291 §2.2; nothing where it is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const dotted = /^(.*:)([^:]*\.[^:]*)$/.exec(text);
  if (dotted !== null) {
    const last = parseIpv4(dotted[2]!);
    if (last === undefined) return undefined;
    const words = [0, 2].map((at) => ((last[at]! << 8) | last[at + 1]!).toString(16));
    return parseIpv6(`${dotted[1]}${words.join(':')}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const words = [...head, ...tail];
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  if (halves.length === 1 ? words.length !== 8 : words.length > 7) return undefined;
  const all = [...head, ...Array<string>(8 - words.length).fill('0'), ...tail];
  return Uint8Array.from(all.flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 0xff]));
}

/** The canonical text of RFC 5952 §4. */
export function formatIpv6(value: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, at) => (value[2 * at]! << 8) | value[2 * at + 1]!);
  let longest = { at: 0, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && words[at + length] === 0) length++;
    if (length > longest.length) longest = { at, length };
  }
  const texts = words.map((word) => word.toString(16));
  if (longest.length === 1) return texts.join(':');
  return `${texts.slice(0, longest.at).join(':')}::${texts.slice(longest.at + longest.length).join(':')}`;
}

/** RFC 3162 §2.3: a reserved byte, the length of the prefix in bits, and as many bytes as it needs. */
export function parsePrefix(text: string): Uint8Array | undefined {
  const [, address, length] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const bytes = parseIpv6(address ?? '');
  const bits = Number(length);
  if (bytes === undefined || bits > 128) return undefined;
  return Uint8Array.of(0, bits, ...masked(bytes, bits).subarray(0, Math.ceil(bits / 8)));
}

/** `value` is 2 to 18 bytes, its second at most 128. Bits beyond the prefix are left out. */
export function formatPrefix(value: Uint8Array): string {
  const bytes = new Uint8Array(16);
  bytes.set(value.subarray(2));
  return `${formatIpv6(masked(bytes, value[1]!))}/${value[1]}`;
}

function masked(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * at))) & 0xff);
}
