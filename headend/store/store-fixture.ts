import { milliseconds, type Result, seconds, unwrap } from '@sublane/basics';
import type { PoolSettings, PoolShape } from '../pools/pool.ts';
import { poolOf } from '../pools/pool-settings.fixture.ts';
import type { Timestamp } from './records.ts';
import type { GroupReservation, Reservation, Store } from './store.ts';

/** What the store's tests begin with. */

export const time = (seconds: number): Timestamp => milliseconds(1_800_000_000_000 + seconds * 1000);
export const deed = (seconds = 0, actor = 'local') => ({ actor, at: time(seconds) });

export function shape(name: string, prefixes: readonly string[], more: Partial<PoolSettings> = {}): PoolShape {
  return poolOf(name, { prefixes, ...more }).shape;
}

/** Six addresses: .1 to .6 and ::1 to ::6. */
export const SMALL = shape('small', ['192.0.2.0/29', '2001:db8::/64']);

export function group(groupId: number, more: Partial<GroupReservation> = {}): GroupReservation {
  return {
    groupId,
    plan: 'gold',
    class: 'calls',
    rule: 'first',
    dscp: 46,
    priority: 'H',
    upld: { rate: 2000 as never },
    applications: ['zoom'],
    guaranteed: true,
    open: ['small'],
    keep: more.open ?? ['small'],
    draining: new Set(),
    wireguard: new Set(),
    validUntil: time(3600),
    ...more,
  };
}

export function reservation(
  hostId: string,
  groups: readonly GroupReservation[],
  more: Partial<Reservation> = {},
): Reservation {
  return {
    hostId,
    subscriber: 'alice',
    at: time(0),
    state: 'active',
    authority: 'embedded',
    groupsMax: 8,
    groups,
    audit: [],
    ...more,
  };
}

/** As if configured for every pool: an hour, two at a time for one host, three for one subscriber. */
export const QUARANTINE_OF = () => ({ time: seconds(3600), perHost: 2, perSubscriber: 3 });

/** A store with one pool, one subscriber and these hosts. */
export async function furnish(store: Store, hosts: readonly string[], pools: readonly PoolShape[] = [SMALL]) {
  unwrap(await store.configuration.commit({ content: '<headend/>', pools }, deed()));
  unwrap(await store.subscribers.add({ name: 'alice', plan: 'gold' }, deed()));
  await Promise.all(
    hosts.map(async (hostId) =>
      unwrap(await store.hosts.enrol({ hostId, subscriber: 'alice', publicKey: `ssh-ed25519 ${hostId}` }, deed())),
    ),
  );
  return store;
}

/** The failure's kinds; what it is not, if it did not fail. */
export function kinds<T, F>(result: Result<T, F>): readonly string[] {
  if (result.ok) return ['ok'];
  const failures = (Array.isArray(result.failure) ? result.failure : [result.failure]) as { readonly kind: string }[];
  return failures.map(({ kind }) => kind);
}

/** Every page, put together. */
export async function all<T>(
  list: (page: { limit: number; cursor?: string }) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
  limit = 2,
): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await list({ limit, ...(cursor !== undefined && { cursor }) });
    items.push(...page.items);
    cursor = page.next;
    if (cursor === undefined) return items;
  }
}
