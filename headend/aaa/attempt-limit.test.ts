import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { AttemptLimit } from './attempt-limit.ts';

const at = milliseconds;
const limit = (names = 100) => new AttemptLimit({ failures: 3, window: at(60_000), names });

test('after so many failures the rest of the window is waited for', () => {
  const attempts = limit();
  expect([0, 1, 2].map((now) => attempts.begin('alice', at(now)))).toEqual([undefined, undefined, undefined]);
  expect(attempts.begin('alice', at(10_000))).toBe(50);
  expect(attempts.begin('alice', at(59_999))).toBe(1);
  expect(attempts.begin('bob', at(10_000))).toBeUndefined();
  expect(attempts.begin('alice', at(60_000))).toBeUndefined();
});

test('success is no failure, however often', () => {
  const attempts = limit();
  for (let now = 0; now < 20; now++) {
    expect(attempts.begin('alice', at(now))).toBeUndefined();
    attempts.succeeded('alice');
  }
});

test('attempts under way count: many at once gain nothing', () => {
  const attempts = limit();
  const waits = Array.from({ length: 10 }, () => attempts.begin('alice', at(0)));
  expect(waits.filter((wait) => wait === undefined)).toHaveLength(3);
});

test('remembers so many names, and forgets the one seen longest ago', () => {
  const attempts = limit(2);
  for (let count = 0; count < 3; count++) attempts.begin('alice', at(0));
  attempts.begin('bob', at(1));
  expect(attempts.begin('alice', at(2))).toBe(60);
  attempts.begin('carol', at(3));
  expect(attempts.begin('alice', at(4))).toBe(60);
  for (const name of ['x', 'y']) attempts.begin(name, at(5));
  expect(attempts.begin('alice', at(6))).toBeUndefined();
});
