import { addressBits, type Prefix, prefixOf, routeText } from '../../lanes/ip-address.ts';
import { networkBytes } from './address-bytes.ts';
import { type Attributes, FLAG, MessageWriter } from './message.ts';
import { PARENT, TC_MESSAGE, TCA, type TcThing, tcMessage } from './tc-message.ts';
import {
  type PoliceSettings,
  type PoliceState,
  readOldStatistics,
  readPolice,
  readStatistics,
  writePolice,
} from './tc-police.ts';

/** Filters on what arrives at a link: basic, u32 and bpf, with police or mirred as their action. */

/** ETH_P_*. */
export const PROTOCOLS = { all: 0x0003, ipv4: 0x0800, ipv6: 0x86dd } as const;

export type Selector =
  /** Everything: `basic` without a match. */
  | { readonly kind: 'basic' }
  /** u32: packets to an address or a prefix; without one everything. */
  | { readonly kind: 'u32'; readonly destination?: Prefix }
  /** Nothing, ever: u32 with a key that says who made it. */
  | { readonly kind: 'sign'; readonly value: number }
  /** A program that decides itself; its descriptor, and a name that says what it does. */
  | { readonly kind: 'bpf'; readonly program: number; readonly name: string };

export type Action =
  | { readonly kind: 'police'; readonly police: PoliceSettings }
  /** To where another link sends: index of the link. */
  | { readonly kind: 'redirect'; readonly to: number };

export interface FilterPlace {
  /** Index of the link. */
  readonly link: number;
  /** 1 to 65535. */
  readonly preference: number;
}

export interface Filter extends FilterPlace {
  /** Absent: what both kinds of ingress qdisc take. */
  readonly parent?: number;
  /** Its number among those of its preference, which no other has. From 1. */
  readonly place?: number;
  readonly protocol: number;
  readonly selector: Selector;
  readonly action?: Action;
}

export const listFilters = (link: number): MessageWriter =>
  tcMessage(TC_MESSAGE.getFilter, 0, { link, parent: PARENT.arriving });

const BASIC = { action: 3, police: 4 } as const;
const U32 = { selector: 5, action: 7 } as const;
const BPF = { descriptor: 6, name: 7, flags: 8, id: 11 } as const;
const DIRECT_ACTION = 1;
/** Of a message about actions. */
const ACTIONS = 1;
const ACTION = { kind: 1, options: 2, statistics: 4 } as const;
const MIRRED = { parameters: 2 } as const;

export function addFilter({
  link,
  preference,
  place = 1,
  parent = PARENT.arriving,
  protocol,
  selector,
  action,
}: Filter): MessageWriter {
  const message = tcMessage(TC_MESSAGE.newFilter, FLAG.create | FLAG.exclusive, {
    link,
    handle: place,
    parent,
    info: infoOf(preference, protocol),
  }).string(TCA.kind, selector.kind === 'sign' ? 'u32' : selector.kind);
  return message.nest(TCA.options, (inner) => {
    switch (selector.kind) {
      case 'basic':
        // As `tc … basic police …` writes it, and shows it.
        if (action?.kind === 'police') inner.nest(BASIC.police, (nested) => writePolice(nested, action.police));
        else if (action !== undefined) inner.nest(BASIC.action, (list) => writeAction(list, action));
        break;
      case 'u32':
        inner.bytes(U32.selector, selectorOf(keysFor(selector.destination), TERMINAL));
        if (action !== undefined) inner.nest(U32.action, (list) => writeAction(list, action));
        break;
      case 'sign':
        inner.bytes(U32.selector, selectorOf([{ mask: 0, value: selector.value, offset: 0 }], 0));
        break;
      case 'bpf':
        inner.u32(BPF.descriptor, selector.program).string(BPF.name, selector.name).u32(BPF.flags, DIRECT_ACTION);
    }
  });
}

/** Sets what an action is, for all filters that name it. */
export function setPolice(police: PoliceSettings): MessageWriter {
  const message = new MessageWriter(TC_MESSAGE.newAction, FLAG.create | FLAG.replace, Buffer.alloc(4));
  return message.nest(ACTIONS, (list) => writeAction(list, { kind: 'police', police }));
}

/** All filters of the preference. */
export const removeFilters = ({ link, preference }: FilterPlace): MessageWriter =>
  tcMessage(TC_MESSAGE.deleteFilter, 0, { link, parent: PARENT.arriving, info: infoOf(preference, 0) });

export interface SeenFilter extends FilterPlace {
  readonly kind: string;
  readonly protocol: number;
  readonly selector?:
    | { readonly kind: 'all' }
    /** An address, or a prefix with its length. */
    | { readonly kind: 'destination'; readonly address: string }
    | { readonly kind: 'sign'; readonly value: number }
    | { readonly kind: 'bpf'; readonly name: string; readonly program: number };
  readonly police?: PoliceState;
  /** Index of the link that packets are redirected to. */
  readonly redirectedTo?: number;
}

/** Undefined where it only makes room for others (the head of a u32 table). */
export function readFilter(thing: TcThing): SeenFilter | undefined {
  const { kind, link, info, attributes } = thing;
  const options = attributes.nested(TCA.options);
  if (options === undefined) return undefined;
  const place = { kind, link, preference: info >>> 16, protocol: swapped(info & 0xffff) };
  switch (kind) {
    case 'basic': {
      const old = options.nested(BASIC.police);
      const police = old && readPolice(old, readOldStatistics(attributes.bytes(OLD_STATISTICS)));
      const acts = police === undefined ? readAction(options.nested(BASIC.action)) : { police };
      return { ...place, selector: { kind: 'all' }, ...acts };
    }
    case 'u32': {
      const bytes = options.bytes(U32.selector);
      if (bytes === undefined) return undefined;
      const selector = readSelector(bytes);
      return { ...place, ...(selector !== undefined && { selector }), ...readAction(options.nested(U32.action)) };
    }
    case 'bpf': {
      const [name, program] = [options.string(BPF.name), options.u32(BPF.id)];
      if (name === undefined) return place;
      return { ...place, selector: { kind: 'bpf', name, program: program ?? 0 } };
    }
    default:
      return place;
  }
}

/** Of a list only the first is of ours. */
function writeAction(list: MessageWriter, action: Action): void {
  list.nest(1, (one) => {
    if (action.kind === 'police') {
      one.string(ACTION.kind, 'police').nest(ACTION.options, (inner) => writePolice(inner, action.police));
      return;
    }
    const parameters = Buffer.alloc(28);
    parameters.writeInt32LE(STOLEN, 8);
    parameters.writeInt32LE(EGRESS_REDIRECT, 20);
    parameters.writeUInt32LE(action.to, 24);
    one.string(ACTION.kind, 'mirred').nest(ACTION.options, (inner) => inner.bytes(MIRRED.parameters, parameters));
  });
}

function readAction(list: Attributes | undefined): Pick<SeenFilter, 'police' | 'redirectedTo'> {
  const action = list?.nested(1);
  const options = action?.nested(ACTION.options);
  if (action === undefined || options === undefined) return {};
  if (action.string(ACTION.kind) === 'police') {
    const police = readPolice(options, readStatistics(action.nested(ACTION.statistics)));
    return police === undefined ? {} : { police };
  }
  const parameters = action.string(ACTION.kind) === 'mirred' ? options.bytes(MIRRED.parameters) : undefined;
  return parameters === undefined || parameters.length < 28 ? {} : { redirectedTo: parameters.readUInt32LE(24) };
}

/** TCA_STATS, beside the options. */
const OLD_STATISTICS = 3;

const STOLEN = 4;
const EGRESS_REDIRECT = 1;

interface Key {
  readonly mask: number;
  readonly value: number;
  /** From where the packet of layer 3 begins. */
  readonly offset: number;
}

const TERMINAL = 1;
const SELECTOR = 16;
const KEY = 16;
const WHOLE = 0xffffffff;

/** Where the destination stands: RFC 791 §3.1, RFC 8200 §3. */
const DESTINATION = { 4: 16, 6: 24 } as const;

/** All words of the address, also those that are any: so many tell the family. */
function keysFor(destination: Prefix | undefined): readonly Key[] {
  if (destination === undefined) return [{ mask: 0, value: 0, offset: 0 }];
  const { family, length } = destination;
  const words = networkBytes(destination);
  return Array.from({ length: words.length / 4 }, (_, index) => ({
    mask: wordOfMask(length, index),
    value: words.readUInt32BE(4 * index),
    offset: DESTINATION[family] + 4 * index,
  }));
}

/** Of the mask of a prefix, the word at that place. */
export function wordOfMask(length: number, index: number): number {
  const bits = Math.min(32, Math.max(0, length - 32 * index));
  return bits === 0 ? 0 : (WHOLE << (32 - bits)) >>> 0;
}

/** struct tc_u32_sel and its keys. */
function selectorOf(keys: readonly Key[], flags: number): Buffer {
  const bytes = Buffer.alloc(SELECTOR + KEY * keys.length);
  bytes[0] = flags;
  bytes[2] = keys.length;
  for (const [index, { mask, value, offset }] of keys.entries()) {
    const at = SELECTOR + KEY * index;
    bytes.writeUInt32BE(mask, at);
    bytes.writeUInt32BE(value, at + 4);
    bytes.writeInt32LE(offset, at + 8);
  }
  return bytes;
}

function readSelector(bytes: Buffer): SeenFilter['selector'] {
  const count = bytes[2] ?? 0;
  if (bytes.length < SELECTOR + KEY * count) return undefined;
  const keys = Array.from({ length: count }, (_, index): Key => {
    const at = SELECTOR + KEY * index;
    return { mask: bytes.readUInt32BE(at), value: bytes.readUInt32BE(at + 4), offset: bytes.readInt32LE(at + 8) };
  });
  const [first] = keys;
  if (first === undefined) return undefined;
  const terminal = ((bytes[0] ?? 0) & TERMINAL) !== 0;
  if (keys.length === 1 && first.mask === 0) return terminal ? { kind: 'all' } : { kind: 'sign', value: first.value };
  const family = keys.length === 1 ? 4 : 6;
  const length = keys.reduce((sum, { mask }) => sum + Math.clz32(~mask), 0);
  const isPrefix = keys.every(
    ({ mask, offset }, index) => mask === wordOfMask(length, index) && offset === DESTINATION[family] + 4 * index,
  );
  if (!isPrefix || keys.length * 32 !== addressBits(family)) return undefined;
  const network = keys.reduce((sum, { value }) => (sum << 32n) | BigInt(value), 0n);
  return { kind: 'destination', address: routeText(prefixOf(family, network, length)) };
}

/** Preference, and the protocol in network byte order. */
const infoOf = (preference: number, protocol: number) => ((preference << 16) | swapped(protocol)) >>> 0;
const swapped = (short: number) => ((short & 0xff) << 8) | (short >>> 8);
