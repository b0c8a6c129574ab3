import { ENROL_USER } from '@sublane/enrolment';
import type { Identity } from 'netconf-server';
import type { OperatorRole } from '../store/records.ts';
import type { KeyClaims } from './revocations.ts';

/** What a session of an operator carries beside its name. */
export interface OperatorClaims extends Partial<KeyClaims> {
  readonly operatorRole: OperatorRole;
}

/** `since`: see `Revocations`. */
export const hostIdentity = (hostId: string, since = 0): Identity => ({
  user: hostId,
  role: 'host',
  claims: { since } satisfies KeyClaims,
});

/** `since`: see `Revocations`; absent: whoever it is came by no key. */
export const operatorIdentity = (name: string, operatorRole: OperatorRole, since?: number): Identity => ({
  user: name,
  role: 'operator',
  claims: { operatorRole, ...(since !== undefined && { since }) } satisfies OperatorClaims,
});

/** What a session of the user `enrol` carries. */
export interface EnrolClaims {
  /** Of the secret it came with. */
  readonly digest: Uint8Array;
}

/** Who came with an invitation; each is a user of its own, so that none uses up what others may have. */
export const enrolIdentity = (invitation: string, digest: Uint8Array): Identity => ({
  user: `${ENROL_USER}#${invitation}`,
  role: 'enrol',
  claims: { digest } satisfies EnrolClaims,
});

/** Who comes by the Unix socket: its file's permissions are the authentication. */
export const LOCAL_IDENTITY: Identity = operatorIdentity('local', 'administrator');

/** Whom rights are given to: groups of NACM that come from outside it (RFC 8341 §3.3.2). */
export type RoleGroup = 'host' | 'enrol' | OperatorRole;

/** The group of a session; none where it is nobody we know, who may do nothing. */
export function groupsOf({ role, claims }: Identity): readonly RoleGroup[] {
  if (role === 'host' || role === 'enrol') return [role];
  const group = role === 'operator' ? (claims as OperatorClaims | undefined)?.operatorRole : undefined;
  return group !== undefined && STAFF.has(group) ? [group] : [];
}

const STAFF: ReadonlySet<string> = new Set<OperatorRole>(['operator', 'auditor', 'administrator']);
