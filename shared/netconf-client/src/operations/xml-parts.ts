import { BASE_NAMESPACE, escapeAttribute, escapeText, writeXml, type XmlElement } from '@sublane/netconf';

/** XML to be put somewhere: text that declares its namespaces, or an element. */
export type XmlContent = string | XmlElement;

/** An XPath with the prefixes it uses. */
export interface XPathFilter {
  readonly xpath: string;
  readonly namespaces?: Readonly<Record<string, string>>;
}

/** What to read: a subtree (RFC 6241 §6), or an XPath (§8.9; only where `:xpath` is announced). */
export type Filter = { readonly subtree: XmlContent } | XPathFilter;

/** RFC 6243 §3; only where `:with-defaults` is announced. */
export type WithDefaults = 'report-all' | 'report-all-tagged' | 'trim' | 'explicit';

/** An identity of YANG: its name, and the namespace of the module that defines it. */
export interface IdentityName {
  readonly name: string;
  readonly namespace: string;
}

export const WITH_DEFAULTS_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults';

export function contentXml(content: XmlContent): string {
  return typeof content === 'string' ? content : writeXml(content);
}

export function inBase(name: string, content: string): string {
  return `<${name} xmlns="${BASE_NAMESPACE}">${content}</${name}>`;
}

/** Nothing where there is no value. */
export function leaf(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeText(String(value))}</${name}>`;
}

/** A leaf without a value; nothing where it is not wanted. */
export function flag(name: string, wanted: boolean | undefined): string {
  return wanted === true ? `<${name}/>` : '';
}

export function identityLeaf(name: string, identity: IdentityName | undefined): string {
  if (identity === undefined) return '';
  return `<${name} xmlns:id="${escapeAttribute(identity.namespace)}">id:${escapeText(identity.name)}</${name}>`;
}

/** The expression's prefixes are declared on its leaf. */
export function xpathLeaf(name: string, { xpath, namespaces }: XPathFilter): string {
  return `<${name}${declarations(namespaces)}>${escapeText(xpath)}</${name}>`;
}

/** `<filter>` (RFC 6241 §6.1, §8.9.5.1). */
export function filterXml(filter: Filter | undefined): string {
  if (filter === undefined) return '';
  if ('subtree' in filter) return `<filter type="subtree">${contentXml(filter.subtree)}</filter>`;
  return `<filter${declarations(filter.namespaces)} type="xpath" select="${escapeAttribute(filter.xpath)}"/>`;
}

export function withDefaultsXml(mode: WithDefaults | undefined): string {
  return mode === undefined ? '' : `<with-defaults xmlns="${WITH_DEFAULTS_NAMESPACE}">${mode}</with-defaults>`;
}

function declarations(namespaces: Readonly<Record<string, string>> = {}): string {
  return Object.entries(namespaces)
    .map(([prefix, namespace]) => ` xmlns:${prefix}="${escapeAttribute(namespace)}"`)
    .join('');
}
