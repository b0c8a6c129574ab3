import { createHash } from 'node:crypto';
import { constants, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { milliseconds, type Result, unwrap } from '@sublane/basics';
import SqliteDatabase from 'better-sqlite3';
import { createPool } from '../../headend/pools/create-pool.ts';
import type { PoolShape } from '../../headend/pools/pool.ts';
import { openSqliteStore } from '../../headend/store/index.ts';
import type { GroupReservation, Store } from '../../headend/store/store.ts';
import { cacheFolder } from './cache-folder.ts';
import { lane } from './scale-store.ts';

/** 10.0.0.0 to 10.152.150.128, which are ten million lanes. */
const LARGE = shapeOf('large', '10.0.0.0/8', '10.152.150.129-10.255.255.255');
const SMALL = shapeOf('small', '192.0.0.0/22');

/** Hosts that are enrolled; each holds a lease of the large pool, and so many as there are one of the small. */
const ENROLLED = 4_096;

/** Of which pool a group of any host has its lanes: one that it holds from the beginning, and another that it may take. */
export const GROUPS = {
  large: { pool: 'large', held: 1, another: 2 },
  small: { pool: 'small', held: 3, another: 4 },
} as const;

/**
 * A store with a pool of ten million addresses, one of a thousand, or both. Of each, every second address is held: half
 * full, and as scattered as can be; the large one's holders are five million hosts. All is the store's own work but most
 * leases of the large pool: they are copies of one that it granted, with other holders and addresses, and have no rows
 * in the trail. Kept for as long as the schema is the same.
 *
 * Answers its path, in `folder`.
 */
export async function halfFullStore(
  folder: string,
  pools: readonly ('large' | 'small')[],
  progress: (text: string) => void,
): Promise<string> {
  const path = join(folder, `${pools.join('-and-')}.db`);
  const store = unwrap(await openSqliteStore({ path }));
  const { schemaVersion } = store.status();
  const text = JSON.stringify([schemaVersion, pools, ENROLLED, LARGE, SMALL]);
  const kept = join(cacheFolder(), `pools-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.db`);
  if (!existsSync(kept)) await begin(store, pools);
  await store.close();
  if (!existsSync(kept)) {
    const part = `${kept}.part`;
    copyFileSync(path, part);
    if (pools.includes('large')) {
      progress(`writing ${Math.floor(LARGE.capacity / 2).toLocaleString('en')} leases, once`);
      multiply(part);
    }
    renameSync(part, kept);
  }
  for (const log of ['-wal', '-shm']) rmSync(`${path}${log}`, { force: true });
  copyFileSync(kept, path, constants.COPYFILE_FICLONE);
  return path;
}

/** Those that hold a lease of this pool from the beginning, and those that may take one. */
export function hostsOf(pool: 'large' | 'small'): readonly string[] {
  return pool === 'large'
    ? ENROLLED_HOSTS
    : ENROLLED_HOSTS.filter((_, at) => at % 8 === 1).slice(0, SMALL.capacity / 2);
}

export const laneOf = (hostId: string, groupId: number, pool: string) => {
  const { groups, ...plain } = lane(0, { hostId, subscriber: 'alice' });
  const wish = (group: GroupReservation) => ({ ...group, groupId, open: [pool], keep: [pool] });
  return { ...plain, groups: groups.map(wish) };
};

/** Spread over the large pool, as the names of all that hold its leases are. */
const ENROLLED_HOSTS = Array.from({ length: ENROLLED }, (_, at) =>
  holder(3 + 2 * Math.floor((at * (LARGE.capacity / 2 - 2)) / ENROLLED)),
);

function holder(index: number): string {
  return `host-${String(index).padStart(8, '0')}`;
}

async function begin(store: Store, pools: readonly ('large' | 'small')[]): Promise<void> {
  const deed = { actor: 'local', at: milliseconds(0) };
  const shapes = [LARGE, SMALL].filter(({ name }) => pools.some((one) => one === name));
  unwrap(await store.configuration.commit({ content: '', pools: shapes }, deed));
  unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed));
  const enrol = (hostId: string) =>
    store.hosts.enrol({ hostId, subscriber: 'alice', publicKey: `ssh-ed25519 ${hostId}` }, deed);
  await each(['template', ...ENROLLED_HOSTS], enrol);
  if (pools.includes('small')) {
    // Two for each, one after the other; then every second goes back.
    const { pool, held, another } = GROUPS.small;
    for (const host of hostsOf('small'))
      for (const group of [held, another]) unwrap(await store.leases.reserve(laneOf(host, group, pool)));
    await each(hostsOf('small'), (host) => store.leases.release(host, [another], deed));
  }
  if (pools.includes('large')) unwrap(await store.leases.reserve(laneOf('template', GROUPS.large.held, 'large')));
}

async function each(
  hosts: readonly string[],
  work: (host: string) => Promise<Result<unknown, unknown>>,
): Promise<void> {
  for (const answer of await Promise.all(hosts.map(work))) unwrap(answer);
}

/** Index 1 is the template's; every second one after it gets a lease, the others are free ranges of one. */
function multiply(path: string): void {
  const db = new SqliteDatabase(path);
  db.pragma('synchronous = off');
  db.exec('begin');
  // Indexes are made faster from all rows than row by row.
  const indexes = db
    .prepare<[], { name: string; sql: string }>(
      "select name, sql from sqlite_schema where type = 'index' and tbl_name = 'leases' and sql is not null",
    )
    .all();
  for (const { name } of indexes) db.exec(`drop index ${name}`);
  const columns = db.prepare<[], string>("select name from pragma_table_info('leases')").pluck().all();
  const { base } = LARGE.ipv4 ?? { base: new Uint8Array(4) };
  const other: Readonly<Record<string, string>> = {
    lease_id: `${FIRST_COPY} + at`,
    host_id: `'host-' || printf('%08d', at)`,
    idx: 'at',
    ipv4: `unhex(printf('%08x', ${Buffer.from(base).readUInt32BE()} + at))`,
  };
  const steps = `with recursive steps (at) as (select 3 union all select at + 2 from steps where at + 2 <= ${LARGE.capacity})`;
  const pool = `(select pool_id from pools where name = 'large')`;
  db.exec(`
    insert into leases (${columns.join(', ')})
    ${steps}
    select ${columns.map((name) => other[name] ?? name).join(', ')}
    from steps, (select * from leases where host_id = 'template')`);
  for (const { sql } of indexes) db.exec(sql);
  db.exec(`
    insert into free_ranges (pool_id, last, first) ${steps} select ${pool}, at - 1, at - 1 from steps;
    update pools set high_water = ${LARGE.capacity}, held = (select count(*) from leases where pool_id = ${pool})
    where name = 'large';
    insert into audit (sequence, at, event, actor, detail, hash)
    values (${FIRST_COPY + 2 * LARGE.capacity}, 0, 'configuration-committed', 'local', '{}', zeroblob(32));
    commit`);
  db.pragma('wal_checkpoint(truncate)');
  db.close();
}

/** Beyond every number that the store has given. */
const FIRST_COPY = 1_000_000;

function shapeOf(name: string, prefix: string, exclude?: string): PoolShape {
  return unwrap(
    createPool({
      name,
      class: 'conversational',
      prefixes: [prefix],
      attachment: { kind: 'routed' },
      gateways: [],
      dns: [],
      checks: [],
      excludes: exclude === undefined ? [] : [exclude],
      adminState: 'open',
    }),
  ).shape;
}
