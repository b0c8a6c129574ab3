import { failed, unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { createPool } from './create-pool.ts';
import type { Reservation } from './pool.ts';
import { poolSettings } from './pool-settings.fixture.ts';
import { mayGive, mayGiveTo } from './pool-shape.ts';
import { reservationOf, reservedFor } from './reserved-indexes.ts';

const settings = (reservations: readonly Reservation[]) =>
  poolSettings('calls', {
    prefixes: ['192.0.2.0/28', '2001:db8::/64'],
    gateways: ['192.0.2.14'],
    excludes: ['192.0.2.9-192.0.2.12'],
    reservations,
  });
const shapeOf = (reservations: readonly Reservation[]) => unwrap(createPool(settings(reservations))).shape;
const alice = { subscriber: 'alice', hostId: 'laptop', groupId: 1 };

describe('reserved addresses', () => {
  const shape = shapeOf([
    { address: '192.0.2.6', subscriber: 'alice' },
    { address: '192.0.2.3', subscriber: 'alice' },
    { address: '2001:db8::4', subscriber: 'alice', hostId: 'laptop' },
    { address: '192.0.2.7', subscriber: 'alice', groupId: 1 },
    { address: '192.0.2.8', subscriber: 'alice', hostId: 'laptop', groupId: 1 },
    { address: '192.0.2.2', subscriber: 'bob' },
  ]);

  test('are holes for everybody else, and count as room', () => {
    expect([2, 3, 4, 5].map((index) => mayGive(shape, index))).toEqual([false, false, false, true]);
    // 16 without network, broadcast, gateway and four that are excluded.
    expect(shape.capacity).toBe(9);
    expect(mayGiveTo(shape, 4, alice)).toBe(true);
    expect(mayGiveTo(shape, 4, { ...alice, hostId: 'phone' })).toBe(false);
    expect(mayGiveTo(shape, 2, alice)).toBe(false);
    expect(mayGiveTo(shape, 5, alice)).toBe(true);
    expect(mayGiveTo(shape, 0, alice)).toBe(false);
    expect(reservationOf(shape, 7)).toEqual({ index: 7, subscriber: 'alice', groupId: 1 });
    expect(reservationOf(shape, 5)).toBeUndefined();
  });

  test.each([
    [alice, [8, 4, 7, 3, 6]],
    [{ ...alice, groupId: 2 }, [4, 3, 6]],
    [{ ...alice, hostId: 'phone' }, [7, 3, 6]],
    [{ ...alice, subscriber: 'bob' }, [2]],
    [{ ...alice, subscriber: 'carol' }, []],
  ])('for %j: what fewer others could have first, then the lowest: %j', (holder, indexes) => {
    expect(reservedFor(shape, holder).map(({ index }) => index)).toEqual(indexes);
  });

  test.each<[string, RegExp]>([
    ['192.0.2.0', /network/],
    ['192.0.2.15', /broadcast/],
    ['2001:db8::', /network/],
    ['192.0.2.14', /gateway/],
    ['192.0.2.10', /excluded/],
    ['192.0.2.16', /not in the pool/],
    ['2001:db8::10', /not in the pool/],
    ['2001:db8:1::1', /not in the pool/],
    ['nonsense', /not in the pool/],
    ['2001:db8::3', /one pair with 192\.0\.2\.3 of bob/],
  ])('%s cannot be reserved', (address, message) => {
    const both = [
      { address: '192.0.2.3', subscriber: 'bob' },
      { address, subscriber: 'alice' },
    ];
    expect(createPool(settings(both))).toMatchObject(
      failed([{ leaf: 'reservation', value: address, message: expect.stringMatching(message) }]),
    );
  });
});
