import type { Milliseconds } from '@sublane/basics';
import type { Family } from './ip-address.ts';

/** One thing in the kernel that is ours: what is wanted and what is seen have the same shape, so they compare. */
export type KernelObject =
  | SettingObject
  | LinkObject
  | ActiveObject
  | AddressObject
  | QdiscObject
  | ClassObject
  | RouteObject
  | FirewallObject
  | RuleObject
  | CgroupObject
  | MarkObject
  | DnsObject
  | IngressObject
  | PoliceObject;

/** A sysctl below /proc/sys. With `link` it belongs to a link of ours and goes with it; else it is borrowed. */
export interface SettingObject {
  readonly kind: 'setting';
  /** `net/ipv4/conf/eth0/arp_ignore`. */
  readonly path: string;
  readonly value: string;
  readonly link?: string;
  /** What it was before it was borrowed. */
  readonly old?: string;
}

export interface LinkObject {
  readonly kind: 'link';
  readonly name: string;
  readonly device: Device;
  readonly group: number;
  readonly mtu: number;
}

/** What kind of link, with all that makes it another one. */
export type Device =
  | { readonly type: 'ipvlan' | 'macvlan'; readonly parent: string }
  | { readonly type: 'dummy' }
  | { readonly type: 'vlan'; readonly parent: string; readonly id: number }
  | { readonly type: 'gre'; readonly remote: string; readonly key?: number }
  /** With IPv6 outside, the kernel sends nothing without an address of its own (`local`). */
  | { readonly type: 'ip6gre'; readonly remote: string; readonly local: string; readonly key?: number }
  /** IP in IP that carries both families: "mode any". */
  | { readonly type: 'sit'; readonly remote: string }
  | { readonly type: 'ip6tnl'; readonly remote: string; readonly local: string }
  | { readonly type: 'vxlan'; readonly remote: string; readonly port: number; readonly identifier: number }
  | {
      readonly type: 'wireguard';
      readonly remote: string;
      readonly port: number;
      readonly peerKey: string;
      readonly keyFile: string;
    };

/** The link that a device stands on, where it stands on one. */
export const parentOf = (device: Device): string | undefined => ('parent' in device ? device.parent : undefined);

/** That a link of ours is up. */
export interface ActiveObject {
  readonly kind: 'active';
  readonly link: string;
}

/** Always /32 or /128: on Linux the first of two addresses of one subnet takes the second with it when it goes. */
export interface AddressObject {
  readonly kind: 'address';
  readonly family: Family;
  readonly link: string;
  readonly address: string;
  readonly validUntil: Milliseconds;
}

export interface QdiscObject {
  readonly kind: 'qdisc';
  readonly link: string;
  /** `root`, or the class it is the leaf of. */
  readonly parent: string;
  readonly type: 'htb' | 'pfifo' | 'fq_codel';
  /** `5b1a:`; only of the root. */
  readonly handle?: string;
  /** Class of what nothing classifies; 0: passes unshaped. Only of htb. */
  readonly default?: number;
  /** Packets. Only of pfifo. */
  readonly limit?: number;
}

export interface ClassObject {
  readonly kind: 'class';
  readonly link: string;
  readonly id: string;
  /** `root`: stands directly below the root qdisc. */
  readonly parent: string;
  /** bit/s. */
  readonly rate: number;
  readonly ceil: number;
  /** Bytes. */
  readonly burst: number;
  readonly precedence: number;
}

export interface RouteObject {
  readonly kind: 'route';
  readonly family: Family;
  readonly table: number;
  /** As `ip route` prints it. */
  readonly destination: string;
  readonly type: 'unicast' | 'unreachable';
  readonly metric: number;
  readonly via?: string;
  readonly link?: string;
  readonly source?: string;
  readonly mtu?: number;
}

export interface RuleObject {
  readonly kind: 'rule';
  readonly family: Family;
  readonly preference: number;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly from?: string;
  readonly to?: string;
  /** Only UDP to this port. */
  readonly udpPort?: number;
  /** A default route found there does not count. */
  readonly specific?: true;
  readonly table: number;
}

/** The nftables table, whole: it changes in one transaction. */
export interface FirewallObject {
  readonly kind: 'firewall';
  readonly table: string;
  /** Everything but times, in one canonical text: equal text, equal rules. */
  readonly shape: string;
  readonly chains: readonly string[];
  readonly counters: readonly string[];
  /** Which mark may leave with which address, and until when; `chain` treats the packet. */
  readonly live: readonly LiveElement[];
  /** What makes it, without the live elements. Empty in what was observed. */
  readonly script: readonly string[];
}

export interface LiveElement {
  /** 0: the kernel's own answers (a reset, an echo reply). */
  readonly mark: number;
  readonly family: Family;
  /** An address, or a prefix; empty: whichever it is. */
  readonly address: string;
  readonly chain: string;
  readonly until: Milliseconds;
}

export interface CgroupObject {
  readonly kind: 'cgroup';
  /** Below the cgroup2 mount: `sublane.slice/g1`. */
  readonly path: string;
  /** Processes in it; only in what was observed. */
  readonly members?: number;
}

/** The eBPF program that marks every socket made in a cgroup. */
export interface MarkObject {
  readonly kind: 'mark';
  readonly path: string;
  readonly mark: number;
}

/** That a group's DNS queries go to its own servers, whomever its applications ask. */
export interface DnsObject {
  readonly kind: 'dns';
  readonly path: string;
  readonly servers: readonly string[];
}

/** The place for filters on what a link receives: `ffff:`. */
export interface IngressObject {
  readonly kind: 'ingress';
  readonly link: string;
}

/** Drops what a link receives above a rate. */
export interface PoliceObject {
  readonly kind: 'police';
  readonly link: string;
  /** Of the filter: on one link each has its own. */
  readonly preference: number;
  /** Destinations that share the rate; none: all that arrives. */
  readonly addresses: readonly string[];
  readonly means: 'police' | 'bpf' | 'ifb';
  /** bit/s, of layer 3. */
  readonly rate: number;
  /** Bytes. */
  readonly burst: number;
}

/** Two objects of one key are the same thing, perhaps with different contents. */
export function keyOf(object: KernelObject): string {
  switch (object.kind) {
    case 'setting':
      return `setting ${object.path}`;
    case 'link':
      return `link ${object.name}`;
    case 'active':
      return `active ${object.link}`;
    case 'address':
      return `address ${object.link} ${object.address}`;
    case 'qdisc':
      return `qdisc ${object.link} ${object.parent}`;
    case 'class':
      return `class ${object.link} ${object.id}`;
    case 'route':
      return `route ${object.family} ${object.table} ${object.destination} ${object.metric}`;
    case 'rule': {
      const mark = object.mark === undefined ? '' : `${object.mark.value}/${object.mark.mask}`;
      return `rule ${object.family} ${object.preference} ${mark} ${object.from ?? ''} ${object.to ?? ''} ${object.udpPort ?? ''} ${object.table} ${object.specific ?? ''}`;
    }
    case 'firewall':
      return `firewall ${object.table}`;
    case 'cgroup':
      return `cgroup ${object.path}`;
    case 'mark':
      return `mark ${object.path}`;
    case 'dns':
      return `dns ${object.path}`;
    case 'ingress':
      return `ingress ${object.link}`;
    case 'police':
      return `police ${object.link} ${object.preference}`;
  }
}

/** Lifetimes are read back in whole seconds, and time passes between reading and comparing. */
const SAME_TIME = 2_000;
const sameTime = (a: number, b: number) => Math.abs(a - b) <= SAME_TIME;

/** Whether nothing needs to be done to make `seen` into `wanted`. Both have the same key. */
export function sameObject(seen: KernelObject, wanted: KernelObject): boolean {
  if (seen.kind === 'address' && wanted.kind === 'address') return sameTime(seen.validUntil, wanted.validUntil);
  if (seen.kind === 'class' && wanted.kind === 'class') return sameClass(seen, wanted);
  if (seen.kind === 'firewall' && wanted.kind === 'firewall') return sameFirewall(seen, wanted);
  if (seen.kind === 'police' && wanted.kind === 'police') return samePolice(seen, wanted);
  if (seen.kind === 'cgroup') return true;
  return alike(seen, wanted);
}

/** Whether `seen` can become `wanted` without going away first. */
export function changeable(seen: KernelObject, wanted: KernelObject): boolean {
  if (seen.kind === 'link' && wanted.kind === 'link') return sameLink(seen, wanted);
  if (seen.kind === 'qdisc' && wanted.kind === 'qdisc') return seen.type === wanted.type && seen.type !== 'htb';
  if (seen.kind === 'class' && wanted.kind === 'class') return seen.parent === wanted.parent;
  return true;
}

const sameLink = (a: LinkObject, b: LinkObject) => alike(a.device, b.device) && a.group === b.group;

const close = (x: number, y: number, part: number) => Math.abs(x - y) <= Math.max(x, y) * part;

/** The kernel has rates in whole bytes per second, and bursts as time: compared as closely as that allows. */
function sameClass(a: ClassObject, b: ClassObject): boolean {
  return (
    a.parent === b.parent &&
    a.precedence === b.precedence &&
    close(a.rate, b.rate, 0.001) &&
    close(a.ceil, b.ceil, 0.001) &&
    close(a.burst, b.burst, 0.05)
  );
}

function samePolice({ burst, ...a }: PoliceObject, { burst: wanted, ...b }: PoliceObject): boolean {
  // 64 nanoseconds.
  const finest = 1 + (b.rate / 8) * 64e-9;
  return alike(a, b) && Math.abs(burst - wanted) <= finest;
}

function sameFirewall(a: FirewallObject, b: FirewallObject): boolean {
  if (a.shape !== b.shape || a.live.length !== b.live.length) return false;
  const seen = new Map(a.live.map((element) => [liveKey(element), element.until]));
  return b.live.every((element) => {
    const until = seen.get(liveKey(element));
    return until !== undefined && sameTime(until, element.until);
  });
}

export const liveKey = ({ mark, address, chain }: LiveElement): string => `${mark} ${address} ${chain}`;

/** Alike in all but what was there before; what is undefined is not there. */
function alike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const [one, other] = [a as Fields, b as Fields];
  for (const name in one) if (name !== 'old' && !alike(one[name], other[name])) return false;
  for (const name in other) if (name !== 'old' && other[name] !== undefined && one[name] === undefined) return false;
  return true;
}
type Fields = { readonly [name: string]: unknown };
