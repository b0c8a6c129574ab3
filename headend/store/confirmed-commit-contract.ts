import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';
import { all, deed, furnish, group, kinds, reservation, SMALL, shape } from './store-fixture.ts';

/** Versions that wait to be confirmed, and what becomes of leases when nobody does. */
export function confirmedCommitContract(store: () => Store): void {
  const OTHER = shape('other', ['198.51.100.0/29']);
  const commit = (content: string, more: Partial<Parameters<Store['configuration']['commit']>[0]> = {}) =>
    store().configuration.commit({ content, pools: [SMALL], ...more }, deed(1, 'olga'));
  const awaited = async () => (await store().configuration.latest())?.revertTo;
  const events = async () => {
    const trail = await all((page) => store().audit.list({}, page));
    return trail.filter(({ event }) => event.startsWith('configuration-')).map(({ event }) => event);
  };

  describe('a confirmed commit', () => {
    test('names the version to go back to, and so do those that follow, until one waits no more', async () => {
      unwrap(await commit('one'));
      expect(await awaited()).toBeUndefined();
      for (const purpose of ['confirmed', 'confirmed', 'edit'] as const) {
        unwrap(await commit(purpose, { purpose, awaits: true }));
        expect(await awaited()).toBe(1);
      }
      unwrap(await commit('last'));
      expect(await awaited()).toBeUndefined();
      expect((await events()).slice(-2)).toEqual(['configuration-committed', 'configuration-confirmed']);
    });

    test('is confirmed without a change, once', async () => {
      unwrap(await commit('one', { purpose: 'confirmed', awaits: true }));
      expect(await awaited()).toBe(0);
      for (let times = 0; times < 2; times++) unwrap(await store().configuration.settle(deed(2, 'olga'), 'confirmed'));
      expect(await store().configuration.latest()).toMatchObject({ version: 1, content: 'one', purpose: 'confirmed' });
      expect(await awaited()).toBeUndefined();
      expect(await events()).toEqual(['configuration-committed', 'configuration-confirmed']);
    });

    test('that is taken back is a version too, and nothing waits any more', async () => {
      unwrap(await commit('one'));
      unwrap(await commit('two', { purpose: 'confirmed', awaits: true }));
      expect(unwrap(await commit('one', { purpose: 'revert' }))).toMatchObject({ version: 3, withdrawn: [] });
      expect(await store().configuration.latest()).toMatchObject({ content: 'one', purpose: 'revert' });
      expect(await awaited()).toBeUndefined();
      expect(await events()).toEqual(['configuration-committed', 'configuration-committed', 'configuration-reverted']);
    });
  });

  test('what was leased on the strength of a version ends as it is taken back, and nothing else', async () => {
    const { leases } = await furnish(store(), ['laptop', 'phone']);
    unwrap(await leases.reserve(reservation('phone', [group(1)])));
    unwrap(await commit('wider', { pools: [SMALL, OTHER], purpose: 'confirmed', awaits: true }));
    const inOther = { open: ['other'], keep: ['other'] };
    unwrap(await leases.reserve(reservation('laptop', [group(1, inOther), group(2, inOther), group(3)])));
    expect(kinds(await commit('one'))).toEqual(['record-in-use']);
    const { withdrawn } = unwrap(await commit('one', { purpose: 'revert' }));
    expect(withdrawn.map(({ hostId, groupId, pool }) => `${hostId} ${groupId} ${pool}`)).toEqual([
      'laptop 1 other',
      'laptop 2 other',
    ]);
    const held = await all((page) => leases.list({}, page));
    expect(held.map(({ hostId, groupId }) => `${hostId} ${groupId}`)).toEqual(['phone 1', 'laptop 3']);
    expect(await leases.fill()).toMatchObject([{ name: 'small', held: 2 }]);
    const trail = await all((page) => store().audit.list({ hostId: 'laptop' }, page));
    expect(trail.slice(-2)).toMatchObject([
      { event: 'lease-released', actor: 'olga', groupId: 1 },
      { event: 'lease-released', actor: 'olga', groupId: 2 },
    ]);
  });
}
