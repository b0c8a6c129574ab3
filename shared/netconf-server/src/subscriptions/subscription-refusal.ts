import { type RpcError, rpcError, type XmlElement, xmlElement } from '@sublane/netconf';
import { PUSH_MODULE, PUSH_NAMESPACE, SUBSCRIBED_MODULE, SUBSCRIBED_NAMESPACE } from './names.ts';

/**
 * Why a subscription is not as its subscriber wants it: identities of RFC 8639 §2.4.6 and RFC 8641 Appendix A.1, each with
 * the error-tag that RFC 8640 §7 gives it.
 */
const REASONS = {
  'encoding-unsupported': { module: SUBSCRIBED_MODULE, error: rpcError.invalidValue },
  'filter-unsupported': { module: SUBSCRIBED_MODULE, error: rpcError.invalidValue },
  'insufficient-resources': { module: SUBSCRIBED_MODULE, error: rpcError.resourceDenied },
  'no-such-subscription': { module: SUBSCRIBED_MODULE, error: rpcError.invalidValue },
  'replay-unsupported': { module: SUBSCRIBED_MODULE, error: rpcError.operationNotSupported },
  'datastore-not-subscribable': { module: PUSH_MODULE, error: rpcError.invalidValue },
  'no-such-subscription-resync': { module: PUSH_MODULE, error: rpcError.invalidValue },
  'on-change-unsupported': { module: PUSH_MODULE, error: rpcError.operationNotSupported },
  'on-change-sync-unsupported': { module: PUSH_MODULE, error: rpcError.operationNotSupported },
  'period-unsupported': { module: PUSH_MODULE, error: rpcError.invalidValue },
  'update-too-big': { module: PUSH_MODULE, error: rpcError.tooBig },
  'sync-too-big': { module: PUSH_MODULE, error: rpcError.tooBig },
} as const;

export type RefusalReason = keyof typeof REASONS;

/** What would have a better chance (RFC 8641 §5, grouping `hints`). */
export interface Hints {
  /** Where or why the filter would not do. */
  readonly filterFailure?: string;
  /** In hundredths of a second. */
  readonly period?: number;
  readonly kilobytesEstimate?: number;
  readonly kilobytesLimit?: number;
}

/** The structures that error-info may hold, by what was asked (RFC 8639 §2.4.6, RFC 8641 §4.4). */
const STRUCTURES = {
  'establish-stream': { namespace: SUBSCRIBED_NAMESPACE, name: 'establish-subscription-stream-error-info' },
  'modify-stream': { namespace: SUBSCRIBED_NAMESPACE, name: 'modify-subscription-stream-error-info' },
  'establish-datastore': { namespace: PUSH_NAMESPACE, name: 'establish-subscription-datastore-error-info' },
  'modify-datastore': { namespace: PUSH_NAMESPACE, name: 'modify-subscription-datastore-error-info' },
  delete: { namespace: SUBSCRIBED_NAMESPACE, name: 'delete-subscription-error-info' },
  resync: { namespace: PUSH_NAMESPACE, name: 'resync-subscription-error' },
} as const;

export type Asked = keyof typeof STRUCTURES;

/**
 * The identity stands in error-app-tag with its module's name (RFC 8640 §7), and in error-info as the RPC's own
 * structure: "This yang-data MUST be inserted if hints are to be provided back to the subscriber" (RFC 8639 §4).
 */
export function subscriptionRefusal(asked: Asked, reason: RefusalReason, message: string, hints: Hints = {}): RpcError {
  const { namespace, name } = STRUCTURES[asked];
  const { module, error } = REASONS[reason];
  const of = module === PUSH_MODULE ? PUSH_NAMESPACE : SUBSCRIBED_NAMESPACE;
  const children: XmlElement[] = [xmlElement('reason', namespace, `why:${reason}`, { prefixes: { why: of } })];
  for (const [leaf, value] of [
    ['period-hint', hints.period],
    ['filter-failure-hint', hints.filterFailure],
    ['kilobytes-estimate', hints.kilobytesEstimate],
    ['kilobytes-limit', hints.kilobytesLimit],
  ] as const) {
    if (value !== undefined) children.push(xmlElement(leaf, namespace, String(value)));
  }
  return error('application', {
    message,
    appTag: `${module}:${reason}`,
    info: [xmlElement(name, namespace, children)],
  });
}
