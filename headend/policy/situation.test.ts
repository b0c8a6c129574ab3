import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { EMPTY_CONFIGURATION } from './configuration.ts';
import { situationAt } from './situation.ts';

const at = milliseconds(Date.parse('2026-11-21T23:30:00Z'));
const configuration = {
  ...EMPTY_CONFIGURATION,
  timeZone: 'Europe/Vienna',
  locations: new Map([
    ['cell', { name: 'cell', parent: 'region', accessPrefixes: [] }],
    ['region', { name: 'region', accessPrefixes: [] }],
  ]),
};

test('goes by the zone of the plan, else of the headend', () => {
  expect(situationAt(at, configuration, {}, undefined)).toEqual({
    moment: { minuteOfDay: 30, day: 'sun' },
    places: [],
  });
  expect(situationAt(at, configuration, { timeZone: 'America/New_York' }, undefined).moment).toEqual({
    minuteOfDay: 1110,
    day: 'sat',
  });
});

test('knows the places around the host, and what is used', () => {
  expect(situationAt(at, configuration, {}, 'cell', 0)).toMatchObject({ places: ['cell', 'region'], quotaUsed: 0 });
});
