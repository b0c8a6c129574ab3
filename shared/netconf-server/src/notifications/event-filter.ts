import { ok, type Result } from '@sublane/basics';
import type { RpcError, XmlElement } from '@sublane/netconf';
import { readFilter } from '../filter/read-filter.ts';
import type { OperationContext } from '../operations/operation.ts';
import type { EventFilter } from './subscription.ts';

/** Events are small: an expression that looks at more nodes than this is no filter of them. */
const STEPS_FOR_AN_EVENT = 100_000;

/**
 * RFC 5277 §2.1.1: "The format of this parameter is the same as that of the filter parameter in the NETCONF protocol
 * operations." What it selects something of is sent whole (§5.1). Undefined where there is none.
 */
export function eventFilter(
  filter: XmlElement | undefined,
  { schema }: Pick<OperationContext, 'schema'>,
): Result<EventFilter | undefined, RpcError> {
  const read = readFilter(filter, schema, { steps: STEPS_FOR_AN_EVENT });
  if (!read.ok || read.value === undefined) return read as Result<undefined, RpcError>;
  const { select } = read.value;
  return ok(({ element }) => {
    const selected = select([element]);
    // What takes too long for this one is not true of it.
    return selected.ok && selected.value.length > 0;
  });
}
