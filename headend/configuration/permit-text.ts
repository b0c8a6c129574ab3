import { isIP } from 'node:net';
import { type FileFault, failed, ok, type Result, readYaml } from '@sublane/basics';
import * as v from 'valibot';
import { members } from '../settings/members.ts';
import type { PermitData } from './headend-data.ts';
import { isPrefix } from './prefix-text.ts';

/**
 * Reads one permitted destination of a security profile, as a person writes it on one line of YAML:
 * `{ name: web, to: 198.51.100.0/24, protocol: tcp, port: 80-443 }`. `source` is its name in faults.
 */
export function parsePermit(text: string, source: string): Result<PermitData, readonly FileFault[]> {
  const read = readYaml(text, source, permit);
  if (!read.ok) return failed(read.failure);
  const { name, to, protocol, port } = read.value;
  return ok({
    name,
    ...(to !== undefined && { destination: isIP(to) === 0 ? to : `${to}/${isIP(to) === 4 ? 32 : 128}` }),
    ...(protocol !== undefined && { protocol }),
    ...(port && { 'lower-port': port[0], ...(port[1] !== undefined && { 'upper-port': port[1] }) }),
  });
}

/** IANA's numbers of those that people know by name. */
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  icmpv6: 58,
  sctp: 132,
};

const NAME_EXPECTED = 'expected a name of 1 to 64 characters';
const TO_EXPECTED = 'expected an address or a prefix, as 198.51.100.0/24';
const PROTOCOL_EXPECTED = `expected a protocol number from 0 to 255, or one of ${Object.keys(PROTOCOLS).join(', ')}`;
const PORT_EXPECTED = 'expected a port, or two as 80-443, from 0 to 65535 and the lower first';

const permit = members({
  name: v.pipe(v.string(NAME_EXPECTED), v.minLength(1, NAME_EXPECTED), v.maxLength(64, NAME_EXPECTED)),
  to: v.optional(
    v.pipe(
      v.string(TO_EXPECTED),
      v.check((text) => isIP(text) !== 0 || isPrefix(text), TO_EXPECTED),
    ),
  ),
  protocol: v.optional(
    v.pipe(
      v.union([v.number(), v.string()], PROTOCOL_EXPECTED),
      v.transform((given) => (typeof given === 'number' ? given : (PROTOCOLS[given] ?? -1))),
      v.check((number) => Number.isInteger(number) && number >= 0 && number <= 255, PROTOCOL_EXPECTED),
    ),
  ),
  port: v.optional(
    v.pipe(
      v.union([v.number(), v.string()], PORT_EXPECTED),
      v.check((given) => /^\d{1,5}(-\d{1,5})?$/.test(String(given)), PORT_EXPECTED),
      v.transform((given) => String(given).split('-').map(Number) as [number, number?]),
      v.check(([lower, upper = lower]) => lower <= upper && upper <= 65_535, PORT_EXPECTED),
    ),
  ),
});
