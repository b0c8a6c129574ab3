import type { XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { AccessControl, Identity } from './access.ts';
import { type DataPath, pathText } from './data-path.ts';
import type { SchemaIndex } from './schema-index.ts';

/** What of `data` the identity may read; the rest is left out without a word (RFC 8341 §3.2.4). */
export function readable(
  data: readonly XmlElement[],
  identity: Identity,
  access: AccessControl,
  schema: SchemaIndex,
): readonly XmlElement[] {
  const level = (nodes: readonly XmlElement[], parent: DataPath | undefined): XmlElement[] =>
    nodes.flatMap((element) => {
      const node = schema.child(parent?.node, element.namespace, element.name);
      if (node === undefined) return []; // nobody can have a rule for it
      const path = { parent, node, element };
      if (!access.mayRead(identity, pathText(path, schema)).permit) return [];
      if (!hasChildren(node)) return [element];
      return [{ ...element, children: level(elementsOf(element), path) }];
    });
  return level(data, undefined);
}

const hasChildren = (node: SchemaNode) => node.kind === 'container' || node.kind === 'list';
const elementsOf = (element: XmlElement) => element.children.filter((child) => typeof child !== 'string');
