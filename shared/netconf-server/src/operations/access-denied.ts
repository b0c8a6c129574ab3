import type { Log } from '@sublane/basics';
import { type ErrorDetail, type RpcError, rpcError } from '@sublane/netconf';
import type { AccessRefused, ServerEvents } from '../events.ts';
import { notify } from '../notify.ts';
import type { Session } from '../session.ts';

/** Those who may know which rule refused them. */
const MAY_KNOW = 'operator';

/** Reports a refusal to log and events; its rule goes to the peer only if that is an operator. */
export function accessDenied(
  session: Session,
  rule: string,
  what: Pick<AccessRefused, 'access' | 'target'>,
  { events, log }: { readonly events: ServerEvents; readonly log: Log },
  detail: ErrorDetail = {},
): RpcError {
  log.info({ session: session.id, user: session.identity.user, ...what, rule }, 'access refused');
  notify(events, log, 'accessRefused', { session, ...what, rule });
  const told = session.identity.role === MAY_KNOW ? ` (rule ${rule})` : '';
  return rpcError.accessDenied('application', { ...detail, message: `access denied${told}` });
}
