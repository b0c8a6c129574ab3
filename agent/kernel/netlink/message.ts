/**
 * Netlink messages as bytes (RFC 3549 §2.3.2, linux/netlink.h): a header, a fixed part that the family knows, then
 * attributes, each of them a length, a type and a value padded to four bytes. In the byte order of the machine:
 * little-endian, as is all that the system calls of this folder are known for.
 */

/** Flags of a request. What they mean together is the family's: `create | exclusive` adds, `create | replace` sets. */
export const FLAG = {
  request: 0x1,
  acknowledge: 0x4,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
} as const;

/** Types that every family has. */
export const CONTROL = { nothing: 1, error: 2, done: 3 } as const;

/** Of an answer: the objects changed while they were listed, so that the list is of no one moment. */
export const INTERRUPTED = 0x10;
/** Of an answer: the message it answers is not repeated in it. */
const CAPPED = 0x100;
/** Of an answer: attributes follow that say more. */
const EXPLAINED = 0x200;

export const HEADER_LENGTH = 16;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;
const LONGEST_ATTRIBUTE = 0xffff;

const aligned = (length: number) => (length + 3) & ~3;

/** A message being written. Every value is checked against what its width holds: RangeError, a bug of the caller's. */
export class MessageWriter {
  #bytes: Buffer;
  #length: number;

  /** `header` is the family's fixed part (`ifinfomsg`, `rtmsg`, `tcmsg`). `request` and `acknowledge` come of themselves. */
  constructor(type: number, flags: number, header: Uint8Array = Buffer.alloc(0)) {
    this.#bytes = Buffer.alloc(512);
    this.#length = HEADER_LENGTH;
    this.#bytes.writeUInt16LE(type, 4);
    this.#bytes.writeUInt16LE(flags | FLAG.request, 6);
    const start = this.#reserve(header.length);
    this.#bytes.set(header, start);
  }

  u8(type: number, value: number): this {
    const start = this.#attribute(type, 1);
    this.#bytes.writeUInt8(value, start);
    return this;
  }

  u16(type: number, value: number): this {
    const start = this.#attribute(type, 2);
    this.#bytes.writeUInt16LE(value, start);
    return this;
  }

  u32(type: number, value: number): this {
    const start = this.#attribute(type, 4);
    this.#bytes.writeUInt32LE(value, start);
    return this;
  }

  u64(type: number, value: bigint): this {
    const start = this.#attribute(type, 8);
    this.#bytes.writeBigUInt64LE(value, start);
    return this;
  }

  /** In network byte order: ports, keys of tunnels, all numbers of nfnetlink. */
  u16be(type: number, value: number): this {
    const start = this.#attribute(type, 2);
    this.#bytes.writeUInt16BE(value, start);
    return this;
  }

  u32be(type: number, value: number): this {
    const start = this.#attribute(type, 4);
    this.#bytes.writeUInt32BE(value, start);
    return this;
  }

  /** Ended by a zero byte. */
  string(type: number, text: string): this {
    const value = Buffer.from(`${text}\0`);
    return this.bytes(type, value);
  }

  bytes(type: number, value: Uint8Array): this {
    const start = this.#attribute(type, value.length);
    this.#bytes.set(value, start);
    return this;
  }

  /** Says all by being there. */
  flag(type: number): this {
    this.#attribute(type, 0);
    return this;
  }

  /** What `write` writes stands inside. */
  nest(type: number, write: (inner: this) => void): this {
    const value = this.#attribute(type | NESTED, 0);
    write(this);
    const length = this.#length - value + 4;
    if (length > LONGEST_ATTRIBUTE) throw new RangeError(`attribute ${type}: ${length} bytes`);
    this.#bytes.writeUInt16LE(length, value - 4);
    return this;
  }

  /** The whole message. `flags` are added to those it was begun with. */
  finish(sequence: number, flags = 0): Buffer {
    this.#bytes.writeUInt32LE(this.#length, 0);
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    bytes.writeUInt16LE(bytes.readUInt16LE(6) | flags, 6);
    bytes.writeUInt32LE(sequence, 8);
    return bytes;
  }

  /** Where the value of a new attribute goes; asked for first, for the bytes may move. */
  #attribute(type: number, length: number): number {
    if (length + 4 > LONGEST_ATTRIBUTE) throw new RangeError(`attribute ${type}: ${length} bytes`);
    const start = this.#reserve(4 + length);
    this.#bytes.writeUInt16LE(4 + length, start);
    this.#bytes.writeUInt16LE(type, start + 2);
    return start + 4;
  }

  #reserve(length: number): number {
    const start = this.#length;
    this.#length = start + aligned(length);
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return start;
  }
}

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** The messages of one datagram; undefined where a length leads outside. */
export function readMessages(datagram: Buffer): readonly NetlinkMessage[] | undefined {
  const messages: NetlinkMessage[] = [];
  for (let start = 0; start < datagram.length; ) {
    if (datagram.length - start < HEADER_LENGTH) return undefined;
    const length = datagram.readUInt32LE(start);
    if (length < HEADER_LENGTH || length > datagram.length - start) return undefined;
    messages.push({
      type: datagram.readUInt16LE(start + 4),
      flags: datagram.readUInt16LE(start + 6),
      sequence: datagram.readUInt32LE(start + 8),
      payload: datagram.subarray(start + HEADER_LENGTH, start + length),
    });
    start += aligned(length);
  }
  return messages;
}

export interface Verdict {
  /** 0: it was done. Else an errno, positive. */
  readonly code: number;
  /** What the kernel says of it, where it says anything. */
  readonly message?: string;
}

/** What an `error` message, or the `done` of a list, says. */
export function readVerdict({ type, flags, payload }: NetlinkMessage): Verdict {
  if (payload.length < 4) return { code: 0 };
  const code = Math.abs(payload.readInt32LE(0));
  if ((flags & EXPLAINED) === 0) return { code };
  let start = 4;
  if (type === CONTROL.error) {
    if (payload.length < 4 + HEADER_LENGTH) return { code };
    start += (flags & CAPPED) === 0 ? aligned(payload.readUInt32LE(4)) : HEADER_LENGTH;
  }
  const message = new Attributes(payload, start).string(1);
  return message === undefined ? { code } : { code, message };
}

/**
 * The attributes of a message or of an attribute. One that is absent, or too short for what is asked, is undefined; what
 * follows a length that leads outside does not count. Of several of one type the last counts, as in the kernel.
 */
export class Attributes {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Types and values in order: for lists whose entries have one type. */
  get all(): readonly { readonly type: number; readonly value: Buffer }[] {
    const all: { type: number; value: Buffer }[] = [];
    this.#walk((type, start, end) => all.push({ type, value: this.#bytes.subarray(start, end) }));
    return all;
  }

  has(type: number): boolean {
    return this.#find(type) !== undefined;
  }

  u8(type: number): number | undefined {
    const at = this.#place(type, 1);
    return at === undefined ? undefined : this.#bytes.readUInt8(at);
  }

  u16(type: number): number | undefined {
    const at = this.#place(type, 2);
    return at === undefined ? undefined : this.#bytes.readUInt16LE(at);
  }

  u32(type: number): number | undefined {
    const at = this.#place(type, 4);
    return at === undefined ? undefined : this.#bytes.readUInt32LE(at);
  }

  u64(type: number): bigint | undefined {
    const at = this.#place(type, 8);
    return at === undefined ? undefined : this.#bytes.readBigUInt64LE(at);
  }

  u16be(type: number): number | undefined {
    const at = this.#place(type, 2);
    return at === undefined ? undefined : this.#bytes.readUInt16BE(at);
  }

  u32be(type: number): number | undefined {
    const at = this.#place(type, 4);
    return at === undefined ? undefined : this.#bytes.readUInt32BE(at);
  }

  /** Up to the first zero byte. */
  string(type: number): string | undefined {
    return this.bytes(type)?.toString().replace(/\0.*$/s, '');
  }

  bytes(type: number): Buffer | undefined {
    const found = this.#find(type);
    return found === undefined ? undefined : this.#bytes.subarray(found.start, found.end);
  }

  nested(type: number): Attributes | undefined {
    const found = this.#find(type);
    return found === undefined ? undefined : new Attributes(this.#bytes, found.start, found.end);
  }

  #place(type: number, length: number): number | undefined {
    const found = this.#find(type);
    return found === undefined || found.end - found.start < length ? undefined : found.start;
  }

  /** There are few, and most are asked for once: no index is made of them. */
  #find(wanted: number): { readonly start: number; readonly end: number } | undefined {
    let found: { readonly start: number; readonly end: number } | undefined;
    this.#walk((type, start, end) => {
      if (type === wanted) found = { start, end };
    });
    return found;
  }

  #walk(visit: (type: number, start: number, end: number) => void): void {
    const bytes = this.#bytes;
    for (let at = this.#start; at + 4 <= this.#end; ) {
      const length = bytes.readUInt16LE(at);
      if (length < 4 || length > this.#end - at) return;
      visit(bytes.readUInt16LE(at + 2) & TYPE_MASK, at + 4, at + length);
      at += aligned(length);
    }
  }
}
