import { unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPool } from './create-pool.ts';
import type { PoolSettings } from './pool.ts';
import { poolSettings } from './pool-settings.fixture.ts';
import { addressTextsAt, mayGive, nextIndex } from './pool-shape.ts';

const settings = (more: Partial<PoolSettings> = {}) =>
  poolSettings('calls', { class: 'conversational', prefixes: ['192.0.2.0/28'], ...more });

/** Every address the pool gives, lowest first. */
function addresses(more: Partial<PoolSettings>): string[] {
  const { shape } = unwrap(createPool(settings(more)));
  const all: string[] = [];
  for (let index = nextIndex(shape, 0); index !== undefined; index = nextIndex(shape, index + 1)) {
    const { ipv4, ipv6 } = addressTextsAt(shape, index);
    all.push([ipv4, ipv6].filter((text) => text !== undefined).join(' '));
  }
  expect(shape.capacity).toBe(all.length);
  return all;
}

describe('addresses of a pool', () => {
  test('no network, no broadcast, no gateway, nothing excluded', () => {
    expect(addresses({ gateways: ['192.0.2.1'], excludes: ['192.0.2.4-192.0.2.10', '192.0.2.12'] })).toEqual([
      '192.0.2.2',
      '192.0.2.3',
      '192.0.2.11',
      '192.0.2.13',
      '192.0.2.14',
    ]);
  });

  test.each([
    ['192.0.2.6/31', ['192.0.2.6', '192.0.2.7']],
    ['192.0.2.6/32', ['192.0.2.6']],
    ['2001:db8::/127', ['2001:db8::', '2001:db8::1']],
    ['2001:db8::5/128', ['2001:db8::5']],
    ['2001:db8::/126', ['2001:db8::1', '2001:db8::2', '2001:db8::3']],
  ])('%s', (prefix, expected) => {
    expect(addresses({ prefixes: [prefix] })).toEqual(expected);
  });

  test('the 128 highest of an IPv6 subnet are anycast (RFC 2526)', () => {
    const all = addresses({ prefixes: ['2001:db8::/120'] });
    expect(all[0]).toBe('2001:db8::1');
    expect(all.at(-1)).toBe('2001:db8::7f');
  });

  test('both families share one index: a hole of one is a hole of the pair', () => {
    expect(addresses({ prefixes: ['192.0.2.0/29', '2001:db8::/64'], gateways: ['192.0.2.1', '2001:db8::3'] })).toEqual([
      '192.0.2.2 2001:db8::2',
      '192.0.2.4 2001:db8::4',
      '192.0.2.5 2001:db8::5',
      '192.0.2.6 2001:db8::6',
    ]);
  });

  test('the same wherever a /64 begins', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.integer({ min: 1, max: 2 ** 52 - 1 }),
        (net, index) => {
          const groups = [0, 2, 4, 6].map((at) => (((net[at] ?? 0) << 8) | (net[at + 1] ?? 0)).toString(16));
          const { shape } = unwrap(createPool(settings({ prefixes: [`${groups.join(':')}::/64`] })));
          expect(mayGive(shape, index)).toBe(true);
          expect(mayGive(shape, 0)).toBe(false);
          expect(mayGive(shape, 2 ** 52)).toBe(false);
        },
      ),
    );
  });
});

describe('faults name the leaf and the value', () => {
  test.each<[Partial<PoolSettings>, string, string]>([
    [{ prefixes: [] }, 'prefix', ''],
    [{ prefixes: ['192.0.2.0'] }, 'prefix', '192.0.2.0'],
    [{ prefixes: ['192.0.2.0/24', '198.51.100.0/24'] }, 'prefix', '198.51.100.0/24'],
    [{ prefixes: ['192.0.2.0/30'], excludes: ['192.0.2.1-192.0.2.2'] }, 'prefix', '192.0.2.0/30'],
    [{ gateways: ['nowhere'] }, 'gateway', 'nowhere'],
    [{ gateways: ['192.0.2.1', '192.0.2.2'] }, 'gateway', '192.0.2.2'],
    [{ gateways: ['2001:db8::1'] }, 'gateway', '2001:db8::1'],
    [{ dns: ['resolver'] }, 'dns', 'resolver'],
    [{ checks: ['::g'] }, 'check', '::g'],
    [{ excludes: ['192.0.2.9-192.0.2.3'] }, 'exclude', '192.0.2.9-192.0.2.3'],
    [{ excludes: ['192.0.2.9-2001:db8::1'] }, 'exclude', '192.0.2.9-2001:db8::1'],
    [{ excludes: ['198.51.100.1'] }, 'exclude', '198.51.100.1'],
    [{ excludes: ['2001:db8::1'] }, 'exclude', '2001:db8::1'],
    [{ excludes: ['192.0.2.1-192.0.2.2-192.0.2.3'] }, 'exclude', '192.0.2.1-192.0.2.2-192.0.2.3'],
  ])('%j', (more, leaf, value) => {
    const created = createPool(settings(more));
    expect(created).toMatchObject({ ok: false, failure: [{ leaf, value, message: expect.stringMatching(/\w/) }] });
  });

  test('all of them at once', () => {
    const created = createPool(settings({ gateways: ['a'], dns: ['b'], excludes: ['c'] }));
    expect(!created.ok && created.failure.map(({ leaf }) => leaf)).toEqual(['gateway', 'dns', 'exclude']);
  });
});

test('a gateway outside the prefix is allowed, and addresses become canonical', () => {
  const pool = unwrap(
    createPool(settings({ prefixes: ['2001:DB8:1::/64'], gateways: ['2001:DB8::1'], dns: ['2001:DB8:0::53'] })),
  );
  expect(pool).toMatchObject({ ipv6Gateway: '2001:db8::1', dns: ['2001:db8::53'] });
});
