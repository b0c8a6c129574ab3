import { type Seconds, seconds } from '@sublane/basics';
import * as v from 'valibot';
import type { OperatorRole } from '../store/records.ts';
import { splitPlace } from './host-port.ts';
import { members } from './members.ts';
import { integer, oneOf } from './value-schemas.ts';

/** A management system that the headend calls (RFC 8071). */
export interface CallHomeSettings {
  readonly name: string;
  /** Tried in turn; the port is the transport's own unless given. */
  readonly endpoints: readonly { readonly host: string; readonly port?: number }[];
  readonly transport: 'ssh' | 'tls';
  /** Nobody else comes in by this connection; anyone who works here where absent. */
  readonly user?: string;
  /** Nor anyone of another role. */
  readonly role?: OperatorRole;
  /** A connection so often; absent: one all the time. */
  readonly every?: Seconds;
  /** After how long a silence it ends, where it is one of `every`. */
  readonly idle?: Seconds;
}

const PLACE_EXPECTED = 'expected HOST or HOST:PORT, as noc.example, 192.0.2.7:4334 or [2001:db8::7]:4335';
const place = v.pipe(
  v.string(PLACE_EXPECTED),
  v.check((text) => splitPlace(text) !== undefined, PLACE_EXPECTED),
);
const name = v.pipe(v.string('expected a name'), v.regex(/^[^\s\p{Cc}]{1,64}$/u, 'expected up to 64 characters'));
const DAY = 86_400;

const client = v.pipe(
  members({
    name,
    address: v.union([place, v.pipe(v.array(place), v.minLength(1, PLACE_EXPECTED))], PLACE_EXPECTED),
    transport: v.optional(oneOf(['ssh', 'tls']), 'ssh'),
    user: v.optional(name),
    role: v.optional(oneOf(['operator', 'auditor', 'administrator'] satisfies OperatorRole[])),
    every: v.optional(integer(60, 31 * DAY)),
    idle: v.optional(integer(1, DAY)),
  }),
  v.check((one) => one.idle === undefined || one.every !== undefined, 'idle: only where there is every'),
);

export const callHomeSchema = v.pipe(
  v.array(client, 'expected a list of clients to call'),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [index, { name }] of dataset.value.entries()) {
      if (dataset.value.findIndex((one) => one.name === name) < index)
        addIssue({ message: `two clients have the name ${name}` });
    }
  }),
);

export function readCallHome(given: v.InferOutput<typeof callHomeSchema>): readonly CallHomeSettings[] {
  return given.map(({ name, address, transport, user, role, every, idle }) => ({
    name,
    endpoints: [address].flat().map((one) => splitPlace(one)!),
    transport,
    ...(user !== undefined && { user }),
    ...(role !== undefined && { role }),
    ...(every !== undefined && { every: seconds(every) }),
    ...(idle !== undefined && { idle: seconds(idle) }),
  }));
}
