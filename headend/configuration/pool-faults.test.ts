import { describe, expect, test } from 'vitest';
import type { Pool, PoolSettings } from '../pools/pool.ts';
import { poolOf } from '../pools/pool-settings.fixture.ts';
import { poolFaults, successorFaults } from './pool-faults.ts';

const pool = (name: string, more: Partial<PoolSettings> = {}) =>
  poolOf(name, { attachment: { kind: 'routed' }, ...more });

describe('a delegated prefix', () => {
  const sites = (name: string, net: number, prefix: string) =>
    pool(name, {
      prefixes: [`192.0.${net}.0/24`, `2001:db8:${net}::/64`],
      delegated: { prefix, length: 56 },
    });
  const faults = (...pools: Pool[]) => poolFaults(pools).map(({ path, code, message }) => `${code} ${path} ${message}`);

  test('beside others is none of their business', () => {
    expect(faults(sites('a', 1, '2001:db8:100::/48'), sites('b', 2, '2001:db8:101::/48'))).toEqual([]);
  });

  test.each<[string, Pool[], RegExp]>([
    [
      'another’s prefixes',
      [sites('a', 1, '2001:db8:100::/40'), sites('b', 2, '2001:db8:1ff::/48')],
      /prefixes of pool a .*2001:db8:100::\/40/,
    ],
    [
      'another’s addresses',
      [pool('a', { prefixes: ['2001:db8:100:5::/64'] }), sites('b', 2, '2001:db8:100::/48')],
      /addresses of pool a .*2001:db8:100:5::\/64/,
    ],
    [
      'addresses of a later one',
      [sites('b', 2, '2001:db8:100::/48'), pool('a', { prefixes: ['2001:db8::/32'], attachment: { kind: 'on-link' } })],
      /pool a/,
    ],
    ['its own addresses', [sites('b', 2, '2001:db8::/32')], /addresses of pool b/],
  ])('must not have %s in it', (_, pools, message) => {
    const found = faults(...pools).filter((fault) => fault.includes("pool-overlap pool[name='b']/delegated/prefix"));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});

describe('where the leases of a moving pool go', () => {
  const tunnel = {
    encapsulation: 'wireguard',
    remote: '203.0.113.1',
    publicKey: 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=',
  } as const;
  const both = { prefixes: ['198.51.100.0/24', '2001:db8:2::/64'] };
  const from = (more: Partial<PoolSettings> = {}) => pool('from', { adminState: 'moving', successor: 'to', ...more });
  const chainOf = (place: string | undefined) => (place === 'cell' ? ['cell', 'region'] : place ? [place] : []);
  const faults = (...pools: Pool[]) =>
    successorFaults(new Map(pools.map((one) => [one.name, one])), chainOf).map(
      ({ path, code, message }) => `${code} ${path} ${message}`,
    );

  test.each<[Partial<PoolSettings>, Partial<PoolSettings>]>([
    [{}, {}],
    [{}, both],
    [{ location: 'cell' }, {}],
    [{ location: 'cell' }, { location: 'cell' }],
    [{ location: 'cell' }, { location: 'region' }],
    [{}, { attachment: { kind: 'on-link' } }],
    [{}, { adminState: 'draining' }],
  ])('from %j they can go to %j', (one, other) => {
    expect(faults(from(one), pool('to', other))).toEqual([]);
  });

  test.each<[Partial<PoolSettings>, Partial<PoolSettings>, RegExp]>([
    [{}, { class: 'films' }, /its class is films; expected a pool of class calls/],
    [{}, { location: 'region' }, /serves region only; expected one that serves hosts anywhere/],
    [{ location: 'region' }, { location: 'cell' }, /serves cell only; expected one that serves hosts at region/],
    [{}, { attachment: { kind: 'tunnel', tunnel } }, /WireGuard/],
    [{ attachment: { kind: 'tunnel', tunnel } }, {}, /WireGuard/],
    [both, {}, /no IPv6 addresses/],
    [{}, { prefixes: ['2001:db8:2::/64'] }, /no IPv4 addresses/],
    [{ ...both, delegated: { prefix: '2001:db8:100::/40', length: 56 } }, both, /delegates no prefixes/],
  ])('from %j they cannot go to %j', (one, other, message) => {
    const [fault, ...more] = faults(from(one), pool('to', other));
    expect(fault).toMatch(message);
    expect(fault).toMatch(/^pool-successor pool\[name='from'\]\/successor /);
    expect(more).toEqual([]);
  });

  test('they do not go in circles', () => {
    const [one, two, ...more] = faults(from(), pool('to', { adminState: 'moving', successor: 'from' }));
    expect([one, two]).toEqual([
      expect.stringMatching(/leases of pool from would come back to it, by way of to, from/),
      expect.stringMatching(/leases of pool to would come back to it, by way of from, to/),
    ]);
    expect(more).toEqual([]);
  });
});
