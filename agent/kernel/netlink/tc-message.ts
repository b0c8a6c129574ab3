import { Attributes, MessageWriter } from './message.ts';

/** Traffic control: linux/rtnetlink.h, linux/pkt_sched.h. */
export const TC_MESSAGE = {
  newQdisc: 36,
  deleteQdisc: 37,
  getQdisc: 38,
  newClass: 40,
  deleteClass: 41,
  getClass: 42,
  newFilter: 44,
  deleteFilter: 45,
  getFilter: 46,
  newAction: 48,
} as const;

export const TCA = { kind: 1, options: 2, statistics: 7 } as const;

export const PARENT = {
  root: 0xffffffff,
  /** Of the qdiscs `ingress` and `clsact`. */
  ingress: 0xfffffff1,
  /** Of filters on what arrives, in either. */
  arriving: 0xfffffff2,
  /** `ffff:`: the same of `ingress` alone, as people write it. */
  ffff: 0xffff0000,
} as const;

const HEADER = 20;

export interface TcHead {
  /** Index of the link. */
  readonly link: number;
  readonly handle?: number;
  readonly parent?: number;
  readonly info?: number;
}

/** struct tcmsg. */
export function tcMessage(
  type: number,
  flags: number,
  { link, handle = 0, parent = 0, info = 0 }: TcHead,
): MessageWriter {
  const header = Buffer.alloc(HEADER);
  header.writeInt32LE(link, 4);
  header.writeUInt32LE(handle, 8);
  header.writeUInt32LE(parent, 12);
  header.writeUInt32LE(info, 16);
  return new MessageWriter(type, flags, header);
}

export interface TcThing extends Required<TcHead> {
  readonly kind: string;
  readonly attributes: Attributes;
}

/** A qdisc, class or filter as the kernel tells of it. */
export function readTcThing(payload: Buffer): TcThing | undefined {
  if (payload.length < HEADER) return undefined;
  const attributes = new Attributes(payload, HEADER);
  return {
    link: payload.readInt32LE(4),
    handle: payload.readUInt32LE(8),
    parent: payload.readUInt32LE(12),
    info: payload.readUInt32LE(16),
    kind: attributes.string(TCA.kind) ?? '',
    attributes,
  };
}

/** `5b1a:1`; `root` and `5b1a:` as tc writes them. */
export function parseHandle(text: string): number {
  if (text === 'root') return PARENT.root;
  const [major = '', minor = ''] = text.split(':');
  return ((Number.parseInt(major || '0', 16) << 16) | Number.parseInt(minor || '0', 16)) >>> 0;
}

export function handleText(handle: number): string {
  if (handle === PARENT.root) return 'root';
  const minor = handle & 0xffff;
  return `${(handle >>> 16).toString(16)}:${minor === 0 ? '' : minor.toString(16)}`;
}

/** The kernel's unit of time in traffic control, nanoseconds (PSCHED_SHIFT; /proc/net/psched says the same). */
const TICK = 64;
const MOST_TICKS = 0xffffffff;

/** How long that many bytes take at a rate: bursts are told so. Bytes, bit/s. */
export const ticksOf = (bytes: number, rate: number): number =>
  Math.min(MOST_TICKS, Math.max(1, Math.round((bytes * 8 * 1e9) / (rate * TICK))));

export const bytesOf = (ticks: number, rate: number): number => Math.round((ticks * TICK * rate) / (8 * 1e9));

/** struct tc_ratespec has 32 bits for bytes per second; what is more stands in an attribute of its own. */
const MOST_IN_SPEC = 0xffffffff;
export const RATE_SPEC = 12;
const ETHERNET_LAYER = 1;

/** Without a table: kernels since 3.8 reckon with the rate itself, where the link layer is said. */
export function rateSpec(rate: number): Buffer {
  const bytes = Buffer.alloc(RATE_SPEC);
  // Of a table that nobody looks into.
  bytes[0] = 3;
  bytes[1] = ETHERNET_LAYER;
  bytes.writeUInt32LE(Math.min(MOST_IN_SPEC, bytesPerSecond(rate)), 8);
  return bytes;
}

export const bytesPerSecond = (rate: number): number => Math.max(1, Math.floor(rate / 8));

/** Undefined where the spec says all of it. */
export const wideRate = (rate: number): bigint | undefined =>
  bytesPerSecond(rate) < MOST_IN_SPEC ? undefined : BigInt(bytesPerSecond(rate));

/** bit/s. */
export const readRate = (spec: Buffer, at: number, wide: bigint | undefined): number =>
  8 * Number(wide ?? spec.readUInt32LE(at + 8));
