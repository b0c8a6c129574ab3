import { failed, ok, type Result } from '@sublane/basics';
import { attributeValue, BASE_NAMESPACE, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { OperationContext } from '../operations/operation.ts';
import { applySubtreeFilter } from '../subtree-filter.ts';
import type { EventFilter } from './subscription.ts';

/**
 * RFC 5277 §2.1.1: "The format of this parameter is the same as that of the filter parameter in the NETCONF protocol
 * operations." What it selects something of is sent whole (§5.1). Undefined where there is none.
 */
export function eventFilter(
  filter: XmlElement | undefined,
  context: Pick<OperationContext, 'schema'>,
): Result<EventFilter | undefined, RpcError> {
  if (filter === undefined) return ok(undefined);
  const type = attributeValue(filter, 'type') ?? attributeValue(filter, 'type', BASE_NAMESPACE) ?? 'subtree';
  if (type === 'subtree') return ok(subtreeEventFilter(filter, context));
  return failed(rpcError.badAttribute('protocol', 'type', 'filter', { message: 'expected subtree' }));
}

/** The children of `filter` against the notification's element. */
export function subtreeEventFilter(filter: XmlElement, { schema }: Pick<OperationContext, 'schema'>): EventFilter {
  return ({ element }) => applySubtreeFilter(filter, [element], schema).length > 0;
}
