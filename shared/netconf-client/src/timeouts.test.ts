import { ManualClock, milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timeouts } from './timeouts.ts';

test('a timeout fires once its time is over, at most one tick and a half later, and never when stopped', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.nat(300), timeout: fc.nat(500), stopAt: fc.option(fc.nat(900)) }), { maxLength: 6 }),
      async (plans) => {
        const clock = new ManualClock();
        const timeouts = new Timeouts(clock, milliseconds(10));
        const begun = clock.now();
        const fired = new Map<number, number>();
        const stops = new Map<number, () => void>();
        for (let time = 0; time <= 900; time++) {
          plans.forEach(({ at, timeout, stopAt }, index) => {
            if (at === time)
              stops.set(
                index,
                timeouts.start(milliseconds(timeout), () => fired.set(index, clock.now() - begun)),
              );
            if (stopAt === time) stops.get(index)?.();
          });
          await clock.advance(milliseconds(1));
        }
        plans.forEach(({ at, timeout, stopAt }, index) => {
          const time = fired.get(index);
          if (time === undefined) {
            expect(stopAt).not.toBeNull();
            return;
          }
          expect(time).toBeGreaterThanOrEqual(at + timeout);
          expect(time).toBeLessThanOrEqual(at + timeout + 21);
          if (stopAt !== null && stopAt >= at) expect(time).toBeLessThanOrEqual(stopAt + 1);
        });
      },
    ),
    { numRuns: 10 },
  );
});
