import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES } from '../../test/lab/index.ts';
import { readHostFacts } from './host-facts.ts';
import type { SubscriberHost } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('where a host stands, read from its kernel', () => {
  let subscriber: SubscriberHost;
  onSubscriberHost((opened) => {
    subscriber = opened;
  });

  const linksOf = (family: 4 | 6) =>
    new Set(unwrap(readHostFacts()).ways.flatMap((way) => (way.family === family ? [way.link] : [])));
  const ip = (...lines: string[]) => subscriber.network.host.ip(...lines);

  test('its networks, without what tells nothing of them', async () => {
    await ip('address add 192.0.2.99/32 dev uplink', 'address add 2001:db8:a::99/128 dev uplink nodad');
    const { prefixes } = unwrap(readHostFacts());
    expect(prefixes.get('uplink')).toEqual(['192.0.2.0/24', '2001:db8:a::/64']);
    expect(prefixes.has('lo')).toBe(false);
  });

  test('the gateway’s hardware address, once it is known', async () => {
    const { host, edge } = subscriber.network;
    await host.must(['ping', '-nqc1', ADDRESSES.edge.v4]);
    await host.must(['ping', '-nqc1', ADDRESSES.edge.v6]);
    const [{ address: mac }] = JSON.parse(await edge.must(['ip', '-json', 'link', 'show', 'access']));
    const { neighbours } = unwrap(readHostFacts());
    for (const address of [ADDRESSES.edge.v4, ADDRESSES.edge.v6])
      expect(neighbours).toContainEqual({ link: 'uplink', address, mac });
    // One that does not answer has none.
    await host.run(['ping', '-nqc1', '-W1', '192.0.2.200']);
    expect(unwrap(readHostFacts()).neighbours.map(({ address }) => address)).not.toContain('192.0.2.200');
  });

  test('how often a link was without its cable', async () => {
    const changes = () => unwrap(readHostFacts()).carrierChanges.get('uplink') ?? Number.NaN;
    const before = changes();
    await subscriber.network.edge.ip('link set access down', 'link set access up');
    expect(changes()).toBe(before + 2);
  });

  test('the ways that the kernel itself would take', async () => {
    expect([...linksOf(4), ...linksOf(6)]).toEqual(['uplink', 'uplink']);
    for (const [type, family] of [
      ['unreachable', 4],
      ['prohibit', 4],
      ['blackhole', 4],
      ['unreachable', 6],
      ['prohibit', 6],
      ['blackhole', 6],
    ] as const) {
      const words = ['ip', `-${family}`, 'route', 'add', type, 'default', 'table', '99'];
      await subscriber.network.host.must(words);
      await subscriber.network.host.must(['ip', `-${family}`, 'rule', 'add', 'lookup', '99', 'preference', '99']);
      expect([type, family, ...linksOf(family)]).toEqual([type, family, undefined]);
      await subscriber.network.host.must(['ip', `-${family}`, 'rule', 'del', 'preference', '99']);
      await subscriber.network.host.must(['ip', `-${family}`, 'route', 'flush', 'table', '99']);
    }
    await ip('route del default');
    expect([...linksOf(4)]).toEqual([undefined]);
    await ip('route add default via 192.0.2.1');
  });
});
