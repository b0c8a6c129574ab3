import { ManualClock, milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import type { Drift } from '../lanes/inspection.ts';
import { DriftTally } from './drift-tally.ts';

const rule: Drift = { kind: 'rule', object: 'rule 4 30001', groupId: 1, repair: 'ip rule add' };
const table: Drift = { kind: 'firewall', object: 'firewall sublane', repair: 'nft -f' };

function setUp() {
  const clock = new ManualClock();
  const tally = new DriftTally(clock, { repairs: 3, within: milliseconds(60_000) });
  /** Somebody changes these; whether they are put right. */
  const drifts = (...drift: Drift[]) => {
    const { due } = tally.sort(drift);
    tally.repaired(due);
    return due.length === drift.length;
  };
  const pass = (seconds: number) => clock.advance(milliseconds(seconds * 1_000));
  return { clock, tally, drifts, pass };
}

test('as often as the limit says it is put right, then left alone, and tried again after a growing pause', async () => {
  const { clock, tally, drifts, pass } = setUp();
  const story = [];
  for (let second = 0; second < 500; second++) {
    if (drifts(rule)) story.push(second);
    await pass(1);
  }
  // Three at once, then 60 s, 120 s, 240 s after each try that did not hold.
  expect(story).toEqual([0, 1, 2, 63, 184, 425]);
  expect(tally.contests).toEqual([
    { drift: rule, pauses: 4, retryAt: expect.closeTo(clock.sinceBoot() - 500_000 + 426_000 + 480_000, -1) },
  ]);
  expect(tally.counts).toEqual([{ groupId: 1, kind: 'rule', repairs: 6 }]);
});

test('given up once, not at every look', async () => {
  const { tally, drifts, pass } = setUp();
  for (let round = 0; round < 3; round++) drifts(rule);
  expect(tally.sort([rule]).givenUp).toHaveLength(1);
  await pass(1);
  expect(tally.sort([rule])).toEqual({ due: [], givenUp: [] });
});

test('what happens now and then is put right for ever', async () => {
  const { drifts, pass } = setUp();
  for (let round = 0; round < 20; round++) {
    expect(drifts(rule)).toBe(true);
    await pass(25);
  }
});

test('one object that is contested leaves the others their repairs', () => {
  const { tally, drifts } = setUp();
  for (let round = 0; round < 3; round++) drifts(rule);
  expect(drifts(rule)).toBe(false);
  expect(tally.sort([rule, table]).due).toEqual([table]);
});

test('the pause never exceeds a quarter of an hour', async () => {
  const { clock, tally, drifts, pass } = setUp();
  let longest = 0;
  for (let round = 0; round < 1_000; round++) {
    drifts(rule);
    for (const { retryAt } of tally.contests) longest = Math.max(longest, retryAt - clock.sinceBoot());
    await pass(10);
  }
  expect(longest).toBe(15 * 60_000);
});

test('left in peace for as long as the limit counts, it is as if nothing had been', async () => {
  const { tally, drifts, pass } = setUp();
  for (let round = 0; round < 4; round++) drifts(rule);
  expect(tally.contests).toHaveLength(1);
  // The other program has put it back, or has ended and our next try held.
  tally.sort([]);
  expect(tally.contests).toEqual([]);
  await pass(30);
  expect(tally.sort([rule]).givenUp).toMatchObject([{ pauses: 2 }]);
  tally.sort([]);
  await pass(61);
  tally.sort([]);
  for (let round = 0; round < 3; round++) expect(drifts(rule)).toBe(true);
});
