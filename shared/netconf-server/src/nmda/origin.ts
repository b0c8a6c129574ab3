import { attributeValue, resolvePrefix, type XmlAttribute, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import { derivesFrom } from '../filter/identities.ts';
import type { SchemaIndex } from '../schema-index.ts';

export const ORIGIN_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-origin';
const MODULE = 'ietf-origin';

/** Where configuration in the operational datastore comes from (RFC 8342 §5.3.4). */
export type Origin = 'intended' | 'dynamic' | 'system' | 'learned' | 'default' | 'unknown';

/** Marks every configuration node that is not yet with where it comes from. */
export function withOrigin(
  data: readonly XmlElement[],
  origin: Origin,
  schema: SchemaIndex,
  parent?: SchemaNode,
): readonly XmlElement[] {
  return data.map((element) => {
    const node = schema.child(parent, element.namespace, element.name);
    if (node === undefined || !node.config) return element;
    const inner = element.children.filter((child) => typeof child !== 'string');
    const children =
      node.kind === 'container' || node.kind === 'list' ? withOrigin(inner, origin, schema, node) : element.children;
    return element.attributes.some(isOrigin) ? { ...element, children } : marked({ ...element, children }, origin);
  });
}

const PREFIX = 'or';
const SCOPE = new Map([[PREFIX, ORIGIN_NAMESPACE]]);

function marked(element: XmlElement, origin: Origin): XmlElement {
  const attribute: XmlAttribute = {
    ...{ name: 'origin', namespace: ORIGIN_NAMESPACE, prefix: PREFIX },
    value: `${PREFIX}:${origin}`,
  };
  const scope = { outer: element.scope, declared: SCOPE };
  return { ...element, scope, attributes: [...element.attributes, attribute] };
}

const isOrigin = ({ name, namespace }: XmlAttribute) => name === 'origin' && namespace === ORIGIN_NAMESPACE;

/** `module:identity` of a node's own annotation. */
export function originOf(element: XmlElement, schema: SchemaIndex): string | undefined {
  const value = attributeValue(element, 'origin', ORIGIN_NAMESPACE);
  if (value === undefined) return undefined;
  const colon = value.indexOf(':');
  const module = schema.moduleOf(resolvePrefix(element.scope, value.slice(0, Math.max(0, colon))) ?? '');
  return module && `${module.name}:${value.slice(colon + 1)}`;
}

/**
 * Annotations as they are sent: "If not specified for a given configuration data node, then the origin is the same as the
 * origin of its parent node" (ietf-origin); or none at all.
 */
export function showOrigin(data: readonly XmlElement[], show: boolean, above?: string): readonly XmlElement[] {
  return data.map((element) => {
    const own = attributeValue(element, 'origin', ORIGIN_NAMESPACE);
    const said = show && own !== undefined && own !== above;
    const children = element.children.map((child) =>
      typeof child === 'string' ? child : showOrigin([child], show, own ?? above)[0]!,
    );
    return said ? { ...element, children } : unmarked({ ...element, children });
  });
}

/** Without the annotation, and without the prefix that was declared for it. */
function unmarked(element: XmlElement): XmlElement {
  const scope = element.scope?.declared === SCOPE ? element.scope.outer : element.scope;
  return { ...element, scope, attributes: element.attributes.filter((one) => !isOrigin(one)) };
}

/** RFC 8526 §3.1.1.1: `origins` as `module:identity`. */
export interface OriginFilter {
  readonly origins: readonly string[];
  readonly negated: boolean;
}

/**
 * The configuration nodes that match, with their ancestors and keys; state is not filtered. Data must be marked.
 * "Configuration nodes that do not have an 'origin' annotation are treated as if they have […] 'or:unknown'."
 */
export function filterByOrigin(
  data: readonly XmlElement[],
  filter: OriginFilter,
  schema: SchemaIndex,
  parent?: SchemaNode,
): readonly XmlElement[] {
  return data.flatMap((element) => {
    const node = schema.child(parent, element.namespace, element.name);
    if (node === undefined || !node.config) return [element];
    const own = originOf(element, schema) ?? `${MODULE}:unknown`;
    const derived = filter.origins.some((origin) => derivesFrom(own, origin, true, schema));
    const matches = derived !== filter.negated;
    if (node.kind !== 'container' && node.kind !== 'list') return matches || isKey(element, parent) ? [element] : [];
    const inner = element.children.filter((child) => typeof child !== 'string');
    const children = filterByOrigin(inner, filter, schema, node);
    const more = children.some((child) => !isKey(child, node));
    return matches || more ? [{ ...element, children }] : [];
  });
}

/** Of a list's entry: one of its keys. */
export function isKey({ name }: XmlElement, list: SchemaNode | undefined): boolean {
  return list?.kind === 'list' && list.keys?.includes(name) === true;
}
