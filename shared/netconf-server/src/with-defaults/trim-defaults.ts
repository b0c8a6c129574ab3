import { childElements, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { comparableValue } from '../values.ts';

/** Data without the nodes that have the value of their schema's default statement (RFC 6243 §2.3.1). */
export function trimDefaults(data: readonly XmlElement[], schema: SchemaIndex): readonly XmlElement[] {
  return trimLevel(data, undefined, schema);
}

function trimLevel(
  siblings: readonly XmlElement[],
  parent: SchemaNode | undefined,
  schema: SchemaIndex,
): readonly XmlElement[] {
  return siblings.flatMap((element) => {
    const node = schema.child(parent, element.namespace, element.name);
    if (node === undefined) return [element];
    if (node.kind === 'leaf') return isDefault(element, node, schema) ? [] : [element];
    if (node.kind === 'leaf-list') return areDefaults(siblings, element, node, schema) ? [] : [element];
    if (node.kind !== 'container' && node.kind !== 'list') return [element];
    const children = trimLevel(childElements(element), node, schema);
    // A container without presence says nothing where nothing is in it.
    const says = children.length > 0 || node.kind === 'list' || node.presence === true;
    return says ? [{ ...element, children }] : [];
  });
}

/** Has a leaf its default value, a leaf-list's entry one of its defaults? */
export function hasDefaultValue(element: XmlElement, node: SchemaNode, schema: SchemaIndex): boolean {
  if (node.kind === 'leaf') return isDefault(element, node, schema);
  return node.defaults?.some((value) => sameValue(element, node, value, schema)) ?? false;
}

/** Has the leaf the value that it would have if it were not there? */
function isDefault(element: XmlElement, node: SchemaNode, schema: SchemaIndex): boolean {
  return node.default !== undefined && sameValue(element, node, node.default, schema);
}

/** A leaf-list's defaults are in use together or not at all (RFC 7950 §7.7.2). */
function areDefaults(
  siblings: readonly XmlElement[],
  { name, namespace }: XmlElement,
  node: SchemaNode,
  schema: SchemaIndex,
): boolean {
  const { defaults } = node;
  if (defaults === undefined) return false;
  const entries = siblings.filter((one) => one.name === name && one.namespace === namespace);
  if (entries.length !== defaults.length) return false;
  // Order says something only where the user gives it (RFC 7950 §7.7.7).
  return entries.every((entry, index) =>
    node.orderedBy === 'user'
      ? sameValue(entry, node, defaults[index]!, schema)
      : defaults.some((value) => sameValue(entry, node, value, schema)),
  );
}

/** `value` as the schema has it: an identity by its module's name. */
function sameValue(element: XmlElement, node: SchemaNode, value: string, schema: SchemaIndex): boolean {
  const own = comparableValue(node.type, element, schema);
  return own === value || own === comparableValue(node.type, { ...element, children: [value] }, schema);
}
