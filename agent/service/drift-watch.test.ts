import { ManualClock, milliseconds, silentLog } from '@sublane/basics';
import { expect, test } from 'vitest';
import type { KernelEvent } from '../lanes/kernel-event.ts';
import { watchDrift } from './drift-watch.ts';
import { SuspendWatch } from './suspend-watch.ts';

const OWN: KernelEvent = { subject: 'rule', own: true };
const FOREIGN: KernelEvent = { subject: 'route', own: false };

/** A watch over a kernel that tells what it is told to; `looks` are the times of its looks, in milliseconds. */
function start(look: () => Promise<boolean> = async () => false) {
  const clock = new ManualClock();
  const begun = clock.sinceBoot();
  const ending = new AbortController();
  const looks: number[] = [];
  const resumed: number[] = [];
  let listener: ((event: KernelEvent) => void) | undefined;
  let stoodStill = false;
  let due = milliseconds(begun + 3_600_000_000);
  const ended = watchDrift({
    watch: (given) => {
      listener = given;
      return {
        close: () => {
          listener = undefined;
        },
      };
    },
    look: (hint) => {
      looks.push(clock.sinceBoot() - begun);
      if (hint === undefined) due = milliseconds(clock.sinceBoot() + 60_000);
      return look();
    },
    lookAt: () => due,
    stoodStill: () => {
      const now = stoodStill;
      stoodStill = false;
      return now;
    },
    resume: async () => {
      resumed.push(clock.sinceBoot() - begun);
    },
    clock,
    log: silentLog,
    signal: ending.signal,
  });
  return {
    looks,
    resumed,
    lookIn: (duration: number) => {
      due = milliseconds(clock.sinceBoot() + duration);
    },
    pass: (duration: number) => clock.advance(milliseconds(duration)),
    tell: (event: KernelEvent) => listener?.(event),
    standStill: () => {
      stoodStill = true;
    },
    end: async () => {
      ending.abort();
      await ended;
      return listener === undefined;
    },
  };
}

test('while nothing happens it does nothing; several changes are one look, soon', async () => {
  const { looks, pass, tell, end } = start();
  await pass(600_000);
  expect(looks).toEqual([]);
  tell(OWN);
  await pass(50);
  tell(OWN);
  tell(FOREIGN);
  await pass(5_000);
  expect(looks).toEqual([600_100]);
  expect(await end()).toBe(true);
});

test('what the look itself changes makes one more look, not a loop', async () => {
  let repairs = 0;
  const watched = start(async () => {
    // The first finds something; what it does is told by the kernel like everything else.
    if (repairs++ > 0) return false;
    watched.tell(OWN);
    return true;
  });
  watched.tell(OWN);
  await watched.pass(60_000);
  expect(watched.looks).toHaveLength(2);
  await watched.end();
});

test('another program that never rests does not make it restless', async () => {
  const { looks, pass, tell, end } = start(async () => true);
  for (let step = 0; step < 100; step++) {
    tell(OWN);
    await pass(100);
  }
  expect(looks.length).toBeGreaterThan(20);
  expect(looks.length).toBeLessThanOrEqual(35);
  await end();
});

test('changes of others that lead to nothing are looked at ever less often, but what is ours at once', async () => {
  const { looks, pass, tell, end } = start();
  for (let step = 0; step < 600; step++) {
    tell(FOREIGN);
    await pass(100);
  }
  expect(looks.length).toBeLessThanOrEqual(35);
  tell(FOREIGN);
  await pass(10);
  const before = looks.length;
  tell(OWN);
  await pass(500);
  expect(looks).toHaveLength(before + 1);
  await end();
});

test('without an event it looks when it is time to', async () => {
  const { looks, lookIn, pass, tell, end } = start();
  lookIn(60_000);
  tell(OWN);
  await pass(200_000);
  expect(looks).toEqual([100, 60_000, 120_000, 180_000]);
  await end();
});

test('a time to look that stays due does not make it spin', async () => {
  const spun = start(async () => {
    spun.lookIn(0);
    return false;
  });
  spun.lookIn(0);
  spun.tell(OWN);
  await spun.pass(3_000);
  expect(spun.looks.length).toBeGreaterThan(5);
  expect(spun.looks.length).toBeLessThanOrEqual(11);
  await spun.end();
});

test('lost events may have been ours', async () => {
  const { looks, pass, tell, end } = start();
  for (let step = 0; step < 4; step++) {
    tell({ subject: 'anything', own: false });
    await pass(500);
  }
  expect(looks).toHaveLength(4);
  await end();
});

test('a look that throws ends nothing', async () => {
  const { looks, pass, tell, end } = start(async () => {
    throw new Error('a fault of ours');
  });
  tell(OWN);
  await pass(1_000);
  tell(OWN);
  await pass(1_000);
  expect(looks).toHaveLength(2);
  await end();
});

test('the first thing that happens after a suspend puts everything right, without waiting', async () => {
  const { looks, resumed, pass, tell, standStill, end } = start();
  await pass(1_000);
  standStill();
  tell(FOREIGN);
  await pass(0);
  expect(resumed).toEqual([1_000]);
  await pass(5_000);
  expect({ looks: looks.length, resumed: resumed.length }).toEqual({ looks: 0, resumed: 1 });
  await end();
});

test('it ends also in the middle of a pause', async () => {
  const { pass, tell, end } = start();
  tell(OWN);
  await pass(50);
  expect(await end()).toBe(true);
});

test('a suspend is time since boot that the monotonic clock knows nothing of', async () => {
  const clock = new ManualClock();
  const start = clock.sinceBoot();
  let asleep = 0;
  const watch = new SuspendWatch(clock, () => milliseconds(clock.sinceBoot() - start - asleep));
  expect(watch.slept()).toBe(0);
  await clock.advance(milliseconds(3_600_000));
  expect(watch.slept()).toBe(0);
  // Less is the clocks' own.
  asleep += 20;
  expect(watch.slept()).toBe(0);
  asleep += 30_000;
  expect(watch.slept()).toBe(30_020);
  expect(watch.slept()).toBe(0);
});
