import type { XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { AccessControl, DataAccess, Identity } from './access.ts';
import type { SchemaIndex } from './schema-index.ts';

/**
 * What of `data` (top-level elements) the identity may read; the rest is left out without a word, and with it all below
 * it (RFC 8341 §3.2.4). Gives `data` itself where that is all of it.
 */
export function readable(
  data: readonly XmlElement[],
  identity: Identity,
  access: AccessControl,
  schema: SchemaIndex,
): readonly XmlElement[] {
  return level(data, undefined, access.data(identity), schema);
}

function level(
  nodes: readonly XmlElement[],
  parent: SchemaNode | undefined,
  access: DataAccess,
  schema: SchemaIndex,
): readonly XmlElement[] {
  const all = access.throughout('read');
  if (all !== undefined) return all.permit ? nodes : [];
  // A copy is made only from the first node on that is not shown as it is.
  let left: XmlElement[] | undefined;
  for (const [place, element] of nodes.entries()) {
    const shown = shownOf(element, parent, access, schema);
    if (shown !== element && left === undefined) left = nodes.slice(0, place);
    if (shown !== undefined) left?.push(shown);
  }
  return left ?? nodes;
}

/** What is to be seen of one node; itself where it is all of it. */
function shownOf(
  element: XmlElement,
  parent: SchemaNode | undefined,
  access: DataAccess,
  schema: SchemaIndex,
): XmlElement | undefined {
  const node = schema.child(parent, element.namespace, element.name);
  if (node === undefined) return undefined; // nobody can have a rule for it
  const here = access.child(node, element);
  if (!here.verdict('read').permit) return undefined;
  if (!hasChildren(node)) return element;
  const all = here.throughout('read');
  if (all?.permit) return element;
  const children = elementsOf(element);
  const kept = level(children, node, here, schema);
  if (kept === children) return element;
  return keepsItsKeys(node, element, kept) ? { ...element, children: kept } : undefined;
}

/** An entry that may be read without its keys could not be told from the others, and would be no valid data: it is left out. */
function keepsItsKeys({ keys = [] }: SchemaNode, { namespace }: XmlElement, kept: readonly XmlElement[]): boolean {
  return keys.every((key) => kept.some((child) => child.name === key && child.namespace === namespace));
}

const hasChildren = (node: SchemaNode) => node.kind === 'container' || node.kind === 'list';
const elementsOf = (element: XmlElement) => element.children.filter((child) => typeof child !== 'string');
