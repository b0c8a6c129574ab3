import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { Admission } from './admission.ts';
import { CHAIN_START, chainHash, hex } from './audit-chain.ts';
import { AuditTable } from './audit-table.ts';
import { PoolTable } from './pool-table.ts';
import { QuarantineTable } from './quarantine-table.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';
import { all, deed, time } from './store-fixture.ts';
import { StoreModel } from './store-model.ts';
import { COMMANDS } from './store-model-commands.ts';
import { EXAMPLES } from './store-model-examples.ts';
import {
  HOSTS,
  limitsOf,
  PLAIN,
  POOLS,
  type Real,
  type StoreCommand,
  SUBSCRIBERS,
  shapeOf,
} from './store-model-real.ts';

/** More of the same, for a machine with time: each factor of one takes some seconds. */
const EFFORT = Number(process.env.SUBLANE_MODEL_EFFORT ?? 1);

const folder = mkdtempSync(join(tmpdir(), 'sublane-model-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const open = async (path: string) => unwrap(await openSqliteStore({ path }));

async function furnished(real: Real, met: Map<string, number>): Promise<StoreModel> {
  const model = new StoreModel(met);
  for (const name of POOLS)
    model.pools.set(name, {
      ...PLAIN,
      class: name === 'films' ? 'films' : 'calls',
      length: 29,
      rest: name === 'more' ? 40 : 0,
    });
  model.locations.set('region', { upld: 6000, dnld: 5000 });
  model.locations.set('cell', { parent: 'region', upld: 2000, dnld: 2500 });
  model.locations.set('other', { parent: 'region' });
  const { store } = real;
  const pools = [...model.pools].map(([name, pool]) => shapeOf(name, pool));
  unwrap(await store.configuration.commit({ content: '', pools, locations: limitsOf(model) }, deed()));
  for (const name of SUBSCRIBERS) {
    unwrap(await store.subscribers.add({ name, plan: 'gold' }, deed()));
    model.subscribers.set(name, { plan: 'gold', suspended: false });
  }
  for (const [hostId, subscriber] of Object.entries(HOSTS)) {
    unwrap(await store.hosts.enrol({ hostId, subscriber, publicKey: `ssh-ed25519 ${hostId} 1` }, deed()));
    model.hosts.set(hostId, { subscriber, keys: 1, revoked: false });
  }
  return model;
}

/** Compares after each step, and puts the trail's rows to the chain. */
class Comparison {
  #sequence = 0;
  #hash: Uint8Array = CHAIN_START;
  #sums = new Map<string, number>();

  async begin(store: Store): Promise<void> {
    await this.#rows(store);
  }

  async compare(model: StoreModel, store: Store): Promise<void> {
    const held = await all((page) => store.leases.list({}, page), 50);
    const told = held.map((lease) => ({
      host: lease.hostId,
      group: lease.groupId,
      subscriber: lease.subscriber,
      plan: lease.plan,
      class: lease.class,
      pool: lease.pool,
      index: (model.pools.get(lease.pool)?.begin ?? 0) + lease.index,
      upld: lease.upld?.rate ?? 0,
      dnld: lease.dnld?.rate ?? 0,
      guaranteed: lease.guaranteed,
      location: lease.location,
      validUntil: (lease.validUntil - time(0)) / 1000,
      recalled: lease.recalled,
      reported: lease.report !== undefined,
    }));
    const order = (one: { readonly host: string; readonly group: number }) => `${one.host} ${one.group}`;
    const sorted = <T extends { readonly host: string; readonly group: number }>(list: readonly T[]) =>
      [...list].sort((a, b) => (order(a) < order(b) ? -1 : 1));
    expect(sorted(told)).toEqual(sorted(model.leases));

    const fill = [...model.pools.keys()].map((name) => ({
      name,
      held: model.leases.filter(({ pool }) => pool === name).length,
      capacity: model.lanes(name).length,
      quarantined: model.quarantine.filter(({ pool, index }) => pool === name && model.givable(name).includes(index))
        .length,
      resting: model.resting.filter(({ pool }) => pool === name).length,
      reserved: model.pools
        .get(name)!
        .reserved.filter(({ index }) => model.leases.every((one) => one.pool !== name || one.index !== index)).length,
    }));
    const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);
    expect([...(await store.leases.fill())].sort(byName)).toEqual(fill.sort(byName));

    const withheld = await all((page) => store.quarantine.list({}, page), 50);
    expect(withheld.map(({ hostId, groupId }) => `${hostId} ${groupId}`).sort()).toEqual(
      model.quarantine.map(({ host, group }) => `${host} ${group}`).sort(),
    );
    await this.#admission(model, store);
    expect((await this.#rows(store)).sort()).toEqual(model.trail.sort());
    for (const event of model.trail) model.meet(event.split(' ')[0] ?? '');
    model.trail = [];
  }

  /** Counted right, and the law: what is guaranteed grows to the capacity and no further, whatever happens. */
  async #admission(model: StoreModel, store: Store): Promise<void> {
    const before = this.#sums;
    this.#sums = new Map();
    // A capacity may be lowered, and a location come back, or become a part of another, with all that is granted there.
    const laidOut = model.trail.some((event) => event.startsWith('configuration-committed'));
    for (const { name, guaranteed, upldCapacity, dnldCapacity } of await store.locations.list()) {
      for (const direction of ['upld', 'dnld'] as const) {
        const sum = guaranteed[direction];
        expect({ name, direction, sum }).toEqual({ name, direction, sum: model.guaranteed(name, direction) });
        const capacity = { upld: upldCapacity, dnld: dnldCapacity }[direction];
        const key = `${name} ${direction}`;
        if (capacity !== undefined && sum > capacity && !laidOut) expect(sum).toBeLessThanOrEqual(before.get(key)!);
        this.#sums.set(key, sum);
      }
    }
    expect(this.#sums.size).toBe(model.locations.size * 2);
  }

  /** The rows that are new, each chained to the one before. */
  async #rows(store: Store): Promise<string[]> {
    const rows = await all(
      (page) => store.audit.list({}, { ...page, cursor: page.cursor ?? String(this.#sequence) }),
      100,
    );
    for (const row of rows) {
      expect(row.sequence).toBe(this.#sequence + 1);
      const { sequence, at, event, actor, hostId = null, groupId = null } = row;
      const hash = chainHash(this.#hash, {
        sequence,
        at,
        event,
        actor,
        hostId,
        groupId,
        detail: JSON.stringify(row.detail),
      });
      expect(row.hash).toBe(hex(hash));
      this.#sequence = sequence;
      this.#hash = hash;
    }
    return rows.map(({ event, hostId, groupId }) => `${event} ${hostId ?? '-'} ${groupId ?? '-'}`);
  }
}

async function walk(commands: Iterable<StoreCommand>, path: string, met = new Map<string, number>()): Promise<void> {
  const real: Real = {
    store: await open(path),
    ...(path !== ':memory:' && {
      reopen: async () => {
        await real.store.close();
        return await open(path);
      },
    }),
  };
  try {
    const model = await furnished(real, met);
    const comparison = new Comparison();
    await comparison.begin(real.store);
    await comparison.compare(model, real.store);
    const compared = [...commands].map(
      (command): StoreCommand => ({
        check: (present) => command.check(present),
        run: async (present, system) => {
          await command.run(present, system);
          await comparison.compare(present as StoreModel, system.store);
        },
        toString: () => command.toString(),
      }),
    );
    await fc.asyncModelRun(() => ({ model, real }), compared);
  } finally {
    await real.store.close();
  }
}

interface Walks {
  readonly maxCommands: number;
  readonly met?: Map<string, number>;
}

const walks = (place: () => string, { maxCommands, met }: Walks) =>
  fc.asyncProperty(fc.commands(COMMANDS, { size: 'max', maxCommands }), (commands) => walk(commands, place(), met));

const inMemory = () => ':memory:';
const inFile = () => join(folder, `${++files}.db`);

/** What every run must have met, whatever its walks: else they prove nothing. */
const EVENTS = [
  'lease-granted',
  'lease-changed',
  'lease-released',
  'lease-expired',
  'lease-recalled',
  'address-quarantined',
  'pool-empty',
  'pool-draining',
  'capacity-exceeded',
  'record-in-use',
  'unknown-host',
  'subscriber-suspended',
];

describe('any walk through the store is a walk through the model', () => {
  const timeout = 60_000 * Math.max(1, EFFORT);

  test('in memory', { timeout }, async () => {
    const met = new Map<string, number>();
    await fc.assert(walks(inMemory, { maxCommands: 80, met }), { numRuns: Math.ceil(60 * EFFORT) });
    expect([...met.keys()]).toEqual(expect.arrayContaining(EVENTS));
  });

  test('in a file, closed and opened again on the way', { timeout }, async () => {
    await fc.assert(walks(inFile, { maxCommands: 40 }), { numRuns: Math.ceil(15 * EFFORT) });
  });
});

describe('kept walks', () => {
  test.each(Object.entries(EXAMPLES))('%s', async (_, steps) => {
    await walk(steps, inFile());
  });
});

describe('a store with a mistake does not pass', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const { change, refusals } = Admission.prototype;
  const { giveBack, countHeld } = PoolTable.prototype;
  const { append } = AuditTable.prototype;
  const mistakes: Readonly<Record<string, () => unknown>> = {
    'a lease that ends stays counted': () =>
      vi.spyOn(Admission.prototype, 'change').mockImplementation(function (this: Admission, before, after) {
        change.call(this, after === undefined ? undefined : before, after);
      }),
    'more is admitted than there is': () => vi.spyOn(Admission.prototype, 'refusals').mockReturnValue([]),
    'a lane that grows is refused by its whole rate': () =>
      vi.spyOn(Admission.prototype, 'refusals').mockImplementation(function (this: Admission, changes) {
        return refusals.call(
          this,
          changes.map(({ groupId, after }) => ({ groupId, after })),
        );
      }),
    'what is guaranteed is forgotten when the store is closed': () =>
      vi.spyOn(Admission.prototype, 'beforeCommit').mockReturnValue(undefined),
    'an address is lost': () => vi.spyOn(PoolTable.prototype, 'giveBack').mockReturnValue(undefined),
    'an address is free before the one under it': () =>
      vi.spyOn(PoolTable.prototype, 'giveBack').mockImplementation(function (this: PoolTable, pool, index, ...rest) {
        if (index > 1) giveBack.call(this, pool, index, ...rest);
      }),
    'what rests is not kept for who had it': () => vi.spyOn(PoolTable.prototype, 'restingOf').mockReturnValue([]),
    'leases are counted up only': () =>
      vi.spyOn(PoolTable.prototype, 'countHeld').mockImplementation(function (this: PoolTable, pool, by) {
        if (by > 0) countHeld.call(this, pool, by);
      }),
    'a quarantine is not kept': () => vi.spyOn(QuarantineTable.prototype, 'add').mockReturnValue(undefined),
    'addresses in quarantine are given': () => vi.spyOn(QuarantineTable.prototype, 'holds').mockReturnValue(false),
    'a change leaves no row in the trail': () =>
      vi.spyOn(AuditTable.prototype, 'append').mockImplementation(function (this: AuditTable, entry) {
        if (entry.event !== 'lease-changed') append.call(this, entry);
      }),
  };

  test.each(Object.entries(mistakes))('%s', { timeout: 60_000 }, async (name, plant) => {
    plant();
    const place = name.includes('closed') ? inFile : inMemory;
    const outcome = await fc.check(walks(place, { maxCommands: 60 }), { numRuns: 500, endOnFailure: true });
    expect(outcome.failed).toBe(true);
    expect(outcome.errorInstance).not.toBeInstanceOf(TypeError);
  });
});
