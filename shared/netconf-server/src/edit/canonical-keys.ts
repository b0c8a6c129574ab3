import { childElements, elementText, type XmlElement } from '@sublane/netconf';
import type { Context, SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { hasOtherSpellings } from '../values.ts';
import { isKey } from './node-identity.ts';

/**
 * The edits with keys and values of leaf-lists as libyang writes them, so that `2001:DB8::1` finds `2001:db8::1`. Other
 * values need it not: the whole is made canonical when it is validated. What libyang does not take is left as it is: the
 * edit will be refused with its reason.
 */
export function withCanonicalKeys(
  edits: readonly XmlElement[],
  context: Context,
  schema: SchemaIndex,
): readonly XmlElement[] {
  const level = (nodes: readonly XmlElement[], parent: SchemaNode | undefined, path: string): readonly XmlElement[] => {
    const changed = nodes.map((element) => {
      const node = schema.child(parent, element.namespace, element.name);
      return node === undefined ? element : canonical(element, node, parent, `${path}/${node.module}:${node.name}`);
    });
    return changed.every((element, index) => element === nodes[index]) ? nodes : changed;
  };
  const canonical = (
    element: XmlElement,
    node: SchemaNode,
    parent: SchemaNode | undefined,
    path: string,
  ): XmlElement => {
    if (node.kind === 'container' || node.kind === 'list') {
      const inside = childElements(element);
      const children = level(inside, node, path);
      return children === inside ? element : { ...element, children };
    }
    if (node.kind !== 'leaf-list' && !isKey(node, parent)) return element;
    if (!hasOtherSpellings(node.type)) return element;
    const text = elementText(element);
    const value = context.canonicalValue(path, text);
    return value.ok && value.value !== text ? { ...element, children: [value.value] } : element;
  };
  return level(edits, undefined, '');
}
