import { unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PoolSettings } from '../pools/pool.ts';
import { type Bench, CONFIGURATION, entry, LAPTOP, message, pool, setUp } from './service-fixture.ts';

const HOST_KEY = 'mDnSGNSO0EZSnuFWpZ3FEZ0dsQW1FGKCmTrXGOgl0Fo=';
const EDGE_KEY = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
const REMOTE = '203.0.113.250';

let bench: Bench;
beforeEach(async () => {
  bench = await setUp();
});
afterEach(() => bench.store.close());

type Facts = { readonly key?: string; readonly addresses?: readonly string[] };
const request = ({ key, addresses }: Facts = {}, caller = LAPTOP) =>
  bench.service.requestService(
    caller,
    message([entry(1)], {
      'host-id': caller.hostId,
      ...(key !== undefined && { 'sublane-service:wireguard-public-key': key }),
      ...(addresses && { 'sublane-service:host-address': addresses }),
    }),
  );
const group = async (facts: Facts = {}) => unwrap(await request(facts))['sp-service-message']['application-group']?.[0];
const refusal = async (facts: Facts = {}, caller = LAPTOP) => {
  const answer = await request(facts, caller);
  return answer.ok ? undefined : answer.failure[0];
};

type Settings = Extract<PoolSettings['attachment'], { kind: 'tunnel' }>['tunnel'];
const afar = (tunnel: Settings, more: Partial<PoolSettings> = {}) =>
  pool('afar', {
    prefixes: ['10.9.0.0/24', '2001:db8:9::/64'],
    gateways: ['10.9.0.1', '2001:db8:9::1'],
    attachment: { kind: 'tunnel', tunnel },
    ...more,
  });
const wireguard = (more: Partial<PoolSettings> = {}) =>
  afar({ encapsulation: 'wireguard', remote: REMOTE, publicKey: EDGE_KEY }, more);
const configure = (...pools: ReturnType<typeof pool>[]) =>
  bench.configure({ ...CONFIGURATION, pools: new Map(pools.map((one) => [one.name, one])) });

describe('a lane in a tunnel', () => {
  test.each<[Settings, object]>([
    [
      { encapsulation: 'gre', remote: REMOTE, key: 7 },
      { encapsulation: 'gre', 'remote-address': REMOTE, key: 7 },
    ],
    [
      { encapsulation: 'ipip', remote: '2001:db8:ff::1' },
      { encapsulation: 'ipip', 'remote-address': '2001:db8:ff::1' },
    ],
    [
      { encapsulation: 'wireguard', remote: REMOTE, publicKey: EDGE_KEY, port: 51_999 },
      { encapsulation: 'wireguard', 'remote-address': REMOTE, 'remote-port': 51_999, 'public-key': EDGE_KEY },
    ],
  ])('by %j has its end, and no next hop', async (settings, tunnel) => {
    await configure(afar(settings, { mtu: 1380 }));
    const given = await group({ key: HOST_KEY });
    expect(given?.['access-interface-cfg']).toMatchObject({ type: 'iana-if-type:tunnel', mtu: 1380, tunnel });
    expect(given?.['access-interface-cfg'].tunnel).toEqual(tunnel);
    expect(given?.['routing-cfg']).toEqual({
      'ipv4-route': [{ 'destination-prefix': '0.0.0.0/0' }],
      'ipv6-route': [{ 'destination-prefix': '::/0' }],
      unmatched: 'unreachable',
    });
    // The edge's own address inside it is no lane's, and is what must be reached.
    expect(given?.['access-interface-cfg']).toMatchObject({
      ipv4: { address: [{ ip: '10.9.0.2', 'prefix-length': 32 }] },
      'check-address': ['10.9.0.1', '2001:db8:9::1'],
    });
  });

  test('by VXLAN stands on a segment, whose gateway is the next hop', async () => {
    await configure(afar({ encapsulation: 'vxlan', remote: REMOTE, key: 5000 }));
    const given = await group();
    expect(given?.['access-interface-cfg'].tunnel).toEqual({
      encapsulation: 'vxlan',
      'remote-address': REMOTE,
      'remote-port': 4789,
      key: 5000,
    });
    expect(given?.['routing-cfg']).toMatchObject({
      'ipv4-route': [{ 'destination-prefix': '0.0.0.0/0', 'next-hop-address': '10.9.0.1' }],
      'ipv6-route': [{ 'destination-prefix': '::/0', 'next-hop-address': '2001:db8:9::1' }],
    });
  });

  test('has no next hop even where a route of the class names one', async () => {
    const films = afar({ encapsulation: 'gre', remote: REMOTE }, { class: 'streaming' });
    await configure(films);
    const wish = message([entry(1, { direction: 'dnld', priority: 'M' })]);
    const answer = unwrap(await bench.service.requestService(LAPTOP, wish));
    expect(answer['sp-service-message']['application-group']?.[0]?.['routing-cfg']).toEqual({
      'ipv4-route': [{ 'destination-prefix': '203.0.113.0/24' }],
      'ipv6-route': [{ 'destination-prefix': '2001:db8:100::/48' }],
      unmatched: 'host',
    });
  });
});

describe('the host’s WireGuard key', () => {
  test('is stored with the lease', async () => {
    await configure(wireguard());
    await group({ key: HOST_KEY });
    expect(await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now())).toMatchObject([
      { pool: 'afar', wireguardKey: HOST_KEY },
    ]);
  });

  test('is asked for where only a WireGuard tunnel would do', async () => {
    await configure(wireguard());
    expect(await refusal()).toEqual({ kind: 'wireguard-key-missing', groupId: 1, behindNat: false });
    expect(bench.service.counters()).toMatchObject({ 'wireguard-key-missing': 1 });
  });

  test('is not asked for where another pool does', async () => {
    await configure(wireguard(), pool('calls'));
    expect((await group())?.['access-interface-cfg'].type).toBe('iana-if-type:propVirtual');
  });

  test('must be one, and no other host’s', async () => {
    await configure(wireguard());
    expect(await refusal({ key: `${'A'.repeat(43)}=` })).toEqual({ kind: 'wireguard-key-unusable' });
    await group({ key: HOST_KEY });
    const phone = { hostId: 'alice-phone', peerAddress: '198.51.100.21' };
    expect(await refusal({ key: HOST_KEY }, phone)).toEqual({ kind: 'wireguard-key-in-use', groupId: 1 });
  });
});

describe('a host behind a NAT', () => {
  const behind = { addresses: ['192.168.1.23'] };

  test('is refused what does not pass it', async () => {
    expect(await refusal({ ...behind, key: HOST_KEY })).toEqual({
      kind: 'behind-nat',
      groupId: 1,
      peerAddress: LAPTOP.peerAddress,
    });
    expect(await refusal(behind)).toMatchObject({ kind: 'behind-nat' });
    expect(bench.service.counters()).toMatchObject({ 'behind-nat': 2 });
  });

  test('gets the WireGuard pool, whatever stands before it', async () => {
    await configure(pool('calls'), wireguard());
    expect((await group({ ...behind, key: HOST_KEY }))?.['access-interface-cfg'].tunnel).toMatchObject({
      encapsulation: 'wireguard',
    });
  });

  test('needs a key for that', async () => {
    await configure(pool('calls'), wireguard());
    expect(await refusal(behind)).toEqual({ kind: 'wireguard-key-missing', groupId: 1, behindNat: true });
  });

  test('is not one that says nothing, or has the address its session comes from', async () => {
    const own = { addresses: ['192.168.1.23', LAPTOP.peerAddress] };
    for (const facts of [{}, own]) expect(await refusal(facts)).toBeUndefined();
  });

  test('loses the lane it had in another pool, and gets one that passes', async () => {
    await configure(pool('calls'), wireguard());
    await group();
    await group({ ...behind, key: HOST_KEY });
    const leases = await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now());
    expect(leases.map((lease) => lease.pool)).toEqual(['afar']);
  });
});
