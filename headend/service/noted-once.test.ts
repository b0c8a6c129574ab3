import { milliseconds } from '@sublane/basics';
import { expect, it } from 'vitest';
import { NotedOnce } from './noted-once.ts';

const noted = () => new NotedOnce(milliseconds(60_000));
const at = (seconds: number) => milliseconds(seconds * 1000);

it('notes a name once in a while, and says how often it was left out', () => {
  const names = noted();
  expect([0, 1, 59].map((time) => names.note('a', at(time)))).toEqual([0, undefined, undefined]);
  expect(names.note('b', at(59))).toBe(0);
  expect([60, 61, 120].map((time) => names.note('a', at(time)))).toEqual([2, undefined, 1]);
});

it('notes it so many times, where it is to be more than once', () => {
  const names = new NotedOnce(milliseconds(60_000), 3);
  expect([0, 1, 2, 3, 4].map((time) => names.note('a', at(time)))).toEqual([0, 0, 0, undefined, undefined]);
  expect([60, 61].map((time) => names.note('a', at(time)))).toEqual([2, 0]);
});

it('remembers no more than ten thousand', () => {
  const names = noted();
  for (let i = 0; i <= 10_000; i++) names.note(`host-${i}`, at(0));
  expect(names.note('host-0', at(1))).toBe(0);
  expect(names.note('host-9999', at(1))).toBeUndefined();
});
