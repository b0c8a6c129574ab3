import { failed, ManualClock, milliseconds, ok, type Result, seconds, silentLog, unwrap } from '@sublane/basics';
import {
  ACCT_STATUS_TYPE,
  ACCT_TERMINATE_CAUSE,
  type Attribute,
  allValues,
  type DynamicAuthorizationOutcome,
  firstValue,
  type RadiusFailure,
} from '@sublane/radius';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lease } from '../store/records.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Reservation, Store } from '../store/store.ts';
import { furnish, group, QUARANTINE_OF, reservation, SMALL, shape, time } from '../store/store-fixture.ts';
import { Accountant } from './accountant.ts';
import { EdgeMessenger } from './edge-messenger.ts';
import { InterimRounds } from './interim-rounds.ts';

const START = 1_800_000_000_000;
const AWAY: Result<never, RadiusFailure> = failed({ kind: 'unreachable', message: 'nobody answers' });
const RADIUS = { authority: 'isp', radiusClass: ['Y2xhc3M='] };
const FILMS = { class: 'films', open: ['films'], keep: ['films'] };

let store: Store;
let clock: ManualClock;
let closing: (() => Promise<void>)[];
beforeEach(async () => {
  store = unwrap(await openSqliteStore({ path: ':memory:' }));
  await furnish(store, ['laptop', 'phone'], [SMALL, shape('films', ['198.51.100.0/29'], { class: 'films' })]);
  clock = new ManualClock(START);
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  await store.close();
});

async function settle(secondsLater = 1): Promise<void> {
  for (let count = 0; count < secondsLater * 2; count++) await clock.advance(milliseconds(500));
}
const reserve = async (hostId: string, groups = [group(1)], more: Partial<Reservation> = {}) =>
  unwrap(await store.leases.reserve(reservation(hostId, groups, { ...RADIUS, at: clock.now(), ...more })));
const report = async (inOctets: string, outOctets: string) => {
  const said = { state: 'applied' as const, at: clock.now(), inOctets, outOctets };
  unwrap(await store.leases.report('laptop', [{ groupId: 1, report: said }], QUARANTINE_OF));
};
const release = async (actor: string, hostId = 'laptop') =>
  unwrap(await store.leases.release(hostId, [], { actor, at: clock.now() }));

const STATUS = new Map<number | undefined, string>(
  Object.entries(ACCT_STATUS_TYPE).map(([name, number]) => [number, name]),
);
const CAUSE = new Map<number | undefined, string>(
  Object.entries(ACCT_TERMINATE_CAUSE).map(([name, number]) => [number, name]),
);
const line = (sent: readonly Attribute[]) =>
  [
    STATUS.get(firstValue(sent, 'Acct-Status-Type')),
    firstValue(sent, 'Acct-Session-Id'),
    firstValue(sent, 'Framed-IP-Address'),
    CAUSE.get(firstValue(sent, 'Acct-Terminate-Cause')),
  ]
    .filter((text) => text !== undefined)
    .join(' ');

describe('an authority that is told', () => {
  let sent: (readonly Attribute[])[];
  let answer: Result<undefined, RadiusFailure>;
  beforeEach(() => {
    sent = [];
    answer = ok();
  });
  const open = async () => {
    const accountant = new Accountant({
      authority: 'isp',
      interval: seconds(600),
      names: { headend: 'vienna-1', nasIdentifier: 'edge-7' },
      store,
      account: async (attributes) => {
        sent.push(attributes);
        return answer;
      },
      clock,
      log: silentLog,
      random: () => 0.5,
    });
    closing.push(() => accountant.close());
    accountant.start();
    await settle();
    return accountant;
  };

  it('hears of start and stop, with what the lane had and carried', async () => {
    await open();
    const [lease] = await reserve('laptop', [group(1)], { accounting: { userName: 'cust-17' } });
    await settle();
    const [start] = sent;
    expect(line(start!)).toBe(`start ${lease!.id} 192.0.2.1`);
    const value = (name: Parameters<typeof firstValue>[1]) => firstValue(start!, name);
    expect(value('User-Name')).toBe('cust-17');
    expect(value('NAS-Identifier')).toBe('edge-7');
    expect(value('Called-Station-Id')).toBe('vienna-1');
    expect(value('Calling-Station-Id')).toBe('laptop');
    expect(value('Acct-Multi-Session-Id')).toBe('laptop');
    expect(value('Framed-IPv6-Address')).toBe('2001:db8::1');
    expect(value('Acct-Authentic')).toBe(1);
    expect(value('Event-Timestamp')).toBe(Math.floor(lease!.placedAt / 1000));
    expect(value('Acct-Delay-Time')).toBeUndefined();
    expect(value('Acct-Input-Octets')).toBeUndefined();
    expect(allValues(start!, 'Class').map((bytes) => Buffer.from(bytes).toString())).toEqual(['class']);

    // More than 32 bits hold.
    await report('4294967301', '7');
    await settle(100);
    await release('laptop');
    await settle();
    const stop = sent[1]!;
    expect(line(stop)).toBe(`stop ${lease!.id} 192.0.2.1 userRequest`);
    // To the host is output.
    expect(firstValue(stop, 'Acct-Output-Octets')).toBe(5);
    expect(firstValue(stop, 'Acct-Output-Gigawords')).toBe(1);
    expect(firstValue(stop, 'Acct-Input-Octets')).toBe(7);
    expect(firstValue(stop, 'Acct-Session-Time')).toBe(101);
    expect(allValues(stop, 'Class')).toHaveLength(1);
    expect(sent).toHaveLength(2);
  });

  it('does not hear of what others granted', async () => {
    await open();
    await reserve('laptop', [group(1)], { authority: 'embedded' });
    await reserve('phone', [group(1)], { authority: 'other' });
    await release('laptop');
    await settle();
    expect(sent).toEqual([]);
  });

  it.each([
    ['by its host', () => release('laptop'), 'userRequest'],
    ['by an operator', () => release('olga'), 'adminReset'],
    ['because nobody renewed it', () => store.leases.expire(time(9999), 9), 'lostCarrier'],
    [
      'because another device has the address',
      () => {
        const said = { state: 'address-conflict' as const, at: clock.now(), conflictAddresses: ['192.0.2.1'] };
        return store.leases.report('laptop', [{ groupId: 1, report: said }], QUARANTINE_OF);
      },
      'portError',
    ],
  ])('hears why a lane ended: %s', async (_, end, cause) => {
    await open();
    await reserve('laptop');
    await end();
    await settle();
    expect(line(sent[1]!)).toContain(cause);
  });

  it('hears that its own time is up', async () => {
    await open();
    await reserve('laptop', [group(1, { validUntil: time(60) })], { endsBy: time(60) });
    unwrap(await store.leases.expire(time(61), 9));
    await settle();
    expect(line(sent[1]!)).toContain('sessionTimeout');
  });

  it('hears of a move as of the end of one lane and the start of another', async () => {
    await open();
    const [lease] = await reserve('laptop');
    await report('100', '10');
    await settle(60);
    await reserve('laptop', [group(1, FILMS)]);
    await settle();
    const moved = (await store.leases.find(lease!.id))!;
    const session = `${lease!.id}-${moved.placedAt.toString(36)}`;
    expect(sent.map(line)).toEqual([
      `start ${lease!.id} 192.0.2.1`,
      `stop ${lease!.id} 192.0.2.1 nasRequest`,
      `start ${session} 198.51.100.1`,
    ]);
    expect(firstValue(sent[1]!, 'Acct-Output-Octets')).toBe(100);
    await report('150', '10');
    await release('laptop');
    await settle();
    expect(line(sent[3]!)).toBe(`stop ${session} 198.51.100.1 userRequest`);
    expect(firstValue(sent[3]!, 'Acct-Output-Octets')).toBe(50);
    expect(firstValue(sent[3]!, 'Acct-Session-Time')).toBeLessThan(3);
  });

  it('hears of changed terms nothing, and of another subscriber on the same address all', async () => {
    await open();
    await reserve('laptop');
    await reserve('laptop', [group(1, { dscp: 0 })]);
    await settle();
    expect(sent).toHaveLength(1);
    await reserve('laptop', [group(1)], { subscriber: 'bob' });
    await settle();
    expect(sent.map((one) => `${line(one).split(' ')[0]} ${firstValue(one, 'User-Name')}`)).toEqual([
      'start alice',
      'stop alice',
      'start bob',
    ]);
  });

  it('that was away hears it all later, with how late it is', async () => {
    const accountant = await open();
    answer = AWAY;
    const [lease] = await reserve('laptop');
    await settle(40);
    await release('laptop');
    await settle(40);
    expect(accountant.waiting()).toBe(2);
    answer = ok();
    sent = [];
    await settle(60);
    expect(sent.map(line)).toEqual([`start ${lease!.id} 192.0.2.1`, `stop ${lease!.id} 192.0.2.1 userRequest`]);
    expect(firstValue(sent[0]!, 'Acct-Delay-Time')).toBeGreaterThanOrEqual(80);
    expect(accountant.waiting()).toBe(0);
  });

  it('hears a record that no packet can carry not at all, and the rest all the same', async () => {
    const accountant = await open();
    answer = failed({ kind: 'unsendable', message: 'too long' });
    await reserve('laptop');
    await settle(2);
    expect(sent).toHaveLength(1);
    expect(accountant.waiting()).toBe(0);
  });

  it('hears now and then what a lane has carried by then, at its own interval', async () => {
    await open();
    await reserve('laptop', [group(1)], { accounting: { interimInterval: seconds(60) } });
    await reserve('phone', [group(1)]);
    await settle();
    sent = [];
    await report('30', '3');
    await settle(125);
    expect(sent.map(line)).toEqual(
      ['interimUpdate 6 192.0.2.1', 'interimUpdate 6 192.0.2.1'].map((text) =>
        text.replace('6', firstValue(sent[0]!, 'Acct-Session-Id')!),
      ),
    );
    expect(firstValue(sent[0]!, 'Acct-Output-Octets')).toBe(30);
    await settle(500);
    expect(sent.filter((one) => firstValue(one, 'Calling-Station-Id') === 'phone')).toHaveLength(1);
  });

  it('hears no interim of a lane whose start it has not heard', async () => {
    await open();
    answer = AWAY;
    await reserve('laptop', [group(1)], { accounting: { interimInterval: seconds(60) } });
    await settle(200);
    expect(sent.map(line).filter((text) => text.startsWith('interim'))).toEqual([]);
  });
});

describe('interim rounds', () => {
  it('tell of many that are due at once one after the other, now and from then on', async () => {
    const leases = Array.from({ length: 100 }, (_, at) => lease(String(at)));
    const told: number[] = [];
    const rounds = new InterimRounds({
      authority: 'isp',
      interval: seconds(60),
      leases: {
        ofAuthority: async (_, { limit, cursor = '0' }) => {
          const next = Number(cursor) + limit;
          const items = leases.slice(Number(cursor), next);
          return next < leases.length ? { items, next: String(next) } : { items };
        },
      },
      clock,
      started: () => true,
      tell: async () => told.push(Math.floor((clock.now() - START) / 1000)),
    });
    closing.push(() => rounds.close());
    rounds.start();
    await settle(140);
    const most = Math.max(...told.map((at) => told.filter((other) => other === at).length));
    expect(most).toBeLessThanOrEqual(10);
    expect(told.filter((at) => at < 75)).toHaveLength(100);
    expect(told).toHaveLength(200);
  });

  const lease = (id: string) => ({ id, placedAt: START, validUntil: START + 3_600_000 }) as unknown as Lease;
});

describe('an edge that is told', () => {
  let asked: (readonly Attribute[])[];
  let answer: Result<DynamicAuthorizationOutcome, RadiusFailure>;
  beforeEach(() => {
    asked = [];
    answer = ok({ answer: 'ack', attributes: [] });
  });
  const open = async () => {
    const messenger = new EdgeMessenger({
      name: 'bng',
      client: {
        disconnect: async (attributes) => {
          asked.push(attributes);
          return answer;
        },
        close: async () => {},
      },
      store,
      clock,
      log: silentLog,
      random: () => 0.5,
    });
    closing.push(() => messenger.close());
    messenger.start();
    await settle();
    return messenger;
  };
  const addresses = (sent: readonly Attribute[]) => [
    firstValue(sent, 'Framed-IP-Address'),
    firstValue(sent, 'Framed-IPv6-Address'),
  ];

  it('hears the addresses of every lane that ends, also by moving, whoever granted it', async () => {
    await open();
    await reserve('laptop', [group(1)], { authority: 'embedded' });
    await reserve('laptop', [group(1, FILMS)], { authority: 'embedded' });
    await settle();
    expect(asked.map(addresses)).toEqual([['192.0.2.1', '2001:db8::1']]);
    await release('olga');
    await settle();
    expect(asked.map(addresses)).toEqual([
      ['192.0.2.1', '2001:db8::1'],
      ['198.51.100.1', undefined],
    ]);
  });

  it.each([503, 401])(
    'that does not know the lane has nothing to end, and another no is asked again: %i',
    async (cause) => {
      const messenger = await open();
      answer = ok({ answer: 'nak', errorCause: cause, attributes: [] });
      await reserve('laptop');
      await release('laptop');
      await settle(5);
      expect(messenger.waiting()).toBe(cause === 503 ? 0 : 1);
      answer = ok({ answer: 'ack', attributes: [] });
      await settle(60);
      expect(messenger.waiting()).toBe(0);
    },
  );

  it('that was away is not told of an address that somebody else has by then', async () => {
    const messenger = await open();
    answer = AWAY;
    await reserve('laptop', [group(1), group(2)]);
    await release('laptop');
    await settle(5);
    expect(messenger.waiting()).toBe(2);
    unwrap(await store.leases.reserve(reservation('laptop', [group(1)], { at: clock.now(), ...RADIUS })));
    const [again] = await store.leases.ofHost('laptop', clock.now());
    answer = ok({ answer: 'ack', attributes: [] });
    asked = [];
    await settle(60);
    expect(messenger.waiting()).toBe(0);
    const other = again!.ipv4 === '192.0.2.1' ? '192.0.2.2' : '192.0.2.1';
    expect(asked.map(addresses).map(([ipv4]) => ipv4)).toEqual([other]);
  });
});
