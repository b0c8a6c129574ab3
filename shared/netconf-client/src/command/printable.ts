/**
 * Text of a server's making, safe to show: what would steer a terminal (control characters, C1 among them, which XML lets
 * pass) or turn the order of what is read around stands there as `\u009b`. In JSON that means the same character.
 */
export const printable = (text: string): string =>
  text.replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** All of Cc but line feed and tabulator (a carriage return only before a line feed), and the bidirectional controls. */
const STEERING = /\r(?!\n)|(?![\t\n\r])\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
