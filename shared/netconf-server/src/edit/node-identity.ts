import { childElement, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { comparableValue } from '../values.ts';

export type Identity = { readonly id: string } | { readonly missingKey: string };

/** What tells a data node from its siblings: its name; in a list the keys' values, in a leaf-list its own. */
export function identityOf(element: XmlElement, node: SchemaNode, schema: SchemaIndex): Identity {
  const name = `${node.module}:${node.name}`;
  if (node.kind === 'leaf-list') return { id: `${name} ${comparableValue(node.type, element, schema)}` };
  if (node.kind !== 'list') return { id: name };
  const namespace = schema.namespaceOf(node);
  const values: string[] = [];
  for (const key of node.keys ?? []) {
    const leaf = childElement(element, key, namespace);
    if (leaf === undefined) return { missingKey: key };
    values.push(comparableValue(schema.child(node, namespace, key)?.type, leaf, schema));
  }
  return { id: `${name} ${JSON.stringify(values)}` };
}

/** Is it one of its list's keys? */
export function isKey(node: SchemaNode, parent: SchemaNode | undefined): boolean {
  return parent?.kind === 'list' && node.module === parent.module && (parent.keys?.includes(node.name) ?? false);
}
