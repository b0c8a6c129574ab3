import { milliseconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, CONFIGURATION, deed, entry, LAPTOP, message, pool, setUp } from './service-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await setUp();
  const groups = [1, 2].map((id) => entry(id));
  unwrap(await bench.service.requestService(LAPTOP, message(groups)));
});
afterEach(() => bench.store.close());

const me = (...groupIds: number[]) => ({
  'host-id': LAPTOP.hostId,
  ...(groupIds.length > 0 && { 'group-id': groupIds }),
});
const minutes = (count: number) => bench.clock.advance(milliseconds(count * 60_000));
const held = async () => bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now());

describe('every operation', () => {
  const operations: [string, (hostId: string) => Promise<unknown>][] = [
    ['renew-service', (hostId) => bench.service.renewService(LAPTOP, { 'host-id': hostId })],
    ['release-service', (hostId) => bench.service.releaseService(LAPTOP, { 'host-id': hostId })],
    ['get-service', (hostId) => bench.service.getService(LAPTOP, { 'host-id': hostId })],
    ['get-available-services', (hostId) => bench.service.getAvailableServices(LAPTOP, { 'host-id': hostId })],
    [
      'report-service',
      (hostId) =>
        bench.service.reportService(LAPTOP, { 'host-id': hostId, 'application-group': [{ id: 1, state: 'applied' }] }),
    ],
  ];
  test.each(operations)('%s is for the session’s own host, and for an enrolled one', async (_, operation) => {
    expect(await operation('bob-laptop')).toMatchObject({ failure: [{ kind: 'host-id-mismatch' }] });
    unwrap(await bench.store.hosts.revoke(LAPTOP.hostId, deed));
    expect(await operation(LAPTOP.hostId)).toMatchObject({ failure: [{ kind: 'unknown-host' }] });
  });
});

describe('renewal', () => {
  test('gives another term from now, to all or to those named', async () => {
    await minutes(30);
    const [one, two] = await held();
    expect(unwrap(await bench.service.renewService(LAPTOP, me(2)))).toEqual({
      'application-group': [{ id: 2, 'lease-id': two?.id, 'valid-lifetime': 3600, 'renew-after': 1800 }],
    });
    expect((await held()).map(({ validUntil }) => (validUntil - bench.clock.now()) / 60_000)).toEqual([30, 60]);
    const all = unwrap(await bench.service.renewService(LAPTOP, me()));
    expect(all['application-group']?.map((group) => group['lease-id'])).toEqual([one?.id, two?.id]);
  });

  test('of nothing is nothing', async () => {
    unwrap(await bench.service.releaseService(LAPTOP, me()));
    expect(unwrap(await bench.service.renewService(LAPTOP, me()))).toEqual({});
  });

  test('of one that is not held is refused, and extends none', async () => {
    await minutes(30);
    expect(await bench.service.renewService(LAPTOP, me(1, 7))).toEqual({
      ok: false,
      failure: [{ kind: 'lease-unknown', groupId: 7 }],
    });
    expect((await held()).map(({ validUntil }) => (validUntil - bench.clock.now()) / 60_000)).toEqual([30, 30]);
  });

  test('of one that has ended is refused: the lane is gone on the host, so it must ask anew', async () => {
    await minutes(60);
    expect(await bench.service.renewService(LAPTOP, me(1))).toMatchObject({
      failure: [{ kind: 'lease-unknown', groupId: 1 }],
    });
  });

  test('in a draining pool does not move the end', async () => {
    const pools = new Map([...CONFIGURATION.pools, ['calls', pool('calls', { adminState: 'draining' })]]);
    await bench.configure({ ...CONFIGURATION, pools });
    await minutes(30);
    expect(unwrap(await bench.service.renewService(LAPTOP, me(1)))['application-group']).toMatchObject([
      { 'valid-lifetime': 1800, 'renew-after': 1799 },
    ]);
  });

  test('finds nothing where the subscriber was suspended since: that ended the leases', async () => {
    unwrap(await bench.store.subscribers.change('alice', { suspended: true }, deed));
    expect(unwrap(await bench.service.renewService(LAPTOP, me()))).toEqual({});
    expect(await bench.service.renewService(LAPTOP, me(1))).toMatchObject({ failure: [{ kind: 'lease-unknown' }] });
  });
});

describe('a lease that is to be requested again', () => {
  const again = (groupId: number) => ({ kind: 'request-again', groupId });
  const renewals = async () => {
    const answer = unwrap(await bench.service.getService(LAPTOP, me()))['sp-service-message'];
    return answer['application-group']?.map(({ lease }) => lease && [lease['valid-lifetime'], lease['renew-after']]);
  };

  test('is not renewed once it is recalled, and renewal is due at once; the others are renewed as ever', async () => {
    await minutes(10);
    const [one] = await held();
    unwrap(await bench.store.leases.recall({ leaseIds: [one?.id ?? ''] }, deed));
    expect(await renewals()).toEqual([
      [3000, 0],
      [3000, 1200],
    ]);
    expect(await bench.service.renewService(LAPTOP, me())).toEqual({ ok: false, failure: [again(1)] });
    expect(await bench.service.renewService(LAPTOP, me(1, 2))).toEqual({ ok: false, failure: [again(1)] });
    expect((await held()).map(({ validUntil }) => (validUntil - bench.clock.now()) / 60_000)).toEqual([50, 50]);
    unwrap(await bench.service.renewService(LAPTOP, me(2)));
    expect(bench.service.counters()).toMatchObject({ 'request-again': 2 });
  });

  test('requested again it is renewed again', async () => {
    unwrap(await bench.store.leases.recall({ hostId: LAPTOP.hostId }, deed));
    unwrap(await bench.service.requestService(LAPTOP, message([entry(1), entry(2)])));
    expect(await renewals()).toEqual([
      [3600, 1800],
      [3600, 1800],
    ]);
    unwrap(await bench.service.renewService(LAPTOP, me()));
  });

  test('so are all of a moving pool', async () => {
    const pools = new Map([...CONFIGURATION.pools, ['calls', pool('calls', { adminState: 'moving' })]]);
    await bench.configure({ ...CONFIGURATION, pools });
    expect(await renewals()).toEqual([
      [3600, 0],
      [3600, 0],
    ]);
    expect(await bench.service.renewService(LAPTOP, me())).toEqual({ ok: false, failure: [again(1), again(2)] });
  });
});

describe('release', () => {
  test('of what is named, of all, of nothing', async () => {
    for (const [groups, left] of [
      [[2], [1]],
      [[2, 9], [1]],
      [[], []],
      [[], []],
    ] as const) {
      expect(await bench.service.releaseService(LAPTOP, me(...groups))).toEqual({ ok: true, value: undefined });
      expect((await held()).map(({ groupId }) => groupId)).toEqual(left);
    }
    expect(bench.service.counters()).toMatchObject({ granted: 1, released: 2 });
  });
});

describe('get-service', () => {
  test('tells what holds, with what is left of it', async () => {
    await minutes(20);
    const { 'sp-service-message': all } = unwrap(await bench.service.getService(LAPTOP, me()));
    expect(all['application-group']?.map(({ id, lease }) => [id, lease])).toEqual([
      [1, { id: (await held())[0]?.id, 'valid-lifetime': 2400, 'renew-after': 600 }],
      [2, { id: (await held())[1]?.id, 'valid-lifetime': 2400, 'renew-after': 600 }],
    ]);
    const { 'sp-service-message': one } = unwrap(await bench.service.getService(LAPTOP, me(2, 5)));
    expect(one['application-group']?.map(({ id }) => id)).toEqual([2]);
  });

  test('late in the term renewal is due at once; at its end nothing holds', async () => {
    await minutes(59);
    const { 'sp-service-message': late } = unwrap(await bench.service.getService(LAPTOP, me(1)));
    expect(late['application-group']?.[0]?.lease).toMatchObject({ 'valid-lifetime': 60, 'renew-after': 0 });
    await minutes(1);
    expect(unwrap(await bench.service.getService(LAPTOP, me()))).toEqual({
      'sp-service-message': { 'host-id': LAPTOP.hostId },
    });
  });

  test('is what the request was answered', async () => {
    const wish = [entry(3, { direction: 'dnld', priority: 'M', 'application-list': ['mpv'], security: 'strict' })];
    const asked = unwrap(await bench.service.requestService(LAPTOP, message(wish)));
    const told = unwrap(await bench.service.getService(LAPTOP, me(3)));
    expect(told).toEqual(asked);
  });
});

describe('report-service', () => {
  test('is kept with the lease and noted in the trail', async () => {
    const report = {
      'host-id': LAPTOP.hostId,
      'application-group': [
        { id: 1, state: 'applied', reason: '', 'in-octets': '18446744073709551615', 'out-octets': '7' },
        { id: 2, state: 'failed', reason: 'no such device' },
      ],
    } as const;
    expect(await bench.service.reportService(LAPTOP, report)).toEqual({ ok: true, value: undefined });
    const at = bench.clock.now();
    expect((await held()).map((lease) => lease.report)).toEqual([
      { state: 'applied', at, inOctets: '18446744073709551615', outOctets: '7' },
      { state: 'failed', at, reason: 'no such device' },
    ]);
    const rows = (await bench.store.audit.list({ hostId: LAPTOP.hostId }, { limit: 100 })).items;
    expect(rows.filter(({ event }) => event === 'lane-reported').map(({ detail }) => detail.state)).toEqual([
      'applied',
      'failed',
    ]);
  });

  test('of a group that is not held is refused', async () => {
    const report = { 'host-id': LAPTOP.hostId, 'application-group': [{ id: 9, state: 'failed' as const }] };
    expect(await bench.service.reportService(LAPTOP, report)).toMatchObject({
      failure: [{ kind: 'lease-unknown', groupId: 9 }],
    });
  });
});

test('expiry takes back all that has ended, however many', async () => {
  const hosts = Array.from({ length: 100 }, (_, at) => `host-${at}`);
  const pools = new Map([
    ...CONFIGURATION.pools,
    ['wide', pool('wide', { class: 'best-effort', prefixes: ['10.8.0.0/16'], gateways: [] })],
  ]);
  await bench.configure({ ...CONFIGURATION, pools });
  for (const hostId of hosts) {
    unwrap(await bench.store.hosts.enrol({ hostId, subscriber: 'bob', publicKey: hostId }, deed));
    const groups = [1, 2, 3].map((id) => entry(id, { priority: 'L' }));
    unwrap(await bench.service.requestService({ hostId }, message(groups, { 'host-id': hostId })));
  }
  expect(unwrap(await bench.service.expireLeases())).toBe(0);
  await minutes(30);
  unwrap(await bench.service.renewService(LAPTOP, me(1)));
  await minutes(30);
  expect(unwrap(await bench.service.expireLeases())).toBe(301);
  expect(bench.store.status().leases).toBe(1);
  expect(bench.service.counters()).toMatchObject({ expired: 301 });
});
