import { kilobitsPerSecond, milliseconds, ok, seconds, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Authenticator, Grant } from '../aaa/grant.ts';
import { kinds } from '../store/store-fixture.ts';
import { type Bench, entry, LAPTOP, message, setUp } from './service-fixture.ts';

let bench: Bench;
let grant: Partial<Grant>;
beforeEach(async () => {
  grant = {};
  const authenticator: Authenticator = {
    authenticate: async () => ok({ subscriber: 'alice@isp.example', plan: 'gold', authority: 'isp', ...grant }),
  };
  bench = await setUp({ authenticator });
});
afterEach(() => bench.store.close());

const request = () => bench.service.requestService(LAPTOP, message([entry(1)]));
const renew = () => bench.service.renewService(LAPTOP, { 'host-id': LAPTOP.hostId, 'group-id': [1] });
const lease = async () => (await bench.store.leases.ofHost(LAPTOP.hostId, bench.clock.now()))[0]!;
const later = (time: number) => bench.clock.advance(milliseconds(time * 1000));

it('a lease keeps what its authority wants to see again, and how it is to be told', async () => {
  grant = { radiusClass: ['YQ=='], accountingName: 'cust-17', interimInterval: seconds(300) };
  unwrap(await request());
  expect(await lease()).toMatchObject({
    authority: 'isp',
    subscriber: 'alice@isp.example',
    radiusClass: ['YQ=='],
    accounting: { userName: 'cust-17', interimInterval: 300 },
  });
});

it('the address that the authority chose is the lane’s', async () => {
  grant = { addresses: { ipv4: '192.0.2.5' } };
  unwrap(await request());
  expect(await lease()).toMatchObject({ ipv4: '192.0.2.5' });
});

it('no group gets more than the authority allows', async () => {
  grant = { upldCeiling: kilobitsPerSecond(1000) };
  expect(kinds(await request())).toEqual(['over-ceiling']);
});

it('a lease ends where the authority says; before that, its host asks it again', async () => {
  grant = { leaseMax: seconds(600) };
  unwrap(await request());
  const granted = bench.clock.now();
  expect((await lease()).validUntil).toBe(granted + 600_000);
  await later(300);
  // The plan's hour would go beyond.
  expect(kinds(await renew())).toEqual(['request-again']);
  unwrap(await request());
  expect((await lease()).validUntil).toBe(granted + 900_000);
});

it('a lease with time left is renewed, and no further than the authority said', async () => {
  grant = { leaseMax: seconds(6000) };
  unwrap(await request());
  await later(1800);
  unwrap(await renew());
  await later(1800);
  expect(kinds(await renew())).toEqual(['request-again']);
});
