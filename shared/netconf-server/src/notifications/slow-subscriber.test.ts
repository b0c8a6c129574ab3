import { bytes } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { CloseReason } from '../session.ts';
import { connect, recorder, serve } from '../testing/harness.ts';
import { alarm, notificationLab, subscribe, told, toldTimes } from '../testing/notification-lab.ts';
import type { NotificationOptions } from './event-hub.ts';
import { MemoryEventLog } from './memory-event-log.ts';

const EVENTS = 2000;
const TEXT = 'x'.repeat(1000);
const STREAMS = [
  { name: 'alarms', description: 'alarms', includes: ({ module }: { module: string }) => module === 'alarms' },
];
const NUMBERS = Array.from({ length: EVENTS }, (_, number) => number);

/** One who stops reading, one who goes on; then more events than the frozen one may hold. */
async function withFrozen(notifications: NotificationOptions) {
  const recorded = recorder();
  const server = serve({
    schema: notificationLab().context,
    notifications: { streams: STREAMS, ...notifications },
    limits: { queuedNotifications: bytes(100_000) },
    events: recorded.events,
  });
  const [frozen, reading] = [await connect(server, 'frozen'), await connect(server, 'reading')];
  for (const client of [frozen, reading]) await client.rpc(subscribe('<stream>alarms</stream>'));
  frozen.stream.pause();
  for (const number of NUMBERS) {
    await server.publish(alarm(number, { text: TEXT }));
    // The one who reads is never behind by more than what has just happened.
    expect(await told(reading)).toBe(number);
  }
  return { server, frozen, reading, closed: recorded.closed as (readonly [number, CloseReason])[] };
}

describe('a subscriber that stops reading delays nobody', () => {
  test('and has everything from the log when it reads again', async () => {
    const { server, frozen, reading } = await withFrozen({ log: new MemoryEventLog() });
    // Far less than what has happened has been put under way to it.
    expect(server.statistics().outNotifications).toBeLessThan(EVENTS + 300);
    frozen.stream.resume();
    expect(await toldTimes(frozen, EVENTS)).toEqual(NUMBERS);
    await server.publish(alarm(EVENTS));
    expect([await told(frozen), await told(reading)]).toEqual([EVENTS, EVENTS]);
  });

  test('and is told that it lost what the log does not have any more: its session ends', async () => {
    const { frozen, closed } = await withFrozen({ log: new MemoryEventLog({ events: 50 }) });
    frozen.stream.resume();
    await frozen.closed;
    expect(closed).toMatchObject([
      [1, { kind: 'other', detail: expect.stringMatching(/^the subscriber did not take.*\d+ or more are lost$/) }],
    ]);
  });

  test('and loses its session where there is no log, with the number of events lost', async () => {
    const { server, closed } = await withFrozen({});
    expect(closed).toMatchObject([[1, { kind: 'other', detail: expect.stringMatching(/\b8\d or more are lost$/) }]]);
    expect(server.sessions().map(({ identity }) => identity.user)).toEqual(['reading']);
  });

  test('and has the replies to its requests among its notifications', async () => {
    const { frozen } = await withFrozen({ log: new MemoryEventLog() });
    frozen.send('<get><filter/></get>');
    frozen.stream.resume();
    const kinds: (string | undefined)[] = [];
    while (!kinds.includes('reply')) kinds.push((await frozen.next())?.kind);
    expect(kinds.length).toBeLessThan(EVENTS);
  });
});
