import { type JsonObject, ManualClock, milliseconds, silentLog, unwrap } from '@sublane/basics';
import { encodeData, openContext } from '@sublane/yang';
import fc from 'fast-check';
import { Libyang } from 'libyang-wasm';
import { afterAll, expect, test } from 'vitest';
import { choosePools } from '../pools/choose-pools.ts';
import type { Pool } from '../pools/pool.ts';
import { openSqliteStore } from '../store/index.ts';
import type { Lease } from '../store/records.ts';
import { group, reservation } from '../store/store-fixture.ts';
import { ROOT } from './headend-data.ts';
import { openRunning } from './running.ts';

const schema = openContext(Libyang.load(), 'headend');
afterAll(() => schema.dispose());

const HOSTS = ['laptop', 'phone'];
const NAMES = ['a', 'b', 'c'] as const;
const host = fc.constantFrom(...HOSTS);
const name = fc.constantFrom(...NAMES);
const lastByte = fc.integer({ min: 0, max: 31 });
/** Where a pool's prefixes begin, of each family. */
const base = fc.constantFrom(0, 16);
const ids = fc.uniqueArray(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });

/** What an operator does to a pool, and what hosts do meanwhile. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('request' as const), host, ids }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), host, ids }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('size' as const), name, base, length: fc.integer({ min: 27, max: 30 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), name, to: name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('exclude' as const), name, at: lastByte }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gateway' as const), name, at: lastByte }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reserve' as const), name, at: lastByte, owner: host }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delegate' as const), name, net: fc.integer({ min: 1, max: 3 }) }),
  },
);
type Held = Omit<Lease, 'index'>;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface PoolJson {
  readonly [leaf: string]: unknown;
  readonly name: string;
}

const NET: Readonly<Record<string, number>> = { a: 1, b: 2, c: 3 };
const prefixesOf = (pool: string, from: number, length: number) => [
  `192.0.${NET[pool]}.${from}/${length}`,
  `2001:db8:${NET[pool]}::${from.toString(16)}/${length + 96}`,
];
const initial = (pool: string): PoolJson => ({
  name: pool,
  class: 'calls',
  prefix: prefixesOf(pool, 16, 28),
  attachment: 'routed',
  rest: 0,
});

/** The pools as an operator would have them after a step. */
function changed(pools: readonly PoolJson[], move: Exclude<Step, { do: 'request' | 'release' }>): readonly PoolJson[] {
  if (move.do === 'remove') return pools.filter((pool) => pool.name !== move.name);
  const present = pools.find((pool) => pool.name === move.name) ?? initial(move.name);
  const { successor: _, ...settled } = present;
  const own = `192.0.${NET[move.name]}.`;
  const pool: PoolJson =
    move.do === 'size'
      ? { ...present, prefix: prefixesOf(move.name, move.base, move.length) }
      : move.do === 'drain'
        ? { ...settled, 'admin-state': 'draining', name: move.name }
        : move.do === 'open'
          ? { ...settled, 'admin-state': 'open', name: move.name }
          : move.do === 'move'
            ? { ...present, 'admin-state': 'moving', successor: move.to }
            : move.do === 'exclude'
              ? { ...present, exclude: [`${own}${move.at}`] }
              : move.do === 'gateway'
                ? { ...present, gateway: [`${own}${move.at}`] }
                : move.do === 'reserve'
                  ? {
                      ...present,
                      reservation: [{ address: `${own}${move.at}`, subscriber: 'alice', 'host-id': move.owner }],
                    }
                  : { ...present, delegated: { prefix: `2001:db8:${NET[move.name]}0${move.net}::/48`, length: 56 } };
  return [...pools.filter((one) => one.name !== move.name), pool].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  );
}

test('whatever an operator does to the pools, a lease has what it has until its host asks anew', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const clock = new ManualClock();
      const store = unwrap(await openSqliteStore({ path: ':memory:' }));
      const running = unwrap(await openRunning({ schema, store, clock, log: silentLog }));
      const deed = { actor: 'local', at: clock.now() };
      unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed));
      for (const hostId of HOSTS)
        unwrap(await store.hosts.enrol({ hostId, subscriber: 'alice', publicKey: `ssh-ed25519 ${hostId}` }, deed));
      const commit = async (pools: readonly PoolJson[]) => {
        const xml = encodeData({ [ROOT]: { pool: pools } as unknown as JsonObject } as never);
        return (await running.datastores.running.commit(() => ({ ok: true, value: xml }))).ok;
      };
      // Which number an address has is the pool's own matter.
      const held = async () =>
        (await store.leases.list({}, { limit: 100 })).items.map(({ index: _, ...lease }) => lease);

      let pools: readonly PoolJson[] = [initial('a'), initial('b')];
      expect(await commit(pools)).toBe(true);
      for (const move of steps) {
        const before = await held();
        if (move.do === 'request') {
          const { open, keep, draining, successors } = choosePools(running.current(), 'calls', undefined, {
            behindNat: false,
            wireguard: false,
          });
          const validUntil = milliseconds(clock.now() + 60_000);
          const groups = move.ids.map((id) => group(id, { open, keep, draining, successors, validUntil }));
          await store.leases.reserve(reservation(move.host, groups, { at: clock.now(), groupsMax: 100 }));
          const others = ({ hostId, groupId }: Held) => hostId !== move.host || !move.ids.includes(groupId);
          expect((await held()).filter(others)).toEqual(before.filter(others));
          for (const lease of before.filter((one) => !others(one))) {
            const now = (await held()).find(({ id }) => id === lease.id);
            // Only where its pool moves does it get another address, and that is the successor's.
            if (now?.ipv4 !== lease.ipv4) expect(now?.pool).toBe(successors.get(lease.pool));
          }
        } else if (move.do === 'release') {
          unwrap(await store.leases.release(move.host, move.ids, { actor: 'local', at: clock.now() }));
        } else {
          const next = changed(pools, move);
          if (await commit(next)) pools = next;
          expect(await held()).toEqual(before);
        }
        check((await store.leases.list({}, { limit: 100 })).items, running.current().pools);
      }
      await store.close();
    }),
    { numRuns: 60 },
  );
});

/** Each address once, in a pool that is there, none a gateway's, and those of its own index. */
function check(leases: readonly Lease[], pools: ReadonlyMap<string, Pool>): void {
  for (const key of ['ipv4', 'ipv6', 'delegatedPrefix'] as const) {
    const given = leases.map((lease) => lease[key]).filter((text) => text !== undefined);
    expect(new Set(given).size).toBe(given.length);
  }
  for (const lease of leases) {
    const pool = pools.get(lease.pool);
    expect(pool).toBeDefined();
    const first = pool!.shape.ipv4!.base[3]!;
    expect(lease.ipv4).toBe(`192.0.${NET[lease.pool]}.${first + lease.index}`);
    expect(lease.ipv6).toBe(`2001:db8:${NET[lease.pool]}::${(first + lease.index).toString(16)}`);
    expect(lease.index).toBeLessThan(pool!.shape.size - 1);
    expect([lease.ipv4, lease.ipv6]).not.toContain(pool!.ipv4Gateway);
    const reserved = pool!.shape.reservations.find(({ index }) => index === lease.index);
    if (reserved !== undefined) expect(reserved.hostId).toBe(lease.hostId);
  }
}
