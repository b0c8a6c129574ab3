/** The strings and numbers of RFC 4251 §5, in the order written. */
export function wireString(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([wireNumber(bytes.length), bytes]);
}

export function wireNumber(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The first string of `bytes` and what follows it; undefined where the bytes end too early. */
export function readWireString(bytes: Buffer): { value: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 4) return undefined;
  const end = 4 + bytes.readUInt32BE(0);
  return end > bytes.length ? undefined : { value: bytes.subarray(4, end), rest: bytes.subarray(end) };
}
