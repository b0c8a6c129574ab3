import type { XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { Shape } from '../filter/data-filter.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { isKey } from './origin.ts';

/**
 * RFC 8526 §4, `max-depth`: "If the depth is 1, the reply includes just the selected nodes but no children." An entry of
 * a list keeps its keys: without them nobody knows which it is.
 */
export function cutAt(depth: number, schema: SchemaIndex): Shape {
  const cut = (element: XmlElement, node: SchemaNode | undefined, left: number): XmlElement => {
    if (node?.kind !== 'container' && node?.kind !== 'list') return element;
    const children = element.children.flatMap((child) => {
      if (typeof child === 'string') return [];
      if (left === 1) return isKey(child, node) ? [child] : [];
      return [cut(child, schema.child(node, child.namespace, child.name), left - 1)];
    });
    return { ...element, children };
  };
  return (element, node) => cut(element, node, depth);
}

/**
 * RFC 8526 §4, `config-filter`: the nodes that are configuration, or those that are not, with their ancestors and keys.
 */
export function filterByConfig(
  data: readonly XmlElement[],
  config: boolean,
  schema: SchemaIndex,
  parent?: SchemaNode,
): readonly XmlElement[] {
  return data.flatMap((element) => {
    const node = schema.child(parent, element.namespace, element.name);
    if (node === undefined) return [];
    if (!node.config) return config ? [] : [element];
    if (node.kind !== 'container' && node.kind !== 'list') return config || isKey(element, parent) ? [element] : [];
    const inner = element.children.filter((child) => typeof child !== 'string');
    const children = filterByConfig(inner, config, schema, node);
    return config || children.some((child) => !isKey(child, node)) ? [{ ...element, children }] : [];
  });
}
