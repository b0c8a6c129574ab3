import type { AccessControl, Identity, Verdict } from 'netconf-server';
import type { OperatorRole } from '../store/records.ts';

/** What a session of an operator carries beside its name. */
export interface OperatorClaims {
  readonly operatorRole: OperatorRole;
}

export const hostIdentity = (hostId: string): Identity => ({ user: hostId, role: 'host' });

export const operatorIdentity = (name: string, operatorRole: OperatorRole): Identity => ({
  user: name,
  role: 'operator',
  claims: { operatorRole } satisfies OperatorClaims,
});

/** Who comes by the Unix socket: its file's permissions are the authentication. */
export const LOCAL_IDENTITY: Identity = operatorIdentity('local', 'administrator');

/**
 * Who may do what, in the shape NACM asks it (RFC 8341 §3.1).
 *
 * - A *host* calls the service rpcs, reads `headend-keys` and its own record, fetches schemas and closes its session.
 * - An *operator* does the rest; an *auditor* only looks; only an *administrator* adds and removes operators.
 */
export const ROLES: AccessControl = {
  mayInvoke({ role, claims }, module, rpc) {
    const name = `${module}:${rpc}`;
    if (role === 'host') return HOST_RPCS.has(name) ? PERMIT : deny('hosts-ask-for-service-only');
    if (role !== 'operator') return deny('role-unknown');
    if (SERVICE_MODULES.has(module)) return deny('service-rpcs-are-for-hosts');
    const { operatorRole } = claims as OperatorClaims;
    if (operatorRole === 'auditor') return AUDITOR_RPCS.has(name) ? PERMIT : deny('auditors-only-look');
    if (operatorRole !== 'administrator' && ADMINISTRATOR_RPCS.has(name)) return deny('administrators-only');
    return PERMIT;
  },
  mayRead(identity, path) {
    if (identity.role === 'operator') return PERMIT;
    return mayHostRead(identity, path) ? PERMIT : deny('hosts-see-only-themselves');
  },
  mayWrite({ role, claims }) {
    if (role !== 'operator') return deny('hosts-do-not-configure');
    return (claims as OperatorClaims).operatorRole === 'auditor' ? deny('auditors-only-look') : PERMIT;
  },
};

const PERMIT: Verdict = { permit: true };
const deny = (rule: string): Verdict => ({ permit: false, rule });

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

const SERVICE_MODULES = new Set(['ietf-subscriber-service-message', 'sublane-service']);

const HOST_RPCS = new Set([
  'ietf-subscriber-service-message:subscriber-service-message',
  'sublane-service:get-available-services',
  'sublane-service:get-service',
  'sublane-service:renew-service',
  'sublane-service:release-service',
  'sublane-service:report-service',
  'sublane-service:confirm-modification',
  // <get> itself; what it shows is for mayRead to say.
  'ietf-netconf:get',
  'ietf-netconf:close-session',
  'ietf-netconf-monitoring:get-schema',
]);

const AUDITOR_RPCS = new Set([
  'sublane-headend:get-status',
  'sublane-headend:list-locations',
  'sublane-headend:list-pools',
  'sublane-headend:list-subscribers',
  'sublane-headend:list-hosts',
  'sublane-headend:list-operators',
  'sublane-headend:list-leases',
  'sublane-headend:list-quarantine',
  'sublane-headend:list-sessions',
  'sublane-headend:list-audit',
  'ietf-netconf:get',
  'ietf-netconf:get-config',
  'ietf-netconf:close-session',
  'ietf-netconf-monitoring:get-schema',
]);

const ADMINISTRATOR_RPCS = new Set(['sublane-headend:add-operator', 'sublane-headend:remove-operator']);
