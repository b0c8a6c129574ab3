import { milliseconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, entry, LAPTOP, message, setUp } from './service-fixture.ts';

const PHONE = { hostId: 'alice-phone', peerAddress: '198.51.100.21' };
const self = { 'host-id': LAPTOP.hostId };

let bench: Bench;
let perMinute: number;
beforeEach(async () => {
  // 20 at once, one a second.
  perMinute = 60;
  bench = await setUp({ requestsPerMinute: () => perMinute });
});
afterEach(() => bench.store.close());

const request = (...ids: number[]) => bench.service.requestService(LAPTOP, message(ids.map((id) => entry(id))));
const release = (...ids: number[]) => bench.service.releaseService(LAPTOP, { ...self, 'group-id': ids });
const renew = () => bench.service.renewService(LAPTOP, self);
const report = (...ids: number[]) =>
  bench.service.reportService(LAPTOP, {
    ...self,
    'application-group': ids.map((id) => ({ id, state: 'failed', reason: 'again' })),
  });
const exhaust = async () => {
  let answers = 0;
  while ((await renew()).ok) answers++;
  return answers;
};
const trail = async () => (await bench.store.audit.list({}, { limit: 1000 })).items;
const tooMany = (retryAfter: number) => ({ ok: false, failure: [{ kind: 'too-many-requests', retryAfter }] });

describe('a host that asks without end', () => {
  test('is told when to ask again, whatever it asks; another host is served', async () => {
    unwrap(await request(1));
    expect(await exhaust()).toBe(19);
    for (const answer of [
      request(1),
      release(1),
      renew(),
      report(1),
      bench.service.getService(LAPTOP, self),
      bench.service.getAvailableServices(LAPTOP, self),
    ])
      expect(await answer).toMatchObject(tooMany(1));
    expect(await request(1, 2, 3)).toMatchObject(tooMany(3));
    unwrap(await bench.service.requestService(PHONE, message([entry(1)], { 'host-id': PHONE.hostId })));
    expect(bench.service.counters()).toMatchObject({ granted: 2, renewed: 19, 'too-many-requests': 8 });
    expect(await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now())).toHaveLength(1);
    await bench.clock.advance(milliseconds(1000));
    unwrap(await release(1));
  });

  test('counts each group it names, once', async () => {
    const both = [entry(1), entry(1, { direction: 'dnld', bandwidth: 100 }), entry(2)];
    unwrap(await bench.service.requestService(LAPTOP, message(both)));
    unwrap(await report(1, 2));
    unwrap(await release(1, 2, 3));
    expect(await exhaust()).toBe(20 - 2 - 2 - 3);
  });

  test('writes no more rows than it may ask for, by taking and giving back', async () => {
    const before = (await trail()).length;
    let held = false;
    for (let second = 0; second < 60; second++) {
      for (let time = 0; time < 25; time++) if ((await (held ? release(1) : request(1))).ok) held = !held;
      await bench.clock.advance(milliseconds(1000));
    }
    // 20 at once, one in each of 59 s, and one that says it was too much.
    expect((await trail()).length - before).toBe(20 + 59 + 1);
  });

  test('is in the trail once a minute, with how often', async () => {
    await exhaust();
    await Promise.all([request(1), release(1), report(1)]);
    await bench.clock.advance(milliseconds(60_000));
    await exhaust();
    await bench.clock.advance(milliseconds(2000));
    // A grant is durable, and with it what was noted before.
    unwrap(await request(1));
    const rows = (await trail()).filter(({ event }) => event === 'request-refused');
    expect(rows).toMatchObject([
      {
        actor: LAPTOP.hostId,
        hostId: LAPTOP.hostId,
        detail: { operation: 'renew-service', code: 'too-many-requests' },
      },
      { detail: { operation: 'renew-service', code: 'too-many-requests', unnoted: 3 } },
    ]);
  });

  test('may ask as often as is set now', async () => {
    await exhaust();
    perMinute = 6000;
    await bench.clock.advance(milliseconds(1000));
    expect(await exhaust()).toBe(100);
  });
});
