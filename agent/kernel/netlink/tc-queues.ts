import type { ClassObject, QdiscObject } from '../../lanes/kernel-object.ts';
import { FLAG, type MessageWriter } from './message.ts';
import {
  bytesOf,
  handleText,
  PARENT,
  parseHandle,
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

/** Qdiscs and classes of HTB, and the qdiscs of their leaves. */

type Making = 'add' | 'change';
const FLAGS: Record<Making, number> = { add: FLAG.create | FLAG.exclusive, change: 0 };

const HTB = { parameters: 1, init: 2, rate64: 6, ceil64: 7 } as const;

export const listQdiscs = (): MessageWriter => tcMessage(TC_MESSAGE.getQdisc, 0, { link: 0 });
export const listClasses = (link: number): MessageWriter => tcMessage(TC_MESSAGE.getClass, 0, { link });

/** `link` is the index of the object's link. */
export function putQdisc(object: QdiscObject, verb: Making, link: number): MessageWriter {
  const { parent, handle = '0:', type } = object;
  const head = { link, parent: parseHandle(parent), handle: parseHandle(handle) };
  const message = tcMessage(TC_MESSAGE.newQdisc, FLAGS[verb], head).string(TCA.kind, type);
  if (type === 'htb') return message.nest(TCA.options, (inner) => inner.bytes(HTB.init, htbInit(object.default ?? 0)));
  return object.limit === undefined ? message : message.bytes(TCA.options, word(object.limit));
}

export const removeQdisc = ({ parent }: QdiscObject, link: number): MessageWriter =>
  tcMessage(TC_MESSAGE.deleteQdisc, 0, { link, parent: parseHandle(parent) });

export function putClass(object: ClassObject, verb: Making, link: number): MessageWriter {
  const { id, parent, rate, ceil, burst, precedence } = object;
  const root = `${id.split(':')[0]}:`;
  const head = { link, handle: parseHandle(id), parent: parseHandle(parent === 'root' ? root : parent) };
  const parameters = Buffer.concat([
    rateSpec(rate),
    rateSpec(ceil),
    word(ticksOf(burst, rate)),
    word(ticksOf(burst, ceil)),
    word(QUANTUM),
    word(0),
    word(precedence),
  ]);
  return tcMessage(TC_MESSAGE.newClass, FLAGS[verb], head)
    .string(TCA.kind, 'htb')
    .nest(TCA.options, (inner) => {
      inner.bytes(HTB.parameters, parameters);
      const [wide, wideCeil] = [wideRate(rate), wideRate(ceil)];
      if (wide !== undefined) inner.u64(HTB.rate64, wide);
      if (wideCeil !== undefined) inner.u64(HTB.ceil64, wideCeil);
    });
}

export const removeClass = ({ id }: ClassObject, link: number): MessageWriter =>
  tcMessage(TC_MESSAGE.deleteClass, 0, { link, handle: parseHandle(id) });

/** Of one of our HTBs, the root or a leaf's; undefined: of no kind we make. */
export function readQdisc({ kind, handle, parent, attributes }: TcThing, link: string): QdiscObject | undefined {
  if (kind === 'htb') {
    const init = attributes.nested(TCA.options)?.bytes(HTB.init);
    const byDefault = init === undefined || init.length < 12 ? 0 : init.readUInt32LE(8);
    return { kind: 'qdisc', link, parent: 'root', type: 'htb', handle: handleText(handle), default: byDefault };
  }
  if (kind !== 'pfifo' && kind !== 'fq_codel') return undefined;
  const limit = kind === 'pfifo' ? attributes.u32(TCA.options) : undefined;
  return { kind: 'qdisc', link, parent: handleText(parent), type: kind, ...(limit !== undefined && { limit }) };
}

export function readClass({ kind, handle, parent, attributes }: TcThing, link: string): ClassObject | undefined {
  const options = attributes.nested(TCA.options);
  const parameters = options?.bytes(HTB.parameters);
  if (kind !== 'htb' || parameters === undefined || parameters.length < HTB_PARAMETERS) return undefined;
  const rate = readRate(parameters, 0, options?.u64(HTB.rate64));
  return {
    kind: 'class',
    link,
    id: handleText(handle),
    parent: parent === PARENT.root || parent === ((handle >>> 16) << 16) >>> 0 ? 'root' : handleText(parent),
    rate,
    ceil: readRate(parameters, RATE_SPEC, options?.u64(HTB.ceil64)),
    burst: bytesOf(parameters.readUInt32LE(2 * RATE_SPEC), rate),
    precedence: parameters.readUInt32LE(2 * RATE_SPEC + 16),
  };
}

/** struct tc_htb_opt. */
const HTB_PARAMETERS = 2 * RATE_SPEC + 20;
/** A frame: so much one class sends before the next of its precedence. */
const QUANTUM = 1514;

/** struct tc_htb_glob. */
const htbInit = (byDefault: number) => Buffer.concat([word(3), word(10), word(byDefault), word(0), word(0)]);

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
