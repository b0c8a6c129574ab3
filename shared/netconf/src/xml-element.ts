import { XML_NAMESPACE } from './namespaces.ts';

/** An element as it was written: nothing is added, and of what was read only comments are left out. Immutable. */
export interface XmlElement {
  /** Local name, without the prefix. */
  readonly name: string;
  /** Namespace name; empty for none. */
  readonly namespace: string;
  /** The prefix it was, or shall be, written with; empty for the default namespace. */
  readonly prefix: string;
  /** In the order written; namespace declarations are in `scope`, not here. */
  readonly attributes: readonly XmlAttribute[];
  /** Prefixes in force here. Values that hold prefixes (identityrefs, XPath filters) are resolved by it. */
  readonly scope: PrefixScope | undefined;
  /** Elements and text, in order; text is never empty and never follows text. White space is kept. */
  readonly children: readonly XmlNode[];
}

export type XmlNode = XmlElement | string;

export interface XmlAttribute {
  readonly name: string;
  /** Namespace name; empty for none (a default namespace does not apply to attributes). */
  readonly namespace: string;
  readonly prefix: string;
  readonly value: string;
}

/** The prefixes one element declares (empty string: the default namespace), and those around it. */
export interface PrefixScope {
  readonly outer: PrefixScope | undefined;
  readonly declared: ReadonlyMap<string, string>;
}

/** The namespace a prefix stands for; the empty prefix is the default namespace. `undefined` where it is not bound. */
export function resolvePrefix(scope: PrefixScope | undefined, prefix: string): string | undefined {
  for (let here = scope; here !== undefined; here = here.outer) {
    const namespace = here.declared.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  if (prefix === 'xml') return XML_NAMESPACE;
  return prefix === '' ? '' : undefined;
}

/** All prefixes in force, as XPath evaluators want them. */
export function prefixesInScope(scope: PrefixScope | undefined): Map<string, string> {
  const all = new Map<string, string>();
  for (let here = scope; here !== undefined; here = here.outer) {
    for (const [prefix, namespace] of here.declared) if (!all.has(prefix)) all.set(prefix, namespace);
  }
  return all;
}

/** What `prefix:name` in the value of this element stands for; `undefined` where the prefix is not bound. */
export function resolveName(
  element: XmlElement,
  qualified: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const text = qualified.trim();
  const colon = text.indexOf(':');
  const namespace = resolvePrefix(element.scope, colon < 0 ? '' : text.slice(0, colon));
  return namespace === undefined ? undefined : { namespace, name: text.slice(colon + 1) };
}

/** An element to be written: in the default namespace, unless a prefix is given. */
export function xmlElement(
  name: string,
  namespace: string,
  children: readonly XmlNode[] | string = [],
  more: {
    readonly prefix?: string;
    readonly attributes?: readonly XmlAttribute[];
    /** Prefixes that the values inside use. */
    readonly prefixes?: Readonly<Record<string, string>>;
  } = {},
): XmlElement {
  return {
    name,
    namespace,
    prefix: more.prefix ?? '',
    attributes: more.attributes ?? [],
    scope: more.prefixes && { outer: undefined, declared: new Map(Object.entries(more.prefixes)) },
    children: typeof children === 'string' ? (children === '' ? [] : [children]) : children,
  };
}

export function childElements(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => typeof child !== 'string');
}

/** The first child of that name; of that namespace too, where one is given. */
export function childElement(element: XmlElement, name: string, namespace?: string): XmlElement | undefined {
  for (const child of element.children) {
    if (typeof child === 'string' || child.name !== name) continue;
    if (namespace === undefined || child.namespace === namespace) return child;
  }
  return undefined;
}

/** The text directly inside, without its children's. */
export function elementText(element: XmlElement): string {
  const [first, second] = element.children;
  if (second === undefined) return typeof first === 'string' ? first : '';
  return element.children.filter((child) => typeof child === 'string').join('');
}

export function attributeValue(element: XmlElement, name: string, namespace = ''): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name && attribute.namespace === namespace)?.value;
}
