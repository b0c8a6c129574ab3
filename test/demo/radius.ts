import { type Freeradius, type FreeradiusUser, radclient, startFreeradius } from '../interop/freeradius.ts';
import type { Namespace } from '../lab/index.ts';

export type { Freeradius };

export const REALM = 'corp.example';
export const RADIUS_NAMES = { alice: `alice@${REALM}`, bob: `bob@${REALM}` } as const;
export const RADIUS_SECRET = 'between headend and AAA';
export const ALICES_PASSWORD = 'correct horse battery staple';

/** Who is known, and what each may have: Filter-Id names a plan. */
export const users = (plan: { readonly alice: string }): readonly FreeradiusUser[] => [
  {
    name: RADIUS_NAMES.alice,
    password: ALICES_PASSWORD,
    reply: { 'Filter-Id': plan.alice, Class: 'contract 17', 'Acct-Interim-Interval': 60 },
  },
  { name: RADIUS_NAMES.bob, reply: { 'Filter-Id': 'basic' } },
];

const within = ({ prefix }: Namespace) => ['setpriv', '--pdeathsig', 'KILL', ...prefix];

/** FreeRADIUS where the headend is, on 127.0.0.1. */
export function startRadius(edge: Namespace): Promise<Freeradius> {
  return startFreeradius({ users: users({ alice: 'gold' }), secret: RADIUS_SECRET, within: within(edge) });
}

/** What an AAA says to end the lanes that these attributes name; the answer. */
export function disconnect(edge: Namespace, attributes: readonly string[]) {
  return radclient({
    within: within(edge),
    port: 3799,
    secret: RADIUS_SECRET,
    kind: 'disconnect',
    attributes: [...attributes, 'Message-Authenticator=0x00', `Event-Timestamp=${Math.floor(Date.now() / 1000)}`],
  });
}
