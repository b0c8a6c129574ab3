/**
 * What an encoder must know of a schema, and no more: data that the generator writes. Groupings are expanded, choices
 * and cases dissolved, since neither is seen on the wire (RFC 7950 §7.9).
 */
export interface SchemaTable {
  readonly modules: readonly ModuleSpec[];
  /** Sets of identities that leaves of type identityref name by index: [module, names]. */
  readonly identities: readonly (readonly IdentitySpec[])[];
  /** By `module:name`. Absent: no parameters. */
  readonly rpcs: Readonly<
    Record<string, { readonly input?: readonly NodeSpec[]; readonly output?: readonly NodeSpec[] }>
  >;
  readonly notifications: Readonly<Record<string, readonly NodeSpec[]>>;
  /** Top-level data nodes, configuration and state. */
  readonly data: readonly NodeSpec[];
}

/** [name, namespace, prefix] */
export type ModuleSpec = readonly [name: string, namespace: string, prefix: string];

/** [index of the module, names of its identities] */
export type IdentitySpec = readonly [module: number, names: readonly string[]];

/**
 * A data node in schema order, the keys of a list first. `module` is the index of the module whose namespace the node
 * has: that of the module that uses a grouping, not of the one that defines it (RFC 7950 §7.13), and for an augment that
 * of the augmenting module (§7.17).
 */
export type NodeSpec =
  | readonly ['leaf' | 'leaf-list', name: string, module: number, type: TypeSpec]
  | readonly ['container', name: string, module: number, children: readonly NodeSpec[]]
  | readonly ['list', name: string, module: number, children: readonly NodeSpec[], keys: readonly string[]];

/**
 * The JSON a value has (RFC 7951 §6). `integer`: up to 32 bits, a number. `long`: 64 bits, a string, as is `decimal`.
 * `empty`: `[null]`. `union`: of none that needs a prefix in XML.
 */
export type TypeSpec =
  | 'string'
  | 'integer'
  | 'long'
  | 'decimal'
  | 'boolean'
  | 'empty'
  | 'union'
  | readonly ['enumeration', ...names: string[]]
  | readonly ['identityref', set: number];
