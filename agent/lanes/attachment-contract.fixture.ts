import { bytes, milliseconds } from '@sublane/basics';
import { expect, type TestContext, test } from 'vitest';
import { ContractHands, type ContractWorld } from './contract-world.fixture.ts';
import { type KernelObject, keyOf, type LinkObject } from './kernel-object.ts';
import { plan } from './plan.ts';
import { sharedLinkOf } from './shared-link.ts';
import type { Attachment, LaneWish } from './wish.ts';

/** Far ends stand beyond the uplink's next hop, but for the kernel they are only addresses. */
const FAR = { 4: '203.0.113.1', 6: '2001:db8:f::1' } as const;
const PEER_KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';

const KINDS: readonly (readonly [name: string, attachment: (keyFile: string) => Attachment])[] = [
  ['routed', () => ({ type: 'routed' })],
  ['a VLAN', () => ({ type: 'vlan', id: 100 })],
  ['GRE in IPv4', () => ({ type: 'tunnel', encapsulation: 'gre', remote: FAR[4] })],
  ['GRE in IPv6 with a key', () => ({ type: 'tunnel', encapsulation: 'gre', remote: FAR[6], key: 4_294_967_295 })],
  ['IP in IPv4', () => ({ type: 'tunnel', encapsulation: 'ipip', remote: FAR[4] })],
  ['IP in IPv6', () => ({ type: 'tunnel', encapsulation: 'ipip', remote: FAR[6] })],
  ['VXLAN in IPv4', () => ({ type: 'tunnel', encapsulation: 'vxlan', remote: FAR[4], port: 4789, identifier: 5 })],
  [
    'VXLAN in IPv6',
    () => ({ type: 'tunnel', encapsulation: 'vxlan', remote: FAR[6], port: 8472, identifier: 0xffffff }),
  ],
  [
    'WireGuard in IPv4',
    (keyFile) => ({
      type: 'tunnel',
      encapsulation: 'wireguard',
      remote: FAR[4],
      port: 51_820,
      peerKey: PEER_KEY,
      keyFile,
    }),
  ],
  [
    'WireGuard in IPv6',
    (keyFile) => ({ type: 'tunnel', encapsulation: 'wireguard', remote: FAR[6], port: 1, peerKey: PEER_KEY, keyFile }),
  ],
];

/** What holds for lanes of each attachment that the kernel under test has. */
export function attachmentContract(world: () => ContractWorld): void {
  const hands = new ContractHands(world);

  /** Undefined where this kernel has no such device: the test is then skipped. */
  async function laneOf(kind: (keyFile: string) => Attachment, groupId: number, more: Partial<LaneWish> = {}) {
    const attachment = kind(world().keyFile ?? '');
    const type = sharedLinkOf(attachment, { name: '' })?.device.type;
    const able =
      type === undefined || (await hands.has(type)) || (type === 'wireguard' && (await hands.has('wireguard-go')));
    const keyed = type !== 'wireguard' || world().keyFile !== undefined;
    const routes = ['0.0.0.0/0', '::/0'].map((destination) => ({
      destination,
      nextHop: destination === '::/0' ? '2001:db8:a::1' : '192.0.2.1',
    }));
    const lane = hands.lane(groupId, { attachment, routes, ...more });
    const alone = lane.addresses.map((one) => ({ ...one, prefixLength: one.address.includes(':') ? 128 : 32 }));
    return able && keyed ? { ...lane, ...(attachment.type === 'routed' && { addresses: alone }) } : undefined;
  }
  const skip = (context: TestContext, name: string) => context.skip(`this kernel has no device for ${name}`);
  const left = async (lanes: readonly LaneWish[]) =>
    plan((await hands.observe(lanes)).objects, await hands.objectsOf(lanes));

  for (const [name, kind] of KINDS) {
    test(`${name}: what is made is seen, object by object, and nothing is left`, async (context) => {
      const one = await laneOf(kind, 1);
      if (one === undefined) return skip(context, name);
      const operations = await hands.reach([one]);
      const seen = (await hands.observe()).objects.map(keyOf);
      for (const { object } of operations) expect(seen).toContain(keyOf(object));
      expect(await left([one])).toEqual([]);
      await hands.reach([]);
      expect((await hands.observe()).objects).toEqual([]);
    });

    test(`${name}: lanes share what there is one of, come and go beside each other, and change`, async (context) => {
      const [one, two] = [await laneOf(kind, 1), await laneOf(kind, 2, { mtu: bytes(1300) })];
      if (one === undefined || two === undefined) return skip(context, name);
      const soon = milliseconds(world().clock.sinceBoot() + 90_000);
      for (const wish of [
        [two],
        [one, two],
        [{ ...one, mtu: bytes(1280) }, two],
        [{ ...one, addresses: one.addresses.slice(0, 1), validUntil: soon }],
        [one, hands.lane(2)],
        [hands.lane(1), two],
      ]) {
        await hands.reach(wish);
        expect(await left(wish)).toEqual([]);
      }
      await hands.reach([]);
      expect((await hands.observe()).objects).toEqual([]);
    });

    test(`${name}: a second of the same, one that is not there, and a child without its parent are refused`, async (context) => {
      const one = await laneOf(kind, 1);
      if (one === undefined) return skip(context, name);
      const objects = await hands.objectsOf([one]);
      const links = objects.filter((object): object is LinkObject => object.kind === 'link');
      const stands = objects.filter(({ kind }) => kind === 'link' || kind === 'address' || kind === 'rule');
      for (const object of stands) expect(await refusal('remove', object)).toMatchObject({ ok: false });
      for (const object of objects) {
        const orphan =
          (object.kind === 'link' && 'parent' in object.device && links.some(({ name }) => isBelow(object, name))) ||
          (object.kind === 'active' && links.length > 0) ||
          (object.kind === 'address' && object.link !== 'lo' && object.link !== 'uplink');
        if (orphan) expect(await refusal('add', object)).toMatchObject({ ok: false });
      }
      await hands.reach([one]);
      for (const object of stands) expect(await refusal('add', object)).toMatchObject({ ok: false });
      // The kernel knows a device by its parameters, not by its name.
      for (const object of links) {
        if (['dummy', 'ipvlan', 'macvlan', 'wireguard'].includes(object.device.type)) continue;
        expect(await refusal('add', { ...object, name: 'sl-twin' })).toMatchObject({ ok: false });
      }
      await hands.reach([]);
      expect((await hands.observe()).objects).toEqual([]);
    });
  }

  const refusal = (verb: 'add' | 'remove', object: KernelObject) => hands.apply([{ verb, object }]);
  const isBelow = ({ device }: LinkObject, name: string) => 'parent' in device && device.parent === name;
}
