import { bytes, kilobitsPerSecond, milliseconds } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { KernelObject, PoliceObject } from './kernel-object.ts';
import { ownershipOf } from './lanes-engine.ts';
import type { UplinkFacts } from './observation.ts';
import { render } from './render.ts';
import type { Attachment, DirectionWish, LaneWish } from './wish.ts';

const UPLINK: UplinkFacts = {
  name: 'eth0',
  mtu: 1500,
  carries: { ipvlan: true, macvlan: true },
  nextHop: { 4: '192.0.2.1', 6: '2001:db8:a::1' },
  connected: [],
  arp: [],
};
const STOCK = ['tool:nft', 'ipv6', 'ipvlan', 'dummy', 'htb', 'fq_codel', 'police', 'basic', 'u32', 'cls_bpf', 'ifb'];

const rate = (kilobits: number, more: Partial<DirectionWish> = {}): DirectionWish => ({
  rate: kilobitsPerSecond(kilobits),
  priority: 'M',
  ...more,
});
const lane = (groupId: number, attachment: Attachment, more: Partial<LaneWish>): LaneWish => ({
  groupId,
  name: `group-${groupId}`,
  interface: `sl${groupId}`,
  attachment,
  addresses: [
    { address: `203.0.113.${groupId % 200}`, prefixLength: 32, deprecated: false },
    { address: `2001:db8:c::${groupId}`, prefixLength: 128, deprecated: false },
  ],
  routes: [],
  unmatched: 'unreachable',
  dscp: 0,
  validUntil: milliseconds(1_000),
  ...more,
});

interface Options {
  readonly uplink?: Partial<UplinkFacts>;
  readonly lacks?: readonly string[];
  readonly capacity?: number;
  readonly shaping?: boolean;
}
function rendered(lanes: readonly LaneWish[], { uplink, lacks = [], capacity, shaping = true }: Options = {}) {
  const result = render({
    wish: { uplink: 'auto', lanes },
    uplink: { ...UPLINK, ...uplink },
    capabilities: STOCK.map((name) => ({ name, present: !lacks.includes(name), purpose: name })),
    ownership: ownershipOf({ stateDir: '' }),
    shaping,
    ...(capacity !== undefined && { capacity }),
    now: milliseconds(0),
  });
  const of = <Kind extends KernelObject['kind']>(kind: Kind) =>
    result.objects.filter((object): object is KernelObject & { readonly kind: Kind } => object.kind === kind);
  return { ...result, of };
}
const ON_LINK: Attachment = { type: 'on-link' };
const ROUTED: Attachment = { type: 'routed' };
const GRE: Attachment = { type: 'tunnel', encapsulation: 'gre', remote: '198.51.100.1' };

describe('rates from the host', () => {
  test('on the uplink frames count, in a tunnel packets as they were sent', () => {
    const { of, lanes } = rendered([
      lane(1, ON_LINK, { upld: rate(1_500) }),
      lane(2, ROUTED, { upld: rate(1_500) }),
      lane(3, { type: 'vlan', id: 7 }, { upld: rate(1_500) }),
      lane(4, GRE, { upld: rate(1_500) }),
    ]);
    const tunnel = of('class').find(({ id }) => id === '5b1a:4');
    expect(tunnel).toMatchObject({ link: expect.stringMatching(/^sl-t/), rate: 1_500_000 });
    for (const id of ['5b1a:1', '5b1a:2', '5b1a:3'])
      expect(of('class').find((one) => one.id === id)).toMatchObject({ link: 'eth0', rate: 1_514_000 });
    expect(lanes.map(({ shaping }) => shaping)).toEqual(['uplink', 'uplink', 'uplink', 'lane']);
  });

  test('beside a root qdisc of others a lane is shaped on what is its own, or not at all', () => {
    const { of, lanes, notes } = rendered(
      [
        lane(1, ON_LINK, { upld: rate(1_000) }),
        lane(2, ROUTED, { upld: rate(1_000) }),
        lane(3, GRE, { upld: rate(1_000) }),
      ],
      { uplink: { foreignQdisc: 'cake' } },
    );
    expect(of('qdisc').some(({ link }) => link === 'eth0')).toBe(false);
    expect(lanes.map(({ shaping }) => shaping)).toEqual(['lane', 'none', 'lane']);
    expect(notes.join()).toContain('cake');
  });

  test('with a known capacity each is sure of its part, below what all share, by its precedence', () => {
    const { of } = rendered(
      (['H', 'M', 'L'] as const).map((priority, index) =>
        lane(index + 1, ON_LINK, { upld: rate(10_000, { priority }) }),
      ),
      { capacity: 10_000 },
    );
    const own = of('class').filter(({ id }) => /:[123]$/.test(id));
    expect(own.map(({ precedence }) => precedence)).toEqual([0, 1, 2]);
    const shared = of('class').find(({ id }) => id === own[0]?.parent);
    expect(shared).toMatchObject({ parent: 'root', rate: Math.round((10_000_000 * 1514) / 1500) });
    expect(own.reduce((sum, one) => sum + one.rate, 0)).toBeLessThan((shared?.rate ?? 0) * 0.5);
    for (const one of own) expect(one.ceil).toBeCloseTo(shared?.ceil ?? 0, -3);
  });

  test('groups with the highest numbers have classes of their own', () => {
    const { of } = rendered(
      [0xffff, 0xfffe, 0xfffd].map((groupId) => lane(groupId, ON_LINK, { upld: rate(1_000) })),
      { capacity: 10_000 },
    );
    const ids = of('class').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(5);
  });
});

describe('rates to the host', () => {
  const dnld = rate(8_000);

  test('on a link of the lane’s own all that arrives, on one that others use what goes to its addresses', () => {
    const { of, lanes } = rendered([
      lane(1, ON_LINK, { dnld }),
      lane(2, ROUTED, { dnld }),
      lane(3, GRE, { dnld }),
      lane(4, ON_LINK, {}),
    ]);
    const [own, routed, tunnel] = of('police') as [PoliceObject, PoliceObject, PoliceObject];
    expect(own).toMatchObject({ link: 'sl1', addresses: [], means: 'police', rate: 8_000_000, burst: 250_000 });
    expect(routed).toMatchObject({ link: 'eth0', addresses: ['2001:db8:c::2', '203.0.113.2'] });
    expect(tunnel).toMatchObject({ link: expect.stringMatching(/^sl-t/), addresses: ['2001:db8:c::3', '203.0.113.3'] });
    expect(of('ingress').map(({ link }) => link)).toEqual([own.link, routed.link, tunnel.link]);
    expect(lanes.map(({ policing }) => policing)).toEqual(['police', 'police', 'police', 'none']);
  });

  test('a prefix that is routed to the lane is its whole', () => {
    const addresses = [{ address: '2001:db8:c:100::1', prefixLength: 56, deprecated: false }];
    expect(rendered([lane(1, ROUTED, { dnld, addresses })]).of('police')).toMatchObject([
      { addresses: ['2001:db8:c:100::/56'] },
    ]);
  });

  test.each([
    [['police'], 'bpf', 'bpf'],
    [['basic'], 'bpf', 'police'],
    [['police', 'cls_bpf'], 'ifb', 'ifb'],
    [['u32'], 'police', 'none'],
    [['police', 'cls_bpf', 'ifb'], 'none', 'none'],
  ] as const)('a kernel without %j: %s on a link of its own, %s on one that lanes share', (lacks, own, shared) => {
    const { lanes, notes } = rendered([lane(1, ON_LINK, { dnld }), lane(2, ROUTED, { dnld })], { lacks });
    expect(lanes.map(({ policing }) => policing)).toEqual([own, shared]);
    expect(notes.some((note) => note.includes('not held'))).toBe(shared === 'none');
  });

  test('the ingress qdisc of others is used as it is', () => {
    const { of, notes } = rendered([lane(1, ROUTED, { dnld })], { uplink: { foreignIngress: 'clsact' } });
    expect(of('ingress')).toEqual([]);
    expect(of('police')).toHaveLength(1);
    expect(notes.join()).toContain('clsact');
  });

  test('the burst granted, and never less than a packet; without one what TCP needs', () => {
    const burstOf = (one: DirectionWish) => rendered([lane(1, ON_LINK, { dnld: one })]).of('police')[0]?.burst;
    expect(burstOf(rate(8_000, { burst: bytes(20_000) }))).toBe(20_000);
    expect(burstOf(rate(8_000, { burst: bytes(100) }))).toBe(1_500);
    expect(burstOf(rate(8_000))).toBe(250_000);
    expect(burstOf(rate(100))).toBe(32_768);
  });

  test('each group has its own preference, the same whoever else has a lane, but where two would have one', () => {
    const preferences = (...groupIds: number[]) =>
      rendered(groupIds.map((groupId) => lane(groupId, ROUTED, { dnld })))
        .of('police')
        .map(({ preference }) => preference);
    expect(preferences(3, 7)).toEqual([preferences(3)[0], preferences(7)[0]]);
    const [first, second] = preferences(5, 5 + 0x4000);
    expect(second).toBe((first as number) + 2);
    for (const preference of preferences(1, 0x3fff, 0x7fff, 0xffff)) {
      expect(preference).toBeGreaterThanOrEqual(0x4000);
      expect(preference).toBeLessThan(0xc000);
    }
  });

  test('without shaping every qdisc is left alone', () => {
    const { of, lanes } = rendered([lane(1, ON_LINK, { upld: dnld, dnld })], { shaping: false });
    expect([...of('qdisc'), ...of('ingress'), ...of('police')]).toEqual([]);
    expect(lanes[0]).toMatchObject({ shaping: 'none', policing: 'none' });
  });
});
