import { ManualClock, milliseconds, silentLog, unwrap } from '@sublane/basics';
import { type Attribute, attribute, ERROR_CAUSE } from '@sublane/radius';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_AAA } from '../aaa/aaa-configuration.ts';
import { Revocations } from '../northbound/revocations.ts';
import { Withdrawal } from '../northbound/withdraw.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Reservation, Store } from '../store/store.ts';
import { all, furnish, group, reservation, SMALL, time } from '../store/store-fixture.ts';
import { createObey } from './obey.ts';

const CLIENT = '192.0.2.9';
const AAA = {
  ...NO_AAA,
  dynamicAuthorization: {
    listen: '::',
    port: 3799,
    clients: new Map([[CLIENT, { secretFile: 'isp', authority: 'isp' }]]),
  },
};

let store: Store;
let clock: ManualClock;
let closed: string[];
let obey: ReturnType<typeof createObey>;
beforeEach(async () => {
  store = await furnish(unwrap(await openSqliteStore({ path: ':memory:' })), ['laptop', 'phone'], [SMALL]);
  clock = new ManualClock(time(0));
  closed = [];
  const session = (hostId: string) => ({ close: (reason: string) => closed.push(`${hostId}: ${reason}`) }) as never;
  const withdrawal = new Withdrawal({ store, hostSessions: { of: session }, revocations: new Revocations() });
  obey = createObey({ aaa: () => AAA, store, withdrawal, headend: 'vienna-1', clock, log: silentLog });
  const isp = { authority: 'isp' };
  await reserve('laptop', { ...isp, subscriber: 'alice@isp.net', accounting: { userName: 'cust-17' } });
  await reserve('phone', { ...isp, subscriber: 'bob@isp.net' });
});
afterEach(() => store.close());

const reserve = async (hostId: string, more: Partial<Reservation>) =>
  unwrap(await store.leases.reserve(reservation(hostId, [group(1), group(2)], more)));
const userName = (name: string) => attribute('User-Name', name);
const fromHost = (hostId: string) => attribute('Calling-Station-Id', hostId);
const ask = (kind: 'disconnect' | 'change', ...attributes: Attribute[]) =>
  obey({ kind, client: CLIENT, attributes: [...attributes, attribute('Event-Timestamp', 1)] });
const held = async () => {
  const leases = await all((page) => store.leases.list({}, page));
  return leases.map(({ hostId, groupId, recalled }) => `${hostId} ${groupId}${recalled ? ' recalled' : ''}`);
};
const rows = async (event: string) => {
  const trail = await all((page) => store.audit.list({}, page));
  return trail.filter((row) => row.event === event);
};
const nak = (cause: keyof typeof ERROR_CAUSE) => ({ answer: 'nak', errorCause: ERROR_CAUSE[cause] });
const ALL = ['laptop 1', 'laptop 2', 'phone 1', 'phone 2'];

describe('a Disconnect-Request', () => {
  const lease = async (hostId: string, groupId: number) =>
    (await store.leases.ofHost(hostId, time(0))).find((one) => one.groupId === groupId)!;

  it.each([
    ['the name', () => [userName('alice@ISP.net')], ['phone 1', 'phone 2']],
    ['the authority’s own name', () => [userName('cust-17')], ['phone 1', 'phone 2']],
    ['the host', () => [fromHost('phone')], ['laptop 1', 'laptop 2']],
    ['an address', () => [attribute('Framed-IP-Address', '192.0.2.1')], ['laptop 2', 'phone 1', 'phone 2']],
    ['an IPv6 address', () => [attribute('Framed-IPv6-Address', '2001:db8::4')], ['laptop 1', 'laptop 2', 'phone 1']],
    [
      'the host and the group, called by its name',
      () => [
        attribute('Acct-Multi-Session-Id', 'phone'),
        attribute('NAS-Port-Id', '2'),
        attribute('NAS-Identifier', 'vienna-1'),
        attribute('Called-Station-Id', 'vienna-1'),
      ],
      ['laptop 1', 'laptop 2', 'phone 1'],
    ],
  ])('ends what it names: by %s', async (_, attributes, left) => {
    expect(await ask('disconnect', ...attributes())).toEqual({ answer: 'ack' });
    expect(await held()).toEqual(left);
    expect(closed).toHaveLength(1);
    const ended = await rows('lease-released');
    expect(ended.map(({ actor }) => actor)).toEqual(ended.map(() => 'radius isp'));
    expect(await rows('disconnect-requested')).toMatchObject([
      { actor: 'radius isp', detail: { client: CLIENT, lease: ended.map(({ detail }) => detail.lease) } },
    ]);
  });

  it('by the session ends that lane', async () => {
    const { id } = await lease('laptop', 2);
    expect(await ask('disconnect', attribute('Acct-Session-Id', id))).toEqual({ answer: 'ack' });
    expect(await held()).toEqual(['laptop 1', 'phone 1', 'phone 2']);
  });

  it.each([
    ['nobody has it', [userName('carol@isp.net')], 'sessionContextNotFound'],
    ['not all of it holds', [userName('alice@isp.net'), fromHost('phone')], 'sessionContextNotFound'],
    [
      'two hosts are named',
      [fromHost('phone'), attribute('Acct-Multi-Session-Id', 'laptop')],
      'sessionContextNotFound',
    ],
    ['a session of before a move', [attribute('Acct-Session-Id', '6-abc')], 'sessionContextNotFound'],
    ['nothing is named', [], 'missingAttribute'],
    ['a group of anybody', [attribute('NAS-Port-Id', '1')], 'missingAttribute'],
    ['something is named twice', [userName('a'), userName('b')], 'invalidAttributeValue'],
    [
      'an address cannot be read',
      [userName('alice@isp.net'), { type: 8, value: new Uint8Array(3) }],
      'invalidAttributeValue',
    ],
    [
      'another NAS is meant',
      [userName('alice@isp.net'), attribute('NAS-Identifier', 'graz-1')],
      'nasIdentificationMismatch',
    ],
    [
      'another NAS is meant, by its address',
      [userName('alice@isp.net'), attribute('NAS-IP-Address', '192.0.2.250')],
      'nasIdentificationMismatch',
    ],
    ['it wants more than that', [userName('alice@isp.net'), attribute('Filter-Id', 'gold')], 'unsupportedAttribute'],
  ] as const)('is refused where %s', async (_, attributes, cause) => {
    expect(await ask('disconnect', ...attributes)).toEqual(nak(cause));
    expect(await held()).toEqual(ALL);
    expect(closed).toEqual([]);
    expect(await rows('disconnect-requested')).toMatchObject([{ detail: { 'error-cause': ERROR_CAUSE[cause] } }]);
  });

  it('does not reach what another authority granted', async () => {
    await reserve('laptop', { authority: 'embedded', subscriber: 'alice' });
    await reserve('phone', { authority: 'other', subscriber: 'bob@isp.net' });
    for (const name of ['alice', 'bob@isp.net'])
      expect(await ask('disconnect', userName(name))).toEqual(nak('sessionContextNotFound'));
    for (const hostId of ['laptop', 'phone'])
      expect(await ask('disconnect', fromHost(hostId))).toEqual(nak('sessionContextNotFound'));
    expect(await held()).toEqual(ALL);
  });

  it('leaves nothing in the audit trail that cannot be printed', async () => {
    await ask('disconnect', userName('a\u0000b\n'));
    expect((await rows('disconnect-requested'))[0]?.detail.asked).toEqual(['User-Name=a?b?', 'Event-Timestamp=1']);
  });

  it('of a client that is no longer configured is refused', async () => {
    const attributes = [userName('alice@isp.net')];
    expect(await obey({ kind: 'disconnect', client: '192.0.2.99', attributes })).toEqual(
      nak('administrativelyProhibited'),
    );
  });

  it('that is refused again and again is noted once a minute', async () => {
    for (let count = 0; count < 50; count++) await ask('disconnect', userName('carol'));
    expect(await rows('disconnect-requested')).toHaveLength(1);
    await clock.advance(milliseconds(60_000));
    await ask('disconnect', userName('carol'));
    expect(await rows('disconnect-requested')).toHaveLength(2);
  });
});

describe('a CoA-Request', () => {
  it('lets hosts ask anew, whatever else it says; the server’s next answer counts', async () => {
    const answer = await ask('change', userName('alice@isp.net'), attribute('Filter-Id', 'platinum'));
    expect(answer).toEqual({ answer: 'ack' });
    expect(await held()).toEqual(['laptop 1 recalled', 'laptop 2 recalled', 'phone 1', 'phone 2']);
    expect(closed).toEqual(['laptop: a RADIUS server changed what the host may have']);
    expect(await rows('change-requested')).toMatchObject([
      { detail: { asked: ['User-Name=alice@isp.net', 'Filter-Id=platinum', 'Event-Timestamp=1'] } },
    ]);
  });

  it('that asks for Authorize-Only is not supported; one for nobody finds nobody', async () => {
    const name = userName('alice@isp.net');
    expect(await ask('change', name, attribute('Service-Type', 17))).toEqual(nak('unsupportedService'));
    expect(await ask('change', userName('carol'))).toEqual(nak('sessionContextNotFound'));
    expect(await held()).toEqual(ALL);
  });
});
