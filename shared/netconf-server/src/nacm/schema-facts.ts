import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import type { Statement } from './defaults.ts';

interface Facts {
  /** Modules of the node and of all that can be below it. */
  readonly modules: ReadonlySet<string>;
  /** The strictest statement below the node, not on it. */
  readonly statement: Statement | undefined;
}

const ofNodes = new WeakMap<SchemaNode, Facts>();
const ofSchemas = new WeakMap<SchemaIndex, Facts>();

/** Of which modules the nodes are, from `node` down; all data nodes of the schema where it is undefined. */
export function modulesBelow(node: SchemaNode | undefined, schema: SchemaIndex): ReadonlySet<string> {
  return factsOf(node, schema).modules;
}

/** The strictest statement of RFC 8341 on a node below `node`. */
export function strictestBelow(node: SchemaNode | undefined, schema: SchemaIndex): Statement | undefined {
  return factsOf(node, schema).statement;
}

function factsOf(node: SchemaNode | undefined, schema: SchemaIndex): Facts {
  const known = node === undefined ? ofSchemas.get(schema) : ofNodes.get(node);
  if (known !== undefined) return known;
  const children = node === undefined ? schema.modules.flatMap(({ nodes }) => nodes) : (node.children ?? []);
  const modules = new Set(node === undefined ? [] : [node.module]);
  const statements = new Set<Statement>();
  for (const child of children) {
    const below = factsOf(child, schema);
    for (const module of below.modules) modules.add(module);
    for (const statement of [below.statement, child.nacm]) if (statement !== undefined) statements.add(statement);
  }
  const statement = statements.has('default-deny-all') ? 'default-deny-all' : [...statements][0];
  const facts: Facts = { modules, statement };
  if (node === undefined) ofSchemas.set(schema, facts);
  else ofNodes.set(node, facts);
  return facts;
}
