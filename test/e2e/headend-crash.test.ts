// The real headend, killed with SIGKILL while hosts ask, change, renew and give back: what it acknowledged holds.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAIN_START, chainHash, hex } from '../../headend/store/audit-chain.ts';
import { HeadendProcess, hostKey, type Operator, twoClasses } from '../programs/index.ts';
import { type HeldLane, LeaseLedger } from './lease-ledger.ts';
import { RestlessHost } from './restless-host.ts';

const HOSTS = 12;
/** Under load. */
const KILLS = 20;
/** Before it is ready, while it puts its store in order. */
const KILLS_AT_START = 4;
/** Answers that the hosts have got when the blow falls. */
const ANSWERS = { least: 20, most: 120 };

describe('a headend that is killed', () => {
  let headend: HeadendProcess;
  const ledger = new LeaseLedger();
  const hosts: RestlessHost[] = [];

  beforeAll(async () => {
    headend = await HeadendProcess.init({ requestsPerMinute: 10_000_000 });
    await headend.start();
    await using operator = await headend.operator();
    // Small, so that addresses go from hand to hand and run out now and then.
    await operator.configure(
      twoClasses({
        calls: ['192.0.2.0/27', '2001:db8:1::/64'],
        bulk: ['198.51.100.0/27', '2001:db8:2::/64'],
        // No more than the hosts can spare.
        quarantine: { 'per-host': 1 },
      }),
    );
    await operator.call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    for (let index = 0; index < HOSTS; index++) {
      const id = `host-${index}`;
      const key = hostKey(id);
      hosts.push(new RestlessHost(id, key, ledger, Math.random));
      await operator.call('sublane-headend:add-host', {
        'host-id': id,
        subscriber: 'alice',
        'public-key': key.public,
      });
    }
  });
  afterAll(async () => {
    for (const host of hosts) host.close();
    await headend?.[Symbol.asyncDispose]();
  });

  it(`keeps what it acknowledged, ${KILLS} times under load`, { timeout: 300_000 }, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      await Promise.all(hosts.map((host) => host.connect(headend)));
      let answered = 0;
      const enough = Promise.withResolvers<void>();
      const wanted = between(ANSWERS.least, ANSWERS.most);
      const toil = Promise.all(hosts.map((host) => host.toil(() => ++answered === wanted && enough.resolve())));
      await Promise.race([enough.promise, toil]);
      await delay(between(0, 5));
      await headend.stop('SIGKILL');
      await toil;
      if (kill % Math.ceil(KILLS / KILLS_AT_START) === 0) await killWhileStarting(headend);
      await headend.start();
      await using operator = await headend.operator();
      await compare(operator, ledger);
      await compareQuarantine(operator, ledger);
      expect(ledger.violations).toEqual([]);
    }
    const total = (what: keyof RestlessHost['done']) => hosts.reduce((sum, { done }) => sum + done[what], 0);
    // How many of each is chance; that each was among them is not.
    for (const kind of ['request', 'renew', 'release', 'conflict', 'refused'] as const)
      expect(total(kind)).toBeGreaterThan(0);
  });

  it('tells each host what it has', async () => {
    for (const host of hosts) {
      await host.connect(headend);
      expect(await host.service()).toEqual(ledger.lanesOf(host.id));
    }
  });

  it('has an audit trail that tells the same story, in which no address has two holders', async () => {
    await using operator = await headend.operator();
    const trail = await operator.pages('sublane-headend:list-audit', {}, ({ entry }) => entry);
    expect(trail.map(({ id }) => Number(id))).toEqual(trail.map((_, index) => index + 1));

    const holders = new Map<string, string>();
    const leases = new Map<string, readonly string[]>();
    const end = (lease: string) => {
      for (const address of leases.get(lease) ?? []) holders.delete(address);
      leases.delete(lease);
    };
    for (const { id, event, detail = [] } of trail) {
      const of = (name: string) => detail.find((one) => one.name === name)?.value?.[0] ?? '';
      const quarantined = event === 'address-quarantined';
      if (!event.startsWith('lease-') && !quarantined) continue;
      const lease = of('lease');
      expect([id, event, leases.has(lease)]).toEqual([id, event, event !== 'lease-granted']);
      end(lease);
      if (event === 'lease-released' || event === 'lease-expired' || quarantined) continue;
      for (const address of [of('ipv4'), of('ipv6')]) {
        expect([id, address, holders.get(address)]).toEqual([id, address, undefined]);
        holders.set(address, lease);
      }
      leases.set(lease, [of('ipv4'), of('ipv6')]);
    }
    const held = hosts.flatMap(({ id }) => [...ledger.lanesOf(id).values()]);
    expect([...leases].sort()).toEqual(held.map(({ leaseId, ipv4, ipv6 }) => [leaseId, [ipv4, ipv6]]).sort());
  });

  it('leaves a sound store, its chain of hashes unbroken', async () => {
    await headend.stop('SIGKILL');
    using db = openStore(join(headend.folder, 'headend.db'));
    expect(db.all('pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(db.all('pragma foreign_key_check')).toEqual([]);
    let before = CHAIN_START;
    for (const row of db.all('select * from audit order by sequence')) {
      before = chainHash(before, {
        sequence: row.sequence as number,
        at: row.at as number,
        event: row.event as string,
        actor: row.actor as string,
        hostId: row.host_id as string | null,
        groupId: row.group_id as number | null,
        detail: row.detail as string,
      });
      expect(hex(row.hash as Uint8Array)).toBe(hex(before));
    }
  });
});

const between = (least: number, most: number) => least + Math.floor(Math.random() * (most - least + 1));

/** What the operator sees is what the hosts' books say; each pool counts what it holds. */
async function compare(operator: Operator, ledger: LeaseLedger): Promise<void> {
  const leases = await operator.pages('sublane-headend:list-leases', {}, ({ lease }) => lease);
  const found = new Map<string, Map<number, HeldLane>>();
  for (const { id, 'host-id': hostId, 'group-id': groupId, ipv4 = '', ipv6 = '', dscp, upld } of leases) {
    const lanes = found.get(hostId) ?? new Map<number, HeldLane>();
    found.set(hostId, lanes.set(groupId, { leaseId: id, ipv4, ipv6, dscp, upld: upld?.rate ?? 0 }));
  }
  ledger.found(found);
  const { pool: pools = [] } = await operator.call('sublane-headend:list-pools', {});
  const counted = pools.map(({ name, held }) => [name, Number(held)]);
  expect(counted).toEqual(pools.map(({ name }) => [name, leases.filter(({ pool }) => pool === name).length]));
}

/** What was withheld still is; one address is let go each time, so that it may be given, and withheld, again. */
async function compareQuarantine(operator: Operator, ledger: LeaseLedger): Promise<void> {
  const withheld = await operator.pages('sublane-headend:list-quarantine', {}, ({ quarantine }) => quarantine);
  ledger.foundWithheld(new Set(withheld.flatMap(({ ipv4 = '', ipv6 = '' }) => [ipv4, ipv6])));
  const { pool: pools = [] } = await operator.call('sublane-headend:list-pools', {});
  const counted = pools.map(({ name, quarantined }) => [name, Number(quarantined)]);
  expect(counted).toEqual(pools.map(({ name }) => [name, withheld.filter(({ pool }) => pool === name).length]));
  const [first] = withheld;
  if (first?.ipv4 === undefined || first.ipv6 === undefined) return;
  await operator.call('sublane-headend:release-quarantine', { address: first.ipv6 });
  ledger.released(first.ipv4, first.ipv6);
}

async function killWhileStarting(headend: HeadendProcess): Promise<void> {
  const started = headend.start().catch(() => undefined);
  await Promise.race([delay(between(0, 1_000)), started]);
  await headend.stop('SIGKILL');
  await started;
}

function openStore(path: string) {
  const db = new SqliteDatabase(path, { readonly: true });
  return {
    all: (sql: string) => db.prepare<[], Record<string, unknown>>(sql).all(),
    [Symbol.dispose]: () => db.close(),
  };
}
