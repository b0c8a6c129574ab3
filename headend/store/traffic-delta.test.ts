import { kilobitsPerSecond, milliseconds } from '@sublane/basics';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Lease } from './records.ts';
import { type TrafficMark, trafficSince } from './traffic-delta.ts';

const lease = (rate: number) =>
  ({ grantedAt: milliseconds(0), upld: { rate: kilobitsPerSecond(rate) } }) as Pick<
    Lease,
    'grantedAt' | 'upld'
  > as Lease;

interface Step {
  readonly seconds: number;
  readonly in?: bigint;
  readonly out?: bigint;
}

/** What is counted of a host that says these numbers, one after the other. */
function counted(rate: number, steps: readonly Step[]) {
  let mark: TrafficMark | undefined;
  let at = 0;
  return steps.map((step) => {
    at += step.seconds * 1000;
    const said = trafficSince(lease(rate), mark, {
      state: 'applied',
      at: milliseconds(at),
      ...(step.in !== undefined && { inOctets: String(step.in) }),
      ...(step.out !== undefined && { outOctets: String(step.out) }),
    });
    mark = said?.mark ?? mark;
    return said;
  });
}

const counter = fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined });
const anySteps = fc.array(fc.record({ seconds: fc.nat(100_000), in: counter, out: counter }) as fc.Arbitrary<Step>);

test('whatever a host says, never less than nothing and never more than its rates allow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000_000 }), anySteps, (rate, steps) => {
      const total = counted(rate, steps).reduce((sum, said) => {
        const octets = said?.octets ?? 0;
        expect(octets).toBeGreaterThanOrEqual(0);
        expect(Number.isSafeInteger(octets)).toBe(true);
        return sum + octets;
      }, 0);
      const time = steps.reduce((sum, { seconds }) => sum + seconds, 0);
      expect(total).toBeLessThanOrEqual(2 * rate * 125 * time * 1.1 + steps.length * 65_537);
    }),
  );
});

test('an honest host is counted in full, however its reports are cut', () => {
  const step = fc.record({
    seconds: fc.integer({ min: 1, max: 1000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let [received, sent] = [0, 0];
      const said = steps.map(({ seconds, part }) => {
        received += Math.floor(2000 * 125 * seconds * part);
        sent += Math.floor(2000 * 125 * seconds * (1 - part));
        return { seconds, in: BigInt(received), out: BigInt(sent) };
      });
      const deltas = counted(2000, said);
      expect(deltas.some((one) => one?.mark.beyond)).toBe(false);
      expect(deltas.reduce((sum, one) => sum + (one?.octets ?? 0), 0)).toBe(received + sent);
    }),
  );
});
