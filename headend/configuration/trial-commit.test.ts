import { type JsonObject, ManualClock, milliseconds, silentLog, unwrap } from '@sublane/basics';
import { encodeData, openContext } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { afterAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../store/index.ts';
import type { Lease } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { group, reservation } from '../store/store-fixture.ts';
import { ROOT } from './headend-data.ts';
import { openRunning, type RunningConfiguration } from './running.ts';

const schema = openContext(Libyang.load(), 'headend');
afterAll(() => schema.dispose());

const calls = { name: 'calls', class: 'c', prefix: ['192.0.2.0/29'] };
const films = { name: 'films', class: 'c', prefix: ['198.51.100.0/29'] };
const gold = { name: 'gold', class: [{ name: 'c', dscp: 46, priority: 'H', dnld: { ceiling: 100 } }] };

/** Pool `calls` is there for good, pool `films` on trial for a minute, and host h has a lease in it. */
async function onTrial() {
  const clock = new ManualClock();
  const store = unwrap(await openSqliteStore({ path: ':memory:' }));
  const start = async () => unwrap(await openRunning({ schema, store, clock, log: silentLog }));
  const running = await start();
  await commit(running, [calls]);
  await commit(running, [calls, films], { confirmed: { timeout: 60, persist: 'p' } });
  const deed = { actor: 'local', at: clock.now() };
  unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed));
  unwrap(await store.hosts.enrol({ hostId: 'h', subscriber: 'alice', publicKey: 'ssh-ed25519 AAAA' }, deed));
  const terms = { class: 'c', open: ['films'], keep: ['films'], validUntil: (clock.now() + 3_600_000) as never };
  unwrap(await store.leases.reserve(reservation('h', [group(1, terms)], { at: clock.now() })));
  return { clock, store, running, start };
}

async function commit(
  { datastores }: RunningConfiguration,
  pool: readonly JsonObject[],
  how: Parameters<NonNullable<typeof datastores.candidate>['commit']>[0] = {},
): Promise<void> {
  const config = encodeData({ [ROOT]: { pool, plan: [gold] } } as never);
  unwrap(await datastores.candidate!.edit(() => ({ ok: true, value: config })));
  unwrap(await datastores.candidate!.commit(how));
}

const pools = (running: RunningConfiguration) => [...running.current().pools.keys()];
const versions = async (store: Store) =>
  (await store.configuration.history({ limit: 10 })).items.map(({ purpose, revertTo }) => [purpose, revertTo]);

describe('a commit on trial', () => {
  it('works at once, and goes with the leases that rest on it when its time is over', async () => {
    const { clock, store, running } = await onTrial();
    expect(pools(running)).toEqual(['calls', 'films']);
    const ended: Lease[] = [];
    running.watchWithdrawals((leases) => ended.push(...leases));
    await clock.advance(milliseconds(61_000));
    await running.datastores.settled();
    expect(pools(running)).toEqual(['calls']);
    expect(ended).toMatchObject([{ hostId: 'h', pool: 'films' }]);
    expect(await store.leases.fill()).toMatchObject([{ name: 'calls', held: 0 }]);
    expect(await versions(store)).toEqual([
      ['revert', undefined],
      ['confirmed', 1],
      ['edit', undefined],
    ]);
  });

  it('stays once it is confirmed', async () => {
    const { clock, store, running, start } = await onTrial();
    unwrap(await running.datastores.candidate!.commit({ persistId: 'p' }));
    await clock.advance(milliseconds(3_600_000));
    await running.datastores.settled();
    expect(pools(await start())).toEqual(['calls', 'films']);
    expect(await versions(store)).toEqual([
      ['confirmed', undefined],
      ['edit', undefined],
    ]);
    const trail = (await store.audit.list({}, { limit: 100 })).items.map(({ event }) => event);
    expect(trail.filter((event) => event.startsWith('configuration-'))).toEqual([
      'configuration-committed',
      'configuration-committed',
      'configuration-confirmed',
    ]);
  });

  it('is taken back by a restart, and once', async () => {
    const { store, running, start } = await onTrial();
    await running.datastores.close();
    const again = await start();
    expect(pools(again)).toEqual(['calls']);
    expect(await store.leases.fill()).toMatchObject([{ name: 'calls', held: 0 }]);
    expect(pools(await start())).toEqual(['calls']);
    expect(await versions(store)).toHaveLength(3);
  });

  it('takes back with it what was committed meanwhile', async () => {
    const { clock, store, running } = await onTrial();
    const config = encodeData({ [ROOT]: { pool: [calls, films], plan: [gold], 'time-zone': 'UTC' } } as never);
    unwrap(await running.datastores.running.commit(() => ({ ok: true, value: config })));
    expect((await store.configuration.latest())?.revertTo).toBe(1);
    await clock.advance(milliseconds(61_000));
    await running.datastores.settled();
    expect(pools(running)).toEqual(['calls']);
    expect(running.datastores.running.read().xml).not.toContain('UTC');
  });
});
