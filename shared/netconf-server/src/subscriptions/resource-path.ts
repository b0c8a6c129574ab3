import { childElement, elementText } from '@sublane/netconf';
import type { DataPath } from '../data-path.ts';
import type { SchemaIndex } from '../schema-index.ts';

/**
 * A data node as YANG Patch names its targets: "encoded according to the same rules as those for a data resource
 * identifier in a RESTCONF request URI" (RFC 8072 §2.4; RFC 8040 §3.5.3): `/m:list=key1,key2/leaf`, with the module's
 * name where it changes.
 */
export function resourcePath({ parent, node, element }: DataPath, schema: SchemaIndex): string {
  const above = parent === undefined ? '' : resourcePath(parent, schema);
  const module = node.module === parent?.node.module ? '' : `${node.module}:`;
  return `${above}/${module}${node.name}${keyValues({ node, element }, schema)}`;
}

function keyValues({ node, element }: Pick<DataPath, 'node' | 'element'>, schema: SchemaIndex): string {
  if (node.kind === 'leaf-list') return `=${encoded(elementText(element))}`;
  if (node.kind !== 'list') return '';
  const namespace = schema.namespaceOf(node);
  const values = (node.keys ?? []).map((key) => {
    const leaf = childElement(element, key, namespace);
    return leaf === undefined ? '' : encoded(elementText(leaf));
  });
  return `=${values.join(',')}`;
}

/** "any reserved characters MUST be percent-encoded, according to Sections 2.1 and 2.5 of RFC 3986" (RFC 8040 §3.5.3). */
function encoded(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
