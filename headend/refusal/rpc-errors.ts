import { unreachable } from '@sublane/basics';
import {
  BASE_NAMESPACE,
  type ErrorDetail,
  type RpcError,
  rpcError,
  type XmlElement,
  xmlElement,
} from '@sublane/netconf';
import type { Refusal } from './refusal.ts';
import { type GroupElement, type RefusalFacts, refusalFacts } from './refusal-facts.ts';

/** Where `refusal` in error-info is defined (grouping `refusal`). */
export const SERVICE_NAMESPACE = 'urn:sublane:params:xml:ns:yang:sublane-service';
const MESSAGE_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-subscriber-service-message';

/** One `<rpc-error>` for each refusal, in their order. */
export function refusalsToRpcErrors(refusals: readonly Refusal[]): RpcError[] {
  return refusals.map(refusalToRpcError);
}

export function refusalToRpcError(refusal: Refusal): RpcError {
  const facts = refusalFacts(refusal);
  const { tag, code, message } = facts;
  const path = pathOf(facts);
  const info = infoOf(facts);
  const detail: ErrorDetail = { message, appTag: code, ...(path && { path }), ...(info && { info: [info] }) };
  const element = facts.element ?? 'application-group';
  switch (tag) {
    case 'access-denied':
      return rpcError.accessDenied('application', detail);
    case 'resource-denied':
      return rpcError.resourceDenied('application', detail);
    case 'invalid-value':
      return rpcError.invalidValue('application', detail);
    case 'missing-element':
      return rpcError.missingElement('application', element, detail);
    case 'bad-element':
      return rpcError.badElement('application', element, detail);
    case 'data-missing':
      return rpcError.dataMissing(detail);
    case 'data-exists':
      return rpcError.dataExists(detail);
    case 'in-use':
      return rpcError.inUse('application', detail);
    case 'operation-failed':
      return rpcError.operationFailed('application', detail);
    default:
      return unreachable(tag);
  }
}

const GROUP_ELEMENTS: ReadonlySet<string> = new Set<GroupElement>(['bandwidth', 'security', 'application-list']);

/** The leaf to blame in subscriber-service-message, the one rpc whose refusals blame a leaf. */
function pathOf({ element, groupId }: RefusalFacts): ErrorDetail['path'] {
  if (element === undefined) return undefined;
  const group = groupId === undefined ? 'ssm:application-group' : `ssm:application-group[ssm:id='${groupId}']`;
  // The one leaf that an augment of another module put there.
  const augmented = element === 'wireguard-public-key';
  const whole = augmented ? `sl:${element}` : `ssm:${element}`;
  const leaf = GROUP_ELEMENTS.has(element) ? `${group}/ssm:${element}` : whole;
  return {
    xpath: `/nc:rpc/ssm:subscriber-service-message/${leaf}`,
    namespaces: { nc: BASE_NAMESPACE, ssm: MESSAGE_NAMESPACE, ...(augmented && { sl: SERVICE_NAMESPACE }) },
  };
}

function infoOf({ groupId, rule, pool, location, direction, left, retryAfter }: RefusalFacts): XmlElement | undefined {
  const leaves = (
    [
      ['group-id', groupId],
      ['rule', rule],
      ['pool', pool],
      ['location', location],
      ['direction', direction],
      ['left', left],
      ['retry-after', retryAfter],
    ] as const
  ).filter(([, value]) => value !== undefined);
  if (leaves.length === 0) return undefined;
  return xmlElement(
    'refusal',
    SERVICE_NAMESPACE,
    leaves.map(([name, value]) => xmlElement(name, SERVICE_NAMESPACE, String(value))),
  );
}
