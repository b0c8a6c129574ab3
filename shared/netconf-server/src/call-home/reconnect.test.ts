import { milliseconds } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { afterFailure, afterSession, beginSearch, nextPeriod, RECONNECT, type ReconnectStrategy } from './reconnect.ts';

const backoff = { first: milliseconds(1_000), longest: milliseconds(60_000) };
const strategy = (more: Partial<ReconnectStrategy> = {}): ReconnectStrategy => ({ ...RECONNECT, backoff, ...more });
const top = () => 0.999_999;

describe('a search for a connection', () => {
  test('has so many attempts at one endpoint, then the next, round and round, and waits longer each time', () => {
    let search = beginSearch(strategy({ attempts: 2 }), 3, top);
    const order: number[] = [];
    const waits: number[] = [];
    for (let attempt = 0; attempt < 8; attempt++) {
      order.push(search.endpoint);
      const next = afterFailure(strategy({ attempts: 2 }), 3, top, search);
      waits.push(Math.round(next.wait / 1000));
      search = next.search;
    }
    expect(order).toEqual([0, 0, 1, 1, 2, 2, 0, 0]);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test.each([
    ['first-listed', 0],
    ['last-connected', 2],
    ['random-selection', 1],
  ] as const)('begins anew with the endpoint that is %s', (startWith, endpoint) => {
    const half = () => 0.5;
    const search = { endpoint: 2, attempts: 1, failures: 0, lastConnected: undefined };
    const next = afterSession(strategy({ startWith }), 3, half, search, milliseconds(3_600_000));
    expect(next.search).toMatchObject({ endpoint, lastConnected: 2, attempts: 0 });
  });

  test('remembers whom it reached while it looks elsewhere', () => {
    const last = strategy({ startWith: 'last-connected', attempts: 1 });
    const reached = afterSession(last, 3, top, { ...beginSearch(last, 3, top), endpoint: 1 }, milliseconds(90_000));
    const failed = afterFailure(last, 3, top, reached.search);
    expect(failed.search).toMatchObject({ endpoint: 2, lastConnected: 1 });
  });

  test('after a session that lasted is quick; after some that did not, slower and slower', () => {
    const short = milliseconds(10);
    let search = beginSearch(strategy(), 1, top);
    const waits: number[] = [];
    for (let session = 0; session < 4; session++) {
      const next = afterSession(strategy(), 1, top, search, short);
      waits.push(Math.round(next.wait / 1000));
      search = next.search;
    }
    expect(waits).toEqual([1, 2, 4, 8]);
    expect(afterSession(strategy(), 1, top, search, milliseconds(60_000)).wait).toBeLessThanOrEqual(1_000);
  });
});

test.each([
  ['in the middle', 1_250, 1_000, 0, 2_000],
  ['on the point: the next', 2_000, 1_000, 0, 3_000],
  ['before the anchor', 500, 1_000, 10_250, 1_250],
  ['after the anchor', 20_000, 1_000, 10_250, 20_250],
])('a period begins next: %s', (_, now, period, anchor, next) => {
  expect(nextPeriod(milliseconds(now), milliseconds(period), milliseconds(anchor))).toBe(next);
});
