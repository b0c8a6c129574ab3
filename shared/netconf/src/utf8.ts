import { isUtf8 } from 'node:buffer';

/** The text of a message; `undefined` where it is not UTF-8 (RFC 6241 §3 asks for it). A byte order mark is dropped. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', marked ? 3 : 0);
}
