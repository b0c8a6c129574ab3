import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { type Configuration, EMPTY_CONFIGURATION } from '../policy/configuration.ts';
import { choosePools } from './choose-pools.ts';
import { createPool } from './create-pool.ts';
import type { PoolSettings } from './pool.ts';

const pool = (name: string, more: Partial<PoolSettings> = {}) =>
  unwrap(
    createPool({
      name,
      class: 'calls',
      prefixes: ['192.0.2.0/24'],
      attachment: { kind: 'on-link' },
      gateways: [],
      dns: [],
      checks: [],
      excludes: [],
      adminState: 'open',
      ...more,
    }),
  );
const pools = [
  pool('anywhere'),
  pool('region', { location: 'east' }),
  pool('other', { location: 'west' }),
  pool('cell', { location: 'east-7' }),
  pool('cell-2', { location: 'east-7' }),
  pool('closing', { location: 'east-7', adminState: 'draining' }),
  pool('films', { class: 'streaming' }),
];
const location = (name: string, parent?: string) => ({ name, accessPrefixes: [], ...(parent && { parent }) });
const configuration: Configuration = {
  ...EMPTY_CONFIGURATION,
  pools: new Map(pools.map((entry) => [entry.name, entry])),
  locations: new Map(
    [location('east'), location('west'), location('east-7', 'east')].map((entry) => [entry.name, entry]),
  ),
};

test('the nearest place first, then the order of the configuration; draining ones only keep', () => {
  expect(choosePools(configuration, 'calls', 'east-7')).toMatchObject({
    open: ['cell', 'cell-2', 'region', 'anywhere'],
    keep: ['cell', 'cell-2', 'closing', 'region', 'anywhere'],
    draining: new Set(['closing']),
  });
});

test('a host of no place gets pools of no place; an unknown place is none', () => {
  expect(choosePools(configuration, 'calls', undefined).open).toEqual(['anywhere']);
  expect(choosePools(configuration, 'calls', 'moon').open).toEqual(['anywhere']);
});

test('another class, other pools', () => {
  expect(choosePools(configuration, 'streaming', 'west').keep).toEqual(['films']);
  expect(choosePools(configuration, 'bulk', 'west').keep).toEqual([]);
});

test('places in a circle end somewhere', () => {
  const circle = {
    ...configuration,
    locations: new Map([
      ['a', location('a', 'b')],
      ['b', location('b', 'a')],
    ]),
  };
  expect(choosePools(circle, 'calls', 'a').open).toEqual(['anywhere']);
});
