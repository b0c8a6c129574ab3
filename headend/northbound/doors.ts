import { type Bytes, bytes, type Clock, type Log, milliseconds } from '@sublane/basics';
import { ENROL_USER } from '@sublane/enrolment';
import {
  type Admission,
  type AuthenticationAttempt,
  type CloseReason,
  type Identity,
  type Method,
  type Newcomer,
  reasonText,
  type ServerEvents,
  type Session,
} from 'netconf-server';
import { NotedOnce } from '../service/noted-once.ts';
import type { AuditEntry } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { EnrolDoor } from './enrol-door.ts';
import type { HostSessions } from './host-sessions.ts';
import { canonicalAddress } from './peer-address.ts';
import type { Revocations } from './revocations.ts';
import { hostIdentity, operatorIdentity } from './roles.ts';
import { WITHDRAWN } from './withdraw.ts';

export interface DoorParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly hostSessions: HostSessions;
  readonly enrolDoor: EnrolDoor;
  readonly revocations: Revocations;
}

/** What is offered to whom: a password opens nothing but the way to enrol, and that nothing else does. */
export const methodsOf = (user: string): readonly Method[] => (user === ENROL_USER ? ['password'] : ['publickey']);

/**
 * Who comes in, by the key it proved: the SSH user is the host-id of an enrolled host (RFC 6242 §3 leaves the mapping to
 * the server), or else the name of an operator. A password is a newcomer's, and opens nothing else.
 */
export function authenticateBy(parts: Pick<DoorParts, 'store' | 'enrolDoor' | 'revocations'>) {
  const { store, enrolDoor, revocations } = parts;
  return async ({ user, peer, ...attempt }: AuthenticationAttempt): Promise<Identity | undefined> => {
    if (attempt.method === 'password') {
      return user === ENROL_USER ? enrolDoor.enter(attempt.password, peer.address) : undefined;
    }
    const since = revocations.present;
    const line = `${attempt.key.algorithm} ${attempt.key.data.toString('base64')}`;
    const host = await store.hosts.find(user);
    if (host !== undefined && host.revokedAt === undefined && host.publicKey === line) return hostIdentity(user, since);
    const operator = await store.operators.find(user);
    if (operator !== undefined && operator.publicKey === line) return operatorIdentity(user, operator.role, since);
    return undefined;
  };
}

/** A host has one session: a second one closes the first. An invitation has few. */
export function admitBy({ revocations }: Pick<DoorParts, 'revocations'>) {
  return ({ identity }: Newcomer, sessions: readonly Session[]): Admission =>
    revocations.concern(identity) ? { admit: false, reason: TOO_LATE } : admitOne(identity, sessions);
}

function admitOne(identity: Identity, sessions: readonly Session[]): Admission {
  if (identity.role === 'enrol') {
    const open = sessions.filter((one) => one.identity.user === identity.user).length;
    return open < ENROL_SESSIONS ? { admit: true } : { admit: false, reason: 'this token is being used' };
  }
  if (identity.role !== 'host') return { admit: true };
  const replaces = sessions.filter((open) => open.identity.role === 'host' && open.identity.user === identity.user);
  return { admit: true, replaces, reason: REPLACED };
}

const TOO_LATE = 'the right to come in ended meanwhile';
const REPLACED = 'replaced by a newer session of the same host';

/** What a host or newcomer asks for is short: nobody but staff has the server read megabytes. */
export const messageLimitOf = ({ role }: Identity): Bytes | undefined =>
  role === 'operator' ? undefined : bytes(256 << 10);

/** Of one invitation at a time. */
const ENROL_SESSIONS = 4;

const MINUTE = milliseconds(60_000);
/** Beginnings and ends of one host's sessions that are noted in a minute. */
const SESSION_ROWS = 40;
/** Of one person's sessions, and of what is refused to one person. */
const STAFF_ROWS = 200;

/** Sessions of hosts and of people by SSH leave their mark in the audit trail. The server's own log has the rest. */
export function doorEvents(parts: DoorParts): ServerEvents {
  const { store, clock, log, hostSessions, enrolDoor, revocations } = parts;
  const audit = (entry: Omit<AuditEntry, 'at'>) => {
    void store.audit.append([{ ...entry, at: clock.now() }]).then((written) => {
      if (!written.ok)
        log.error({ event: entry.event, refusal: written.failure.kind }, 'the audit trail was not written');
    });
  };
  const refused = new NotedOnce(MINUTE);
  const sessions = new NotedOnce(MINUTE, SESSION_ROWS);
  const staff = { refused: new NotedOnce(MINUTE, STAFF_ROWS), sessions: new NotedOnce(MINUTE, STAFF_ROWS) };
  /** Who comes and goes all the time fills no store. */
  const auditSession = ({ role, user }: Identity, entry: Omit<AuditEntry, 'at'>) => {
    const unnoted = (role === 'operator' ? staff.sessions : sessions).note(user, clock.now());
    if (unnoted === undefined) return;
    audit({ ...entry, detail: { ...entry.detail, ...(unnoted > 0 && { unnoted }) } });
  };
  return {
    sessionOpened(session) {
      const { role } = session.identity;
      if (role === 'host') hostSessions.opened(session);
      if (session.identity.role === 'enrol') enrolDoor.opened(session);
      if (session.transport !== 'unix') auditSession(session.identity, sessionEntry('session-opened', session));
      // It was not among the sessions that were closed then; what it sent with its hello is not looked at.
      if (revocations.concern(session.identity)) session.close(role === 'host' ? WITHDRAWN.host : TOO_LATE);
    },
    sessionClosed(session, reason) {
      if (session.identity.role === 'host') hostSessions.closed(session);
      if (session.transport === 'unix') return;
      const replaced = reason.kind === 'other' && reason.detail === REPLACED;
      const event = replaced ? 'session-replaced' : 'session-closed';
      auditSession(session.identity, sessionEntry(event, session, reason));
    },
    accessRefused({ session: { identity }, target, rule }) {
      const entry = { event: 'request-refused', actor: identity.user } as const;
      const detail = { code: 'access-denied', rule, target };
      // Who goes on asking for what they may not do fills no store: how often is in their next row.
      const unnoted = (identity.role === 'operator' ? staff.refused : refused).note(identity.user, clock.now());
      if (unnoted === undefined) return;
      const host = identity.role === 'host' ? { hostId: identity.user } : {};
      audit({ ...entry, ...host, detail: { ...detail, ...(unnoted > 0 && { unnoted }) } });
    },
  };
}

function sessionEntry(
  event: 'session-opened' | 'session-closed' | 'session-replaced',
  { id, identity, peer, transport }: Session,
  reason?: CloseReason,
): Omit<AuditEntry, 'at'> {
  const address = peer && canonicalAddress(peer.address);
  return {
    event,
    actor: identity.user,
    ...(identity.role === 'host' && { hostId: identity.user }),
    detail: {
      session: id,
      transport,
      ...(address !== undefined && { peer: address }),
      ...(reason && { reason: reasonText(reason) }),
    },
  };
}
