import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seconds, unwrap } from '@sublane/basics';
import SqliteDatabase from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { afterEach, describe, expect, test } from 'vitest';
import { MIGRATIONS } from './migrations.ts';
import { describeOpenFailure, openSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { storeContract } from './store-contract.ts';
import { all, deed, furnish, group, kinds, QUARANTINE_OF, reservation, shape, time } from './store-fixture.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sublane-store-'));
  folders.push(folder);
  return join(folder, 'headend.db');
}
const open = async (path: string, more: Partial<SqliteStoreOptions> = {}): Promise<Store> =>
  unwrap(await openSqliteStore({ path, ...more }));

storeContract('SQLite in memory', () => open(':memory:'));
storeContract('SQLite in a file', () => open(newPath()));

describe('a file', () => {
  test('holds everything when it is opened again', async () => {
    const path = newPath();
    const first = await furnish(await open(path), ['laptop', 'phone']);
    const given = unwrap(await first.leases.reserve(reservation('laptop', [group(1), group(2), group(3)])));
    unwrap(await first.leases.release('laptop', [2], deed(5)));
    await first.close();

    const second = await open(path);
    expect(await second.leases.ofHost('laptop', time(0))).toEqual([given[0], given[2]]);
    expect(second.status()).toMatchObject({ backend: 'sqlite', location: path, leases: 2 });
    // Released and high-water mark too: the hole first, then what was never given.
    const more = unwrap(await second.leases.reserve(reservation('phone', [group(1), group(2)])));
    expect(more.map(({ index }) => index)).toEqual([2, 4]);
    const rows = await all((page) => second.audit.list({}, page));
    expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, at) => at + 1));
    await second.close();
  });

  test('has one headend; another is told who has it', async () => {
    const path = newPath();
    const store = await open(path);
    const refused = await openSqliteStore({ path });
    expect(refused).toEqual({ ok: false, failure: { kind: 'in-use', path, pid: process.pid } });
    expect(!refused.ok && describeOpenFailure(refused.failure)).toContain(`process ${process.pid}`);
    const reader = await open(path, { readOnly: true });
    await reader.close();
    await store.close();
    await (await open(path)).close();
  });

  test('has one headend, also across processes', async () => {
    const path = newPath();
    const store = await open(path);
    const script = `
      import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href)};
      const opened = await openSqliteStore({ path: ${JSON.stringify(path)} });
      console.log(opened.ok ? 'opened' : opened.failure.kind);`;
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
    expect(run()).toBe('in-use');
    await store.close();
    expect(run()).toBe('opened');
  });

  test('opened for reading is read, and refuses every write', async () => {
    const path = newPath();
    await (await furnish(await open(path), ['laptop'])).close();
    const store = await open(path, { readOnly: true });
    expect((await store.hosts.standing('laptop'))?.subscriber?.name).toBe('alice');
    expect(kinds(await store.leases.reserve(reservation('laptop', [group(1)])))).toEqual(['store-read-only']);
    expect(kinds(await store.subscribers.add({ name: 'bob', plan: 'gold' }, deed()))).toEqual(['store-read-only']);
    expect(store.status().trouble).toEqual({ kind: 'store-read-only' });
    expect(await store.leases.ofHost('laptop', time(0))).toEqual([]);
    await store.close();
  });

  test('that is no store, or not there, or a newer one’s, is refused with what to do', async () => {
    const folder = newPath();
    expect(await openSqliteStore({ path: folder, readOnly: true })).toMatchObject({ failure: { kind: 'unreadable' } });
    expect(existsSync(folder)).toBe(false);
    expect(await openSqliteStore({ path: join(folder, 'no', 'such', 'folder') })).toMatchObject({
      failure: { kind: 'unreadable' },
    });

    const text = newPath();
    writeFileSync(text, 'this is a text and no database, whatever its name is'.repeat(50));
    expect(await openSqliteStore({ path: text })).toMatchObject({ failure: { kind: 'unreadable' } });

    const empty = newPath();
    new SqliteDatabase(empty).exec('create table t (x)').close();
    expect(await openSqliteStore({ path: empty, readOnly: true })).toMatchObject({
      failure: { kind: 'not-initialised' },
    });

    const newer = newPath();
    await (await open(newer)).close();
    const db = new SqliteDatabase(newer);
    db.exec("insert into kysely_migration values ('2999-01-01-later', '2999')");
    db.close();
    const refused = await openSqliteStore({ path: newer });
    expect(refused).toMatchObject({ failure: { kind: 'newer', found: '2999-01-01-later' } });
    for (const failure of [refused, await openSqliteStore({ path: text })]) {
      expect(!failure.ok && describeOpenFailure(failure.failure)).toMatch(/^\/.*: \w.{20,}/);
    }
  });
});

test('written before there were tunnels and quarantine, it is brought up to date with all it holds', async () => {
  const path = newPath();
  const old = new SqliteDatabase(path);
  const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database: old }) });
  const first = { '2026-11-21-first': MIGRATIONS['2026-11-21-first']! };
  const { error } = await new Migrator({
    db: kysely,
    provider: { getMigrations: async () => first },
  }).migrateToLatest();
  expect(error).toBeUndefined();
  old.exec(`
    insert into hosts values ('laptop', 'alice', 'key', 0, null);
    insert into pools values (1, 'small', '{"ipv4":["c0000200",29],"size":8,"holes":[[0,0],[7,7]]}', 6, 1);
    insert into released values (1, 2), (1, 3), (1, 5);
    insert into leases values (1, 'laptop', 1, 'alice', 'gold', 'calls', 'first', 1, 1, x'c0000201', null, 46, 'H', 2000,
      null, null, null, '[]', null, 'active', 'vienna', null, 0, ${time(3600)}, null);
    insert into audit values (1, 0, 'lease-granted', 'laptop', 'laptop', 1, '{}', x'00');`);
  await kysely.destroy();

  const store = await open(path);
  const [lease] = await store.leases.ofHost('laptop', time(0));
  expect(lease).toMatchObject({ id: '1', pool: 'small', ipv4: '192.0.2.1', dscp: 46 });
  expect(lease).not.toHaveProperty('wireguardKey');
  unwrap(await store.locations.adopt([{ name: 'vienna' }]));
  expect(await store.locations.list()).toEqual([{ name: 'vienna', guaranteed: { upld: 2000, dnld: 0 } }]);
  // What was free, the lowest first; then what was never given. A rest is the configuration's to bring.
  unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed()));
  const more = unwrap(
    await store.leases.reserve(
      reservation(
        'laptop',
        [2, 3, 4, 5].map((id) => group(id)),
      ),
    ),
  );
  expect(more.map(({ ipv4 }) => ipv4)).toEqual(['192.0.2.2', '192.0.2.3', '192.0.2.5', '192.0.2.6']);
  unwrap(await store.leases.release('laptop', [2], deed()));
  expect(await store.leases.fill()).toMatchObject([{ resting: 0 }]);
  unwrap(await store.pools.adopt([shape('small', ['192.0.2.0/29'], { rest: seconds(60) })]));
  unwrap(await store.leases.release('laptop', [3, 4, 5], deed()));
  expect(await store.leases.fill()).toMatchObject([{ resting: 3 }]);
  const report = { state: 'address-conflict' as const, at: time(1), conflictAddresses: ['192.0.2.1'] };
  unwrap(await store.leases.report('laptop', [{ groupId: 1, report }], QUARANTINE_OF));
  expect(await store.leases.fill()).toEqual([
    { name: 'small', held: 0, capacity: 6, quarantined: 1, resting: 3, reserved: 0 },
  ]);
  expect(store.status().schemaVersion).toBe(Object.keys(MIGRATIONS).sort().at(-1));
  await store.close();
});

describe('without room', () => {
  test('a request is refused, nothing is half done, and what was acknowledged stays', async () => {
    const path = newPath();
    const wide = shape('small', ['10.0.0.0/16', '2001:db8::/64']);
    const names = Array.from({ length: 2000 }, (_, at) => `host-${at}`);
    await (await furnish(await open(path), names, [wide])).close();
    const before = new SqliteDatabase(path, { readonly: true });
    const pages = before.pragma('page_count', { simple: true }) as number;
    before.close();

    const store = await open(path, { sizeLimit: (pages + 40) * 4096 });
    const given = new Map<string, string | undefined>();
    let refused: readonly string[] = [];
    for (const name of names) {
      const answer = await store.leases.reserve(reservation(name, [group(1), group(2)]));
      if (answer.ok) given.set(name, answer.value[0]?.ipv4);
      else refused = kinds(answer);
      if (!answer.ok) break;
    }
    expect(refused).toEqual(['store-full']);
    expect(store.status().trouble).toMatchObject({ kind: 'store-full' });
    expect(given.size).toBeGreaterThan(10);
    await whole(store, given);
    // What needs no room still works.
    unwrap(await store.leases.extend('host-0', [{ groupId: 1, validUntil: time(9000) }], time(1)));
    expect(store.status()).not.toHaveProperty('trouble');
    await store.close();

    const larger = await open(path);
    await whole(larger, given);
    const [next] = unwrap(await larger.leases.reserve(reservation('host-1999', [group(1)])));
    expect(next?.index).toBe(given.size * 2 + 1);
    await larger.close();
  });

  async function whole(store: Store, given: ReadonlyMap<string, string | undefined>): Promise<void> {
    const listed = await all((page) => store.leases.list({}, page), 500);
    expect(listed).toHaveLength(given.size * 2);
    for (const { hostId, groupId, ipv4 } of listed) if (groupId === 1) expect(ipv4).toBe(given.get(hostId));
    expect(await store.leases.fill()).toMatchObject([{ held: given.size * 2 }]);
  }
});

test('the trail cannot be changed through the database either', async () => {
  const path = newPath();
  await (await furnish(await open(path), ['laptop'])).close();
  const db = new SqliteDatabase(path);
  expect(() => db.exec("update audit set actor = 'nobody'")).toThrow('append-only');
  expect(() => db.exec('delete from audit where sequence = 1')).toThrow('append-only');
  db.close();
});

test('an address in use that no lease of the pool knows is skipped: the constraint decides', async () => {
  const path = newPath();
  const store = await furnish(await open(path), ['laptop', 'phone']);
  const [lease] = unwrap(await store.leases.reserve(reservation('phone', [group(1)])));
  await store.close();
  // As if another version had lost count: the next index is offered, and its addresses are held.
  const db = new SqliteDatabase(path);
  db.exec('update pools set high_water = 2; insert into free_ranges (pool_id, first, last) values (1, 1, 1)');
  db.close();
  const again = await open(path);
  const given = unwrap(await again.leases.reserve(reservation('laptop', [group(1), group(2)])));
  expect(lease?.index).toBe(1);
  expect(given.map(({ index }) => index).sort()).toEqual([2, 3]);
  await again.close();
});

test('closed, it refuses', async () => {
  const store = await open(':memory:');
  const late = store.subscribers.add({ name: 'alice', plan: 'gold' }, deed());
  await store.close();
  expect(kinds(await late)).toEqual(['ok']);
  expect(kinds(await store.subscribers.add({ name: 'bob', plan: 'gold' }, deed()))).toEqual(['store-failed']);
});
