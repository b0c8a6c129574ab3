import { failed, ok, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPool } from './create-pool.ts';
import { createDelegation, delegatedAt, delegatedIndex, delegationCount, sameDelegation } from './delegation.ts';
import { formatPrefix, parseAddress, prefixContains } from './ip-address.ts';
import type { PoolSettings } from './pool.ts';
import { poolSettings } from './pool-settings.fixture.ts';
import { addressesAt } from './pool-shape.ts';

const delegation = (prefix: string, length: number) => unwrap(createDelegation({ prefix, length }));
const at = (prefix: string, length: number, index: number) =>
  formatPrefix(delegatedAt(delegation(prefix, length), index));
const indexOf = (prefix: string, length: number, address: string) =>
  delegatedIndex(delegation(prefix, length), parseAddress(address)!);

describe('prefixes cut from one', () => {
  test.each<[string, number, number, string]>([
    ['2001:db8:100::/40', 56, 0, '2001:db8:100::/56'],
    ['2001:db8:100::/40', 56, 1, '2001:db8:100:100::/56'],
    ['2001:db8:100::/40', 56, 65_535, '2001:db8:1ff:ff00::/56'],
    ['2001:db8:100::/48', 60, 17, '2001:db8:100:110::/60'],
    ['2001:db8:100::/45', 63, 3, '2001:db8:100:6::/63'],
    ['2001:db8::/32', 57, 2 ** 25 - 1, '2001:db8:ffff:ff80::/57'],
    ['2001:db8::/64', 127, 5, '2001:db8::a/127'],
    ['2001:db8::/64', 120, 2 ** 52 - 1, '2001:db8::fff:ffff:ffff:ff00/120'],
  ])('of %s, each a /%i, number %i is %s', (prefix, length, index, expected) => {
    expect(at(prefix, length, index)).toBe(expected);
    expect(indexOf(prefix, length, expected.split('/')[0]!)).toBe(index);
  });

  test('an address is in the one prefix whose number it has, wherever it lies in it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 79 }),
        fc.integer({ min: 48, max: 127 }),
        fc.nat(),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (from, length, nth, noise) => {
          fc.pre(length > from);
          const cut = delegation(`2001:db8::/${Math.max(from, 32)}`, Math.max(length, 81));
          const index = nth % delegationCount(cut);
          const prefix = delegatedAt(cut, index);
          const address = prefix.base.map((byte, position) => {
            const bits = Math.min(Math.max(prefix.length - position * 8, 0), 8);
            return byte | ((noise[position] ?? 0) & (0xff >> bits));
          });
          expect(prefixContains(prefix, address)).toBe(true);
          expect(delegatedIndex(cut, address)).toBe(index);
        },
      ),
    );
  });

  test.each(['2001:db9::1', '192.0.2.1', '2001:db7:ffff::'])('%s is in none', (address) => {
    expect(indexOf('2001:db8::/32', 56, address)).toBeUndefined();
  });

  test('are no more than a number can say', () => {
    expect(delegationCount(delegation('2001:db8:100::/40', 56))).toBe(65_536);
    expect(delegationCount(delegation('2001:db8::/32', 127))).toBe(2 ** 52);
    expect(indexOf('2001:db8::/32', 127, '2001:db8:ffff::')).toBeUndefined();
  });

  test.each([
    ['192.0.2.0/24', 56, ['delegated/prefix']],
    ['nonsense', 56, ['delegated/prefix']],
    ['2001:db8:100::/56', 56, ['delegated/length']],
    ['2001:db8:100::/60', 56, ['delegated/length']],
    ['2001:db8::/32', 47, ['delegated/length']],
    ['2001:db8::/32', 128, ['delegated/length']],
    ['nonsense', 128, ['delegated/prefix', 'delegated/length']],
  ])('of %s, each a /%i, there are none', (prefix, length, leaves) => {
    expect(createDelegation({ prefix, length })).toMatchObject(failed(leaves.map((leaf) => ({ leaf }))));
  });

  test('are the same by base and length; how many there are does not matter', () => {
    const one = delegation('2001:db8:100::/40', 56);
    expect(sameDelegation(one, delegation('2001:db8:100::/44', 56))).toBe(true);
    expect(sameDelegation(one, delegation('2001:db8:100::/40', 60))).toBe(false);
    expect(sameDelegation(one, delegation('2001:db8:200::/40', 56))).toBe(false);
    expect(sameDelegation(one, undefined)).toBe(false);
    expect(sameDelegation(undefined, undefined)).toBe(true);
  });
});

describe('a pool that delegates', () => {
  const settings = (more: Partial<PoolSettings> = {}) =>
    poolSettings('sites', {
      prefixes: ['192.0.2.0/28', '2001:db8::/64'],
      attachment: { kind: 'routed' },
      delegated: { prefix: '2001:db8:100::/40', length: 56 },
      ...more,
    });

  test('gives the n-th prefix with the n-th addresses', () => {
    const { shape } = unwrap(createPool(settings()));
    const { delegated } = addressesAt(shape, 3);
    expect(delegated && formatPrefix(delegated)).toBe('2001:db8:100:300::/56');
    expect(shape.size).toBe(16);
  });

  test('has no more lanes than prefixes', () => {
    const { shape } = unwrap(createPool(settings({ delegated: { prefix: '2001:db8:100::/53', length: 56 } })));
    expect([shape.size, shape.capacity]).toEqual([8, 7]);
  });

  test.each<[Partial<PoolSettings>, RegExp]>([
    [{ attachment: { kind: 'on-link' } }, /expected attachment routed/],
    [{ prefixes: ['192.0.2.0/28'] }, /expected an IPv6 prefix/],
  ])('needs lanes that can have them: %j', (more, message) => {
    expect(createPool(settings(more))).toMatchObject(
      failed([{ leaf: 'delegated/prefix', message: expect.stringMatching(message) }]),
    );
    const { delegated: _, ...without } = settings(more);
    expect(createPool(without)).toMatchObject(ok({ name: 'sites' }));
  });
});
