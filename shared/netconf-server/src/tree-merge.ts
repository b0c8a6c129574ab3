import { childElements, elementText, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import { Siblings } from './edit/siblings.ts';
import type { SchemaIndex } from './schema-index.ts';

/**
 * Two parts of one data tree as one: configuration and state of the same entries come together by their keys. Where both
 * have a leaf, the second's is taken.
 */
export function mergeTrees(
  first: readonly XmlElement[],
  second: readonly XmlElement[],
  schema: SchemaIndex,
): readonly XmlElement[] {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  return mergeLevel(first, second, undefined, schema);
}

function mergeLevel(
  first: readonly XmlElement[],
  second: readonly XmlElement[],
  parent: SchemaNode | undefined,
  schema: SchemaIndex,
): readonly XmlElement[] {
  const merged = new Siblings(first, parent, schema);
  for (const [id, element, node] of new Siblings(second, parent, schema).entries()) {
    const there = id === undefined ? undefined : merged.get(id);
    if (id === undefined) {
      merged.add(element, node);
    } else if (there !== undefined && (node?.kind === 'container' || node?.kind === 'list')) {
      const children = mergeLevel(childElements(there), childElements(element), node, schema);
      merged.set(id, { ...there, children }, node);
    } else if (there === undefined || elementText(there) !== elementText(element)) {
      merged.set(id, element, node);
    }
  }
  return merged.elements();
}
