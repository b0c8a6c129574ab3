import { expect, test } from 'vitest';
import { type Configuration, EMPTY_CONFIGURATION } from '../policy/configuration.ts';
import { choosePools, poolsThere } from './choose-pools.ts';
import type { PoolSettings } from './pool.ts';
import { poolOf } from './pool-settings.fixture.ts';

function tunnel(encapsulation: 'gre' | 'wireguard'): PoolSettings['attachment'] {
  const remote = '198.51.100.1';
  const publicKey = 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=';
  return {
    kind: 'tunnel',
    tunnel: encapsulation === 'gre' ? { encapsulation, remote } : { encapsulation, remote, publicKey },
  };
}

const pools = [
  poolOf('anywhere'),
  poolOf('region', { location: 'east' }),
  poolOf('other', { location: 'west' }),
  poolOf('cell', { location: 'east-7' }),
  poolOf('cell-2', { location: 'east-7' }),
  poolOf('closing', { location: 'east-7', adminState: 'draining' }),
  poolOf('films', { class: 'streaming' }),
  poolOf('afar', { class: 'calls', location: 'tunnels', attachment: tunnel('wireguard') }),
  poolOf('gre', { class: 'calls', location: 'tunnels', attachment: tunnel('gre') }),
];
const location = (name: string, parent?: string) => ({ name, accessPrefixes: [], ...(parent && { parent }) });
const configuration: Configuration = {
  ...EMPTY_CONFIGURATION,
  pools: new Map(pools.map((entry) => [entry.name, entry])),
  locations: new Map(
    [location('east'), location('west'), location('east-7', 'east'), location('tunnels')].map((entry) => [
      entry.name,
      entry,
    ]),
  ),
};

/** A host without a WireGuard key, with no NAT before it. */
const KEYLESS = { behindNat: false, wireguard: false };

test('the nearest place first, then the order of the configuration; draining ones only keep', () => {
  expect(choosePools(configuration, 'calls', 'east-7', KEYLESS)).toMatchObject({
    open: ['cell', 'cell-2', 'region', 'anywhere'],
    keep: ['cell', 'cell-2', 'closing', 'region', 'anywhere'],
    draining: new Set(['closing']),
  });
});

test('a host of no place gets pools of no place; an unknown place is none', () => {
  expect(choosePools(configuration, 'calls', undefined, KEYLESS).open).toEqual(['anywhere']);
  expect(choosePools(configuration, 'calls', 'moon', KEYLESS).open).toEqual(['anywhere']);
});

test('another class, other pools', () => {
  expect(choosePools(configuration, 'streaming', 'west', KEYLESS).keep).toEqual(['films']);
  expect(choosePools(configuration, 'bulk', 'west', KEYLESS).keep).toEqual([]);
});

test('places in a circle end somewhere', () => {
  const circle = {
    ...configuration,
    locations: new Map([
      ['a', location('a', 'b')],
      ['b', location('b', 'a')],
    ]),
  };
  expect(choosePools(circle, 'calls', 'a', KEYLESS).open).toEqual(['anywhere']);
});

test.each([
  [{ behindNat: false, wireguard: false }, ['gre', 'anywhere']],
  [{ behindNat: false, wireguard: true }, ['afar', 'gre', 'anywhere']],
  [{ behindNat: true, wireguard: true }, ['afar']],
  [{ behindNat: true, wireguard: false }, []],
])('a host of which %j gets %j', (reach, names) => {
  const { open, keep, wireguard } = choosePools(configuration, 'calls', 'tunnels', reach);
  expect([open, keep]).toEqual([names, names]);
  expect([...wireguard]).toEqual(names.filter((name) => name === 'afar'));
});

test('whether there are pools at all does not hang on the host', () => {
  expect(poolsThere(configuration, 'calls', 'tunnels')).toEqual({ any: true, wireguard: true });
  expect(poolsThere(configuration, 'calls', 'east')).toEqual({ any: true, wireguard: false });
  expect(poolsThere(configuration, 'bulk', 'east')).toEqual({ any: false, wireguard: false });
});

test('leases of a moving pool go to the end of its chain; nobody gets anything there', () => {
  const moving = (name: string, successor: string) => poolOf(name, { class: 'work', adminState: 'moving', successor });
  const others = [moving('a', 'b'), moving('b', 'c'), poolOf('c', { class: 'work' }), poolOf('d', { class: 'work' })];
  const moved = { ...configuration, pools: new Map(others.map((entry) => [entry.name, entry])) };
  expect(choosePools(moved, 'work', undefined, KEYLESS)).toMatchObject({
    open: ['c', 'd'],
    keep: ['c', 'd'],
    successors: new Map([
      ['a', 'c'],
      ['b', 'c'],
    ]),
  });
  // A circle, which a commit refuses, ends somewhere.
  const circle = {
    ...configuration,
    pools: new Map([moving('a', 'b'), moving('b', 'a')].map((one) => [one.name, one])),
  };
  expect(choosePools(circle, 'work', undefined, KEYLESS).open).toEqual([]);
});
