/** A module of a context. */
export interface SchemaModule {
  readonly name: string;
  readonly revision?: string;
  readonly namespace: string;
  readonly prefix: string;
  readonly description?: string;
  /** False: only imported for its types, groupings or identities; it has no nodes. */
  readonly implemented: boolean;
  readonly yangVersion: '1' | '1.1';
  /** Those that are on. */
  readonly features: readonly string[];
  readonly submodules: readonly { readonly name: string; readonly revision?: string }[];
  /** Names of modules whose deviations changed it. */
  readonly deviatedBy: readonly string[];
  /** Top-level data nodes. */
  readonly nodes: readonly SchemaNode[];
  readonly rpcs: readonly SchemaNode[];
  readonly notifications: readonly SchemaNode[];
  readonly identities: readonly SchemaIdentity[];
}

export interface SchemaIdentity {
  readonly name: string;
  readonly bases: readonly IdentityName[];
  readonly description?: string;
}

export interface IdentityName {
  readonly module: string;
  readonly name: string;
}

export type SchemaKind =
  | 'container'
  | 'list'
  | 'leaf'
  | 'leaf-list'
  | 'choice'
  | 'case'
  | 'rpc'
  | 'action'
  | 'notification'
  | 'input'
  | 'output'
  | 'anydata'
  | 'anyxml';

/** A node as it stands after uses, augment, refine and deviation. */
export interface SchemaNode {
  readonly name: string;
  /** Whose namespace it has: that of the module that augments or uses, not of the grouping (RFC 7950 §7.13). */
  readonly module: string;
  readonly kind: SchemaKind;
  /** Can be configured. False inside rpcs and notifications. */
  readonly config: boolean;
  /** Of a leaf, choice, anydata; of a list: at least one entry; of a container without presence: something in it is. */
  readonly mandatory?: true;
  readonly presence?: true;
  /** Of a list, in the order of its key statement; empty where it has none. */
  readonly keys?: readonly string[];
  readonly orderedBy?: 'user';
  readonly minElements?: number;
  readonly maxElements?: number;
  readonly default?: string;
  /** Of a leaf-list. */
  readonly defaults?: readonly string[];
  readonly description?: string;
  readonly status?: 'deprecated' | 'obsolete';
  readonly units?: string;
  readonly type?: SchemaType;
  /** XPath expressions as the module writes them. */
  readonly must?: readonly string[];
  readonly when?: readonly string[];
  /** RFC 8341 §9: the extension of ietf-netconf-acm that the node has, or one above it. */
  readonly nacm?: 'default-deny-write' | 'default-deny-all';
  /** An rpc and an action have two: input and output. */
  readonly children?: readonly SchemaNode[];
}

export type BaseType =
  | 'binary'
  | 'bits'
  | 'boolean'
  | 'decimal64'
  | 'empty'
  | 'enumeration'
  | 'identityref'
  | 'instance-identifier'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'leafref'
  | 'string'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'union';

/** A type with its typedefs resolved. */
export interface SchemaType {
  readonly base: BaseType;
  readonly enums?: readonly string[];
  /** The integers of the enums, in their order (RFC 7950 §9.6.4.2). */
  readonly enumValues?: readonly number[];
  readonly bits?: readonly string[];
  /** As YANG writes it: `1..10 | 20`. */
  readonly range?: string;
  readonly length?: string;
  /** Regular expressions of XML Schema that a value must match; all of them. */
  readonly patterns?: readonly string[];
  /** Those with `modifier invert-match`: a value matches none of them. */
  readonly invertedPatterns?: readonly string[];
  readonly fractionDigits?: number;
  /** Of a union, in order. */
  readonly members?: readonly SchemaType[];
  /** Of an identityref: those that data may name. */
  readonly identities?: readonly IdentityName[];
  /** Of a leafref: its path as the module writes it, and the type of what it points at. */
  readonly path?: string;
  readonly leafrefTarget?: SchemaType;
}
