import { ManualClock, type Milliseconds, milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdentifierSlots } from './identifier-slots.ts';
import { nextDelay, retransmissionFor } from './retransmission.ts';
import { Timers } from './timers.ts';

const at = milliseconds;

describe('retransmissions', () => {
  test('double from IRT up to MRT, a tenth about', () => {
    const random = fc.float({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(fc.array(random, { minLength: 8, maxLength: 8 }), (fractions) => {
        const times = retransmissionFor(at(60_000));
        let previous: Milliseconds | undefined;
        for (const fraction of fractions) {
          const delay = nextDelay(times, previous, fraction);
          const [least, most] = previous === undefined ? [1_800, 2_200] : [1.9 * previous, 2.1 * previous];
          const doubled = delay >= least && delay <= most && delay <= 16_000;
          const capped = delay >= 14_400 && delay <= 17_600 && most > 16_000;
          expect(doubled || capped).toBe(true);
          previous = delay;
        }
        expect(previous).toBeGreaterThanOrEqual(14_400);
      }),
    );
  });

  test('come sooner where a server is asked for a short time only', () => {
    expect(retransmissionFor(at(1_000))).toEqual({ first: 250, longest: 16_000, count: 5, duration: 1_000 });
  });
});

describe('identifiers', () => {
  test('are never given twice at once, whatever comes back in which order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 })), { maxLength: 1_500 }), (steps) => {
        const slots = new IdentifierSlots(2);
        const used = new Map<number, { socket: number; id: number }>();
        let now = 0;
        for (const [which, what] of steps) {
          now += which % 500;
          if (what > 0) {
            const slot = slots.take(at(now));
            if (slot === undefined) {
              expect(used.size).toBe(512);
              continue;
            }
            const key = slot.socket * 256 + slot.id;
            expect(used.has(key)).toBe(false);
            expect(slot.socket).toBeLessThan(2);
            used.set(key, slot);
          } else if (used.size > 0) {
            const [key, slot] = [...used][which % used.size]!;
            used.delete(key);
            slots.release(slot, at(now), { silent: which % 2 === 0 });
          }
        }
      }),
    );
  });

  test('rest five seconds as long as there are sockets to begin', () => {
    const slots = new IdentifierSlots(16);
    const last = new Map<string, number>();
    // 500 a second: ten sockets' worth.
    for (let now = 0; now < 60_000; now += 2) {
      const slot = slots.take(at(now))!;
      const key = `${slot.socket} ${slot.id}`;
      expect(now - (last.get(key) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(5_000);
      expect(slot.socket).toBeLessThan(11);
      last.set(key, now);
      slots.release(slot, at(now), { silent: false });
    }
  });

  test('of one socket are enough for few requests', () => {
    const slots = new IdentifierSlots(16);
    for (let now = 0; now < 600_000; now += 100) {
      const slot = slots.take(at(now))!;
      expect(slot.socket).toBe(0);
      slots.release(slot, at(now), { silent: false });
    }
  });

  test('that were not answered rest longer', () => {
    const slots = new IdentifierSlots(2);
    const first = slots.take(at(0))!;
    slots.release(first, at(0), { silent: true });
    for (let now = 0; now < 29_000; now += 1) {
      const slot = slots.take(at(now))!;
      expect(slot).not.toEqual(first);
      slots.release(slot, at(now), { silent: false });
    }
    expect(slots.take(at(30_000))).toEqual(first);
  });
});

describe('alarms', () => {
  test('ring once each, not before their time, and not when they were called off', async () => {
    const clock = new ManualClock();
    const timers = new Timers(clock);
    const rung: number[] = [];
    timers.after(1_000, () => rung.push(1));
    timers.after(100, () => rung.push(2));
    const callOff = timers.after(500, () => rung.push(3));
    await clock.advance(at(99));
    expect(rung).toEqual([]);
    await clock.advance(at(100));
    expect(rung).toEqual([2]);
    callOff();
    await clock.advance(at(2_000));
    expect(rung).toEqual([2, 1]);
    timers.after(100, () => rung.push(4));
    await clock.advance(at(200));
    expect(rung).toEqual([2, 1, 4]);
    timers.after(100, () => rung.push(5));
    timers.close();
    await clock.advance(at(1_000));
    expect(rung).toEqual([2, 1, 4]);
  });
});
