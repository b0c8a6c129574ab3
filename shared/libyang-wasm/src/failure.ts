/** Why libyang did not do what it was asked. */
export type LibyangFailure =
  /** The input breaks a rule of the schema, of the encoding, or of XPath. At least one error. */
  | { readonly kind: 'invalid'; readonly errors: readonly YangError[] }
  /**
   * The WebAssembly instance failed in the middle of its work (a bug in libyang, or no memory left) and was discarded.
   * Contexts make themselves anew with their next use; data trees of before are gone.
   */
  | { readonly kind: 'trap'; readonly message: string }
  /** The context or tree was disposed of. */
  | { readonly kind: 'disposed' }
  /** The input has more than `limit` bytes. */
  | { readonly kind: 'too-big'; readonly limit: number };

/** One thing that libyang objects to. libyang 2.1 stops at the first. */
export interface YangError {
  /** For people; the schema's own error-message where it has one. */
  readonly message: string;
  /** The data node, as an instance-identifier of RFC 7951 §6.11: module names as prefixes. */
  readonly path?: string;
  /** The schema node, where libyang names one. */
  readonly schemaPath?: string;
  /** Line of the input, from 1. */
  readonly line?: number;
  /** error-app-tag: the schema's own, or that of RFC 7950 §15. */
  readonly appTag?: string;
  /** libyang's LY_ERR by name. */
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
}

export const ERROR_CODES = [
  'LY_SUCCESS',
  'LY_EMEM',
  'LY_ESYS',
  'LY_EINVAL',
  'LY_EEXIST',
  'LY_ENOTFOUND',
  'LY_EINT',
  'LY_EVALID',
  'LY_EDENIED',
  'LY_EINCOMPLETE',
  'LY_ERECOMPILE',
  'LY_ENOT',
  'LY_EOTHER',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number] | 'LY_EPLUGIN';

/** What kind of rule was broken; a protocol maps these to its own errors. */
export type ErrorReason =
  /** Not well-formed XML or JSON, or not the encoding's way to write it. */
  | 'syntax'
  /** The envelope of the message is not what it should be. */
  | 'envelope'
  /** No module of that namespace or name. */
  | 'unknown-module'
  /** The module or parent has no such node. */
  | 'unknown-node'
  /** No such attribute (annotation). */
  | 'unknown-attribute'
  /** A known node where it must not be, such as state in configuration. */
  | 'unexpected-node'
  /** A mandatory node is absent. */
  | 'mandatory'
  /** A mandatory choice has no case. */
  | 'missing-choice'
  /** A list entry has no value for a key. */
  | 'missing-key'
  /** Not a value of the type: its lexical form, range, length, pattern, enum or identity. */
  | 'value'
  | 'must'
  | 'when'
  /** A leafref or instance-identifier points at nothing. */
  | 'instance-required'
  | 'too-few-elements'
  | 'too-many-elements'
  /** Breaks a list's unique statement. */
  | 'not-unique'
  /** The same node, or the same list key, twice. */
  | 'duplicate'
  /** Nodes of two cases of one choice. */
  | 'two-cases'
  /** Refers to something that is not there. */
  | 'reference'
  | 'xpath'
  /** A YANG module is wrong. */
  | 'schema'
  /** A reply that is an rpc-error, where output was to be read. */
  | 'rpc-error'
  | 'other';
