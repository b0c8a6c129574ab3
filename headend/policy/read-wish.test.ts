import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWish, type WishEntry } from './read-wish.ts';

const entry = (more: Partial<WishEntry> = {}): WishEntry => ({
  id: 1,
  direction: 'upld',
  bandwidth: 2000,
  priority: 'H',
  ...more,
});

test('joins the directions of a group, in the order of the message', () => {
  expect(
    readWish([
      entry({ id: 2, 'application-list': ['zoom'], security: 'strict' }),
      entry({ id: 1, direction: 'dnld', bandwidth: 9 }),
      entry({ id: 2, direction: 'dnld', priority: 'L' }),
    ]),
  ).toEqual({
    ok: true,
    value: [
      {
        groupId: 2,
        upld: { bandwidth: 2000, priority: 'H' },
        dnld: { bandwidth: 2000, priority: 'L' },
        applications: ['zoom'],
        security: 'strict',
      },
      { groupId: 1, dnld: { bandwidth: 9, priority: 'H' }, applications: [] },
    ],
  });
});

describe('refused', () => {
  test('a group twice in one direction', () => {
    expect(readWish([entry(), entry({ bandwidth: 1 })])).toEqual({
      ok: false,
      failure: [{ kind: 'duplicate-group', groupId: 1, direction: 'upld' }],
    });
  });

  test.each([
    ['security', { security: 'a' }, { security: 'b' }],
    ['application-list', { 'application-list': ['a', 'b'] }, { 'application-list': ['b', 'a'] }],
  ])('directions that differ in %s', (field, one, other) => {
    expect(readWish([entry(one), entry({ direction: 'dnld', ...other })])).toEqual({
      ok: false,
      failure: [{ kind: 'conflicting-directions', groupId: 1, field }],
    });
  });

  test('each group that is wrong, not only the first', () => {
    const read = readWish([
      entry({ security: 'a' }),
      entry({ direction: 'dnld', security: 'b' }),
      entry({ id: 2 }),
      entry({ id: 3 }),
      entry({ id: 3 }),
    ]);
    expect(!read.ok && read.failure.map(({ groupId }) => groupId)).toEqual([1, 3]);
  });
});

test('whichever direction carries applications and security, and in both alike: the same wish', () => {
  const words = { security: 'strict', 'application-list': ['a', 'b'] };
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (first, second, turned) => {
      fc.pre(first || second);
      const entries = [entry(first ? words : {}), entry({ direction: 'dnld', ...(second ? words : {}) })];
      const read = readWish(turned ? entries.toReversed() : entries);
      expect(read).toMatchObject({ ok: true, value: [{ applications: ['a', 'b'], security: 'strict' }] });
    }),
  );
});
