import { ManualClock, unwrap } from '@sublane/basics';
import type { Session } from 'netconf-server';
import { beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { deed, furnish, group, kinds, reservation, time } from '../store/store-fixture.ts';
import { HostSessions } from './host-sessions.ts';
import { Revocations } from './revocations.ts';
import { hostIdentity } from './roles.ts';
import { Withdrawal } from './withdraw.ts';

let store: Store;
let sessions: HostSessions;
let withdrawal: Withdrawal;
let revocations: Revocations;
/** What was closed, and whether the leases had ended by then. */
let closed: string[];

beforeEach(async () => {
  store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop', 'phone', 'idle']);
  unwrap(await store.subscribers.add({ name: 'bob', plan: 'gold' }, deed()));
  unwrap(await store.hosts.enrol({ hostId: 'bobs', subscriber: 'bob', publicKey: 'k' }, deed()));
  unwrap(await store.leases.reserve(reservation('laptop', [group(1), group(2)])));
  unwrap(await store.leases.reserve(reservation('phone', [group(1)], { subscriber: 'bob' })));
  sessions = new HostSessions(new ManualClock(0));
  closed = [];
  revocations = new Revocations();
  for (const user of ['laptop', 'phone', 'idle', 'bobs']) {
    const close = (reason: string) => {
      closed.push(`${user}: ${reason}`);
    };
    sessions.opened({ identity: hostIdentity(user), close } as Session);
  }
  withdrawal = new Withdrawal({ store, hostSessions: sessions, revocations });
});

const held = async () => (await store.leases.list({}, { limit: 10 })).items.map(({ hostId }) => hostId);

describe('leases first, then sessions', () => {
  test('a host that is revoked', async () => {
    unwrap(await withdrawal.revoke('laptop', deed()));
    expect(closed).toEqual(['laptop: the host was revoked']);
    expect(revocations.concern(hostIdentity('laptop', 0))).toBe(true);
    expect(await held()).toEqual(['phone']);
    expect(kinds(await withdrawal.revoke('laptop', deed()))).toEqual(['record-unknown']);
    expect(closed).toHaveLength(1);
  });

  test('a subscriber: its hosts with and without a lease, and who holds one in its name', async () => {
    const ended = unwrap(await store.subscribers.change('bob', { suspended: true }, deed()));
    await withdrawal.closeSessionsOf('bob', ended, 'the subscriber was suspended');
    expect(closed.toSorted()).toEqual(['bobs: the subscriber was suspended', 'phone: the subscriber was suspended']);
    expect(await held()).toEqual(['laptop', 'laptop']);
  });

  test('leases by what selects them', async () => {
    const [first] = await store.leases.ofHost('laptop', time(0));
    expect(unwrap(await withdrawal.leases({ leaseIds: [first?.id ?? ''] }, 'why', deed()))).toHaveLength(1);
    expect(closed).toEqual(['laptop: why']);
    expect(unwrap(await withdrawal.leases({ hostId: 'idle' }, 'why', deed()))).toEqual([]);
    expect(closed).toHaveLength(1);
  });

  test('recalled leases go on: their hosts come back and are told', async () => {
    expect(unwrap(await withdrawal.recall({ subscriber: 'bob' }, 'another plan', deed()))).toHaveLength(1);
    expect(closed).toEqual(['phone: another plan']);
    expect(await held()).toEqual(['laptop', 'laptop', 'phone']);
    expect((await store.leases.ofHost('phone', time(0)))[0]?.recalled).toBe(true);
    expect(unwrap(await withdrawal.recall({ subscriber: 'bob' }, 'another plan', deed()))).toEqual([]);
    expect(closed).toHaveLength(1);
  });

  test('one lease by its id', async () => {
    const [first] = await store.leases.ofHost('phone', time(0));
    unwrap(await withdrawal.lease(first?.id ?? '', deed()));
    expect(closed).toEqual(['phone: a lease of the host was taken back']);
    expect(kinds(await withdrawal.lease(first?.id ?? '', deed()))).toEqual(['record-unknown']);
  });

  test('a store that cannot write closes nothing', async () => {
    await store.close();
    expect(kinds(await withdrawal.leases({ hostId: 'laptop' }, 'why', deed()))).toEqual(['store-failed']);
    expect(kinds(await withdrawal.revoke('laptop', deed()))).toEqual(['store-failed']);
    expect(closed).toEqual([]);
  });
});
