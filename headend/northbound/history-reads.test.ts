import { ManualClock, milliseconds, silentLog, unwrap } from '@sublane/basics';
import type { Session } from 'netconf-server';
import { beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { HistoryReads } from './history-reads.ts';
import { LOCAL_IDENTITY, operatorIdentity } from './roles.ts';

const olga = { identity: operatorIdentity('olga', 'operator') } as Session;
const aron = { identity: operatorIdentity('aron', 'auditor') } as Session;
const local = { identity: LOCAL_IDENTITY } as Session;
const three = { items: [1, 2, 3] };

let store: Store;
let clock: ManualClock;
let history: HistoryReads;
beforeEach(async () => {
  store = unwrap(await openSqliteStore({ path: ':memory:' }));
  clock = new ManualClock();
  unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, { actor: 'local', at: clock.now() }));
  const laptop = { hostId: 'laptop', subscriber: 'alice', publicKey: 'k' };
  unwrap(await store.hosts.enrol(laptop, { actor: 'local', at: clock.now() }));
  history = new HistoryReads({ store, clock, log: silentLog });
});

const rows = async () =>
  (await store.audit.list({}, { limit: 100 })).items
    .filter(({ event }) => event === 'history-read')
    .map(({ actor, hostId, detail }) => ({ actor, ...(hostId !== undefined && { hostId }), ...detail }));

it('says who asked, about whom, and how much was seen', async () => {
  await history.note(olga, 'list-audit', { hostId: 'laptop' }, three);
  await history.note(aron, 'list-audit', { subscriber: 'bob' }, { items: [1], next: '7' });
  await history.note(local, 'list-leases', { address: '192.0.2.1', lease: '9' }, { items: [] });
  expect(await rows()).toEqual([
    { actor: 'olga', hostId: 'laptop', operation: 'list-audit', count: 3, subscriber: 'alice' },
    { actor: 'aron', operation: 'list-audit', subscriber: 'bob', count: 1, more: true },
    { actor: 'local', operation: 'list-leases', address: '192.0.2.1', lease: '9', count: 0 },
  ]);
});

it('the subscriber’s own trail has it', async () => {
  await history.note(olga, 'list-quarantine', { hostId: 'laptop' }, three);
  const of = await store.audit.list({ subscriber: 'alice' }, { limit: 100 });
  expect(of.items.at(-1)).toMatchObject({ event: 'history-read', actor: 'olga' });
});

it('the whole trail is everybody’s history; a list of what is now is nobody’s', async () => {
  for (const operation of ['list-audit', 'list-hosts', 'list-leases', 'list-quarantine', 'list-subscribers'] as const)
    await history.note(olga, operation, {}, three);
  expect(await rows()).toEqual([{ actor: 'olga', operation: 'list-audit', count: 3 }]);
});

it('one row a minute for one person and question', async () => {
  const laptop = () => history.note(olga, 'list-audit', { hostId: 'laptop' }, three);
  await laptop();
  await laptop();
  await clock.advance(milliseconds(59_999));
  await laptop();
  expect((await rows()).length).toBe(1);
  await history.note(aron, 'list-audit', { hostId: 'laptop' }, three);
  await history.note(olga, 'list-hosts', { hostId: 'laptop' }, three);
  await history.note(olga, 'list-audit', { hostId: 'phone' }, three);
  expect((await rows()).length).toBe(4);
  await clock.advance(milliseconds(1));
  await laptop();
  expect((await rows()).length).toBe(5);
});

it('a store that is full keeps nobody from looking', async () => {
  await store.close();
  await expect(history.note(olga, 'list-audit', {}, three)).resolves.toBeUndefined();
});
