import { expect, test } from 'vitest';
import { ManualClock, systemClock } from './clock.ts';
import { milliseconds } from './units.ts';

test('sleepers wake in the order of their time, and only when it has come', async () => {
  const clock = new ManualClock();
  const woken: string[] = [];
  void clock.sleep(milliseconds(200)).then(() => woken.push('second'));
  void clock.sleep(milliseconds(100)).then(() => woken.push('first'));
  await clock.advance(milliseconds(99));
  expect(woken).toEqual([]);
  await clock.advance(milliseconds(101));
  expect(woken).toEqual(['first', 'second']);
});

test('an aborted sleeper rejects with the reason', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const sleeping = clock.sleep(milliseconds(100), stop.signal);
  stop.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
});

test("the system's time since boot never goes back", () => {
  const before = systemClock.sinceBoot();
  expect(before).toBeGreaterThan(0);
  expect(systemClock.sinceBoot()).toBeGreaterThanOrEqual(before);
});
