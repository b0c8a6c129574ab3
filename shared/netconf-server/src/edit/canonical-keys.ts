import {
  CLIENT_LIMITS,
  childElement,
  childElements,
  elementText,
  readXml,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import type { Context, SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { isKey } from './node-identity.ts';

type Type = NonNullable<SchemaNode['type']>;

/** The values that tell one instance from its siblings, and a document that holds them and its ancestors alone. */
interface Question {
  readonly root: string;
  /** The keys of an entry, or the one value of a leaf-list. */
  readonly leaves: readonly XmlElement[];
  readonly fragment: XmlElement;
  /** The instance, in the fragment: the last child of the last child, so many times. */
  readonly depth: number;
}

/** Where a walk through the edits is. */
interface Place {
  readonly root: string;
  readonly depth: number;
  /** Puts a node's fragment into those of its ancestors. */
  wrap(inner: XmlElement): XmlElement;
}

/**
 * The edits with keys and values of leaf-lists as libyang writes them, so that `2001:DB8::1` finds `2001:db8::1`. Other
 * values need it not: the whole is made canonical when it is validated. Where libyang does not take a key, nothing is
 * changed: the edit will be refused with its reason.
 */
export function withCanonicalKeys(
  edits: readonly XmlElement[],
  context: Context,
  schema: SchemaIndex,
): readonly XmlElement[] {
  const questions: Question[] = [];
  for (const edit of edits) {
    const node = schema.child(undefined, edit.namespace, edit.name);
    const top = { root: rootOf(edit), depth: 0, wrap: (inner: XmlElement) => inner };
    if (node !== undefined) collect(edit, node, top, questions, schema);
  }
  if (questions.length === 0) return edits;
  const canonical = answers(questions, context);
  return canonical.size === 0 ? edits : edits.map((edit) => replaced(edit, canonical));
}

const rootOf = ({ namespace, name }: XmlElement) => `${namespace} ${name}`;

function collect(
  element: XmlElement,
  node: SchemaNode,
  place: Place,
  questions: Question[],
  schema: SchemaIndex,
): void {
  const { root, depth, wrap } = place;
  const bare = { ...element, attributes: [] };
  if (node.kind === 'leaf-list') {
    if (mayDiffer(node.type)) questions.push({ root, leaves: [element], fragment: wrap(bare), depth });
    return;
  }
  if (node.kind !== 'list' && node.kind !== 'container') return;
  const children = childElements(element).flatMap((child) => {
    const own = schema.child(node, child.namespace, child.name);
    return own === undefined ? [] : [{ child, own }];
  });
  const keys = children.filter(({ own }) => isKey(own, node));
  const plainKeys = keys.map(({ child }) => ({ ...child, attributes: [] }));
  if (node.kind === 'list') {
    if (keys.length === 0 || keys.length !== node.keys?.length) return;
    if (keys.some(({ own }) => mayDiffer(own.type))) {
      const fragment = wrap({ ...bare, children: plainKeys });
      questions.push({ root, leaves: keys.map(({ child }) => child), fragment, depth });
    }
  }
  const inside = {
    root,
    depth: depth + 1,
    wrap: (inner: XmlElement) => wrap({ ...bare, children: [...plainKeys, inner] }),
  };
  for (const { child, own } of children) if (!isKey(own, node)) collect(child, own, inside, questions, schema);
}

/** Types whose values libyang may write differently, and that are compared here by their text. */
function mayDiffer(type: Type | undefined): boolean {
  switch (type?.base) {
    case 'string':
      return true;
    case 'leafref':
      return mayDiffer(type.leafrefTarget);
    case 'union':
      return type.members?.some(mayDiffer) ?? false;
    default:
      return false;
  }
}

/** What libyang makes of each leaf it writes differently. */
function answers(questions: readonly Question[], context: Context): ReadonlyMap<XmlElement, string> {
  const canonical = new Map<XmlElement, string>();
  const text = questions.map(({ fragment }) => writeXml(fragment)).join('');
  const parsed = context.parseData(text, 'xml', { validate: false });
  if (!parsed.ok) return canonical;
  using tree = parsed.value;
  const printed = tree.print('xml');
  const read = printed.ok ? readXml(`<data>${printed.value}</data>`, CLIENT_LIMITS) : undefined;
  if (!read?.ok) return canonical;
  // Among top-level nodes of one name libyang keeps the order.
  const byRoot = Map.groupBy(childElements(read.value), rootOf);
  for (const { root, leaves, depth } of questions) {
    let made = byRoot.get(root)?.shift();
    for (let level = 0; level < depth; level++) made = made && childElements(made).at(-1);
    if (made === undefined) return new Map();
    for (const leaf of leaves) {
      const found = leaf.name === made.name && childElements(made).length === 0 ? made : childElement(made, leaf.name);
      if (found === undefined) return new Map();
      const value = elementText(found);
      if (value !== elementText(leaf)) canonical.set(leaf, value);
    }
  }
  return canonical;
}

function replaced(element: XmlElement, canonical: ReadonlyMap<XmlElement, string>): XmlElement {
  const value = canonical.get(element);
  if (value !== undefined) return { ...element, children: [value] };
  if (element.children.every((child) => typeof child === 'string')) return element;
  const children = element.children.map((child) => (typeof child === 'string' ? child : replaced(child, canonical)));
  return { ...element, children };
}
