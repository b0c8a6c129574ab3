import { type JsonObject, kilobitsPerSecond, ManualClock, silentLog, unwrap } from '@sublane/basics';
import { encodeData, openContext } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../store/index.ts';
import { group, reservation } from '../store/store-fixture.ts';
import { adviceOn } from './advice.ts';
import { ROOT } from './headend-data.ts';
import { openRunning, type RunningConfiguration } from './running.ts';

const schema = openContext(Libyang.load(), 'headend');
const clock = new ManualClock();
const open = async () => {
  const store = unwrap(await openSqliteStore({ path: ':memory:' }));
  return { store, running: unwrap(await openRunning({ schema, store, clock, log: silentLog })) };
};
afterAll(() => schema.dispose());

const xml = (headend: JsonObject) => encodeData({ [ROOT]: headend } as never);
/** Makes all of it so; the codes of what stands in the way. */
const commit = async ({ datastores }: RunningConfiguration, headend: JsonObject): Promise<string[]> => {
  const done = await datastores.running.commit(() => ({ ok: true, value: xml(headend) }));
  return done.ok ? [] : done.failure.map(({ tag, appTag, path }) => `${tag} ${appTag ?? '-'} ${path?.xpath ?? '-'}`);
};
const calls = { name: 'calls', class: 'c', prefix: ['192.0.2.0/29'] };
const gold = { name: 'gold', class: [{ name: 'c', dscp: 46, priority: 'H', dnld: { ceiling: 100 } }] };

describe('running', () => {
  it('is there again after a restart, version by version', async () => {
    const { store, running } = await open();
    expect(await commit(running, { pool: [calls] })).toEqual([]);
    expect(await commit(running, { pool: [calls], plan: [gold] } as JsonObject)).toEqual([]);
    const again = unwrap(await openRunning({ schema, store, clock, log: silentLog }));
    expect(again.current()).toEqual(running.current());
    expect(again.datastores.running.read().xml).toBe(running.datastores.running.read().xml);
    expect((await store.configuration.latest())?.version).toBe(2);
    expect((await store.configuration.history({ limit: 10 })).items.map(({ actor }) => actor)).toEqual([
      'headend',
      'headend',
    ]);
  });

  it('takes nothing that the schema or the model refuses', async () => {
    const { store, running } = await open();
    expect(await commit(running, { pool: [{ ...calls, location: 'nowhere' }] })).toHaveLength(1);
    expect(await commit(running, { pool: [{ ...calls, gateway: ['2001:db8::1'] }] })).toEqual([
      "invalid-value pool-gateway /slh:headend/slh:pool[slh:name='calls']/slh:gateway",
    ]);
    expect(running.current().pools.size).toBe(0);
    expect(await store.configuration.latest()).toBeUndefined();
  });

  it('keeps pools under their leases', async () => {
    const { store, running } = await open();
    await commit(running, { pool: [calls], plan: [gold] } as JsonObject);
    const at = clock.now();
    const deed = { actor: 'local', at };
    unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed));
    unwrap(await store.hosts.enrol({ hostId: 'h', subscriber: 'alice', publicKey: 'ssh-ed25519 AAAA' }, deed));
    const shape = running.current().pools.get('calls')!.shape;
    unwrap(
      await store.leases.reserve({
        hostId: 'h',
        subscriber: 'alice',
        at,
        state: 'active',
        authority: 'embedded',
        groupsMax: 8,
        groups: [
          {
            groupId: 1,
            plan: 'gold',
            class: 'c',
            rule: 'r',
            dscp: 46,
            priority: 'H',
            dnld: { rate: kilobitsPerSecond(100) },
            applications: [],
            guaranteed: true,
            open: [shape.name],
            keep: [shape.name],
            draining: new Set(),
            wireguard: new Set(),
            validUntil: (at + 60_000) as typeof at,
          },
        ],
        audit: [],
      }),
    );
    const inUse = ["in-use pool-in-use /slh:headend/slh:pool[slh:name='calls']"];
    expect(await commit(running, { plan: [gold] } as JsonObject)).toEqual(inUse);
    expect(
      await commit(running, { pool: [{ ...calls, prefix: ['198.51.100.0/29'] }], plan: [gold] } as JsonObject),
    ).toEqual(inUse);
    const tunnel = (more: object) => ({
      ...calls,
      attachment: 'tunnel',
      tunnel: { 'remote-address': '198.51.100.1', ...more },
    });
    const wireguard = tunnel({ encapsulation: 'wireguard', 'public-key': Buffer.alloc(32, 1).toString('base64') });
    expect(await commit(running, { pool: [wireguard], plan: [gold] } as JsonObject)).toEqual(inUse);
    expect(await commit(running, { pool: [tunnel({ encapsulation: 'gre' })], plan: [gold] } as JsonObject)).toEqual([]);
    // It may grow, drain, be told of a gateway, and give no more what a lease still has.
    const grown = {
      ...calls,
      exclude: ['192.0.2.1'],
      prefix: ['192.0.2.0/28'],
      'admin-state': 'draining',
      gateway: ['192.0.2.14'],
    };
    expect(await commit(running, { pool: [grown], plan: [gold] } as JsonObject)).toEqual([]);
    unwrap(await store.leases.release('h', [], deed));
    expect(await commit(running, { plan: [gold] } as JsonObject)).toEqual([]);
  });

  it('hands the capacities of locations to the store, also those that an older one had committed', async () => {
    const { store, running } = await open();
    const vienna = { name: 'vienna', 'access-prefix': ['198.51.100.0/24'], 'dnld-capacity': 500 };
    expect(await commit(running, { location: [vienna] })).toEqual([]);
    const known = [{ name: 'vienna', dnldCapacity: 500, guaranteed: { upld: 0, dnld: 0 } }];
    expect(await store.locations.list()).toEqual(known);
    unwrap(await store.locations.adopt([]));
    expect(await store.locations.list()).toEqual([]);
    unwrap(await openRunning({ schema, store, clock, log: silentLog }));
    expect(await store.locations.list()).toEqual(known);
  });

  it('takes a capacity below what is granted, and warns with both numbers', async () => {
    const store = unwrap(await openSqliteStore({ path: ':memory:' }));
    const warned: string[] = [];
    const log = { ...silentLog, warn: (about: object) => void warned.push(JSON.stringify(about)) };
    const running = unwrap(await openRunning({ schema, store, clock, log }));
    const vienna = (capacity: number) => ({ location: [{ name: 'vienna', 'dnld-capacity': capacity }], pool: [calls] });
    await commit(running, vienna(500));
    const deed = { actor: 'local', at: clock.now() };
    unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed));
    unwrap(await store.hosts.enrol({ hostId: 'h', subscriber: 'alice', publicKey: 'ssh-ed25519 AAAA' }, deed));
    const dnld = { rate: kilobitsPerSecond(400) };
    const wish = group(1, { open: ['calls'], dnld });
    unwrap(await store.leases.reserve(reservation('h', [wish], { location: 'vienna', at: clock.now() })));
    expect(await commit(running, vienna(400))).toEqual([]);
    expect(warned.filter((one) => one.includes('vienna'))).toEqual([]);
    expect(await commit(running, vienna(300))).toEqual([]);
    expect(warned.filter((one) => one.includes('vienna'))).toEqual([
      expect.stringMatching(/location vienna: 400 kbit\/s dnld are guaranteed and its capacity is 300;/),
    ]);
  });

  it('keeps plans that subscribers have, however close the race', async () => {
    const { store, running } = await open();
    await commit(running, { plan: [gold] } as JsonObject);
    const deed = { actor: 'local', at: clock.now() };
    const [added, removed] = await Promise.all([
      running.holding(async ({ plans }) => {
        if (!plans.has('gold')) return 'no plan';
        unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed));
        return 'added';
      }),
      commit(running, {}),
    ]);
    expect([added, removed]).toEqual(['added', ["in-use plan-in-use /slh:headend/slh:plan[slh:name='gold']"]]);
    expect(running.current().plans.has('gold')).toBe(true);
    unwrap(await store.subscribers.remove('alice', deed));
    expect(await commit(running, {})).toEqual([]);
    expect(await running.holding(async ({ plans }) => plans.has('gold'))).toBe(false);
  });

  it('takes no plan that makes no sense, but lives with one that is there', async () => {
    const { store, running } = await open();
    const rule = [
      { name: 'all', class: 'c' },
      { name: 'some', when: { priority: 'H' }, class: 'c' },
    ];
    const senseless = { plan: [{ ...gold, rule }] } as JsonObject;
    const unreachable = "/slh:headend/slh:plan[slh:name='gold']/slh:rule[slh:name='some']";
    expect(await commit(running, senseless)).toEqual([`invalid-value rule-unreachable ${unreachable}`]);

    unwrap(
      await store.configuration.commit(
        { content: xml(senseless), pools: [], locations: [] },
        { actor: 'local', at: clock.now() },
      ),
    );
    const older = unwrap(await openRunning({ schema, store, clock, log: silentLog }));
    expect(await commit(older, { ...senseless, pool: [calls] } as JsonObject)).toEqual([]);
    expect(adviceOn(older.current())).toContainEqual(expect.objectContaining({ code: 'rule-unreachable' }));
  });

  it('tells what the configuration lacks, and takes it', async () => {
    const { running } = await open();
    await commit(running, {
      pool: [calls],
      plan: [{ ...gold, class: [{ ...gold.class[0], name: 'other' }] }],
    } as JsonObject);
    expect(adviceOn(running.current()).map(({ path, code }) => [path, code])).toEqual([
      ["plan[name='gold']/class[name='other']", 'class-without-pool'],
      ["plan[name='gold']/class[name='other']", 'class-unused'],
      ["plan[name='gold']", 'default-class-missing'],
      ["pool[name='calls']/class", 'pool-without-class'],
    ]);
  });
});
