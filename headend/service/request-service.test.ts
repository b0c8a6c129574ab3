import { kilobitsPerSecond, milliseconds, ok, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuthenticationRequest } from '../aaa/grant.ts';
import type { Refusal } from '../refusal/refusal.ts';
import { type Bench, CONFIGURATION, deed, entry, GOLD, LAPTOP, message, pool, setUp } from './service-fixture.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await setUp();
});
afterEach(() => bench.store.close());

const request = (...args: Parameters<typeof message>) => bench.service.requestService(LAPTOP, message(...args));
const calls = (id: number) => [entry(id), entry(id, { direction: 'dnld', bandwidth: 4000 })];
const groupsOf = (answer: Awaited<ReturnType<typeof request>>) =>
  unwrap(answer)['sp-service-message']['application-group'] ?? [];
const held = async (hostId = LAPTOP.hostId) => bench.store.leases.ofHost(hostId, bench.clock.now());
const refusals = async (answer: ReturnType<typeof request>): Promise<readonly Refusal[]> => {
  const given = await answer;
  return given.ok ? [] : given.failure;
};
const trail = async () => (await bench.store.audit.list({ hostId: LAPTOP.hostId }, { limit: 1000 })).items;

describe('a request', () => {
  test('is answered with the whole message', async () => {
    const wish = [entry(1, { 'application-list': ['zoom'], security: 'strict' }), calls(1)[1]!];
    const answer = unwrap(await request(wish));
    const [lease] = await held();
    expect(answer).toEqual({
      'sp-service-message': {
        'host-id': 'alice-laptop',
        'application-group': [
          {
            id: 1,
            'access-interface-cfg': {
              interface: 'sl1',
              type: 'iana-if-type:propVirtual',
              ipv4: { address: [{ ip: '192.0.2.2', 'prefix-length': 32 }] },
              ipv6: { address: [{ ip: '2001:db8::2', 'prefix-length': 128 }] },
              'dns-server': ['192.0.2.53'],
              'check-address': ['192.0.2.1', '2001:db8::1'],
            },
            'routing-cfg': {
              'ipv4-route': [{ 'destination-prefix': '0.0.0.0/0', 'next-hop-address': '192.0.2.1' }],
              'ipv6-route': [{ 'destination-prefix': '::/0', 'next-hop-address': '2001:db8::1' }],
              unmatched: 'unreachable',
            },
            'qos-cfg': {
              dscp: 46,
              upld: { rate: 2000, burst: 32000, priority: 'H' },
              dnld: { rate: 4000, priority: 'H' },
            },
            'security-cfg': { profile: 'strict', isolated: true, permit: [{ name: 'web', 'lower-port': 443 }] },
            'application-list': ['zoom'],
            lease: { id: lease?.id, 'valid-lifetime': 3600, 'renew-after': 1800 },
          },
        ],
      },
    });
    expect(lease).toMatchObject({
      subscriber: 'alice',
      plan: 'gold',
      rule: 'calls',
      location: 'east',
      peerAddress: '198.51.100.20',
      grantedAt: bench.clock.now(),
      validUntil: bench.clock.now() + 3_600_000,
    });
  });

  test('an internal class has its routes, and the rest stays with the host; a VLAN has its number', async () => {
    const [films] = groupsOf(await request([entry(2, { direction: 'dnld', bandwidth: 99_000, priority: 'M' })]));
    expect(films).toMatchObject({
      'access-interface-cfg': {
        interface: 'sl2',
        type: 'iana-if-type:l2vlan',
        'vlan-id': 7,
        'check-address': ['203.0.113.200'],
      },
      'routing-cfg': {
        'ipv4-route': [{ 'destination-prefix': '203.0.113.0/24', 'next-hop-address': '203.0.113.1' }],
        'ipv6-route': [{ 'destination-prefix': '2001:db8:100::/48', 'next-hop-address': '2001:db8:1::99' }],
        unmatched: 'host',
      },
      'qos-cfg': { dscp: 34, dnld: { rate: 25_000 } },
    });
    expect(films?.['qos-cfg']).not.toHaveProperty('upld');
    expect(films?.['access-interface-cfg']).not.toHaveProperty('dns-server');
  });

  test('a pool of one family and no gateway: a default route by the uplink, the other family nowhere', async () => {
    const [bulk] = groupsOf(await request([entry(3, { priority: 'L' })]));
    expect(bulk?.['access-interface-cfg']).toEqual({
      interface: 'sl3',
      type: 'iana-if-type:softwareLoopback',
      ipv4: { address: [{ ip: '10.0.0.1', 'prefix-length': 32 }] },
    });
    expect(bulk?.['routing-cfg']).toEqual({
      'ipv4-route': [{ 'destination-prefix': '0.0.0.0/0' }],
      unmatched: 'unreachable',
    });
  });

  test('resolvers and checks of a family that the lane has not are left out', async () => {
    const dns = ['2001:db8::53', '192.0.2.53'];
    const calls = pool('calls', { prefixes: ['192.0.2.0/29'], gateways: ['192.0.2.1'], dns, checks: ['2001:db8::9'] });
    await bench.configure({ ...CONFIGURATION, pools: new Map([['calls', calls]]) });
    const [group] = groupsOf(await request([entry(1)]));
    expect(group?.['access-interface-cfg']).toMatchObject({
      'dns-server': ['192.0.2.53'],
      'check-address': ['192.0.2.1'],
    });
  });

  test('speaks only of the groups it names', async () => {
    unwrap(await request(calls(1)));
    expect(groupsOf(await request(calls(2))).map(({ id }) => id)).toEqual([2]);
    expect((await held()).map(({ groupId }) => groupId)).toEqual([1, 2]);
  });

  test('sent again gives the same lease for another full term', async () => {
    const [first] = groupsOf(await request(calls(1)));
    await bench.clock.advance(milliseconds(1000_000));
    const [second] = groupsOf(await request(calls(1)));
    expect(second).toEqual(first);
    expect((await held())[0]?.validUntil).toBe(bench.clock.now() + 3_600_000);
    expect((await trail()).filter(({ event }) => event.startsWith('lease'))).toHaveLength(1);
  });

  test('changed keeps its address; of another class it gets another', async () => {
    const [first] = groupsOf(await request(calls(1)));
    const [faster] = groupsOf(await request([entry(1, { bandwidth: 5000 })]));
    expect(faster?.['access-interface-cfg']).toEqual(first?.['access-interface-cfg']);
    expect(faster?.['qos-cfg']).toEqual({ dscp: 46, upld: { rate: 5000, burst: 32000, priority: 'H' } });
    expect(faster?.lease.id).toBe(first?.lease.id);
    const [other] = groupsOf(await request([entry(1, { priority: 'L' })]));
    expect(other?.['access-interface-cfg'].ipv4?.address?.[0]?.ip).toBe('10.0.0.1');
    expect(other?.lease.id).toBe(first?.lease.id);
    expect((await bench.store.leases.fill()).map(({ name, held: count }) => [name, count])).toEqual([
      ['calls', 0],
      ['films', 0],
      ['bulk', 1],
    ]);
  });

  test('notes a place the host is not at, and goes by where it is', async () => {
    unwrap(await request(calls(1), { location: 'west' }));
    expect((await held())[0]?.location).toBe('east');
    expect((await trail()).find(({ event }) => event === 'location-mismatch')?.detail).toEqual({
      claimed: 'west',
      location: 'east',
      'peer-address': '198.51.100.20',
      subscriber: 'alice',
    });
  });

  test('is counted', async () => {
    await request(calls(1));
    await request([entry(1, { bandwidth: 9000 })]);
    await request(calls(1), { 'host-id': 'other' });
    expect(bench.service.counters()).toEqual({ granted: 1, 'over-ceiling': 1, 'host-id-mismatch': 1 });
  });
});

describe('refused', () => {
  test('a host-id that is not the session’s, before anything else is looked at', async () => {
    expect(await refusals(request([entry(1), entry(1)], { 'host-id': 'bob-laptop' }))).toEqual([
      { kind: 'host-id-mismatch', hostId: 'bob-laptop', sessionHostId: 'alice-laptop' },
    ]);
  });

  test('a host that was revoked, though its session still stands', async () => {
    unwrap(await bench.store.hosts.revoke(LAPTOP.hostId, deed));
    expect(await refusals(request(calls(1)))).toEqual([{ kind: 'unknown-host', hostId: 'alice-laptop' }]);
  });

  test('a subscriber who is suspended', async () => {
    unwrap(await bench.store.subscribers.change('alice', { suspended: true }, deed));
    expect(await refusals(request(calls(1)))).toEqual([{ kind: 'subscriber-suspended', subscriber: 'alice' }]);
  });

  test('another subscriber without a password; a password nobody can read', async () => {
    expect(await refusals(request(calls(1), { 'user-name': 'bob' }))).toEqual([
      { kind: 'password-required', subscriber: 'bob' },
    ]);
    expect(await refusals(request(calls(1), { 'user-name': 'bob', 'user-password': 'a..b.c.d' }))).toEqual([
      { kind: 'password-unreadable', fault: 'form' },
    ]);
  });

  test('a plan the configuration has not', async () => {
    const answer = bench.service.requestService(
      { hostId: 'carol-laptop' },
      message(calls(1), { 'host-id': 'carol-laptop' }),
    );
    expect(await refusals(answer)).toEqual([{ kind: 'plan-unknown', plan: 'vanished' }]);
  });

  test('groups twice, directions that contradict each other', async () => {
    expect(await refusals(request([entry(1), entry(1)]))).toEqual([
      { kind: 'duplicate-group', groupId: 1, direction: 'upld' },
    ]);
    expect(
      await refusals(request([entry(1, { security: 'strict' }), entry(1, { direction: 'dnld', security: 'lax' })])),
    ).toEqual([{ kind: 'conflicting-directions', groupId: 1, field: 'security' }]);
  });

  test('a security profile nobody made', async () => {
    expect(await refusals(request([entry(1, { security: 'lax' })]))).toEqual([
      { kind: 'security-profile-unknown', groupId: 1, profile: 'lax' },
    ]);
  });

  test('by a rule, at its time, with its text', async () => {
    await bench.clock.advance(milliseconds(17.5 * 3600_000));
    expect(await refusals(request([entry(1, { priority: 'L' })]))).toEqual([
      { kind: 'rule-refuses', groupId: 1, rule: 'no-bulk-at-noon', text: 'bulk transfers rest at noon' },
    ]);
  });

  test('by a rule at its time in the headend’s zone', async () => {
    await bench.configure({ ...CONFIGURATION, timeZone: 'Asia/Tokyo' });
    await bench.clock.advance(milliseconds(8.5 * 3600_000));
    expect(await refusals(request([entry(1, { priority: 'L' })]))).toMatchObject([{ kind: 'rule-refuses' }]);
  });

  test('more than the class gives; a direction it does not give; no pool for the class', async () => {
    expect(await refusals(request([entry(1, { bandwidth: 5001 })]))).toMatchObject([
      { kind: 'over-ceiling', rule: 'calls', asked: 5001, ceiling: 5000 },
    ]);
    const both = [entry(1, { priority: 'M' }), entry(1, { direction: 'dnld', priority: 'M' })];
    expect(await refusals(request(both))).toMatchObject([
      { kind: 'direction-not-offered', class: 'homeless', direction: 'upld' },
    ]);
    const plan = { ...GOLD, rules: GOLD.rules.slice(3) };
    await bench.configure({ ...CONFIGURATION, plans: new Map([['gold', plan]]) });
    expect(await refusals(request([entry(1, { direction: 'dnld', priority: 'M' })]))).toEqual([
      { kind: 'no-pool', groupId: 1, class: 'homeless', location: 'east' },
    ]);
  });

  test('a wish that no rule and no default class fits', async () => {
    const { defaultClass: _, ...plan } = { ...GOLD, rules: [] };
    await bench.configure({ ...CONFIGURATION, plans: new Map([['gold', plan]]) });
    expect(await refusals(request(calls(1)))).toEqual([{ kind: 'no-rule', groupId: 1, plan: 'gold' }]);
  });

  test('more groups than the plan has', async () => {
    unwrap(await request([...calls(1), ...calls(2)]));
    expect(await refusals(request([...calls(2), ...calls(3), ...calls(4)]))).toEqual([
      { kind: 'too-many-groups', groupId: 4, limit: 3, held: 2 },
    ]);
  });

  test('a pool that is empty, with when to come again', async () => {
    // .2 to .6: five addresses.
    unwrap(await request([1, 2, 3].flatMap(calls)));
    const phone = { hostId: 'alice-phone' };
    const wish = { 'host-id': 'alice-phone' };
    unwrap(await bench.service.requestService(phone, message([1, 2].flatMap(calls), wish)));
    expect(await refusals(bench.service.requestService(phone, message(calls(3), wish)))).toEqual([
      { kind: 'pool-empty', groupId: 3, pool: 'calls', retryAfter: 60 },
    ]);
  });

  test('a pool that is draining; who is in it stays to the end of the term and is told not to come before', async () => {
    unwrap(await request(calls(1)));
    const pools = new Map([...CONFIGURATION.pools, ['calls', pool('calls', { adminState: 'draining' })]]);
    await bench.configure({ ...CONFIGURATION, pools });
    expect(await refusals(request(calls(2)))).toEqual([{ kind: 'pool-draining', groupId: 2, pool: 'calls' }]);
    await bench.clock.advance(milliseconds(600_000));
    const [kept] = groupsOf(await request(calls(1)));
    expect(kept?.lease).toMatchObject({ 'valid-lifetime': 3000, 'renew-after': 2999 });
  });

  test('one group: none is granted, and each that is wrong is named', async () => {
    const answer = await refusals(request([...calls(1), entry(2, { bandwidth: 9000 }), entry(3, { security: 'lax' })]));
    expect(answer.map((refusal) => [refusal.kind, 'groupId' in refusal && refusal.groupId])).toEqual([
      ['over-ceiling', 2],
      ['security-profile-unknown', 3],
    ]);
    expect(await held()).toEqual([]);
  });

  test('while the store has no room; what held before holds', async () => {
    const { service, store } = await setUp({}, { sizeLimit: 60 * 4096 });
    let granted = 0;
    let answer: readonly Refusal[] = [];
    // Every change is a row in the trail.
    for (let rate = 1; answer.length === 0; rate++) {
      answer = await refusals(service.requestService(LAPTOP, message([entry(1, { bandwidth: rate })])));
      if (answer.length === 0) granted = rate;
    }
    expect(answer).toEqual([{ kind: 'store-full', retryAfter: 60 }]);
    expect(await store.leases.ofHost(LAPTOP.hostId, milliseconds(0))).toMatchObject([{ upld: { rate: granted } }]);
    expect(granted).toBeGreaterThan(10);
    await store.close();
  });

  test('whatever a host is refused, it leaves so many rows a minute and no more', async () => {
    const refuse = (group: number) => request([entry(group, { bandwidth: 9000 })]);
    for (let group = 1; group <= 100; group++) await refuse(group);
    const rows = async () => {
      // A grant is durable, and with it what was noted before.
      await request(calls(1));
      return (await trail()).filter(({ event }) => event === 'request-refused');
    };
    expect((await rows()).length).toBe(60);
    await bench.clock.advance(milliseconds(60_000));
    await refuse(101);
    expect((await rows()).at(-1)).toMatchObject({ groupId: 101, detail: { unnoted: 40 } });
  });

  test('is in the trail, once a minute for the same reason', async () => {
    const tooFast = () => request([entry(1, { bandwidth: 9000 })]);
    await tooFast();
    await tooFast();
    await bench.clock.advance(milliseconds(60_000));
    await tooFast();
    await request(calls(1));
    const rows = (await trail()).filter(({ event }) => event === 'request-refused');
    expect(rows.map(({ groupId, detail }) => ({ groupId, detail }))).toEqual(
      Array(2).fill({
        groupId: 1,
        detail: {
          operation: 'subscriber-service-message',
          code: 'over-ceiling',
          kind: 'over-ceiling',
          rule: 'calls',
          subscriber: 'alice',
        },
      }),
    );
  });
});

test('the AAA hears who asks, from where, and the password only in the clear and only if one was sent', async () => {
  const heard: AuthenticationRequest[] = [];
  const { service, store } = await setUp({
    passwords: { open: async (jwe, hostId) => ok(`${jwe} of ${hostId}, opened`) },
    authenticator: {
      authenticate: async (asked) => {
        heard.push(asked);
        return ok({ subscriber: 'bob', plan: 'gold', authority: 'embedded' });
      },
    },
  });
  unwrap(await service.requestService(LAPTOP, message(calls(1), { 'user-name': 'bob', 'user-password': 'secret' })));
  unwrap(await service.requestService({ hostId: LAPTOP.hostId }, message(calls(2))));
  expect(heard).toEqual([
    {
      hostId: 'alice-laptop',
      enrolledFor: 'alice',
      source: '198.51.100.20',
      userName: 'bob',
      password: 'secret of alice-laptop, opened',
    },
    { hostId: 'alice-laptop', enrolledFor: 'alice', source: 'alice-laptop' },
  ]);
  expect((await store.leases.ofHost(LAPTOP.hostId, milliseconds(0))).map(({ subscriber }) => subscriber)).toEqual([
    'bob',
    'bob',
  ]);
  await store.close();
});

test('what is granted is what the class and the wish give, not a bit more', async () => {
  const [granted] = groupsOf(await request([entry(1, { bandwidth: 1, priority: 'L' })]));
  expect(granted?.['qos-cfg']).toEqual({ dscp: 0, upld: { rate: kilobitsPerSecond(1), priority: 'L' } });
});
