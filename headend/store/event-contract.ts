import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import type { LoggedEvent, StoredEvent } from './event-store.ts';
import type { Store } from './store.ts';
import { time } from './store-fixture.ts';

export const event = (second: number, more: Partial<StoredEvent> = {}): StoredEvent => ({
  at: time(second),
  module: 'sublane-service',
  name: 'service-withdrawn',
  xml: `<e>${second}</e>`,
  ...more,
});

/** The log of events, as those who subscribe use it. */
export function eventContract(store: () => Store): void {
  describe('events', () => {
    const append = async (...events: StoredEvent[]) => {
      for (const one of events) unwrap(await store().events.append(one));
    };
    const read = async (query: Partial<Parameters<Store['events']['read']>[0]> = {}) =>
      (await store().events.read({ after: 0, limit: 100, ...query })).events.map(({ sequence }) => sequence);

    test('are numbered as they come, and read as they were', async () => {
      const { events } = store();
      expect(events.last).toBe(0);
      expect(unwrap(await events.append(event(5, { about: 'laptop' })))).toBe(1);
      expect(unwrap(await events.append(event(3)))).toBe(2);
      expect(events.last).toBe(2);
      expect(await events.read({ after: 0, limit: 9 })).toEqual({
        events: [
          { ...event(5, { about: 'laptop' }), sequence: 1 },
          { ...event(3), sequence: 2 },
        ],
        agedThrough: 0,
      });
      expect(await events.agedAt()).toBeUndefined();
      expect(events.createdAt).toBeGreaterThan(1_600_000_000_000);
    });

    test('are found from a number on, of a time, about somebody, so many', async () => {
      await append(event(1), event(2, { about: 'a' }), event(3), event(4, { about: 'a' }), event(5, { about: 'b' }));
      expect(await read({ after: 3 })).toEqual([4, 5]);
      expect(await read({ limit: 2 })).toEqual([1, 2]);
      expect(await read({ since: time(2), until: time(4) })).toEqual([2, 3, 4]);
      expect(await read({ about: 'a', after: 2 })).toEqual([4]);
      expect(await read({ about: 'c' })).toEqual([]);
    });

    test('are told of when they are there, before who appended them is answered', async () => {
      const { events } = store();
      const order: string[] = [];
      const stop = events.watch(({ sequence }: LoggedEvent) => void order.push(`told ${sequence}`));
      const appended = [1, 2].map((second) =>
        events.append(event(second)).then(() => order.push(`appended ${second}`)),
      );
      await Promise.all(appended);
      expect(order).toEqual(['told 1', 'told 2', 'appended 1', 'appended 2']);
      stop();
      await append(event(3));
      expect(order).toHaveLength(4);
    });
  });
}
