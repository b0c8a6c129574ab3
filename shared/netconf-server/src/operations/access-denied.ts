import type { Log } from '@sublane/basics';
import { type ErrorDetail, type RpcError, rpcError, xmlElement } from '@sublane/netconf';
import type { AccessControl, Refusal } from '../access.ts';
import type { AccessRefused, ServerEvents } from '../events.ts';
import { notify } from '../notify.ts';
import type { Session } from '../session.ts';

/** Of `<refused-by>` in an error-info: what a peer that may know is told beside the message. */
export const ACCESS_NAMESPACE = 'urn:sublane:netconf-server:access';

/** Reports a refusal to log, events and counters; what refused goes to the peer only if it may know. */
export function accessDenied(
  session: Session,
  refusal: Refusal,
  what: Pick<AccessRefused, 'access' | 'target'>,
  { access, events, log }: { readonly access: AccessControl; readonly events: ServerEvents; readonly log: Log },
  detail: ErrorDetail = {},
): RpcError {
  const { rule, decidedBy } = refusal;
  log.info({ session: session.id, user: session.identity.user, ...what, rule }, 'access refused');
  notify(events, log, 'accessRefused', { session, ...what, rule, ...(decidedBy && { decidedBy }) });
  access.refused?.(what.access);
  if (!access.mayKnow?.(session.identity)) {
    return rpcError.accessDenied('application', { ...detail, message: 'access denied' });
  }
  const named = decidedBy === undefined || decidedBy.kind === 'rule' ? `rule ${rule}` : rule;
  return rpcError.accessDenied('application', {
    ...detail,
    message: `access denied (${named})`,
    info: [...(detail.info ?? []), refusedBy(refusal)],
  });
}

/** `<rule-list>` and `<rule>`; or the `<default>`, `<statement>` or `<section>` that decided where no rule did. */
function refusedBy({ rule, decidedBy }: Refusal) {
  const leaf = (name: string, value: string) => xmlElement(name, ACCESS_NAMESPACE, value);
  const parts = () => {
    switch (decidedBy?.kind) {
      case 'rule':
        return [leaf('rule-list', decidedBy.ruleList), leaf('rule', decidedBy.rule)];
      case 'default':
        return [leaf('default', decidedBy.leaf)];
      case 'statement':
        return [leaf('statement', decidedBy.statement)];
      case 'standard':
        return [leaf('section', decidedBy.section)];
      default:
        return [leaf('rule', rule)];
    }
  };
  return xmlElement('refused-by', ACCESS_NAMESPACE, parts());
}
