import { kilobitsPerSecond, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Location } from '../policy/configuration.ts';
import { type Bench, CONFIGURATION, entry, GOLD, LAPTOP, message, setUp } from './service-fixture.ts';

const EAST: Location = {
  name: 'east',
  accessPrefixes: ['198.51.100.0/24'],
  parent: 'country',
  dnldCapacity: kilobitsPerSecond(10_000),
};
const COUNTRY: Location = { name: 'country', accessPrefixes: [], upldCapacity: kilobitsPerSecond(3000) };
const locations = new Map([EAST, COUNTRY].map((one) => [one.name, one]));
const PHONE = { hostId: 'alice-phone', peerAddress: '198.51.100.21' };

let bench: Bench;
beforeEach(async () => {
  bench = await setUp();
  await bench.configure({ ...CONFIGURATION, locations });
});
afterEach(() => bench.store.close());

const dnld = (id: number, bandwidth: number, priority: 'H' | 'L' = 'H') =>
  entry(id, { direction: 'dnld', bandwidth, priority });
const ask = (host: typeof LAPTOP, ...entries: ReturnType<typeof entry>[]) =>
  bench.service.requestService(host, message(entries, { 'host-id': host.hostId }));

describe('the capacity of the place a host is at', () => {
  test('what is left there is granted, and no more; the refusal names it', async () => {
    unwrap(await ask(LAPTOP, dnld(1, 8000)));
    expect(await ask(PHONE, dnld(1, 2500))).toMatchObject({
      failure: [
        { kind: 'capacity-exceeded', groupId: 1, location: 'east', direction: 'dnld', asked: 2500, left: 2000 },
      ],
    });
    unwrap(await ask(PHONE, dnld(1, 2000)));
    expect(bench.service.counters()).toMatchObject({ granted: 2, 'capacity-exceeded': 1 });
  });

  test('the larger place counts too, and what is released is there for others', async () => {
    unwrap(await ask(LAPTOP, entry(1, { bandwidth: 2500 })));
    expect(await ask(PHONE, entry(1, { bandwidth: 1000 }))).toMatchObject({
      failure: [{ kind: 'capacity-exceeded', location: 'country', direction: 'upld', left: 500 }],
    });
    unwrap(await bench.service.releaseService(LAPTOP, { 'host-id': LAPTOP.hostId }));
    unwrap(await ask(PHONE, entry(1, { bandwidth: 1000 })));
  });

  test('a host from nowhere in particular is not held to any', async () => {
    unwrap(await ask({ ...LAPTOP, peerAddress: '192.0.2.77' }, entry(1, { bandwidth: 5000 })));
  });

  test('a class without a guarantee is not held to it; an unlimited one that has it counts what was asked', async () => {
    unwrap(await ask(LAPTOP, dnld(1, 9000, 'L')));
    expect(await ask(PHONE, dnld(1, 1001, 'L'))).toMatchObject({
      failure: [{ kind: 'capacity-exceeded', left: 1000 }],
    });
    const { classes } = GOLD;
    const bulk = { ...classes.get('best-effort')!, admission: 'best-effort' as const };
    const plan = { ...GOLD, classes: new Map([...classes, ['best-effort', bulk]]) };
    await bench.configure({ ...CONFIGURATION, locations, plans: new Map([['gold', plan]]) });
    unwrap(await ask(PHONE, dnld(1, 500_000, 'L')));
  });

  test('what was granted before the capacity was lowered is renewed', async () => {
    unwrap(await ask(LAPTOP, dnld(1, 8000)));
    const lowered = { ...EAST, dnldCapacity: kilobitsPerSecond(100) };
    await bench.configure({ ...CONFIGURATION, locations: new Map([lowered, COUNTRY].map((one) => [one.name, one])) });
    unwrap(await bench.service.renewService(LAPTOP, { 'host-id': LAPTOP.hostId }));
    unwrap(await ask(LAPTOP, dnld(1, 8000)));
    expect(await ask(LAPTOP, dnld(1, 8000), dnld(2, 1))).toMatchObject({
      failure: [{ kind: 'capacity-exceeded', groupId: 2, left: 0 }],
    });
  });
});
