import { hash } from 'node:crypto';
import { contains, FAMILIES, type Family, type Prefix, parsePrefix, prefixText } from './ip-address.ts';
import { MARK_MASK } from './kernel.ts';
import type { FirewallObject, LiveElement } from './kernel-object.ts';
import type { PermitWish, Wish } from './wish.ts';

/** What the firewall needs to know of a lane, worked out elsewhere. */
export interface FirewallLane {
  readonly groupId: number;
  readonly mark: number;
  readonly addresses: readonly { readonly family: Family; readonly address: string }[];
  /** Prefixes that are the lane's, whole: what stands behind the host leaves with their addresses. */
  readonly behind: readonly Prefix[];
  /** Where the lane's own routes lead; what else there is goes the host's way if `unmatched` says so. */
  readonly destinations: readonly Prefix[];
  readonly unmatched: 'host' | 'unreachable';
  /** Its applications reach nothing once the lease has ended, by whichever way. */
  readonly blocks: boolean;
  readonly dscp: number;
  /** `5b1a:1`: the class that holds the lane's rate. */
  readonly classId?: string;
  readonly permit: readonly PermitWish[];
  readonly isolated: boolean;
  /** A tunnel puts packets of the host's own around its packets, which keep the mark of what they carry. */
  readonly tunnelled: boolean;
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
  const all = lanes.flatMap((lane) => lane.addresses.map((one) => ({ ...one, lane })));

  const leave = [
    ...lanes.flatMap((lane) => (lane.isolated ? isolation(lane, lanes) : [])),
    'oifname "lo" accept',
    'meta mark . ip saddr vmap @live4',
    'meta mark . ip6 saddr vmap @live6',
  ];
  const arrive = ['iifname "lo" accept'];
  if (lanes.length > 0) {
    const open = lanes.filter(endsOpenly);
    for (const { mark, groupId, validUntil } of open)
      live.push({ mark, family: 4, address: '', chain: `stray-${groupId}`, until: validUntil });
    if (open.length > 0) leave.push('meta mark vmap @open');
    const strayed = lanes.map((lane) => `${hex(lane.mark)} : goto ${endsOpenly(lane) ? 'stray' : strayChain(lane)}`);
    leave.push(`meta mark vmap { ${strayed.join(', ')} }`);
    const dropped = lanes.map(({ mark, groupId }) => `${hex(mark)} : "drop-${groupId}"`);
    // While the table is replaced, a lookup may miss for a packet that is on its way through the rules: the kernel looks
    // sets up by the new generation under the old one's rules. What then decides needs no lookup.
    chains.set('refused', [`counter name meta mark map { ${dropped.join(', ')} } drop`, 'drop']);
    chains.set('stray', [...directWays(all, direct), 'goto refused']);
    const base = hex(((lanes[0] as FirewallLane).mark & MARK_MASK) >>> 0);
    leave.push(`meta mark & ${hex(MARK_MASK)} == ${base} jump missed`);
    chains.set(
      'missed',
      lanes.map(({ mark }) => `meta mark ${hex(mark)} drop`),
    );
  }
  const behind = lanes.flatMap((lane) => lane.behind.map((prefix) => ({ prefix, lane })));
  for (const family of FAMILIES) {
    const own = all.filter((one) => one.family === family);
    if (own.length === 0) continue;
    const whole = behind.filter(({ prefix }) => prefix.family === family);
    const single = own.filter(
      ({ address }) => !whole.some(({ prefix }) => contains(prefix, parsePrefix(address) as Prefix)),
    );
    const counter = (kind: string, some: readonly (readonly [string, FirewallLane])[]) =>
      some.map(([address, lane]) => `${address} : "${kind}-${lane.groupId}"`).join(', ');
    if (whole.length > 0) leave.push(`${name(family)} saddr vmap @behind${family}`);
    // A lane's address without its mark, or after its end.
    const held = [
      ...single.map(({ address, lane }) => [address, lane] as const),
      ...whole.map(({ prefix, lane }) => [prefixText(prefix), lane] as const),
    ];
    leave.push(`counter name ${name(family)} saddr map { ${counter('drop', held)} } drop`);
    const counted = own.map(({ address, lane }) => [address, lane] as const);
    arrive.push(`counter name ${name(family)} daddr map { ${counter('down', counted)} }`);
  }

  for (const lane of lanes) {
    const { groupId, mark, permit } = lane;
    const chain = permit.length === 0 ? `lane-${groupId}` : `permit-${groupId}`;
    counters.push(`up-${groupId}`, `down-${groupId}`, `drop-${groupId}`);
    for (const { family, address } of lane.addresses) {
      const element = { family, address, until: lane.validUntil };
      // The kernel's own answers carry no mark; what is permitted to applications does not bind them.
      live.push({ ...element, mark, chain }, { ...element, mark: 0, chain: `lane-${groupId}` });
    }
    for (const prefix of lane.behind)
      live.push({ mark: 0, family: prefix.family, address: prefixText(prefix), chain, until: lane.validUntil });
    chains.set(`lane-${groupId}`, [
      `ip dscp set ${lane.dscp}`,
      `ip6 dscp set ${lane.dscp}`,
      ...(lane.classId === undefined ? [] : [`meta priority set ${lane.classId}`]),
      // What is forwarded does not know the lane's MTU; only ever lowered.
      ...(lane.behind.length === 0 ? [] : ['tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu']),
      `counter name up-${groupId}`,
      // What carries it has the host's address: it is no stray, and no application can mark a packet so.
      ...(lane.tunnelled ? [`meta mark set ${hex(((mark & MARK_MASK) | CARRIED) >>> 0)}`] : []),
    ]);
    if (permit.length > 0)
      chains.set(`permit-${groupId}`, [
        ...permit.map((one) => `${permitText(one)}goto lane-${groupId}`),
        'goto refused',
      ]);
    if (strayChain(lane) !== 'stray') chains.set(strayChain(lane), strays(lane, all, direct));
  }
  chains.set('leave', leave);
  chains.set('arrive', arrive);
  const families = FAMILIES.filter((family) => behind.some(({ prefix }) => prefix.family === family));
  return assemble(table, chains, counters, live, mapsFor(families, lanes.some(endsOpenly)));
}

type Holding = readonly { readonly family: Family; readonly address: string }[];

/** Whether a family's packets with another source than the lane's have no way at all. */
function shut(lane: FirewallLane, family: Family): boolean {
  // A family without an address would leak the host's.
  const granted = lane.addresses.some((one) => one.family === family);
  const everywhere = lane.destinations.some((one) => one.family === family && one.length === 0);
  return lane.unmatched === 'unreachable' || !granted || everywhere;
}

const strayChain = (lane: FirewallLane) =>
  FAMILIES.every((family) => shut(lane, family)) ? 'stray' : `stray-${lane.groupId}`;

/** Whether it lets strays go the host's way only while its lease lasts. */
const endsOpenly = (lane: FirewallLane) => lane.blocks && strayChain(lane) !== 'stray';

/** A rule on one family's addresses, where there are any. */
const some = (family: Family, what: string, members: readonly string[], then: string) =>
  members.length === 0 ? [] : [`${name(family)} ${what} { ${members.join(', ')} } ${then}`];

const addressesOf = (family: Family, all: Holding) =>
  all.filter((one) => one.family === family).map(({ address }) => address);

/** Destinations reached by the host's own way, and with its own address. */
const directWays = (all: Holding, direct: readonly Prefix[]) =>
  FAMILIES.flatMap((family) => {
    const ways = outermost(direct, family);
    if (ways.length === 0) return [];
    return [
      ...some(family, 'saddr', addressesOf(family, all), 'goto refused'),
      ...some(family, 'daddr', ways, 'accept'),
    ];
  });

/** What happens to a packet of the lane's applications that has not the lane's living address, where not all is shut. */
function strays(lane: FirewallLane, all: Holding, direct: readonly Prefix[]): string[] {
  const own = FAMILIES.flatMap((family) => [
    ...some(family, 'saddr', addressesOf(family, all), 'goto refused'),
    ...(shut(lane, family)
      ? [`meta nfproto ipv${family} goto refused`]
      : some(family, 'daddr', outermost(lane.destinations, family), 'goto refused')),
  ]);
  return [...directWays(all, direct), ...own];
}

/** Between two groups of this host all is local, so it is held back on loopback. */
function isolation(lane: FirewallLane, lanes: readonly FirewallLane[]): string[] {
  const others = lanes.filter((other) => other !== lane);
  if (others.length === 0) return [];
  const marks = `{ ${others.map(({ mark }) => hex(mark)).join(', ')} }`;
  return FAMILIES.flatMap((family) => {
    const of = (some: readonly FirewallLane[]) =>
      some.flatMap(({ addresses }) => addresses.filter((one) => one.family === family).map(({ address }) => address));
    const theirs = of(others);
    const mine = of([lane]);
    return [
      ...(theirs.length === 0
        ? []
        : [`oifname "lo" meta mark ${hex(lane.mark)} ${name(family)} daddr { ${theirs.join(', ')} } goto refused`]),
      ...(mine.length === 0
        ? []
        : [`oifname "lo" meta mark ${marks} ${name(family)} daddr { ${mine.join(', ')} } goto refused`]),
    ];
  });
}

function permitText({ destination, protocol, ports }: PermitWish): string {
  const prefix = destination === undefined ? undefined : parsePrefix(destination);
  const parts: string[] = [];
  if (prefix !== undefined) parts.push(`${name(prefix.family)} daddr ${prefixText(prefix)}`);
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
  maps: readonly TimedMap[],
): FirewallObject {
  const names = [...chains.keys()].sort();
  const rules = names.map((chain) =>
    (chains.get(chain) as string[]).map((rule) => ({ chain, rule, print: fingerprint(rule) })),
  );
  return {
    kind: 'firewall',
    table,
    chains: names,
    counters,
    live,
    shape: firewallShape(
      names.map((chain, index) => ({
        ...{ chain, ...hookOf(chain) },
        rules: rules[index]?.map(({ print }) => print) ?? [],
      })),
      maps.map((map) => [map.name, map.type] as const),
      counters,
    ),
    script: [
      ...counters.map((counter) => `add counter inet ${table} ${counter}`),
      ...names.map((chain) => {
        const { hook, priority } = hookOf(chain);
        const base = hook === undefined ? '' : ` { type filter hook ${hook} priority ${priority}; policy accept; }`;
        return `add chain inet ${table} ${chain}${base}`;
      }),
      // After the chains that elements lead to: nft writes those of intervals together with their map.
      ...maps.map((map) => `add map inet ${table} ${map.name} { type ${map.type} : verdict; flags ${map.flags}; }`),
      ...rules.flat().map(({ chain, rule, print }) => `add rule inet ${table} ${chain} ${rule} comment "${print}"`),
    ],
  };
}

interface TimedMap {
  readonly name: string;
  readonly type: string;
  readonly flags: string;
}

/**
 * Maps whose elements end with the lease; `behind` are the families in which there are whole prefixes, `open` whether a
 * lane's strays go the host's way until then.
 */
const mapsFor = (behind: readonly Family[], open: boolean): readonly TimedMap[] => [
  ...(open ? [{ name: 'open', type: 'mark', flags: 'timeout' }] : []),
  { name: 'live4', type: 'mark . ipv4_addr', flags: 'timeout' },
  { name: 'live6', type: 'mark . ipv6_addr', flags: 'timeout' },
  ...behind.map((family) => ({ name: `behind${family}`, type: `ipv${family}_addr`, flags: 'interval, timeout' })),
];

/** In the lower half of a mark: the packet has been let out into a tunnel. No group has this number. */
const CARRIED = 0xffff;

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
const fingerprint = (rule: string) => `sl:${hash('sha256', rule).slice(0, 16)}`;

const name = (family: Family) => (family === 4 ? 'ip' : 'ip6');

const hex = (value: number) => `0x${value.toString(16)}`;

/** Whether a mark belongs to this engine. */
export const isOwnMark = (mark: number, base: number): boolean => (mark & MARK_MASK) >>> 0 === (base & MARK_MASK) >>> 0;
