import { childElements, elementText, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { hasOtherSpellings } from '../values.ts';

/**
 * A subtree filter whose content matches are written as libyang writes the data (RFC 7950 §9.1, "canonical form"), so that
 * `2001:DB8::1` finds `2001:db8::1`. What is no value of its leaf is left as it is, and finds nothing.
 */
export function canonicalFilter(filter: XmlElement, schema: SchemaIndex): XmlElement {
  const canonical = (element: XmlElement, parent: SchemaNode | undefined, path: string): XmlElement => {
    const node = schema.dataOrEvent(parent, element.namespace, element.name);
    if (node === undefined) return element;
    const own = `${path}/${node.module}:${node.name}`;
    if (node.children !== undefined) {
      const children = element.children.map((child) =>
        typeof child === 'string' ? child : canonical(child, node, own),
      );
      return children.every((child, index) => child === element.children[index]) ? element : { ...element, children };
    }
    const text = elementText(element).trim();
    if (text === '' || childElements(element).length > 0 || !hasOtherSpellings(node.type)) return element;
    const value = schema.values.canonicalValue?.(own, text);
    return value?.ok && value.value !== text ? { ...element, children: [value.value] } : element;
  };
  const children = filter.children.map((child) =>
    typeof child === 'string' ? child : canonical(child, undefined, ''),
  );
  return { ...filter, children };
}
