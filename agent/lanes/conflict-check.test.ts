import { milliseconds, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { questionsFor } from './conflict-check.ts';
import { lane, NOW, wishOf, world } from './engine-world.fixture.ts';
import type { KernelObject, LinkObject } from './kernel-object.ts';

const both = [
  { address: '192.0.2.50', prefixLength: 24, deprecated: false },
  { address: '2001:DB8:a::50', prefixLength: 64, deprecated: false },
];
const second = lane({
  groupId: 2,
  interface: 'sl2',
  addresses: [{ address: '192.0.2.60', prefixLength: 24, deprecated: false }],
});

describe('an address that someone else has', () => {
  test('is refused, and nothing is changed', async () => {
    const { kernel, journal, engine } = world();
    const one = engine();
    unwrap(await one.converge(wishOf(second)));
    const held = kernel.objects;
    const text = journal.text;
    kernel.neighbours.set('2001:db8:a::50', '02:00:00:00:00:09');
    expect(await one.converge(wishOf(lane({ addresses: both }), second))).toEqual({
      ok: false,
      failure: {
        kind: 'conflict',
        groupId: 1,
        addresses: ['2001:DB8:a::50'],
        message: expect.stringContaining('2001:DB8:a::50 (02:00:00:00:00:09)'),
      },
    });
    expect(kernel.objects).toEqual(held);
    expect(journal.text).toBe(text);
  });

  test('is taken where nobody shall be asked', async () => {
    const { kernel, engine } = world({}, { probe: false });
    kernel.neighbours.set('192.0.2.50', '02:00:00:00:00:09');
    unwrap(await engine().converge(wishOf(lane())));
    expect(kernel.asked).toEqual([]);
  });
});

describe('asked about', () => {
  test('are new addresses only, on the uplink', async () => {
    const { kernel, engine, clock } = world();
    const one = engine();
    unwrap(await one.converge(wishOf(lane({ addresses: both }))));
    expect(kernel.asked.splice(0)).toEqual([
      { link: 'eth0', family: 4, address: '192.0.2.50' },
      { link: 'eth0', family: 6, address: '2001:db8:a::50' },
    ]);
    unwrap(await one.converge(wishOf(lane({ addresses: both, dscp: 0, interface: 'slother' }), second)));
    expect(kernel.asked.splice(0)).toEqual([{ link: 'eth0', family: 4, address: '192.0.2.60' }]);
    unwrap(await one.extend(new Map([[1, milliseconds(NOW + 600_000)]])));
    // Another took it away: it is put back, not asked about.
    const its = kernel.objects.filter(
      (object) =>
        (object.kind === 'route' && object.source === '192.0.2.50') ||
        (object.kind === 'address' && object.address === '192.0.2.50'),
    );
    for (const object of its.reverse()) unwrap(await kernel.apply([{ verb: 'remove', object }], clock.sinceBoot()));
    expect(its.length).toBeGreaterThan(1);
    unwrap(await one.converge(wishOf(lane({ addresses: both, dscp: 0, interface: 'slother' }), second)));
    expect(kernel.asked).toEqual([]);
  });

  test('is an address again after its lease has ended, and on another uplink', async () => {
    const { kernel, engine, clock } = world();
    const one = engine();
    unwrap(await one.converge(wishOf(lane())));
    kernel.asked.splice(0);
    unwrap(await one.converge({ ...wishOf(lane()), uplink: 'eth1' }));
    expect(kernel.asked.splice(0)).toEqual([{ link: 'eth1', family: 4, address: '192.0.2.50' }]);
    await clock.advance(milliseconds(120_000));
    unwrap(await one.converge({ ...wishOf(lane({ validUntil: milliseconds(NOW + 600_000) })), uplink: 'eth1' }));
    expect(kernel.asked).toHaveLength(1);
  });

  const uplink = { name: 'eth0' } as never;
  const reached = { wish: wishOf(), uplink };
  const link = (name: string, device: LinkObject['device']): LinkObject => ({
    kind: 'link',
    name,
    device,
    group: 1,
    mtu: 1500,
  });
  const address = (on: string): KernelObject => ({
    kind: 'address',
    family: 4,
    link: on,
    address: '192.0.2.50',
    validUntil: milliseconds(NOW + 1000),
  });
  const ask = (wanted: readonly KernelObject[], seen: readonly KernelObject[] = []) =>
    questionsFor({
      operations: wanted.filter((object) => !seen.includes(object)).map((object) => ({ verb: 'add' as const, object })),
      wanted,
      seen: { objects: seen, links: [] },
      reached,
      before: undefined,
      now: NOW,
    });

  test('is a VLAN or VXLAN on itself, once the change has made it', () => {
    const vlan = link('sl-v7', { type: 'vlan', parent: 'eth0', id: 7 });
    const upper = link('sl1', { type: 'macvlan', parent: 'sl-v7' });
    const up: KernelObject = { kind: 'active', link: 'sl-v7' };
    const made = ask([vlan, upper, up, address('sl1')]);
    expect(made.now).toEqual([]);
    expect(made.later).toEqual([{ link: 'sl-v7', family: 4, address: '192.0.2.50' }]);
    expect(made.preparation.map(({ object }) => object)).toEqual([vlan, up]);
    expect(ask([vlan, up, upper, address('sl1')], [vlan, up]).now).toHaveLength(1);
    const vxlan = link('sl-x9', { type: 'vxlan', remote: '203.0.113.1', port: 4789, identifier: 9 });
    expect(ask([vxlan, address('sl-x9')]).later).toHaveLength(1);
  });

  test.each<[string, LinkObject['device']]>([
    ['a routed address', { type: 'dummy' }],
    ['the end of a GRE tunnel', { type: 'gre', remote: '203.0.113.1' }],
    ['the end of an IP in IP tunnel', { type: 'sit', remote: '203.0.113.1' }],
    ['the end of a WireGuard tunnel', { type: 'wireguard', remote: '203.0.113.1', port: 1, peerKey: '', keyFile: '' }],
  ])('is not %s', (_, device) => {
    expect(ask([link('sl1', device), address('sl1')])).toMatchObject({ now: [], later: [] });
    expect(ask([address('lo')])).toMatchObject({ now: [], later: [] });
  });
});
