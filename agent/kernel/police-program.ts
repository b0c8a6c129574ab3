import { type Family, type Prefix, parsePrefix } from '../lanes/ip-address.ts';
import { BpfAssembler } from './bpf-assembler.ts';
import { networkBytes } from './netlink/address-bytes.ts';
import { wordOfMask } from './netlink/tc-filters.ts';

/** What a policing program holds, and where. */
export interface PoliceProgram {
  /** bit/s, of layer 3. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
  /** Destinations (addresses, prefixes) that share the rate; none: everything. */
  readonly addresses: readonly string[];
  /** Octets of the link's own header before the packet of layer 3: 14 of Ethernet, 0 of a tunnel. */
  readonly linkHeader: number;
  /** What becomes of a packet within the rate: `pass` ends the search for filters, `continue` does not. */
  readonly conform: 'pass' | 'continue';
}

/** BPF_PROG_TYPE_SCHED_CLS. */
export const CLASSIFIER = 3;

/** The only element of the program's map: the time until which the rate is used up, and packets counted. */
export const POLICE_MAP = { name: 'police', size: 24, until: 0, passed: 8, dropped: 16 } as const;

/**
 * A token bucket as a classifier that decides itself (BPF_PROG_TYPE_SCHED_CLS), reckoned in time: each packet takes as
 * long as it would at the rate, and `until` is when all that passed would have been sent. A packet passes while that is
 * no further ahead than the burst takes.
 *
 * - An idle time counts for no more than the burst: `until` in the past is now.
 * - Nanoseconds for each byte are kept with 20 bits behind the point; 128 KiB at 1 kbit/s stay below 2^64.
 * - On several processors at once each packet is charged, by an atomic addition; two may both see room for one.
 * - A packet put together of many (GRO) is charged with the headers of each, and passes where the first of them would.
 */
export function policeProgram({ rate, burst, addresses, linkHeader, conform }: PoliceProgram, map: number): Buffer {
  const program = new BpfAssembler().move(CONTEXT, 1);
  if (addresses.length > 0) matchDestinations(program, addresses);
  program.label('held').load(SIZE, CONTEXT, SKB.length).addNumber(SIZE, -linkHeader);
  // r7: octets of all; r8: octets of the first.
  program.move(FIRST, SIZE).load(1, CONTEXT, SKB.segments).ifMoreThan(1, 1, 'many').jump('reckon');
  program.label('many');
  chargeHeaders(program);
  program.label('reckon').setWide(1, nanosecondsPerByte(rate));
  program.multiply(SIZE, 1).shiftRight(SIZE, POINT).multiply(FIRST, 1).shiftRight(FIRST, POINT);
  program.call(NOW).element(STATE, map).loadPointer(2, STATE, POLICE_MAP.until).ifMore(2, 0, 'busy');
  program.move(2, 0).storeWide(STATE, POLICE_MAP.until, 2);
  program.label('busy').subtract(2, 0).add(2, FIRST).setWide(3, burstTime(burst, rate)).ifMore(2, 3, 'drop');
  program.addTo(STATE, POLICE_MAP.until, SIZE).set(1, 1).addTo(STATE, POLICE_MAP.passed, 1);
  program.set(0, VERDICT[conform]).exit();
  program.label('drop').set(1, 1).addTo(STATE, POLICE_MAP.dropped, 1).set(0, VERDICT.drop).exit();
  // The kernel refuses a program with a part that is never reached.
  if (addresses.length > 0) program.label('other').set(0, VERDICT.continue).exit();
  return program.finish();
}

/** Adds the headers of all packets but the first to r7; r1: how many packets there are. */
function chargeHeaders(program: BpfAssembler): void {
  const rest = STATE;
  program.addNumber(1, -1).move(rest, 1).set(1, 0).store(STACK, -4, 1);
  program.load(1, CONTEXT, SKB.protocol).ifEqual(1, IPV6, 'six');
  for (const [family, label] of [
    [4, 'four'],
    [6, 'six'],
  ] as const) {
    const { protocol, ip } = HEADERS[family];
    load(program.label(label), protocol, 4, 1)
      .load(1, STACK, -4)
      .set(2, ip + HEADERS.udp);
    program
      .ifEqual(1, UDP, 'sum')
      .set(2, ip + HEADERS.tcp)
      .jump('sum');
  }
  program.label('sum').multiply(2, rest).add(SIZE, 2).setWide(FIRST, BigInt(ORDINARY));
}

/** Goes on at `held` where the packet goes to one of the addresses, else to `other`. */
function matchDestinations(program: BpfAssembler, addresses: readonly string[]): void {
  const prefixes = addresses.flatMap((address) => parsePrefix(address) ?? []);
  const compareAll = (family: Family) => {
    for (const [index, prefix] of prefixes.entries())
      if (prefix.family === family) compare(program, prefix, `not${family}-${index}`);
  };
  program.load(1, CONTEXT, SKB.protocol).ifEqual(1, IPV4, 'to4').ifNotEqual(1, IPV6, 'other');
  load(program, 24, 16, 16).ifNotEqual(0, 0, 'other');
  compareAll(6);
  program.jump('other').label('to4');
  load(program, 16, 4, 4).ifNotEqual(0, 0, 'other');
  compareAll(4);
  program.jump('other');
}

/** Octets of the packet of layer 3, wherever it begins and in whatever pieces it lies, to below the end of the stack. */
const load = (program: BpfAssembler, offset: number, below: number, length: number) =>
  program
    .move(1, CONTEXT)
    .set(2, offset)
    .move(3, STACK)
    .addNumber(3, -below)
    .set(4, length)
    .set(5, FROM_NETWORK_HEADER)
    .call(LOAD_BYTES_RELATIVE);

function compare(program: BpfAssembler, prefix: Prefix, next: string): void {
  const words = networkBytes(prefix);
  for (let at = 0; at < words.length && at * 8 < prefix.length; at += 4) {
    program.load(1, STACK, at - words.length);
    const mask = wordOfMask(prefix.length, at / 4);
    if (mask !== 0xffffffff) program.and(1, swapped(mask));
    program.ifNotEqual(1, words.readInt32LE(at), next);
  }
  program.jump('held').label(next);
}

const [CONTEXT, SIZE, FIRST, STATE, STACK] = [6, 7, 8, 9, 10];

/** struct __sk_buff. */
const SKB = { length: 0, protocol: 16, segments: 164 } as const;
/** `skb->protocol` is in network byte order. */
const [IPV4, IPV6] = [0x0008, 0xdd86];
/** bpf_ktime_get_ns, bpf_skb_load_bytes_relative. */
const [NOW, LOAD_BYTES_RELATIVE] = [5, 68];
const FROM_NETWORK_HEADER = 1;
/** TC_ACT_*. */
const VERDICT = { pass: 0, drop: 2, continue: -1 } as const;
/** Octets; `protocol`: where IP says what it carries. TCP's are with timestamps. */
const HEADERS = { 4: { ip: 20, protocol: 9 }, 6: { ip: 40, protocol: 6 }, tcp: 32, udp: 8 } as const;
const UDP = 17;
const ORDINARY = 1500;
const POINT = 20;
const LONGEST = 2n ** 62n;

/** As the program reads it out of a packet. */
const swapped = (word: number) => Buffer.from([word >>> 24, word >>> 16, word >>> 8, word]).readInt32LE();

const nanosecondsPerByte = (rate: number) => BigInt(Math.round((8e9 * 2 ** POINT) / rate));

function burstTime(burst: number, rate: number): bigint {
  const time = BigInt(Math.round((burst * 8e9) / rate));
  return time < LONGEST ? time : LONGEST;
}

/** The program's number is part of the name, so that one of an older make is seen as another. */
const MAKE = 'sublane1';
/** CLS_BPF_NAME_LEN, with its zero byte. */
const LONGEST_NAME = 255;

/** `owner`: upper half of the numbers of police actions, by which others know theirs. */
export type Named = Pick<PoliceProgram, 'rate' | 'burst' | 'addresses'> & { readonly owner: number };

/** By it a filter says what its program does. Undefined where it would be too long: more than some five addresses. */
export function policeProgramName({ owner, rate, burst, addresses }: Named): string | undefined {
  const name = `${MAKE} of ${owner.toString(16)} rate ${rate} burst ${burst} to ${addresses.join(',') || 'all'}`;
  return name.length > LONGEST_NAME ? undefined : name;
}

export function readPoliceProgramName(name: string): Named | undefined {
  const match = /^(\S+) of ([0-9a-f]+) rate (\d+) burst (\d+) to (\S+)$/.exec(name);
  if (match === null || match[1] !== MAKE) return undefined;
  const [, , owner = '', rate, burst, to = ''] = match;
  return {
    owner: Number.parseInt(owner, 16),
    rate: Number(rate),
    burst: Number(burst),
    addresses: to === 'all' ? [] : to.split(','),
  };
}
