import { failed, ok, type Result } from '@sublane/basics';
import { findLink, LINK_MESSAGE, readLink } from './link-messages.ts';
import { FLAG, MessageWriter } from './message.ts';
import type { NetlinkFailure, NetlinkSocket } from './netlink-socket.ts';
import type { FilterPlace } from './tc-filters.ts';
import {
  bytesOf,
  PARENT,
  RATE_SPEC,
  rateSpec,
  readRate,
  TC_MESSAGE,
  TCA,
  type TcThing,
  tcMessage,
  ticksOf,
  wideRate,
} from './tc-message.ts';

/** An ifb link: what arrives elsewhere is sent through it, so that a queue can hold it (TBF). */

const PREFIX = 'sl-i';

/** Says by its name for which filter of which link it is: `sl-i2-4002`. */
export const mirrorName = ({ link, preference }: FilterPlace): string =>
  `${PREFIX}${link.toString(16)}-${preference.toString(16)}`;

export function readMirrorName(name: string): FilterPlace | undefined {
  const match = /^sl-i([0-9a-f]+)-([0-9a-f]+)$/.exec(name);
  if (match === null) return undefined;
  return { link: Number.parseInt(match[1] as string, 16), preference: Number.parseInt(match[2] as string, 16) };
}

/** What the queue of an ifb link holds: it counts the link's own header of every packet too. */
export interface MirrorQueue {
  /** bit/s. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
}

const ORDINARY = 1500;

export const mirrorQueue = ({
  rate,
  burst,
  linkHeader,
}: MirrorQueue & { readonly linkHeader: number }): MirrorQueue => ({
  rate: (rate * (ORDINARY + linkHeader)) / ORDINARY,
  burst,
});

/** What was asked of layer 3: rates are whole kbit/s. */
export const heldByMirror = ({ rate, burst }: MirrorQueue, linkHeader: number): MirrorQueue => ({
  rate: Math.round((rate * ORDINARY) / (ORDINARY + linkHeader) / 1000) * 1000,
  burst,
});

/** Index of the link. */
export function makeMirror(
  socket: NetlinkSocket,
  name: string,
  group: number,
  queue: MirrorQueue,
): Result<number, NetlinkFailure> {
  const made = socket.request(addIfb(name, group));
  if (!made.ok) return made;
  const found = socket.ask(findLink(name));
  const link = found.ok && found.value !== undefined ? readLink(found.value.payload) : undefined;
  const queued =
    link === undefined
      ? failed<NetlinkFailure>({ code: 'ENODEV', message: `there is no link named ${name}` })
      : socket.request(addTbf(link.index, queue));
  if (queued.ok && link !== undefined) return ok(link.index);
  removeMirror(socket, name);
  return queued as Result<never, NetlinkFailure>;
}

const [NAME, INFORMATION, GROUP, INFORMATION_KIND, UP] = [3, 18, 27, 1, 1];

function linkHeader(flags: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(flags, 12);
  return header;
}

const addIfb = (name: string, group: number): MessageWriter =>
  new MessageWriter(LINK_MESSAGE.new, FLAG.create | FLAG.exclusive, linkHeader(UP))
    .string(NAME, name)
    .u32(GROUP, group)
    .nest(INFORMATION, (inner) => inner.string(INFORMATION_KIND, 'ifb'));

export const removeMirror = (socket: NetlinkSocket, name: string): Result<undefined, NetlinkFailure> =>
  socket.request(new MessageWriter(LINK_MESSAGE.delete, 0, linkHeader(0)).string(NAME, name));

const TBF = { parameters: 1, rate64: 4, burst: 6 } as const;
/** Besides the burst: what waits at most. */
const QUEUE_SECONDS = 0.05;
const LEAST_QUEUE = 65_536;

function addTbf(link: number, { rate, burst }: MirrorQueue): MessageWriter {
  const parameters = Buffer.alloc(2 * RATE_SPEC + 12);
  rateSpec(rate).copy(parameters);
  parameters.writeUInt32LE(Math.min(0xffffffff, Math.ceil(Math.max(LEAST_QUEUE, (rate * QUEUE_SECONDS) / 8))), 24);
  parameters.writeUInt32LE(ticksOf(burst, rate), 28);
  return tcMessage(TC_MESSAGE.newQdisc, FLAG.create | FLAG.exclusive, { link, parent: PARENT.root })
    .string(TCA.kind, 'tbf')
    .nest(TCA.options, (inner) => {
      inner.bytes(TBF.parameters, parameters).u32(TBF.burst, Math.min(0xffffffff, burst));
      const wide = wideRate(rate);
      if (wide !== undefined) inner.u64(TBF.rate64, wide);
    });
}

export function readTbf({ kind, attributes }: TcThing): MirrorQueue | undefined {
  const options = attributes.nested(TCA.options);
  const parameters = options?.bytes(TBF.parameters);
  if (kind !== 'tbf' || parameters === undefined || parameters.length < 2 * RATE_SPEC + 12) return undefined;
  const rate = readRate(parameters, 0, options?.u64(TBF.rate64));
  return { rate, burst: bytesOf(parameters.readUInt32LE(28), rate) };
}
