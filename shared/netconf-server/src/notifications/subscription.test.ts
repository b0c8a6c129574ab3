import { bytes, silentLog } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNRESTRICTED } from '../access.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { FakeNotifiedSession } from '../testing/fake-notified-session.ts';
import { alarm } from '../testing/notification-lab.ts';
import type { EventLog, EventPage, EventQuery, LoggedEvent, ServerEvent } from './event.ts';
import { EventHub, NETCONF_STREAM } from './event-hub.ts';
import { MemoryEventLog } from './memory-event-log.ts';
import { EncodedNotification } from './notification-message.ts';
import type { SubscriptionEnd } from './subscription.ts';

/** A log whose answers come when the test says, in order as a log must. */
class HesitantLog implements EventLog {
  readonly log: MemoryEventLog;
  readonly createdAt = new Date();
  /** Where it tells of what it has by itself. */
  told: ((event: LoggedEvent) => void) | undefined;
  #appends: (() => void)[] = [];
  #reads: (() => void)[] = [];

  constructor(events: number) {
    this.log = new MemoryEventLog({ events });
  }

  get last(): number {
    return this.log.last;
  }

  async append(event: ServerEvent): Promise<number> {
    const appended = this.log.append(event);
    const sequence = this.log.last;
    await new Promise<void>((resolve) =>
      this.#appends.push(() => {
        this.told?.({ ...event, sequence });
        resolve();
      }),
    );
    return appended;
  }

  async read(query: EventQuery): Promise<EventPage> {
    const page = await this.log.read(query);
    await new Promise<void>((resolve) => this.#reads.push(resolve));
    return page;
  }

  agedAt() {
    return this.log.agedAt();
  }

  answerAppend(): boolean {
    const next = this.#appends.shift();
    next?.();
    return next !== undefined;
  }

  answerRead(): boolean {
    const next = this.#reads.shift();
    next?.();
    return next !== undefined;
  }
}

/** One that tells of what it has, as a log does that is written in other transactions too. */
class TellingLog extends HesitantLog {
  watch(told: (event: LoggedEvent) => void): () => void {
    this.told = told;
    return () => {
      this.told = undefined;
    };
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** The alarms' numbers and other notifications' names, in order. */
const numbers = ({ sent }: FakeNotifiedSession) =>
  sent.map((text) => /<number>(\d+)/.exec(text)?.[1] ?? /eventTime><(\w+)/.exec(text)?.[1] ?? text);

const sequence = (from: number, through: number) =>
  Array.from({ length: Math.max(0, through - from + 1) }, (_, index) => String(from + index));

function scene({ events = 100_000, queued = 600, Log = HesitantLog } = {}) {
  const log = new Log(events);
  const limits = { ...DEFAULT_LIMITS, queuedNotifications: bytes(queued) };
  const hub = new EventHub({ log }, { access: UNRESTRICTED, limits, log: silentLog });
  const session = new FakeNotifiedSession();
  const ends: SubscriptionEnd[] = [];
  let published = 0;
  const act = {
    publish: () => void hub.publish(alarm(++published)),
    append: () => void log.answerAppend(),
    read: () => void log.answerRead(),
    freeze: () => {
      session.room = 0;
    },
    sip: () => session.thaw(2),
    thaw: () => session.thaw(),
    settle,
  };
  const subscribe = (replay: boolean) => {
    const subscription = hub.subscribe({
      session,
      stream: NETCONF_STREAM,
      replayFrom: replay ? new Date(0) : undefined,
      replayed: () => session.send(new EncodedNotification(new Date(), '<replayComplete/>')),
      ended: (end) => void ends.push(end),
    });
    subscription.start();
    return subscription;
  };
  const finish = async () => {
    session.thaw();
    await settle();
    // Between two pages others have their turn.
    for (let idle = 0; idle < 3; ) {
      idle = log.answerAppend() || log.answerRead() ? 0 : idle + 1;
      await settle();
    }
    await hub.settled();
  };
  return { hub, session, ends, act, subscribe, finish, published: () => published };
}

type Act = keyof ReturnType<typeof scene>['act'];
const acts = fc.array(fc.constantFrom<Act>('publish', 'publish', 'append', 'read', 'freeze', 'sip', 'thaw', 'settle'), {
  maxLength: 120,
});

describe.each([
  ['a log that is written to', HesitantLog],
  ['a log that tells', TellingLog],
])('whatever happens while a subscriber is served from %s', (_what, Log) => {
  test('it gets every event once, in order; the replay first', async () => {
    await fc.assert(
      fc.asyncProperty(acts, acts, fc.boolean(), async (before, after, replay) => {
        const { hub, session, ends, act, subscribe, finish, published } = scene({ Log });
        for (const one of before) if (!['freeze', 'sip', 'thaw'].includes(one)) await act[one]();
        const first = replay ? 1 : hub.head + 1;
        const there = hub.head;
        subscribe(replay);
        for (const one of after) await act[one]();
        await finish();
        const told = numbers(session);
        const events = sequence(first, published());
        expect(told.filter((one) => one !== 'replayComplete')).toEqual(events);
        // All that was there comes before it, nothing that was published later does.
        expect(told.indexOf('replayComplete')).toBe(replay ? there : -1);
        expect(ends).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('of a log that is too small it gets all up to where it is told that more is lost', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (all) => {
        const { hub, session, ends, act, subscribe, finish, published } = scene({ events: 4, queued: 300, Log });
        subscribe(false);
        for (const one of all) await act[one]();
        await finish();
        const told = numbers(session);
        expect(told).toEqual(sequence(1, told.length));
        if (ends.length === 0) expect(told.length).toBe(published());
        else {
          expect(ends).toMatchObject([{ kind: 'lost', count: expect.any(Number) }]);
          expect(told.length).toBeLessThan(published());
        }
        expect(hub.size).toBe(1 - ends.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a subscriber that does not take its notifications', () => {
  test('is served from the log when it does again; the queue stays within its bytes', async () => {
    const { session, act, subscribe, finish, ends } = scene();
    subscribe(false);
    await settle();
    act.read();
    await settle();
    act.freeze();
    for (let count = 0; count < 500; count++) {
      act.publish();
      act.append();
      await settle();
    }
    expect(session.sent).toEqual([]);
    await finish();
    expect(numbers(session)).toEqual(sequence(1, 500));
    expect(ends).toEqual([]);
  });

  test('without a log ends with the number of events that are lost', async () => {
    const size = new EncodedNotification(new Date(), alarm(1).xml).framed('chunked').length;
    const limits = { ...DEFAULT_LIMITS, queuedNotifications: bytes(3 * size) };
    const hub = new EventHub({}, { access: UNRESTRICTED, limits, log: silentLog });
    const session = new FakeNotifiedSession();
    const ends: SubscriptionEnd[] = [];
    const subscription = hub.subscribe({ session, stream: NETCONF_STREAM, ended: (end) => void ends.push(end) });
    subscription.start();
    await hub.publish(alarm(1));
    session.room = 0;
    for (const number of [2, 3, 4]) await hub.publish(alarm(number));
    expect(ends).toEqual([]);
    await hub.publish(alarm(5));
    expect(ends).toMatchObject([{ kind: 'lost', count: 4, message: expect.stringMatching(/4 or more are lost/) }]);
    expect([subscription.active, hub.size, numbers(session)]).toEqual([false, 0, ['1']]);
  });

  test('without a log keeps what waits while there is room, and gets it in order', async () => {
    const hub = new EventHub({}, { access: UNRESTRICTED, limits: DEFAULT_LIMITS, log: silentLog });
    const session = new FakeNotifiedSession();
    hub.subscribe({ session, stream: NETCONF_STREAM, ended: () => {} }).start();
    session.room = 1;
    for (const number of [1, 2, 3]) await hub.publish(alarm(number));
    session.thaw(1);
    await hub.publish(alarm(4));
    session.thaw();
    await hub.publish(alarm(5));
    expect(numbers(session)).toEqual(sequence(1, 5));
  });
});

describe('a subscription', () => {
  function plain() {
    const hub = new EventHub({}, { access: UNRESTRICTED, limits: DEFAULT_LIMITS, log: silentLog });
    const session = new FakeNotifiedSession();
    const ends: SubscriptionEnd[] = [];
    const subscription = hub.subscribe({ session, stream: NETCONF_STREAM, ended: (end) => void ends.push(end) });
    return { hub, session, ends, subscription };
  }

  test('begins with what happens after it was made, and sends nothing before it is started', async () => {
    const { hub, session, subscription } = plain();
    await hub.publish(alarm(1));
    expect(session.sent).toEqual([]);
    subscription.start();
    await hub.publish(alarm(2));
    expect(numbers(session)).toEqual(['1', '2']);
  });

  test.each([
    ['its owner', 'stopped', (one: ReturnType<typeof plain>) => one.subscription.stop()],
    ['its session', 'session-ended', (one: ReturnType<typeof plain>) => one.session.end()],
  ])('ends with %s, once', async (_who, kind, end) => {
    const one = plain();
    one.subscription.start();
    end(one);
    end(one);
    await one.hub.publish(alarm(1));
    expect([one.ends, one.session.sent, one.hub.size]).toEqual([[{ kind }], [], 0]);
  });

  test('goes by new terms from then on, and counts what it sends and leaves out', async () => {
    const { hub, session, subscription } = plain();
    subscription.start();
    await hub.publish(alarm(1));
    subscription.modify({ filter: ({ event }) => event.xml.includes('major') });
    await hub.publish(alarm(2));
    await hub.publish(alarm(3, { severity: 'major' }));
    subscription.modify({ filter: undefined });
    await hub.publish(alarm(4));
    expect(numbers(session)).toEqual(['1', '3', '4']);
    expect([subscription.sent, subscription.excluded]).toEqual([3, 1]);
  });

  test('encodes an event once for all who get it', async () => {
    const { hub, session, subscription } = plain();
    const other = new FakeNotifiedSession();
    hub.subscribe({ session: other, stream: NETCONF_STREAM, ended: () => {} }).start();
    subscription.start();
    const framed: Buffer[] = [];
    for (const one of [session, other]) one.send = (message) => void framed.push(message.framed('chunked'));
    await hub.publish(alarm(1));
    expect(framed).toHaveLength(2);
    expect(framed[0]).toBe(framed[1]);
  });
});

test('a subscription that fails harms no other, live or from the log', async () => {
  const errors: unknown[] = [];
  const log = { ...silentLog, error: (what: unknown) => void errors.push(what) } as typeof silentLog;
  const eventLog = new MemoryEventLog();
  const hub = new EventHub({ log: eventLog }, { access: UNRESTRICTED, limits: DEFAULT_LIMITS, log });
  const [bad, good] = [new FakeNotifiedSession(), new FakeNotifiedSession()];
  const ends: SubscriptionEnd[] = [];
  for (const session of [bad, good]) {
    hub.subscribe({ session, stream: NETCONF_STREAM, ended: (end) => void ends.push(end) }).start();
  }
  await settle();
  bad.send = () => {
    throw new Error('broken');
  };
  await hub.publish(alarm(1));
  expect([numbers(good), errors.length]).toEqual([['1'], 1]);
  hub
    .subscribe({ session: bad, stream: NETCONF_STREAM, replayFrom: new Date(0), ended: (end) => void ends.push(end) })
    .start();
  await settle();
  expect([ends.map(({ kind }) => kind), errors.length]).toEqual([['failed'], 2]);
});

test('a replay of which nothing is wanted lets others have their turns', async () => {
  const eventLog = new MemoryEventLog();
  for (let number = 0; number < 2000; number++) await eventLog.append(alarm(number));
  const hub = new EventHub({ log: eventLog }, { access: UNRESTRICTED, limits: DEFAULT_LIMITS, log: silentLog });
  const replayed = Promise.withResolvers<void>();
  const request = { stream: NETCONF_STREAM, filter: () => false, replayFrom: new Date(0), replayed: replayed.resolve };
  hub.subscribe({ session: new FakeNotifiedSession(), ...request, ended: () => {} }).start();
  let turns = 0;
  let over = false;
  const count = () => {
    turns++;
    if (!over) setImmediate(count);
  };
  count();
  await replayed.promise;
  over = true;
  expect(turns).toBeGreaterThan(10);
});
