import { type Milliseconds, milliseconds } from '@sublane/basics';
import type { Count, LaneCounters } from '../lanes/engine.ts';
import type { FirewallObject, LiveElement } from '../lanes/kernel-object.ts';
import { firewallShape } from '../lanes/render-firewall.ts';
import { readGeneration } from './netlink/nft-generation.ts';
import { runNft } from './nft-library.ts';

/** Our table as it is, read anew only when the ruleset has changed since. */
export class NftReader {
  readonly #table: string;
  readonly #monotonic: () => number;
  #last: Reading | undefined;

  /** `monotonic` is a clock that stands still while the machine is suspended, in milliseconds. */
  constructor(table: string, monotonic: () => number) {
    this.#table = table;
    this.#monotonic = monotonic;
  }

  /** Undefined where there is none. */
  async read(now: Milliseconds): Promise<FirewallObject | undefined> {
    const generation = readGeneration();
    const monotonic = this.#monotonic();
    const last = this.#last;
    if (generation.ok && last?.generation === generation.value) {
      // Timeouts do not run while the machine is suspended: what was computed from them no longer holds.
      const slept = now - last.now - (monotonic - last.monotonic);
      if (Math.abs(slept) < SUSPENDED) return living(last.firewall, now);
    }
    const listed = await list(`table inet ${this.#table}`);
    const firewall = listed.entries && readTable(this.#table, listed.entries, now);
    // What could not be read for another reason than that it is not there, is tried again.
    const certain = generation.ok && (listed.entries !== undefined || listed.absent);
    this.#last = certain ? { generation: generation.value, now, monotonic, firewall } : undefined;
    return firewall;
  }
}

interface Reading {
  readonly generation: number;
  readonly now: Milliseconds;
  readonly monotonic: number;
  readonly firewall: FirewallObject | undefined;
}

/** Milliseconds; the clocks are read one after the other, and one has hundredths of seconds only. */
const SUSPENDED = 500;

/** Without the elements that have ended since. */
function living(firewall: FirewallObject | undefined, now: Milliseconds): FirewallObject | undefined {
  if (firewall === undefined || firewall.live.every(({ until }) => until > now)) return firewall;
  return { ...firewall, live: firewall.live.filter(({ until }) => until > now) };
}

function readTable(table: string, entries: readonly NftEntry[], now: Milliseconds): FirewallObject {
  const of = <K extends keyof NftEntry>(kind: K) =>
    entries.flatMap((entry) => (entry[kind] === undefined ? [] : [entry[kind]]));
  const rules = of('rule');
  const counters = of('counter').map(({ name }) => name);
  const comments = new Map<string, string[]>();
  for (const { chain, comment = '(foreign)' } of rules) {
    const known = comments.get(chain);
    if (known === undefined) comments.set(chain, [comment]);
    else known.push(comment);
  }
  const chains = of('chain').map(({ name, hook, prio }) => ({
    chain: name,
    ...(hook !== undefined && { hook, priority: prio ?? 0 }),
    rules: comments.get(name) ?? [],
  }));
  const maps = of('map');
  return {
    kind: 'firewall',
    table,
    chains: chains.map(({ chain }) => chain),
    counters,
    live: maps.flatMap((map) => readLive(map, now)),
    shape: firewallShape(
      chains,
      [...maps, ...of('set')].map(({ name, type }) => [name, [type].flat().join(' . ')]),
      counters,
    ),
    script: [],
  };
}

/** Named counters are read without the rest. */
export async function readCounters(table: string): Promise<readonly LaneCounters[]> {
  const { entries = [] } = await list(`counters table inet ${table}`);
  const counts = new Map<string, Count>();
  for (const { counter } of entries)
    if (counter?.table === table) counts.set(counter.name, { packets: counter.packets, bytes: counter.bytes });
  const none = { packets: 0, bytes: 0 };
  return [...counts.keys()]
    .flatMap((name) => (name.startsWith('up-') ? [Number(name.slice(3))] : []))
    .sort((a, b) => a - b)
    .map((groupId) => ({
      groupId,
      upld: counts.get(`up-${groupId}`) ?? none,
      dnld: counts.get(`down-${groupId}`) ?? none,
      dropped: counts.get(`drop-${groupId}`) ?? none,
    }));
}

interface Listed {
  readonly entries?: readonly NftEntry[];
  /** There is no such thing. */
  readonly absent: boolean;
}

async function list(what: string): Promise<Listed> {
  const run = await runNft(`list ${what}`, { json: true });
  if (run.status !== 0) return { absent: run.stderr.includes('No such file or directory') };
  return { entries: (JSON.parse(run.stdout) as { nftables: NftEntry[] }).nftables, absent: false };
}

function readLive({ name, elem = [] }: NftMap, now: Milliseconds): LiveElement[] {
  return elem.flatMap(([key, verdict]) => {
    const value = key.elem?.val ?? key;
    const chain = verdict.goto?.target;
    const [mark, address] =
      typeof value === 'object'
        ? (value.concat ?? [0, value.prefix && `${value.prefix.addr}/${value.prefix.len}`])
        : [value, ''];
    if (address === undefined || chain === undefined) return [];
    // What never ends was not put there by us: far from any end wanted, it is seen as different.
    const until = milliseconds(now + (key.elem?.expires ?? 1e9) * 1000);
    return [{ mark: Number(mark), family: name.endsWith('4') ? 4 : 6, address: String(address), chain, until }];
  });
}

interface NftEntry {
  readonly chain?: { readonly name: string; readonly hook?: string; readonly prio?: number };
  readonly rule?: { readonly chain: string; readonly comment?: string };
  readonly counter?: {
    readonly name: string;
    readonly table: string;
    readonly packets: number;
    readonly bytes: number;
  };
  readonly map?: NftMap;
  readonly set?: { readonly name: string; readonly type: string | readonly string[] };
}

interface NftMap {
  readonly name: string;
  readonly type: string | readonly string[];
  readonly elem?: readonly (readonly [NftKey, { readonly goto?: { readonly target: string } }])[];
}

interface NftKey extends NftPair {
  readonly elem?: { readonly val: NftPair | number; readonly expires?: number };
}

/** A mark alone is a number. */
interface NftPair {
  readonly concat?: readonly [number, string];
  readonly prefix?: { readonly addr: string; readonly len: number };
}
