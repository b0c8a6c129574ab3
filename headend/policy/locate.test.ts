import { expect, test } from 'vitest';
import { type Configuration, EMPTY_CONFIGURATION, type Location } from './configuration.ts';
import { locate } from './locate.ts';

const locations: Location[] = [
  { name: 'east', accessPrefixes: ['192.0.2.0/24', '2001:db8:e::/48'] },
  { name: 'east-7', parent: 'east', accessPrefixes: ['192.0.2.64/26'] },
  { name: 'west', accessPrefixes: ['198.51.100.0/24'] },
  { name: 'depot', accessPrefixes: [] },
];
const configuration: Configuration = {
  ...EMPTY_CONFIGURATION,
  locations: new Map(locations.map((location) => [location.name, location])),
};

test.each([
  ['192.0.2.1', 'east', { location: 'east', mismatch: false }],
  ['192.0.2.70', 'east-7', { location: 'east-7', mismatch: false }],
  ['192.0.2.70', 'east', { location: 'east-7', mismatch: false }],
  ['192.0.2.1', 'east-7', { location: 'east', mismatch: true }],
  ['2001:db8:e::9', 'auto', { location: 'east', mismatch: false }],
  ['192.0.2.1', 'moon', { location: 'east', mismatch: true }],
  // No prefix decides.
  ['203.0.113.1', 'depot', { location: 'depot', mismatch: false }],
  [undefined, 'depot', { location: 'depot', mismatch: false }],
  ['203.0.113.1', 'west', { mismatch: true }],
  ['203.0.113.1', 'auto', { mismatch: false }],
  ['203.0.113.1', 'moon', { mismatch: false }],
])('a session from %s that says %s', (peer, claimed, expected) => {
  expect(locate(configuration, peer, claimed)).toEqual(expected);
});
