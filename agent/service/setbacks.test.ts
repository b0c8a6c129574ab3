import { ManualClock, milliseconds, seconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { pauseAfter, Setbacks } from './setbacks.ts';

test('pauses double from 5 s to a quarter of an hour', () => {
  expect([1, 2, 3, 8, 9, 100].map(pauseAfter)).toEqual([5_000, 10_000, 20_000, 640_000, 900_000, 900_000]);
});

test('each endeavour counts for itself; retry-after is obeyed', () => {
  const clock = new ManualClock();
  const setbacks = new Setbacks(clock);
  const now = clock.sinceBoot();
  setbacks.add('request', 1, 'no');
  setbacks.add('request', 1, 'no', { tag: 'resource-denied', message: 'no', retryAfter: seconds(70) });
  setbacks.add('renewal', 1, 'lost');
  expect(setbacks.get('request', 1)).toMatchObject({ tries: 2, retryAt: now + 70_000 });
  expect(setbacks.get('renewal', 1)).toMatchObject({ tries: 1, retryAt: now + 5_000, reason: 'lost' });
  expect(setbacks.get('host', 1)).toBeUndefined();
  setbacks.add('request', 1, 'no', { tag: 'resource-denied', message: 'no', retryAfter: seconds(1_000_000) });
  expect(setbacks.get('request', 1)?.retryAt).toBe(now + 3_600_000);
});

test('a new connection forgets what was not answered, a lane that went what concerned it', () => {
  const clock = new ManualClock();
  const setbacks = new Setbacks(clock);
  setbacks.add('request', 1, 'lost');
  setbacks.add('request', 2, 'no', { tag: 'access-denied', message: 'no' });
  setbacks.add('renewal', 3, 'lost');
  setbacks.set('host', 3, { reason: 'no device', tries: 1, retryAt: milliseconds(0) });
  setbacks.add('request', 4, 'no', { tag: 'resource-denied', message: 'no', retryAfter: seconds(60) });
  setbacks.add('request', 5, 'taken', undefined, ['192.0.2.1']);
  const taken = setbacks.get('request', 5);
  setbacks.forgetUnanswered();
  expect(setbacks.get('request', 4)).toMatchObject({ tries: 1, retryAt: clock.sinceBoot() + 5_000 });
  expect(setbacks.get('request', 5)).toEqual(taken);
  expect([1, 2].map((id) => setbacks.get('request', id)?.reason)).toEqual([undefined, 'no']);
  expect([setbacks.get('renewal', 3), setbacks.get('host', 3)?.reason]).toEqual([undefined, 'no device']);
  setbacks.keepOnly(new Set([2]));
  expect([setbacks.get('host', 3), setbacks.get('request', 2)?.reason]).toEqual([undefined, 'no']);
});
