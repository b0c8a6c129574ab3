import { ok, seconds, unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { EMBEDDED, type WantedAddresses } from '../aaa/grant.ts';
import { CONFIGURATION, entry, LAPTOP, message, pool, setUp } from './service-fixture.ts';

/** An authority that has chosen these addresses for alice. */
const chooses = (addresses: WantedAddresses) => ({
  authenticator: {
    authenticate: async () => ok({ subscriber: 'alice', plan: 'gold', authority: EMBEDDED, addresses }),
  },
});
const configured = (...pools: ReturnType<typeof pool>[]) => ({
  ...CONFIGURATION,
  pools: new Map([...CONFIGURATION.pools, ...pools.map((one) => [one.name, one] as const)]),
});

test('what the authority chose is in the message, with the prefix that belongs to it', async () => {
  const bench = await setUp(chooses({ ipv4: '192.0.2.4', delegatedPrefix: '2001:db8:100:400::/56' }));
  const routed = pool('calls', {
    attachment: { kind: 'routed' },
    delegated: { prefix: '2001:db8:100::/40', length: 56 },
  });
  await bench.configure(configured(routed));
  const { 'sp-service-message': answer } = unwrap(
    await bench.service.requestService(LAPTOP, message([entry(2), entry(1)])),
  );
  const given = answer?.['application-group']?.map(({ id, 'access-interface-cfg': { ipv4, ipv6 } }) => [
    id,
    ipv4?.address?.[0]?.ip,
    ipv6?.['delegated-prefix'],
  ]);
  expect(given).toEqual([
    [2, '192.0.2.2', ['2001:db8:100:200::/56']],
    [1, '192.0.2.4', ['2001:db8:100:400::/56']],
  ]);
});

test('what cannot be given is refused, and told in the trail', async () => {
  const bench = await setUp(chooses({ ipv4: '192.0.2.1' }));
  const refused = await bench.service.requestService(LAPTOP, message([entry(1)]));
  expect(refused).toEqual({
    ok: false,
    failure: [{ kind: 'address-unavailable', groupId: 1, address: '192.0.2.1', why: 'never-given' }],
  });
  // The trail is written behind the answer: once something else is, it is too.
  unwrap(await bench.store.audit.append([]));
  const rows = (await bench.store.audit.list({ hostId: LAPTOP.hostId }, { limit: 100 })).items;
  expect(rows.at(-1)).toMatchObject({ event: 'request-refused', groupId: 1, detail: { code: 'address-unavailable' } });
});

test('a moving pool’s lane is renewed no more, and asks its way to the successor', async () => {
  const bench = await setUp();
  const next = pool('next', { prefixes: ['198.51.101.0/29', '2001:db8:9::/64'], gateways: [] });
  const request = async () => unwrap(await bench.service.requestService(LAPTOP, message([entry(1)])));
  await request();
  await bench.configure(configured(pool('calls', { adminState: 'moving', successor: 'next' }), next));
  const renewal = { 'host-id': LAPTOP.hostId, 'group-id': [1] };
  expect(await bench.service.renewService(LAPTOP, renewal)).toEqual({
    ok: false,
    failure: [{ kind: 'request-again', groupId: 1 }],
  });
  const [before] = await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now());
  expect(before).toMatchObject({ pool: 'calls', ipv4: '192.0.2.2' });
  await request();
  const [after] = await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now());
  expect(after).toMatchObject({ id: before?.id, pool: 'next', ipv4: '198.51.101.1' });
  unwrap(await bench.service.renewService(LAPTOP, renewal));
});

test('what is given back rests for as long as its pool says', async () => {
  const bench = await setUp();
  await bench.configure(configured(pool('calls', { rest: seconds(60) })));
  const ask = async (hostId: string) => {
    const host = { hostId, peerAddress: '198.51.100.20' };
    unwrap(await bench.service.requestService(host, message([entry(1)], { 'host-id': hostId })));
    return (await bench.store.leases.ofHost(hostId, bench.clock.now()))[0]?.ipv4;
  };
  expect(await ask('alice-laptop')).toBe('192.0.2.2');
  unwrap(await bench.service.releaseService(LAPTOP, { 'host-id': LAPTOP.hostId }));
  expect(await ask('alice-phone')).toBe('192.0.2.3');
  expect(await ask('alice-laptop')).toBe('192.0.2.2');
  unwrap(await bench.service.releaseService(LAPTOP, { 'host-id': LAPTOP.hostId }));
  bench.clock.advance(60_000 as never);
  unwrap(await bench.service.expireLeases());
  expect(await ask('bob-laptop')).toBe('192.0.2.2');
});
