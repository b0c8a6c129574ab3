import { milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestLimit } from './request-limit.ts';

const at = (seconds: number) => milliseconds(seconds * 1000);
/** 200 at once, 10 a second. */
const limited = (hosts = 100) => new RequestLimit({ perMinute: () => 600, hosts });
const spent = (limit: RequestLimit, host: string, times: number, second = 0) =>
  Array.from({ length: times }, () => limit.take(host, 1, at(second))).filter((wait) => wait === undefined).length;

describe('what one host may ask', () => {
  it('is a burst at once, then as much as the time brings; others have their own', () => {
    const limit = limited();
    expect(spent(limit, 'a', 1000)).toBe(200);
    expect(limit.take('a', 1, at(0))).toBe(1);
    expect(spent(limit, 'b', 1000)).toBe(200);
    expect(spent(limit, 'a', 1000, 2)).toBe(20);
    expect(spent(limit, 'a', 1000, 3600)).toBe(200);
  });

  it('counts all or nothing of what is asked at once, and says how long to wait for it', () => {
    const limit = limited();
    expect(limit.take('a', 150, at(0))).toBeUndefined();
    expect(limit.take('a', 80, at(0))).toBe(3);
    expect(limit.take('a', 50, at(0))).toBeUndefined();
    expect(limit.take('a', 80, at(7.999))).toBe(1);
    expect(limit.take('a', 80, at(8))).toBeUndefined();
  });

  it('may be larger than the burst, from a full bucket, and is paid for afterwards', () => {
    const limit = limited();
    expect(limit.take('a', 1000, at(0))).toBeUndefined();
    expect(limit.take('a', 1, at(0))).toBe(81);
    expect(limit.take('a', 1, at(80))).toBe(1);
    expect(limit.take('a', 1, at(81))).toBeUndefined();
    expect(limit.take('a', 1000, at(81))).toBe(20);
  });

  it('is what is set now', () => {
    let perMinute = 600;
    const limit = new RequestLimit({ perMinute: () => perMinute, hosts: 10 });
    expect(spent(limit, 'a', 150)).toBe(150);
    perMinute = 60;
    expect(spent(limit, 'a', 100)).toBe(20);
    perMinute = 1;
    expect(limit.take('b', 3, at(0))).toBeUndefined();
    expect(limit.take('b', 1, at(0))).toBe(180);
  });

  it('a clock that is set back neither gives nor takes', () => {
    const limit = limited();
    expect(spent(limit, 'a', 200, 1000)).toBe(200);
    expect(limit.take('a', 1, at(10))).toBe(1);
    expect(limit.take('a', 10, at(11))).toBeUndefined();
  });

  it('never more than the burst and what the time has brought; who waits as told is let in', () => {
    const step = fc.record({ pause: fc.integer({ min: 0, max: 20_000 }), count: fc.integer({ min: 1, max: 300 }) });
    const perMinute = fc.integer({ min: 1, max: 10_000_000 });
    fc.assert(
      fc.property(perMinute, fc.array(step, { maxLength: 60 }), (rate, steps) => {
        const limit = new RequestLimit({ perMinute: () => rate, hosts: 3 });
        const burst = Math.max(1, Math.floor(rate / 3));
        let now = 0;
        // Of what was let in, from each moment on: no stretch of time has more.
        const taken: { at: number; count: number }[] = [];
        for (const { pause, count } of steps) {
          now += pause;
          const wait = limit.take('a', count, milliseconds(now));
          if (wait !== undefined) {
            expect(wait).toBeGreaterThan(0);
            now += wait * 1000;
            expect(limit.take('a', count, milliseconds(now))).toBeUndefined();
          }
          taken.push({ at: now, count });
        }
        let most = burst;
        let since = 0;
        for (const { at: moment, count } of taken.toReversed()) {
          since += count;
          most = Math.max(most, count);
          expect(since).toBeLessThanOrEqual(most + ((now - moment) / 60_000) * rate + 1e-6);
        }
      }),
    );
  });

  it('is forgotten when it has paid, and of more hosts than are remembered the first is', () => {
    const limit = limited(3);
    for (const host of ['a', 'b']) spent(limit, host, 10);
    expect(limit.size).toBe(2);
    limit.take('c', 1, at(1));
    expect(limit.size).toBe(1);
    for (const host of ['d', 'e', 'f']) expect(spent(limit, host, 300, 1)).toBe(200);
    expect(limit.size).toBe(3);
    expect(limit.take('d', 1, at(1))).toBe(1);
  });
});
