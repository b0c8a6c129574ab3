import type { Context, DataTree, SchemaNode } from 'libyang-wasm';
import type { ConfigSnapshot } from './datastore.ts';
import type { Datastores } from './datastores.ts';

/**
 * The running configuration as libyang holds it, for what of an rpc or action looks beyond the message: "the accessible
 * tree is […] all state data in the server, and the running configuration datastore" (RFC 7950 §6.4.1). State is not in
 * it: that is read by its providers, and whole only at a cost that no request may make.
 */
export class RunningTree {
  readonly #context: Context;
  readonly #datastores: Datastores | undefined;
  #held: { readonly of: ConfigSnapshot; readonly tree: DataTree } | undefined;

  constructor(context: Context, datastores: Datastores | undefined) {
    this.#context = context;
    this.#datastores = datastores;
  }

  /** Undefined where there is none. */
  current(): DataTree | undefined {
    const snapshot = this.#datastores?.running.read();
    if (snapshot === undefined) return undefined;
    if (this.#held?.of === snapshot) return this.#held.tree;
    this.forget();
    const parsed = this.#context.parseData(snapshot.xml, 'xml', { content: 'config', scope: 'all' });
    if (!parsed.ok) return undefined;
    this.#held = { of: snapshot, tree: parsed.value };
    return parsed.value;
  }

  /** For a tree that was lost with the instance of libyang it stood in. */
  forget(): void {
    this.#held?.tree.dispose();
    this.#held = undefined;
  }
}

/** Has the input of an rpc or action anything that looks beyond it: a leafref, an instance-identifier, a path in an XPath? */
export function looksBeyond(node: SchemaNode): boolean {
  const expressions = [...(node.must ?? []), ...(node.when ?? [])];
  if (expressions.some((text) => text.includes('/'))) return true;
  if (refersTo(node.type)) return true;
  return (node.children ?? []).some((child) => child.kind !== 'output' && looksBeyond(child));
}

function refersTo(type: SchemaNode['type']): boolean {
  if (type === undefined) return false;
  if (type.base === 'leafref' || type.base === 'instance-identifier') return true;
  return type.members?.some(refersTo) ?? false;
}
