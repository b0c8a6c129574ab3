import { ENROL_USER } from '@sublane/enrolment';
import { type AccessControl, accessByPath, type Identity, type Verdict } from 'netconf-server';
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

/** Whom rights are given to. In NACM each is a group (RFC 8341 §3.2.4). */
export type RoleGroup = 'host' | 'enrol' | OperatorRole;

/** What a host asks for itself. */
const ASK_FOR_SERVICE = [
  'ietf-subscriber-service-message:subscriber-service-message',
  'sublane-service:get-available-services',
  'sublane-service:get-service',
  'sublane-service:renew-service',
  'sublane-service:release-service',
  'sublane-service:report-service',
  'sublane-service:confirm-modification',
];
const ENROL = ['sublane-service:enrol-host'];
const CLOSE = ['ietf-netconf:close-session'];
/** `get` itself; what it shows is for `mayRead` to say. */
const GET = ['ietf-netconf:get', 'ietf-netconf-monitoring:get-schema'];
const LOOK = [
  'ietf-netconf:get-config',
  'sublane-headend:get-status',
  'sublane-headend:list-locations',
  'sublane-headend:list-pools',
  'sublane-headend:list-subscribers',
  'sublane-headend:list-hosts',
  'sublane-headend:list-invitations',
  'sublane-headend:list-operators',
  'sublane-headend:list-leases',
  'sublane-headend:list-quarantine',
  'sublane-headend:list-sessions',
  'sublane-headend:list-audit',
  'sublane-headend:list-commits',
  'sublane-headend:get-commit',
  'sublane-headend:compare-configurations',
];
const CHANGE = [
  'ietf-netconf:lock',
  'ietf-netconf:unlock',
  'ietf-netconf:edit-config',
  'ietf-netconf:copy-config',
  'ietf-netconf:delete-config',
  'ietf-netconf:validate',
  'ietf-netconf:commit',
  'ietf-netconf:discard-changes',
  'ietf-netconf:cancel-commit',
  'ietf-netconf:kill-session',
  'sublane-headend:add-subscriber',
  'sublane-headend:set-subscriber',
  'sublane-headend:remove-subscriber',
  'sublane-headend:add-host',
  'sublane-headend:invite-host',
  'sublane-headend:remove-invitation',
  'sublane-headend:revoke-host',
  'sublane-headend:release-lease',
  'sublane-headend:release-quarantine',
  'sublane-headend:test-policy-hook',
];
const MAKE_OPERATORS = ['sublane-headend:add-operator', 'sublane-headend:remove-operator'];

/**
 * Who may call what, and nothing else: a list of rules as NACM has them (RFC 8341 §3.4.4), default deny. `refusal`
 * names the rule by which the group is refused all that is not listed for it.
 */
const RIGHTS: Readonly<Record<RoleGroup, { readonly invoke: ReadonlySet<string>; readonly refusal: string }>> = {
  host: { invoke: new Set([...ASK_FOR_SERVICE, ...GET, ...CLOSE]), refusal: 'hosts-ask-for-service-only' },
  enrol: { invoke: new Set([...ENROL, ...CLOSE]), refusal: 'newcomers-only-enrol' },
  auditor: { invoke: new Set([...LOOK, ...GET, ...CLOSE]), refusal: 'auditors-only-look' },
  operator: { invoke: new Set([...LOOK, ...CHANGE, ...GET, ...CLOSE]), refusal: 'operators-do-not' },
  administrator: {
    invoke: new Set([...LOOK, ...CHANGE, ...MAKE_OPERATORS, ...GET, ...CLOSE]),
    refusal: 'administrators-do-not',
  },
};

/** Who may do what, in the shape NACM asks it (RFC 8341 §3.1). */
export const ROLES: AccessControl = {
  mayInvoke(identity, module, rpc) {
    const group = groupOf(identity);
    if (group === undefined) return deny('role-unknown');
    const { invoke, refusal } = RIGHTS[group];
    const name = `${module}:${rpc}`;
    if (invoke.has(name)) return PERMIT;
    if (identity.role !== 'operator') return deny(refusal);
    if (ASK_FOR_SERVICE.includes(name) || ENROL.includes(name)) return deny('service-rpcs-are-for-hosts');
    return deny(group === 'operator' && MAKE_OPERATORS.includes(name) ? 'administrators-only' : refusal);
  },
  /** Nothing secret is in any data: all who work here may read them. A host reads its own; a newcomer nothing. */
  data(identity) {
    const group = groupOf(identity);
    return accessByPath((path, operation) => {
      if (operation !== 'read') {
        if (group === 'operator' || group === 'administrator') return PERMIT;
        return deny(group === 'auditor' ? 'auditors-only-look' : 'hosts-do-not-configure');
      }
      if (group === 'host') return mayHostRead(identity, path) ? PERMIT : deny('hosts-see-only-themselves');
      if (group === undefined) return deny('role-unknown');
      return group === 'enrol' ? deny('newcomers-only-enrol') : PERMIT;
    });
  },
  mayReceive(identity, module) {
    const group = groupOf(identity);
    if (group === undefined) return deny('role-unknown');
    if (group === 'enrol') return deny('newcomers-only-enrol');
    return group !== 'host' || module === 'sublane-service' ? PERMIT : deny('hosts-see-only-themselves');
  },
  mayKnow: ({ role }) => role === 'operator',
};

const PERMIT: Verdict = { permit: true };
const deny = (rule: string): Verdict => ({ permit: false, rule });

/** The group of a session; undefined: none that is known, which may do nothing. */
function groupOf({ role, claims }: Identity): RoleGroup | undefined {
  const group = role === 'operator' ? (claims as OperatorClaims | undefined)?.operatorRole : role;
  const known = group !== undefined && Object.hasOwn(RIGHTS, group) && (role === 'operator') === STAFF.has(group);
  return known ? (group as RoleGroup) : undefined;
}

const STAFF: ReadonlySet<string> = new Set<OperatorRole>(['operator', 'auditor', 'administrator']);

function mayHostRead({ user }: Identity, path: string): boolean {
  const own = `/sublane-service:hosts/host[host-id='${user}']`;
  return (
    path === '/sublane-service:hosts' ||
    path === own ||
    path.startsWith(`${own}/`) ||
    path === '/sublane-service:headend-keys' ||
    path.startsWith('/sublane-service:headend-keys/')
  );
}
