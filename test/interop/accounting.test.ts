// The headend's accounting against Debian's FreeRADIUS: what its detail file says of lanes.
import { type Clock, milliseconds, seconds, silentLog, systemClock, unwrap } from '@sublane/basics';
import { createRadiusClient, type RadiusClient } from '@sublane/radius';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Accountant } from '../../headend/accounting/accountant.ts';
import { openSqliteStore } from '../../headend/store/sqlite-store.ts';
import type { Store } from '../../headend/store/store.ts';
import { furnish, group, QUARANTINE_OF, reservation } from '../../headend/store/store-fixture.ts';
import { eventually } from '../e2e/headend-program.ts';
import { type Freeradius, freeradiusMissing, startFreeradius } from './freeradius.ts';

const missing = freeradiusMissing();
if (missing !== undefined) console.warn(`skipped: accounting against FreeRADIUS: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

let freeradius: Freeradius;
let client: RadiusClient;
let store: Store;
let accountant: Accountant;
/** How far this clock is ahead: an interval of a minute need not be waited for. */
let ahead = 0;
const clock: Clock = { ...systemClock, now: () => milliseconds(systemClock.now() + ahead) };

beforeAll(async () => {
  if (missing !== undefined) return;
  freeradius = await startFreeradius();
  store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop']);
  const { host, authenticationPort, accountingPort, secret } = freeradius;
  const servers = [{ name: 'a', host, authenticationPort, accountingPort, secret }];
  client = createRadiusClient({ transport: 'udp', servers });
  accountant = new Accountant({
    authority: 'isp',
    interval: seconds(60),
    names: { headend: 'edge-1', nasIdentifier: 'edge-1' },
    store,
    account: (attributes) => client.account(attributes),
    clock,
    log: silentLog,
    random: Math.random,
  });
  accountant.start();
  await eventually(async () => (await store.feeds.names()).length === 1);
});
afterAll(async () => {
  if (missing !== undefined) return;
  await accountant.close();
  await client.close();
  await store.close();
  await freeradius[Symbol.asyncDispose]();
});

const report = async (inOctets: string, outOctets: string) => {
  const said = { state: 'applied' as const, at: clock.now(), inOctets, outOctets };
  unwrap(await store.leases.report('laptop', [{ groupId: 1, report: said }], QUARANTINE_OF));
};
const told = (status: string) =>
  eventually(() =>
    freeradius
      .accounts()
      .filter((one) => one['Acct-Status-Type']?.[0] === status)
      .at(-1),
  );

test('start, interim and stop are in its detail file, with what the lane has carried', async () => {
  const more = { authority: 'isp', at: clock.now(), radiusClass: [Buffer.from('contract 17').toString('base64')] };
  const [lease] = unwrap(
    await store.leases.reserve(
      reservation('laptop', [group(1, { validUntil: milliseconds(clock.now() + 3_600_000) })], more),
    ),
  );
  const common = {
    'Acct-Session-Id': [lease!.id],
    'User-Name': ['alice'],
    'NAS-Identifier': ['edge-1'],
    'NAS-Port-Id': ['1'],
    'Framed-IP-Address': ['192.0.2.1'],
    'Framed-IPv6-Address': ['2001:db8::1'],
    Class: ['0x636f6e7472616374203137'],
  };
  expect(await told('Start')).toMatchObject(common);

  await report('5000000000', '77');
  ahead += 61_000;
  expect(await told('Interim-Update')).toMatchObject({
    ...common,
    'Acct-Output-Octets': ['705032704'],
    'Acct-Output-Gigawords': ['1'],
    'Acct-Input-Octets': ['77'],
    'Acct-Input-Gigawords': ['0'],
  });

  await report('5000000100', '80');
  unwrap(await store.leases.release('laptop', [], { actor: 'laptop', at: clock.now() }));
  const stop = await told('Stop');
  expect(stop).toMatchObject({
    ...common,
    'Acct-Output-Octets': ['705032804'],
    'Acct-Output-Gigawords': ['1'],
    'Acct-Input-Octets': ['80'],
    'Acct-Terminate-Cause': ['User-Request'],
  });
  expect(Number(stop['Acct-Session-Time']?.[0])).toBeGreaterThanOrEqual(61);
  await eventually(() => accountant.waiting() === 0);
});
