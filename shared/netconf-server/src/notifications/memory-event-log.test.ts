import { afterEach, expect, test, vi } from 'vitest';
import { alarm } from '../testing/notification-lab.ts';
import type { EventQuery } from './event.ts';
import { MemoryEventLog } from './memory-event-log.ts';

afterEach(() => {
  vi.useRealTimers();
});

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

async function filled(count: number, options: ConstructorParameters<typeof MemoryEventLog>[0] = {}) {
  const log = new MemoryEventLog(options);
  for (let number = 1; number <= count; number++) {
    await log.append(alarm(number, { at: at(number), ...(number % 2 === 0 && { about: 'even' }) }));
  }
  return log;
}

async function read(log: MemoryEventLog, query: Partial<EventQuery> = {}) {
  const { events, agedThrough } = await log.read({ after: 0, limit: 100, ...query });
  return [events.map(({ sequence }) => sequence), agedThrough];
}

test('numbers rise by one, also where what was before is gone', async () => {
  const log = new MemoryEventLog({ events: 2 });
  expect(log.last).toBe(0);
  expect([await log.append(alarm(1)), await log.append(alarm(2)), await log.append(alarm(3))]).toEqual([1, 2, 3]);
  expect(log.last).toBe(3);
});

test('a page is what is asked for', async () => {
  const log = await filled(6);
  expect(await read(log)).toEqual([[1, 2, 3, 4, 5, 6], 0]);
  expect(await read(log, { after: 2, limit: 2 })).toEqual([[3, 4], 0]);
  expect(await read(log, { since: at(3), until: at(5) })).toEqual([[3, 4, 5], 0]);
  expect(await read(log, { about: 'even', after: 2 })).toEqual([[4, 6], 0]);
  expect(await read(log, { after: 6 })).toEqual([[], 0]);
});

test('what is too many is dropped, the oldest first, and known to be', async () => {
  const log = await filled(5, { events: 3 });
  expect(await read(log)).toEqual([[3, 4, 5], 2]);
  expect(await log.agedAt()).toEqual(at(2));
  expect(await (await filled(3, { events: 3 })).agedAt()).toBeUndefined();
});

test('what is too old is dropped', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: at(10) });
  const log = await filled(6, { age: 7_000 });
  expect(await read(log)).toEqual([[3, 4, 5, 6], 2]);
  vi.setSystemTime(at(100));
  expect(await log.agedAt()).toEqual(at(6));
  expect(await read(log)).toEqual([[], 6]);
});
