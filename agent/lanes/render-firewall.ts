import { createHash } from 'node:crypto';
import { contains, FAMILIES, type Family, type Prefix, parsePrefix, prefixText } from './ip-address.ts';
import { MARK_MASK } from './kernel.ts';
import type { FirewallObject, LiveElement } from './kernel-object.ts';
import type { PermitWish, Wish } from './wish.ts';

/** What the firewall needs to know of a lane, worked out elsewhere. */
export interface FirewallLane {
  readonly groupId: number;
  readonly mark: number;
  readonly addresses: readonly { readonly family: Family; readonly address: string }[];
  /** Where the lane's own routes lead; what else there is goes the host's way if `unmatched` says so. */
  readonly destinations: readonly Prefix[];
  readonly unmatched: 'host' | 'unreachable';
  readonly dscp: number;
  /** `5b1a:1`: the class that holds the lane's rate. */
  readonly classId?: string;
  readonly permit: readonly PermitWish[];
  readonly isolated: boolean;
  readonly validUntil: Wish['lanes'][number]['validUntil'];
}

/**
 * The table. A packet that leaves is looked up by mark and source together, in maps whose elements end with the lease:
 * found, it is marked, classed and counted; a lane's mark with another source, or a lane's source after the end, is
 * dropped, whether or not any program of ours still runs.
 */
export function renderFirewall(
  table: string,
  lanes: readonly FirewallLane[],
  direct: readonly Prefix[],
): FirewallObject {
  const chains = new Map<string, string[]>();
  const counters: string[] = [];
  const live: LiveElement[] = [];
  const name = (family: Family) => (family === 4 ? 'ip' : 'ip6');
  const all = lanes.flatMap((lane) => lane.addresses.map((one) => ({ ...one, lane })));

  const leave = ['oifname "lo" accept', 'meta mark . ip saddr vmap @live4', 'meta mark . ip6 saddr vmap @live6'];
  const arrive = ['iifname "lo" accept'];
  if (lanes.length > 0)
    leave.push(
      `meta mark vmap { ${lanes.map(({ mark, groupId }) => `${hex(mark)} : goto stray-${groupId}`).join(', ')} }`,
    );
  for (const family of FAMILIES) {
    const own = all.filter((one) => one.family === family);
    if (own.length === 0) continue;
    const map = (chain: string) =>
      own.map(({ address, lane }) => `${address} : goto ${chain}-${lane.groupId}`).join(', ');
    leave.push(`${name(family)} saddr vmap { ${map('drop')} }`);
    arrive.push(`${name(family)} daddr vmap { ${map('arrive')} }`);
  }
  leave.unshift(...lanes.flatMap((lane) => (lane.isolated ? isolation(lane, lanes) : [])));

  for (const lane of lanes) {
    const { groupId, mark, permit } = lane;
    const chain = permit.length === 0 ? `lane-${groupId}` : `permit-${groupId}`;
    counters.push(`up-${groupId}`, `down-${groupId}`, `drop-${groupId}`);
    for (const { family, address } of lane.addresses) {
      const element = { family, address, until: lane.validUntil };
      // The kernel's own answers carry no mark; what is permitted to applications does not bind them.
      live.push({ ...element, mark, chain }, { ...element, mark: 0, chain: `lane-${groupId}` });
    }
    chains.set(`lane-${groupId}`, [
      `ip dscp set ${lane.dscp}`,
      `ip6 dscp set ${lane.dscp}`,
      ...(lane.classId === undefined ? [] : [`meta priority set ${lane.classId}`]),
      `counter name up-${groupId}`,
    ]);
    if (permit.length > 0)
      chains.set(`permit-${groupId}`, [
        ...permit.map((one) => `${permitText(one)}goto lane-${groupId}`),
        `goto drop-${groupId}`,
      ]);
    chains.set(`stray-${groupId}`, strays(lane, all, direct));
    chains.set(`drop-${groupId}`, [`counter name drop-${groupId} drop`]);
    chains.set(`arrive-${groupId}`, [`counter name down-${groupId}`]);
  }
  chains.set('leave', leave);
  chains.set('arrive', arrive);
  return assemble(table, chains, counters, live);
}

/** What happens to a packet of the lane's applications that has not the lane's living address. */
function strays(
  lane: FirewallLane,
  all: readonly { readonly family: Family; readonly address: string }[],
  direct: readonly Prefix[],
): string[] {
  const drop = `goto drop-${lane.groupId}`;
  const rules: string[] = [];
  for (const family of FAMILIES) {
    const word = family === 4 ? 'ip' : 'ip6';
    const some = (what: string, members: readonly string[], then: string) =>
      members.length === 0 ? [] : [`${word} ${what} { ${members.join(', ')} } ${then}`];
    const lanes = all.filter((one) => one.family === family).map(({ address }) => address);
    rules.push(...some('saddr', lanes, drop));
    rules.push(...some('daddr', outermost(direct, family), 'accept'));
    const granted = lane.addresses.some((one) => one.family === family);
    const everywhere = lane.destinations.some((one) => one.family === family && one.length === 0);
    // A family without an address has no way at all, or it would leak the host's.
    if (lane.unmatched === 'unreachable' || !granted || everywhere) rules.push(`meta nfproto ipv${family} ${drop}`);
    else rules.push(...some('daddr', outermost(lane.destinations, family), drop));
  }
  return rules;
}

/** Between two groups of this host all is local, so it is held back on loopback. */
function isolation(lane: FirewallLane, lanes: readonly FirewallLane[]): string[] {
  const others = lanes.filter((other) => other !== lane);
  if (others.length === 0) return [];
  const marks = `{ ${others.map(({ mark }) => hex(mark)).join(', ')} }`;
  return FAMILIES.flatMap((family) => {
    const word = family === 4 ? 'ip' : 'ip6';
    const of = (some: readonly FirewallLane[]) =>
      some.flatMap(({ addresses }) => addresses.filter((one) => one.family === family).map(({ address }) => address));
    const drop = `goto drop-${lane.groupId}`;
    const theirs = of(others);
    const mine = of([lane]);
    return [
      ...(theirs.length === 0
        ? []
        : [`oifname "lo" meta mark ${hex(lane.mark)} ${word} daddr { ${theirs.join(', ')} } ${drop}`]),
      ...(mine.length === 0 ? [] : [`oifname "lo" meta mark ${marks} ${word} daddr { ${mine.join(', ')} } ${drop}`]),
    ];
  });
}

function permitText({ destination, protocol, ports }: PermitWish): string {
  const prefix = destination === undefined ? undefined : parsePrefix(destination);
  const parts: string[] = [];
  if (prefix !== undefined) parts.push(`${prefix.family === 4 ? 'ip' : 'ip6'} daddr ${prefixText(prefix)}`);
  if (protocol !== undefined) parts.push(`meta l4proto ${protocol}`);
  else if (ports !== undefined) parts.push('meta l4proto { 6, 17, 132 }');
  if (ports !== undefined)
    parts.push(`th dport ${ports.lower === ports.upper ? ports.lower : `${ports.lower}-${ports.upper}`}`);
  return parts.length === 0 ? '' : `${parts.join(' ')} `;
}

/** Without those that lie in another: nft refuses overlapping intervals. */
function outermost(prefixes: readonly Prefix[], family: Family): string[] {
  const own = prefixes.filter((prefix) => prefix.family === family);
  const kept = own.filter(
    (prefix, index) =>
      !own.some(
        (other, place) => other !== prefix && contains(other, prefix) && (!contains(prefix, other) || place < index),
      ),
  );
  return kept.map(prefixText);
}

function assemble(
  table: string,
  chains: ReadonlyMap<string, readonly string[]>,
  counters: readonly string[],
  live: readonly LiveElement[],
): FirewallObject {
  const names = [...chains.keys()].sort();
  return {
    kind: 'firewall',
    table,
    chains: names,
    counters,
    live,
    shape: firewallShape(
      names.map((chain) => ({ chain, ...hookOf(chain), rules: (chains.get(chain) as string[]).map(fingerprint) })),
      Object.entries(MAPS),
      counters,
    ),
    script: [
      ...counters.map((counter) => `add counter inet ${table} ${counter}`),
      ...Object.entries(MAPS).map(
        ([map, type]) => `add map inet ${table} ${map} { type ${type} : verdict; flags timeout; }`,
      ),
      ...names.map((chain) => {
        const { hook, priority } = hookOf(chain);
        const base = hook === undefined ? '' : ` { type filter hook ${hook} priority ${priority}; policy accept; }`;
        return `add chain inet ${table} ${chain}${base}`;
      }),
      ...names.flatMap((chain) =>
        (chains.get(chain) as string[]).map(
          (rule) => `add rule inet ${table} ${chain} ${rule} comment "${fingerprint(rule)}"`,
        ),
      ),
    ],
  };
}

const MAPS = { live4: 'mark . ipv4_addr', live6: 'mark . ipv6_addr' };

/** Before source NAT of others (srcnat, 100), after their mangling. */
const HOOKS: Record<string, { readonly hook: string; readonly priority: number }> = {
  leave: { hook: 'postrouting', priority: -140 },
  arrive: { hook: 'input', priority: -140 },
};
const hookOf = (chain: string): { readonly hook?: string; readonly priority?: number } => HOOKS[chain] ?? {};

/** The canonical text of a table, from what is wanted or from what was read. */
export function firewallShape(
  chains: readonly { chain: string; hook?: string; priority?: number; rules: readonly string[] }[],
  maps: readonly (readonly [string, string])[],
  counters: readonly string[],
): string {
  return [
    ...chains
      .filter(({ hook }) => hook !== undefined)
      .map(({ chain, hook, priority }) => `hook ${chain} ${hook} ${priority}`),
    ...maps.map(([map, type]) => `map ${map} ${type}`),
    ...chains.map(({ chain, rules }) => `rules ${chain} ${rules.join(' ')}`),
    ...counters.map((counter) => `counter ${counter}`),
  ]
    .sort()
    .join('\n');
}

/** A rule is known again by a digest of its text, kept in its comment: a changed rule is another rule. */
const fingerprint = (rule: string) => `sl:${createHash('sha256').update(rule).digest('hex').slice(0, 16)}`;

const hex = (value: number) => `0x${value.toString(16)}`;

/** Whether a mark belongs to this engine. */
export const isOwnMark = (mark: number, base: number): boolean => (mark & MARK_MASK) >>> 0 === (base & MARK_MASK) >>> 0;
