import { bytes, kilobitsPerSecond } from '@sublane/basics';
import * as v from 'valibot';
import type { PortWish } from '../ports/port-kernel.ts';

const whole = (from: number, to: number, unit: string) => {
  const expected = `expected a whole number of ${unit} from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};
const NAME_EXPECTED = 'expected the name of a network interface (1 to 15 characters)';

/** An ordinary frame's packet: with less, nothing but small packets would come in. */
const LEAST_BURST = 1500;

/** The member of agent.yaml that is of ports. */
export const portsMembers = {
  ports: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          interface: v.pipe(
            v.string(NAME_EXPECTED),
            v.maxLength(15, NAME_EXPECTED),
            v.regex(/^[^\s/:]+$/, NAME_EXPECTED),
          ),
          rate: whole(1, 4_294_967_295, 'kbit/s'),
          burst: whole(LEAST_BURST, 4_294_967_295, 'bytes'),
          replace: v.optional(v.boolean('expected true or false'), false),
        }),
      ),
      v.check(
        (ports) => new Set(ports.map((port) => port.interface)).size === ports.length,
        'expected each interface once',
      ),
    ),
    [],
  ),
} as const;

const portsFile = v.object(portsMembers);

export const portsOf = ({ ports }: v.InferOutput<typeof portsFile>): readonly PortWish[] =>
  ports.map(({ rate, burst, ...port }) => ({ ...port, rate: kilobitsPerSecond(rate), burst: bytes(burst) }));
