import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { CHAIN_START, chainHash, hex } from './audit-chain.ts';
import type { AuditRow, Lease } from './records.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { all, furnish, SMALL, shape } from './store-fixture.ts';

const KILLS = 20;
const HOSTS = 64;
const WRITER = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));

/** What a writer that was killed had been promised, by host and group: an address, or that there is none. */
type Promised = Map<string, string | undefined>;

test(`killed ${KILLS} times under load: nothing acknowledged is lost, no address given twice`, {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sublane-crash-'));
  const path = join(folder, 'headend.db');
  try {
    const large = shape('large', ['10.1.0.0/20', '2001:db8:1::/64']);
    const hosts = Array.from({ length: HOSTS }, (_, at) => `host-${at}`);
    await (await furnish(unwrap(await openSqliteStore({ path })), hosts, [SMALL, large])).close();

    let promised: Promised = new Map();
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const lines = await runAndKill(path, 40 + Math.random() * 120);
      acknowledged += lines.filter((line) => !line.startsWith('?')).length;
      promised = await check(path, lines, promised);
    }
    expect(acknowledged).toBeGreaterThan(KILLS * 10);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * Lets a writer work until it has said something and `moment` milliseconds more, and kills it. It writes to a file: what
 * it said stays said, and a slow reader does not hold it up.
 */
async function runAndKill(path: string, moment: number): Promise<string[]> {
  const file = `${path}.said`;
  const output = openSync(file, 'w');
  const writer = spawn(process.execPath, [WRITER, '--path', path, '--hosts', String(HOSTS)], {
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  const ended = once(writer, 'close');
  while (statSync(file).size === 0 && writer.exitCode === null) await sleep(5);
  await sleep(moment);
  writer.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  // The last line may be cut.
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

async function check(path: string, lines: readonly string[], before: Promised): Promise<Promised> {
  const promised = new Map(before);
  const asked = new Set<string>();
  const withheld = new Set<string>();
  for (const line of lines) {
    const [sign, host, groupId, address] = line.split(' ');
    const key = `${host} ${groupId}`;
    if (sign === '+') promised.set(key, address);
    if (sign === '-') promised.set(key, undefined);
    if (sign === 'x') promised.set(key, undefined);
    if (sign === 'x') withheld.add(address ?? '');
    if (sign === '?' || sign === '!') asked.add(key);
    else asked.delete(key);
  }

  const db = new SqliteDatabase(path);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
  const store = unwrap(await openSqliteStore({ path }));
  const leases = await all((page) => store.leases.list({}, page), 1000);
  const rows = await all((page) => store.audit.list({}, page), 1000);
  const fill = await store.leases.fill();
  const quarantined = new Set((await all((page) => store.quarantine.list({}, page), 1000)).map(({ ipv4 }) => ipv4));
  await store.close();

  const held = new Map(leases.map((lease) => [`${lease.hostId} ${lease.groupId}`, lease]));
  for (const [key, address] of promised) {
    const lease = held.get(key);
    // A release that was asked for and not answered may have happened.
    if (asked.has(key) && lease === undefined) continue;
    if (address !== undefined) expect(`${key} ${lease?.ipv4}`).toBe(`${key} ${address}`);
  }
  for (const address of withheld) expect(quarantined).toContain(address);
  expect(leases.filter(({ ipv4 }) => quarantined.has(ipv4))).toEqual([]);
  expect(new Set(leases.map(({ ipv4 }) => ipv4)).size).toBe(leases.length);
  expect(new Set(leases.map(({ ipv6 }) => ipv6)).size).toBe(leases.length);
  expect(fill.reduce((sum, pool) => sum + pool.held, 0)).toBe(leases.length);
  expect(heldByTrail(rows)).toEqual(new Map(leases.map(({ id, ipv4 }: Lease) => [id, ipv4])));
  expect(chainHolds(rows)).toBe(true);
  // What the next writer begins from is what is there, acknowledged or not.
  return new Map(leases.map((lease) => [`${lease.hostId} ${lease.groupId}`, lease.ipv4]));
}

const ENDS: ReadonlySet<string> = new Set(['lease-released', 'lease-expired', 'address-quarantined']);

/** The leases as the audit trail tells them. */
function heldByTrail(rows: readonly AuditRow[]): Map<unknown, unknown> {
  const held = new Map<unknown, unknown>();
  for (const { event, detail } of rows) {
    if (event === 'lease-granted' || event === 'lease-changed') held.set(detail.lease, detail.ipv4);
    if (ENDS.has(event)) held.delete(detail.lease);
  }
  return held;
}

function chainHolds(rows: readonly AuditRow[]): boolean {
  let before = CHAIN_START;
  return rows.every((row, at) => {
    const { sequence, event, actor, hostId = null, groupId = null } = row;
    before = chainHash(before, {
      sequence,
      at: row.at,
      event,
      actor,
      hostId,
      groupId,
      detail: JSON.stringify(row.detail),
    });
    return sequence === at + 1 && hex(before) === row.hash;
  });
}
