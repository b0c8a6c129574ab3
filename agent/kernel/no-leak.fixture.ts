import { type Milliseconds, milliseconds } from '@sublane/basics';
import { ADDRESSES, type Namespace, PYTHON, type Running, toolPath } from '../../test/lab/index.ts';
import type { Attachment, LaneRoute, LaneWish } from '../lanes/wish.ts';
import { labLane, upTo } from './subscriber-host.fixture.ts';

/** Where a group's application sends, and nobody else: a packet to there is one of the group's. */
export const targetOf = (groupId: number) => ({
  v4: `198.51.100.${100 + groupId}`,
  v6: `2001:db8:b::${100 + groupId}`,
});

export const restless = (groupId: number): readonly string[] => {
  const { v4, v6 } = targetOf(groupId);
  return [
    PYTHON,
    toolPath('restless-application.py'),
    '0.03',
    v4,
    v6,
    ADDRESSES.host.v4,
    ADDRESSES.host.v6,
    ADDRESSES.host.device,
  ];
};

/** mulberry32: the same numbers for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** What a group has now, as far as a walk changes it. */
export interface Grant {
  readonly place: keyof typeof PLACES;
  /** Which of its addresses; undefined: it is blocked. */
  readonly address: number | undefined;
  readonly families: readonly (4 | 6)[];
  /** The address before stands beside it. */
  readonly before?: number;
  /** Where its routes lead; `elsewhere`: not to where it sends. */
  readonly routes: 'everywhere' | 'there' | 'elsewhere';
  readonly unmatched: 'host' | 'unreachable';
  readonly dscp: number;
  readonly limited: boolean;
  readonly mtu: number;
}

export const BLOCKED: Grant = {
  place: 'on-link',
  address: undefined,
  families: [4, 6],
  routes: 'everywhere',
  unmatched: 'unreachable',
  dscp: 0,
  limited: false,
  mtu: 1500,
};

/** Where a lane may stand, with addresses of its own. */
export const PLACES = {
  'on-link': { attachment: { type: 'on-link' }, four: '192.0.2.1', six: '2001:db8:a::', lengths: [24, 64] },
  routed: { attachment: { type: 'routed' }, four: '192.0.2.2', six: '2001:db8:a:1::', lengths: [32, 128] },
  vxlan: {
    attachment: { type: 'tunnel', encapsulation: 'vxlan', remote: ADDRESSES.edge.v4, port: 4789, identifier: 9 },
    four: '10.9.0.1',
    six: '2001:db8:9::',
    lengths: [24, 64],
    nextHops: ['10.9.0.1', '2001:db8:9::1'],
  },
} as const satisfies Record<string, Place>;

interface Place {
  readonly attachment: Attachment;
  /** What its addresses begin with: two digits follow, or group and number. */
  readonly four: string;
  readonly six: string;
  readonly lengths: readonly [number, number];
  readonly nextHops?: readonly [string, string];
}

/** What the other end of those places needs. */
export const EDGE_PLACES = [
  'link add vx type vxlan id 9 remote 192.0.2.7 local 192.0.2.1 dstport 4789 dev access',
  'link set vx up',
  'address add 10.9.0.1/24 dev vx',
  'address add 2001:db8:9::1/64 dev vx nodad',
  'route add 192.0.2.208/28 via 192.0.2.7',
  'route add 192.0.2.224/28 via 192.0.2.7',
  'route add 2001:db8:a:1::/64 via 2001:db8:a::7',
];

const DESTINATIONS: Record<Grant['routes'], readonly [string, string]> = {
  everywhere: ['0.0.0.0/0', '::/0'],
  there: ['198.51.100.0/24', '2001:db8:b::/64'],
  elsewhere: ['100.64.0.0/10', '2001:db8:c::/48'],
};

function routesOf({ routes, place }: Grant): readonly LaneRoute[] {
  const { nextHops }: Place = PLACES[place];
  if (nextHops === undefined && routes === 'everywhere') return [];
  return DESTINATIONS[routes].map((destination, index) => ({
    destination,
    ...(nextHops !== undefined && { nextHop: nextHops[index] as string }),
  }));
}

/** The host's own, by whichever link. */
export const HOST_ADDRESSES = [ADDRESSES.host.v4, ADDRESSES.host.v6, '203.0.113.7'];

const addressText = (groupId: number, family: 4 | 6, index: number, { four, six }: Place) =>
  family === 4 ? `${four}${groupId}${index}` : `${six}${groupId}:${index}`;

export function laneOf(groupId: number, grant: Grant, validUntil: Milliseconds): LaneWish {
  const { address, before, families, unmatched, dscp, limited, mtu } = grant;
  if (address === undefined)
    return labLane(groupId, { addresses: [], routes: [], unmatched: 'unreachable', dscp: 0, validUntil });
  const place = PLACES[grant.place];
  const at = (index: number, deprecated: boolean) =>
    families.map((family) => ({
      address: addressText(groupId, family, index, place),
      prefixLength: place.lengths[family === 4 ? 0 : 1],
      deprecated,
    }));
  return labLane(groupId, {
    attachment: place.attachment,
    addresses: [...at(address, false), ...(before === undefined ? [] : at(before, true))],
    routes: routesOf(grant),
    unmatched,
    dscp,
    validUntil,
    ...(limited && { upld: upTo(50_000) }),
    ...(mtu !== 1500 && { mtu: mtu as never }),
  });
}

/** What its packets may come from: its own addresses, and the host's where its routes do not lead. */
export const sourcesOf = (groupId: number, grant: Grant): readonly string[] => [
  ...addressesOf(groupId, grant),
  ...hostsOf(grant),
];

/** The host's addresses, of a family granted: also when the lease has ended. */
export const hostsOf = ({ address, families, routes, unmatched }: Grant): readonly string[] =>
  address !== undefined && routes === 'elsewhere' && unmatched === 'host'
    ? HOST_ADDRESSES.filter((one) => families.includes(one.includes(':') ? 6 : 4))
    : [];

const addressesOf = (groupId: number, { address, before, families, place }: Grant): readonly string[] =>
  [address, before].flatMap((index) =>
    index === undefined ? [] : families.map((family) => addressText(groupId, family, index, PLACES[place])),
  );

/** In place of a source: all are allowed. */
export const ANY = '*';

/** Some time must be allowed between the kernel's change and the moment at which the engine's caller knows of it. */
const SLACK = 25;

/** Which sources a group's packets may have, over time. */
export class Timeline {
  readonly #spans = new Map<number, { readonly from: number; readonly allowed: ReadonlySet<string> }[]>();

  set(groupId: number, allowed: Iterable<string>, from = Date.now()): void {
    const spans = this.#spans.get(groupId) ?? [];
    spans.push({ from, allowed: new Set(allowed) });
    this.#spans.set(groupId, spans);
  }

  allows(groupId: number, source: string, time: number): boolean {
    const spans = this.#spans.get(groupId) ?? [];
    return spans.some(
      ({ from, allowed }, index) =>
        (allowed.has(source) || allowed.has(ANY)) &&
        from <= time + 1 &&
        time - SLACK <= (spans[index + 1]?.from ?? Number.POSITIVE_INFINITY),
    );
  }
}

export interface Sighting {
  readonly device: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly times: readonly number[];
}

/** A capture on every device of a namespace of packets to the groups' own destinations. */
export class Watcher {
  readonly #program: Running;

  private constructor(program: Running) {
    this.#program = program;
  }

  static async open(namespace: Namespace, groups: readonly number[]): Promise<Watcher> {
    const destinations = groups.flatMap((groupId) => Object.values(targetOf(groupId)));
    const program = namespace.start([PYTHON, toolPath('packet-watcher.py'), ...destinations]);
    await program.printed(/^ready$/m);
    return new Watcher(program);
  }

  /** What was seen since the last call, and how many packets came too fast to be seen. */
  async seen(): Promise<{ readonly lost: number; readonly flows: readonly Sighting[] }> {
    const from = this.#program.output.length;
    this.#program.write('\n');
    const [line] = await this.#program.printed(/^\{"lost".*\}$/m, { from });
    return JSON.parse(line) as { lost: number; flows: Sighting[] };
  }
}

/** Packets that no grant of that moment covers, in words. */
export function leaksIn(flows: readonly Sighting[], groups: readonly number[], timeline: Timeline): readonly string[] {
  return flows.flatMap(({ device, source, destination, protocol, times }) => {
    const groupId = groups.find((one) => Object.values(targetOf(one)).includes(destination)) as number;
    const bad = times.filter((time) => !timeline.allows(groupId, source, time));
    if (bad.length === 0) return [];
    return [`group ${groupId}: ${bad.length} ${protocol} packets from ${source} on ${device}, the first at ${bad[0]}`];
  });
}

export const soon = (random: () => number, least: number, most: number): Milliseconds =>
  milliseconds(Math.round(least + random() * (most - least)));
