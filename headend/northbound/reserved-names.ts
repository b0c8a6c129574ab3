import { ENROL_USER } from '@sublane/enrolment';
import { type RpcError, rpcError } from '@sublane/netconf';

/** Names that no host and no person may have: who else stands in the audit trail, and the user by which hosts enrol. */
const RESERVED: ReadonlySet<string> = new Set(['local', 'headend', ENROL_USER]);

/** Why this name may not be taken; undefined: it may. */
export function reservedName(name: string): RpcError | undefined {
  if (!RESERVED.has(name)) return undefined;
  const message = `${name} is the headend's own word; choose another name.`;
  return rpcError.invalidValue('application', { appTag: 'name-reserved', message });
}
