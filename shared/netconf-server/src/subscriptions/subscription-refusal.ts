import { type RpcError, rpcError, type XmlElement, xmlElement } from '@sublane/netconf';
import { PUSH_MODULE, PUSH_NAMESPACE, SUBSCRIBED_MODULE, SUBSCRIBED_NAMESPACE } from './names.ts';

/** Why a subscription is not as its subscriber wants it: identities of RFC 8639 §2.4.6 and RFC 8641 §4.4. */
const REASONS = {
  'encoding-unsupported': SUBSCRIBED_MODULE,
  'filter-unsupported': SUBSCRIBED_MODULE,
  'insufficient-resources': SUBSCRIBED_MODULE,
  'no-such-subscription': SUBSCRIBED_MODULE,
  'replay-unsupported': SUBSCRIBED_MODULE,
  'datastore-not-subscribable': PUSH_MODULE,
  'no-such-subscription-resync': PUSH_MODULE,
  'on-change-unsupported': PUSH_MODULE,
  'on-change-sync-unsupported': PUSH_MODULE,
  'period-unsupported': PUSH_MODULE,
  'update-too-big': PUSH_MODULE,
  'sync-too-big': PUSH_MODULE,
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
  const module = REASONS[reason];
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
  return rpcError.operationFailed('application', {
    message,
    appTag: `${module}:${reason}`,
    info: [xmlElement(name, namespace, children)],
  });
}
