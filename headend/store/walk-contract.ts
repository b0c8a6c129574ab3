import { seconds, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressTextsAt, nextIndex } from '../pools/pool-shape.ts';
import type { Store } from './store.ts';
import { all, deed, furnish, group, kinds, reservation, shape, time } from './store-fixture.ts';

/** The store, as plain as can be said. */
class Model {
  readonly shape = shape('small', ['192.0.2.0/28', '2001:db8::/64'], { excludes: ['192.0.2.3-192.0.2.4'] });
  readonly held = new Map<string, { index: number; validUntil: number }>();
  readonly quarantined = new Map<number, { host: string; until: number }>();

  free(): number[] {
    const taken = new Set([...[...this.held.values()].map(({ index }) => index), ...this.quarantined.keys()]);
    const free: number[] = [];
    for (let index = nextIndex(this.shape, 0); index !== undefined; index = nextIndex(this.shape, index + 1)) {
      if (!taken.has(index)) free.push(index);
    }
    return free;
  }

  reserve(host: string, groups: readonly number[], validUntil: number): number[] | 'pool-empty' {
    const free = this.free();
    const given = groups.map((id) => this.held.get(`${host} ${id}`)?.index ?? free.shift());
    if (given.includes(undefined)) return 'pool-empty';
    groups.forEach((id, at) => {
      this.held.set(`${host} ${id}`, { index: given[at] as number, validUntil });
    });
    return given as number[];
  }

  /** Whether the report is taken; groups that are not held were refused before. */
  conflict(host: string, groups: readonly number[], now: number): boolean {
    const kept = [...this.quarantined.values()].filter((one) => one.host === host).length;
    if (kept + groups.length > PER_HOST) return false;
    for (const id of groups) {
      const { index } = this.held.get(`${host} ${id}`)!;
      this.held.delete(`${host} ${id}`);
      this.quarantined.set(index, { host, until: now + QUARANTINE_TIME });
    }
    return true;
  }

  live(host: string, now: number): string[] {
    return [...this.held]
      .filter(([key, { validUntil }]) => key.startsWith(`${host} `) && validUntil > now)
      .map(([key, { index }]) => `${key.split(' ')[1]} ${index}`)
      .sort();
  }
}

const PER_HOST = 3;
const QUARANTINE_TIME = 60;
const quarantineOf = () => ({ time: seconds(QUARANTINE_TIME), perHost: PER_HOST, perSubscriber: 100 });

const HOSTS = ['a', 'b', 'c'];
const host = fc.constantFrom(...HOSTS);
const groups = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('reserve' as const), host, groups, valid: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), host, groups }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('extend' as const), host, groups, valid: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('expire' as const), limit: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('conflict' as const), host, groups }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lift' as const), limit: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(40) }) },
);

/** Any walk of requests, renewals, releases and endings does in the store what it does in the model. */
export function walkContract(open: () => Promise<Store>): void {
  test('any walk: the lowest free is given, no address twice, none lost', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const model = new Model();
        const store = await furnish(await open(), HOSTS, [model.shape]);
        try {
          let now = 0;
          for (const move of steps) {
            now += await walk(store, model, move, now);
            await compare(store, model, now);
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: 40 },
    );
  });
}

/** Does one step to both; answers how many seconds it took. */
async function walk(
  { leases, quarantine }: Store,
  model: Model,
  move: typeof step extends fc.Arbitrary<infer T> ? T : never,
  now: number,
): Promise<number> {
  const key = (id: number) => ('host' in move ? `${move.host} ${id}` : '');
  switch (move.do) {
    case 'reserve': {
      const validUntil = now + 1 + move.valid;
      const wanted = move.groups.map((id) => group(id, { validUntil: time(validUntil) }));
      const expected = model.reserve(move.host, move.groups, validUntil);
      const answer = await leases.reserve(reservation(move.host, wanted, { at: time(now), groupsMax: 100 }));
      if (expected === 'pool-empty') expect(new Set(kinds(answer))).toEqual(new Set(['pool-empty']));
      else expect(unwrap(answer).map(({ index }) => index)).toEqual(expected);
      return 0;
    }
    case 'release':
      unwrap(await leases.release(move.host, move.groups, deed(now)));
      for (const id of move.groups) model.held.delete(key(id));
      return 0;
    case 'extend': {
      const validUntil = now + 1 + move.valid;
      const missing = move.groups.filter((id) => (model.held.get(key(id))?.validUntil ?? 0) <= now);
      const ends = move.groups.map((groupId) => ({ groupId, validUntil: time(validUntil) }));
      const answer = await leases.extend(move.host, ends, time(now));
      expect(answer.ok).toBe(missing.length === 0);
      if (answer.ok) for (const id of move.groups) model.held.set(key(id), { ...model.held.get(key(id))!, validUntil });
      return 0;
    }
    case 'expire': {
      const ended = [...model.held].filter(([, { validUntil }]) => validUntil <= now);
      const taken = unwrap(await leases.expire(time(now), move.limit));
      expect(taken).toHaveLength(Math.min(move.limit, ended.length));
      for (const { hostId, groupId, validUntil } of taken) {
        expect(validUntil).toBeLessThanOrEqual(time(now));
        expect(model.held.delete(`${hostId} ${groupId}`)).toBe(true);
      }
      return 0;
    }
    case 'conflict': {
      const held = move.groups.map((id) => model.held.get(key(id))?.index);
      const missing = held.includes(undefined);
      const reports = move.groups.map((groupId, at) => {
        const index = held[at];
        const { ipv4, ipv6 } = index === undefined ? {} : addressTextsAt(model.shape, index);
        const conflictAddresses = [(at % 2 === 0 ? ipv4 : ipv6) ?? '198.51.100.1'];
        return { groupId, report: { state: 'address-conflict' as const, at: time(now), conflictAddresses } };
      });
      const answer = await leases.report(move.host, reports, quarantineOf);
      if (missing) expect(kinds(answer)).toContain('lease-unknown');
      else expect(answer.ok).toBe(model.conflict(move.host, move.groups, now));
      return 0;
    }
    case 'lift': {
      const over = [...model.quarantined].filter(([, { until }]) => until <= now).map(([index]) => index);
      const lifted = unwrap(await quarantine.expire(time(now), move.limit));
      expect(lifted).toHaveLength(Math.min(move.limit, over.length));
      for (const { ipv4 } of lifted) {
        const index = over.find((one) => addressTextsAt(model.shape, one).ipv4 === ipv4);
        expect(model.quarantined.delete(index!)).toBe(true);
      }
      return 0;
    }
    case 'wait':
      return move.seconds;
  }
}

async function compare({ leases, quarantine }: Store, model: Model, now: number): Promise<void> {
  for (const name of HOSTS) {
    const live = (await leases.ofHost(name, time(now))).map(({ groupId, index }) => `${groupId} ${index}`);
    expect(live.sort()).toEqual(model.live(name, now));
  }
  const listed = await all((page) => leases.list({}, page), 7);
  expect(new Set(listed.map(({ ipv4 }) => ipv4)).size).toBe(listed.length);
  expect(listed.map(({ index }) => index).sort()).toEqual([...model.held.values()].map(({ index }) => index).sort());
  const withheld = await all((page) => quarantine.list({}, page), 7);
  expect(withheld.map(({ ipv4, ipv6 }) => ({ ipv4, ipv6 }))).toEqual(
    expect.arrayContaining([...model.quarantined.keys()].map((index) => addressTextsAt(model.shape, index))),
  );
  expect(withheld).toHaveLength(model.quarantined.size);
  for (const { index, ipv4, ipv6 } of listed) expect({ ipv4, ipv6 }).toEqual(addressTextsAt(model.shape, index));
  expect(await leases.fill()).toEqual([
    {
      name: 'small',
      held: model.held.size,
      capacity: model.shape.capacity,
      quarantined: model.quarantined.size,
      resting: 0,
      reserved: 0,
    },
  ]);
}
