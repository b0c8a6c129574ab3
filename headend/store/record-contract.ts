import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { CHAIN_START, chainHash, hex } from './audit-chain.ts';
import type { Store } from './store.ts';
import { all, deed, furnish, group, kinds, reservation, type SMALL, shape, time } from './store-fixture.ts';

/** Subscribers, hosts, operators, configuration, nonces, audit. */
export function recordContract(store: () => Store): void {
  describe('subscribers', () => {
    test('are added, changed, found by name and plan, listed and removed', async () => {
      const { subscribers } = store();
      for (const name of ['carol', 'alice', 'bob']) unwrap(await subscribers.add({ name, plan: 'gold' }, deed(5)));
      expect(kinds(await subscribers.add({ name: 'bob', plan: 'silver' }, deed()))).toEqual(['record-exists']);
      unwrap(await subscribers.change('bob', { suspended: true, passwordHash: '$scrypt$x' }, deed()));
      unwrap(await subscribers.change('bob', { plan: 'silver' }, deed()));
      expect(await subscribers.find('bob')).toEqual({
        name: 'bob',
        plan: 'silver',
        suspended: true,
        passwordHash: '$scrypt$x',
        createdAt: time(5),
      });
      expect((await subscribers.findByPlan('silver'))?.name).toBe('bob');
      expect((await all((page) => subscribers.list(page))).map(({ name }) => name)).toEqual(['alice', 'bob', 'carol']);
      unwrap(await subscribers.remove('bob', deed()));
      expect(await subscribers.find('bob')).toBeUndefined();
      expect(await subscribers.findByPlan('silver')).toBeUndefined();
    });

    test('refusals: unknown, in use', async () => {
      const { subscribers } = await furnish(store(), ['laptop']);
      expect(kinds(await subscribers.change('nobody', {}, deed()))).toEqual(['record-unknown']);
      expect(kinds(await subscribers.remove('nobody', deed()))).toEqual(['record-unknown']);
      expect(await subscribers.remove('alice', deed())).toEqual({
        ok: false,
        failure: { kind: 'record-in-use', record: 'subscriber', name: 'alice', by: 'host laptop' },
      });
      unwrap(await store().hosts.revoke('laptop', deed()));
      expect(kinds(await subscribers.remove('alice', deed()))).toEqual(['ok']);
    });

    test('no password, not even its hash, is in the trail', async () => {
      unwrap(await store().subscribers.add({ name: 'dave', plan: 'gold', passwordHash: '$scrypt$SECRET' }, deed()));
      unwrap(await store().subscribers.change('dave', { passwordHash: '$scrypt$SECRET2' }, deed()));
      const rows = await all((page) => store().audit.list({}, page));
      expect(rows.map(({ event }) => event)).toEqual(['subscriber-added', 'subscriber-changed']);
      expect(JSON.stringify(rows)).not.toContain('SECRET');
      expect(rows[1]?.detail).toEqual({ subscriber: 'dave', password: true });
    });
  });

  describe('hosts', () => {
    test('are enrolled, listed by subscriber, revoked and enrolled again', async () => {
      const { hosts, subscribers } = await furnish(store(), ['b', 'a', 'c']);
      unwrap(await subscribers.add({ name: 'bob', plan: 'gold' }, deed()));
      unwrap(await hosts.enrol({ hostId: 'd', subscriber: 'bob', publicKey: 'k' }, deed(9)));
      expect((await all((page) => hosts.list({}, page))).map(({ hostId }) => hostId)).toEqual(['a', 'b', 'c', 'd']);
      expect((await all((page) => hosts.list({ subscriber: 'alice' }, page))).length).toBe(3);
      expect(await hosts.standing('d')).toMatchObject({ host: { publicKey: 'k' }, subscriber: { name: 'bob' } });
      unwrap(await hosts.revoke('d', deed(10)));
      expect(await hosts.standing('d')).toBeUndefined();
      expect(await hosts.find('d')).toEqual({
        hostId: 'd',
        subscriber: 'bob',
        publicKey: 'k',
        enrolledAt: time(9),
        revokedAt: time(10),
      });
      unwrap(await hosts.enrol({ hostId: 'd', subscriber: 'alice', publicKey: 'k' }, deed(11)));
      expect(await hosts.find('d')).toEqual({
        hostId: 'd',
        subscriber: 'alice',
        publicKey: 'k',
        enrolledAt: time(11),
      });
    });

    test('refusals: host-id or key taken, subscriber or host unknown', async () => {
      const { hosts } = await furnish(store(), ['laptop']);
      const enrol = (hostId: string, publicKey: string, subscriber = 'alice') =>
        hosts.enrol({ hostId, subscriber, publicKey }, deed());
      expect(await enrol('laptop', 'other')).toMatchObject({ failure: { kind: 'record-exists', record: 'host' } });
      expect(await enrol('phone', 'ssh-ed25519 laptop')).toMatchObject({
        failure: { kind: 'record-exists', record: 'public-key', name: 'host laptop' },
      });
      expect(await enrol('phone', 'other', 'nobody')).toMatchObject({
        failure: { kind: 'record-unknown', record: 'subscriber' },
      });
      expect(kinds(await hosts.revoke('phone', deed()))).toEqual(['record-unknown']);
      unwrap(await hosts.revoke('laptop', deed()));
      expect(kinds(await hosts.revoke('laptop', deed()))).toEqual(['record-unknown']);
    });

    test('revocation gives the leases back', async () => {
      const { hosts, leases } = await furnish(store(), ['laptop']);
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
      expect(unwrap(await hosts.revoke('laptop', deed(1))).map(({ groupId }) => groupId)).toEqual([1, 2]);
      expect(await leases.fill()).toEqual([
        { name: 'small', held: 0, capacity: 6, quarantined: 0, resting: 0, reserved: 0 },
      ]);
    });
  });

  test('operators are added, listed and removed', async () => {
    const { operators } = store();
    const add = (name: string) => operators.add({ name, role: 'auditor', publicKey: `key of ${name}` }, deed(3));
    for (const name of ['zoe', 'abe', 'mia']) unwrap(await add(name));
    expect(kinds(await add('abe'))).toEqual(['record-exists']);
    expect((await all((page) => operators.list(page))).map(({ name }) => name)).toEqual(['abe', 'mia', 'zoe']);
    expect(await operators.find('mia')).toEqual({
      name: 'mia',
      role: 'auditor',
      publicKey: 'key of mia',
      createdAt: time(3),
    });
    unwrap(await operators.remove('mia', deed()));
    expect(kinds(await operators.remove('mia', deed()))).toEqual(['record-unknown']);
    expect(await operators.find('mia')).toBeUndefined();
  });

  describe('configuration', () => {
    test('every commit is a version, with its author', async () => {
      const { configuration } = store();
      expect(await configuration.latest()).toBeUndefined();
      for (const content of ['one', 'two', 'three']) {
        unwrap(await configuration.commit({ content, pools: [] }, deed(1, 'olga')));
      }
      expect(await configuration.latest()).toEqual({
        version: 3,
        at: time(1),
        actor: 'olga',
        purpose: 'edit',
        content: 'three',
      });
      expect((await configuration.version(1))?.content).toBe('one');
      expect(await configuration.version(4)).toBeUndefined();
      const history = await all((page) => configuration.history(page));
      expect(history.map(({ version }) => version)).toEqual([3, 2, 1]);
      expect(history[0]).toEqual({ version: 3, at: time(1), actor: 'olga', purpose: 'edit' });
    });

    test('a pool that holds leases neither vanishes nor moves; nothing of that commit happens', async () => {
      const { configuration, leases } = await furnish(store(), ['laptop']);
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2), group(3), group(4)])));
      const other = shape('other', ['198.51.100.0/24']);
      const commit = (...pools: readonly (typeof SMALL)[]) => configuration.commit({ content: 'new', pools }, deed());
      const inUse = { failure: { kind: 'record-in-use', record: 'pool', name: 'small' } };
      expect(await commit(other)).toMatchObject(inUse);
      expect(await commit(shape('small', ['192.0.2.8/29', '2001:db8::/64']))).toMatchObject(inUse);
      expect(await commit(shape('small', ['192.0.2.0/30', '2001:db8::/64']))).toMatchObject(inUse);
      expect(await commit(shape('small', ['192.0.2.0/29']))).toMatchObject(inUse);
      expect((await configuration.latest())?.content).toBe('<headend/>');
      expect(await leases.fill()).toEqual([
        { name: 'small', held: 4, capacity: 6, quarantined: 0, resting: 0, reserved: 0 },
      ]);
      unwrap(await leases.release('laptop', [3, 4], deed()));
      expect(kinds(await commit(shape('small', ['192.0.2.0/30', '2001:db8::/64']), other))).toEqual(['ok']);
      expect(await leases.fill()).toEqual([
        { name: 'small', held: 2, capacity: 2, quarantined: 0, resting: 0, reserved: 0 },
        { name: 'other', held: 0, capacity: 254, quarantined: 0, resting: 0, reserved: 0 },
      ]);
    });

    test('an empty pool moves and vanishes, and comes back empty', async () => {
      const { configuration, leases } = await furnish(store(), ['laptop']);
      unwrap(await leases.reserve(reservation('laptop', [group(1), group(2)])));
      unwrap(await leases.release('laptop', [], deed()));
      const moved = shape('small', ['203.0.113.0/29']);
      unwrap(await configuration.commit({ content: 'x', pools: [moved] }, deed()));
      const [lease] = unwrap(await leases.reserve(reservation('laptop', [group(1)])));
      expect(lease).toMatchObject({ ipv4: '203.0.113.1' });
      expect(lease).not.toHaveProperty('ipv6');
      unwrap(await leases.release('laptop', [], deed()));
      unwrap(await configuration.commit({ content: 'x', pools: [] }, deed()));
      expect(await leases.fill()).toEqual([]);
    });
  });

  describe('nonces', () => {
    test('are good once, and forgotten when they cannot come again', async () => {
      const { nonces } = store();
      const use = async (nonce: string, until: number, now: number) =>
        unwrap(await nonces.use(nonce, time(until), time(now)));
      expect(await use('a', 100, 0)).toBe(true);
      expect(await use('a', 100, 50)).toBe(false);
      expect(await use('b', 100, 50)).toBe(true);
      expect(await use('a', 300, 100)).toBe(true);
    });

    test('of many at once exactly one succeeds', async () => {
      const { nonces } = store();
      const tries = await Promise.all(Array.from({ length: 50 }, () => nonces.use('same', time(10), time(0))));
      expect(tries.filter((result) => unwrap(result))).toHaveLength(1);
    });
  });

  describe('the audit trail', () => {
    test('numbers without a gap, chained, by host and since a time', async () => {
      const { audit } = store();
      const entry = (seconds: number, hostId?: string) => ({
        at: time(seconds),
        event: 'session-opened' as const,
        actor: 'x',
        detail: { n: seconds },
        ...(hostId !== undefined && { hostId, groupId: 3 }),
      });
      unwrap(await audit.append([entry(1, 'a'), entry(2), entry(3, 'b')]));
      unwrap(await audit.append([entry(4, 'a')]));
      const numbers = async (filter: Parameters<typeof audit.list>[0], limit = 2) =>
        (await all((page) => audit.list(filter, page), limit)).map(({ sequence }) => sequence);
      expect(await numbers({})).toEqual([1, 2, 3, 4]);
      expect(await numbers({}, 4)).toEqual([1, 2, 3, 4]);
      expect(await numbers({ hostId: 'a' }, 1)).toEqual([1, 4]);
      expect(await numbers({ since: time(3) })).toEqual([3, 4]);
      expect(await numbers({ since: time(2), hostId: 'a' })).toEqual([4]);
      expect(await numbers({ since: time(9) })).toEqual([]);
      expect(await numbers({ subscriber: 'alice' })).toEqual([]);

      let before = CHAIN_START;
      for (const row of await all((page) => audit.list({}, page))) {
        const { sequence, at, event, actor, hostId = null, groupId = null } = row;
        const detail = JSON.stringify(row.detail);
        before = chainHash(before, { sequence, at, event, actor, hostId, groupId, detail });
        expect(row.hash).toBe(hex(before));
      }
    });

    test('of a subscriber: what names it, and what concerned its hosts when they were its own', async () => {
      const { audit, hosts, subscribers } = await furnish(store(), ['laptop', 'phone']);
      unwrap(await subscribers.add({ name: 'bob', plan: 'gold' }, deed()));
      const before = (await all((page) => audit.list({}, page))).length;
      const opened = (hostId: string) =>
        audit.append([{ at: time(1), event: 'session-opened', actor: hostId, hostId, detail: {} }]);
      unwrap(await opened('laptop'));
      unwrap(await opened('stranger'));
      unwrap(await hosts.revoke('laptop', deed(2)));
      unwrap(await hosts.enrol({ hostId: 'laptop', subscriber: 'bob', publicKey: 'k' }, deed(3)));
      unwrap(await opened('laptop'));
      unwrap(await opened('phone'));
      const events = async (filter: Parameters<typeof audit.list>[0]) =>
        (await all((page) => audit.list(filter, page), 1)).map(
          ({ sequence, event }) => `${sequence - before} ${event}`,
        );
      expect((await events({ subscriber: 'alice' })).filter((text) => !text.startsWith('-'))).toEqual(
        expect.arrayContaining(['1 session-opened', '3 host-revoked', '6 session-opened']),
      );
      expect((await events({ subscriber: 'bob' })).slice(-2)).toEqual(['4 host-enrolled', '5 session-opened']);
      expect(await events({ subscriber: 'bob', hostId: 'laptop' })).toEqual(['4 host-enrolled', '5 session-opened']);
      expect(await events({ subscriber: 'bob', hostId: 'phone' })).toEqual([]);
      expect(await events({ subscriber: 'alice', since: time(2), hostId: 'laptop' })).toEqual(['3 host-revoked']);
    });
  });
}
