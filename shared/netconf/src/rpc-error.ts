import { BASE_NAMESPACE } from './namespaces.ts';
import { type XmlElement, xmlElement } from './xml-element.ts';

/** RFC 6241 Appendix A. */
export const ERROR_TAGS = [
  'in-use',
  'invalid-value',
  'too-big',
  'missing-attribute',
  'bad-attribute',
  'unknown-attribute',
  'missing-element',
  'bad-element',
  'unknown-element',
  'unknown-namespace',
  'access-denied',
  'lock-denied',
  'resource-denied',
  'rollback-failed',
  'data-exists',
  'data-missing',
  'operation-not-supported',
  'operation-failed',
  'partial-operation',
  'malformed-message',
] as const;
export type ErrorTag = (typeof ERROR_TAGS)[number];

/** The layer that found the error (RFC 6241 §4.3). */
export const ERROR_TYPES = ['transport', 'rpc', 'protocol', 'application'] as const;
export type ErrorType = (typeof ERROR_TYPES)[number];

/** One `<rpc-error>` (RFC 6241 §4.3). Make it with `rpcError`, which knows what each tag must carry. */
export interface RpcError {
  readonly type: ErrorType;
  readonly tag: ErrorTag;
  readonly severity: 'error' | 'warning';
  /** A stable code of the data model or the implementation. */
  readonly appTag?: string;
  readonly path?: ErrorPath;
  /** A sentence for a person, in English. */
  readonly message?: string;
  /** Children of `<error-info>`: the tag's own first, then the data model's. */
  readonly info?: readonly XmlElement[];
}

/** The node to blame: an absolute XPath, and the prefixes it uses. */
export interface ErrorPath {
  readonly xpath: string;
  readonly namespaces: Readonly<Record<string, string>>;
}

export interface ErrorDetail {
  readonly message?: string;
  readonly appTag?: string;
  readonly path?: ErrorPath;
  /** Further children of `<error-info>`, of namespaces of their own. */
  readonly info?: readonly XmlElement[];
}

type Upper = 'protocol' | 'application';

/** One constructor for each tag of RFC 6241 Appendix A, with the error-types and the error-info it allows and demands. */
export const rpcError = {
  /** The request needs a resource that is in use already. */
  inUse: (type: Upper, detail?: ErrorDetail) => make(type, 'in-use', detail),
  /** The request has an unacceptable value for one or more parameters. */
  invalidValue: (type: Upper, detail?: ErrorDetail) => make(type, 'invalid-value', detail),
  /** The request, or the response to it, is larger than the implementation can handle. */
  tooBig: (type: ErrorType, detail?: ErrorDetail) => make(type, 'too-big', detail),
  /** An expected attribute is missing. */
  missingAttribute: (type: Exclude<ErrorType, 'transport'>, attribute: string, element: string, detail?: ErrorDetail) =>
    make(type, 'missing-attribute', detail, [
      ['bad-attribute', attribute],
      ['bad-element', element],
    ]),
  /** An attribute has a wrong value. */
  badAttribute: (type: Exclude<ErrorType, 'transport'>, attribute: string, element: string, detail?: ErrorDetail) =>
    make(type, 'bad-attribute', detail, [
      ['bad-attribute', attribute],
      ['bad-element', element],
    ]),
  /** An unexpected attribute is present. */
  unknownAttribute: (type: Exclude<ErrorType, 'transport'>, attribute: string, element: string, detail?: ErrorDetail) =>
    make(type, 'unknown-attribute', detail, [
      ['bad-attribute', attribute],
      ['bad-element', element],
    ]),
  /** An expected element is missing. */
  missingElement: (type: Upper, element: string, detail?: ErrorDetail) =>
    make(type, 'missing-element', detail, [['bad-element', element]]),
  /** An element has a wrong value: wrong type, out of range, pattern mismatch. */
  badElement: (type: Upper, element: string, detail?: ErrorDetail) =>
    make(type, 'bad-element', detail, [['bad-element', element]]),
  /** An unexpected element is present. */
  unknownElement: (type: Upper, element: string, detail?: ErrorDetail) =>
    make(type, 'unknown-element', detail, [['bad-element', element]]),
  /** An unexpected namespace is present. */
  unknownNamespace: (type: Upper, element: string, namespace: string, detail?: ErrorDetail) =>
    make(type, 'unknown-namespace', detail, [
      ['bad-element', element],
      ['bad-namespace', namespace],
    ]),
  /** Authorisation failed. */
  accessDenied: (type: Upper, detail?: ErrorDetail) => make(type, 'access-denied', detail),
  /** The lock is held by another session; 0 where the holder is no NETCONF session. */
  lockDenied: (sessionId: number, detail?: ErrorDetail) =>
    make('protocol', 'lock-denied', detail, [['session-id', String(sessionId)]]),
  /** Not enough resources. */
  resourceDenied: (type: ErrorType, detail?: ErrorDetail) => make(type, 'resource-denied', detail),
  /** A rollback was not completed. */
  rollbackFailed: (type: Upper, detail?: ErrorDetail) => make(type, 'rollback-failed', detail),
  /** The data to create exists already. */
  dataExists: (detail?: ErrorDetail) => make('application', 'data-exists', detail),
  /** The data to delete, or to refer to, does not exist. */
  dataMissing: (detail?: ErrorDetail) => make('application', 'data-missing', detail),
  /** The operation is not supported here. */
  operationNotSupported: (type: Upper, detail?: ErrorDetail) => make(type, 'operation-not-supported', detail),
  /** The operation failed for a reason no other tag covers. */
  operationFailed: (type: Exclude<ErrorType, 'transport'>, detail?: ErrorDetail) =>
    make(type, 'operation-failed', detail),
  /** Obsolete (RFC 6241 Appendix A): some parts succeeded, some failed, some were not tried. Names of elements. */
  partialOperation: (
    parts: {
      readonly succeeded: readonly string[];
      readonly failed: readonly string[];
      readonly skipped: readonly string[];
    },
    detail?: ErrorDetail,
  ) =>
    make('application', 'partial-operation', detail, [
      ...parts.succeeded.map((name): Info => ['ok-element', name]),
      ...parts.failed.map((name): Info => ['err-element', name]),
      ...parts.skipped.map((name): Info => ['noop-element', name]),
    ]),
  /** Not well-formed, or not UTF-8. Only for base:1.1; with base:1.0 the session ends instead (RFC 6241 §3). */
  malformedMessage: (detail?: ErrorDetail) => make('rpc', 'malformed-message', detail),
};

type Info = readonly [name: string, value: string];

function make(
  type: ErrorType,
  tag: ErrorTag,
  { message, appTag, path, info: more = [] }: ErrorDetail = {},
  own: readonly Info[] = [],
): RpcError {
  const info = [...own.map(([name, value]) => xmlElement(name, BASE_NAMESPACE, value)), ...more];
  return {
    type,
    tag,
    severity: 'error',
    ...(appTag !== undefined && { appTag }),
    ...(path !== undefined && { path }),
    ...(message !== undefined && { message }),
    ...(info.length > 0 && { info }),
  };
}
