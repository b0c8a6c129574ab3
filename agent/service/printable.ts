/** Control and format characters: what moves a terminal's cursor, or turns its text around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

export const isPrintable = (text: string): boolean => text.search(UNPRINTABLE) < 0;

/** What others wrote, fit for a terminal and a line of a log: without what controls either, and not without end. */
export function printable(text: string, longest = 1024): string {
  const plain = text.replace(/[\t\r\n]+/g, ' ').replace(UNPRINTABLE, '\uFFFD');
  if (plain.length <= longest) return plain;
  // In whole characters: half a surrogate pair is none.
  const characters = [...plain];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : plain;
}
