import { childElements, elementText, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { Shape } from './filter/data-filter.ts';
import type { SchemaIndex } from './schema-index.ts';
import { comparableValue } from './values.ts';

/**
 * What of `data` (top-level nodes) a subtree filter selects (RFC 6241 §6). Pure. An entry of a list of which only a part
 * is selected keeps its keys (§6.2.5 allows it, and without them nobody knows which entry it is). An empty filter
 * selects nothing (§6.4.2). `whole` shapes each node that is selected with all below it; `spend` is told of every
 * comparison, and may throw to end it.
 */
export function applySubtreeFilter(
  filter: XmlElement,
  data: readonly XmlElement[],
  schema: SchemaIndex,
  whole: Shape = (element) => element,
  spend: (comparisons: number) => void = () => {},
): readonly XmlElement[] {
  return selectSiblings(rootSets(filter), data, undefined, { schema, whole, spend }) ?? [];
}

/** The filter's nodes that speak of one top-level data node; undefined where it selects the whole of it. */
export function filtersOfRoot(
  filter: XmlElement,
  root: { readonly namespace: string; readonly name: string },
): readonly XmlElement[] {
  return childElements(filter).filter((node) => namesMatch(node, root));
}

/**
 * The values a filter's content matches ask for at `path` (names below the top-level node), where every branch of the
 * filter asks so: for a provider that looks up by key. Undefined where some branch asks for more than single values.
 */
export function requestedValues(
  filters: readonly XmlElement[],
  path: readonly [string, ...string[]],
): readonly string[] | undefined {
  const values: string[] = [];
  const [name, ...rest] = path;
  for (const filter of filters) {
    const below = childElements(filter).filter((child) => child.name === name);
    const others = childElements(filter).some((child) => child.name !== name);
    if (below.length === 0) return undefined;
    const [next, ...deeper] = rest;
    if (next === undefined) {
      // A list's entry: other nodes beside the key only narrow what is shown of it.
      const matches = below.filter((node) => kindOf(node) === 'content-match');
      if (matches.length !== below.length) return undefined;
      values.push(...matches.map((node) => elementText(node).trim()));
    } else {
      if (others) return undefined;
      const inside = requestedValues(below, [next, ...deeper]);
      if (inside === undefined) return undefined;
      values.push(...inside);
    }
  }
  return values;
}

/** The nodes of a filter that stand side by side (§6.3: a sibling set). */
interface SiblingSet {
  /** Data nodes it speaks of: all, or those of one namespace (at the top, §6.3). */
  readonly namespace: string | undefined;
  readonly contentMatches: readonly XmlElement[];
  readonly selections: readonly XmlElement[];
  readonly containments: readonly XmlElement[];
}

interface Means {
  readonly schema: SchemaIndex;
  readonly whole: Shape;
  spend(comparisons: number): void;
}

type Kind = 'content-match' | 'selection' | 'containment';

function kindOf(node: XmlElement): Kind {
  if (node.children.some((child) => typeof child !== 'string')) return 'containment';
  return elementText(node).trim() === '' ? 'selection' : 'content-match';
}

function siblingSet(nodes: readonly XmlElement[], namespace?: string): SiblingSet {
  const kinds = nodes.map((node) => ({ node, kind: kindOf(node) }));
  const of = (wanted: Kind) => kinds.filter(({ kind }) => kind === wanted).map(({ node }) => node);
  return {
    namespace,
    contentMatches: of('content-match'),
    selections: of('selection'),
    containments: of('containment'),
  };
}

/** §6.3: "The root elements in the filter are considered in the same sibling set (assuming they are in the same namespace)". */
function rootSets(filter: XmlElement): SiblingSet[] {
  const byNamespace = new Map<string, XmlElement[]>();
  for (const node of childElements(filter)) {
    const others = byNamespace.get(node.namespace);
    if (others === undefined) byNamespace.set(node.namespace, [node]);
    else others.push(node);
  }
  return [...byNamespace].map(([namespace, nodes]) => siblingSet(nodes, namespace || undefined));
}

/** What the sibling sets select of the children of one node; `data` itself where they select all of it; undefined for nothing. */
function selectSiblings(
  sets: readonly SiblingSet[],
  data: readonly XmlElement[],
  parent: SchemaNode | undefined,
  means: Means,
): readonly XmlElement[] | undefined {
  const { schema, spend } = means;
  for (const { contentMatches: matches } of sets) spend(matches.length * data.length);
  const active = sets.filter((set) => contentMatches(set, data, parent, schema));
  if (active.length === 0) return undefined;
  const selected: XmlElement[] = [];
  for (const node of data) {
    const own = schema.dataOrEvent(parent, node.namespace, node.name);
    const chosen = selectNode(active, node, own, means);
    if (chosen !== undefined) selected.push(chosen);
  }
  if (selected.length === 0) return undefined;
  return selected;
}

/** "If all specified sibling content match nodes in a subtree filter expression are 'true'" (§6.2.5). */
function contentMatches(
  set: SiblingSet,
  data: readonly XmlElement[],
  parent: SchemaNode | undefined,
  schema: SchemaIndex,
): boolean {
  return set.contentMatches.every((match) =>
    data.some(
      (node) =>
        nodeMatches(match, node) &&
        sameContent(match, node, schema.dataOrEvent(parent, node.namespace, node.name), schema),
    ),
  );
}

function selectNode(
  sets: readonly SiblingSet[],
  node: XmlElement,
  own: SchemaNode | undefined,
  means: Means,
): XmlElement | undefined {
  const { schema, whole, spend } = means;
  const containments: XmlElement[] = [];
  for (const set of sets) {
    spend(1 + set.selections.length + set.contentMatches.length + set.containments.length);
    if (set.namespace !== undefined && set.namespace !== node.namespace) continue;
    // "Otherwise (i.e., there are no selection or containment nodes in the filter sibling set), all the nodes defined at
    // this level in the underlying data model (and their subtrees, if any) are returned" (§6.2.5)
    if (set.selections.length === 0 && set.containments.length === 0 && set.contentMatches.length > 0) {
      return whole(node, own);
    }
    if (set.selections.some((selection) => nodeMatches(selection, node))) return whole(node, own);
    if (set.contentMatches.some((match) => nodeMatches(match, node) && sameContent(match, node, own, schema))) {
      return node;
    }
    for (const containment of set.containments) if (nodeMatches(containment, node)) containments.push(containment);
  }
  if (containments.length === 0) return undefined;
  const children = childElements(node);
  const inside = containments.map((containment) => siblingSet(childElements(containment)));
  const selected = selectSiblings(inside, children, own, means);
  if (selected === undefined) return undefined;
  return { ...node, children: own?.kind === 'list' ? withKeys(selected, children, own) : selected };
}

/** Keys first, as RFC 7950 §7.8.5 orders an entry. */
function withKeys(
  selected: readonly XmlElement[],
  all: readonly XmlElement[],
  list: SchemaNode,
): readonly XmlElement[] {
  const keys = new Set(list.keys ?? []);
  const isKey = (node: XmlElement) => keys.has(node.name) && node.namespace === all[0]?.namespace;
  return [...all.filter(isKey), ...selected.filter((node) => !isKey(node))];
}

/** Name, namespace (§6.2.1; none in the filter means any) and attributes (§6.2.2). */
function nodeMatches(filter: XmlElement, node: XmlElement): boolean {
  return (
    namesMatch(filter, node) &&
    filter.attributes.every(({ name, namespace, value }) =>
      node.attributes.some((one) => one.name === name && one.namespace === namespace && one.value === value),
    )
  );
}

function namesMatch(filter: XmlElement, node: { readonly namespace: string; readonly name: string }): boolean {
  return filter.name === node.name && (filter.namespace === '' || filter.namespace === node.namespace);
}

/** "Leading and trailing whitespace characters are ignored" (§6.2.5). */
function sameContent(filter: XmlElement, node: XmlElement, own: SchemaNode | undefined, schema: SchemaIndex): boolean {
  if (node.children.some((child) => typeof child !== 'string')) return false;
  const wanted = { ...filter, children: [elementText(filter).trim()] };
  const there = { ...node, children: [elementText(node).trim()] };
  return comparableValue(own?.type, wanted, schema) === comparableValue(own?.type, there, schema);
}
