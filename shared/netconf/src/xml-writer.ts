import { XML_NAMESPACE } from './namespaces.ts';
import { type PrefixScope, resolvePrefix, type XmlElement } from './xml-element.ts';

/**
 * Writes an element with every namespace declaration it needs, so that the text stands wherever it is put.
 * A prefix that the tree leaves unbound, or uses for two namespaces, is replaced by one that fits.
 */
export function writeXml(element: XmlElement): string {
  return writeElement(element, undefined, undefined);
}

/** Text between tags. What XML 1.0 cannot hold (most control characters) becomes U+FFFD. */
export function escapeText(text: string): string {
  return TEXT_SPECIAL.test(text) ? text.replace(TEXT_SPECIALS, escapeCharacter) : text;
}

/** Can XML 1.0 hold it? Most control characters and lone surrogates it cannot (§2.2, `Char`). */
export function isXmlText(text: string): boolean {
  return !NO_XML.test(text);
}

/** A value between double quotes. */
export function escapeAttribute(value: string): string {
  return ATTRIBUTE_SPECIAL.test(value) ? value.replace(ATTRIBUTE_SPECIALS, escapeCharacter) : value;
}

// `>` is escaped everywhere, so that neither `]]>` nor the end-of-message mark of RFC 6242 §4.3 can appear.
// A carriage return would be read back as a line feed (XML 1.0 §2.11), white space in attributes as a space (§3.3.3).
const FORBIDDEN = String.raw`\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff`;
const NO_XML = new RegExp(`[${FORBIDDEN}]|\\p{Surrogate}`, 'u');
const TEXT_SPECIAL = new RegExp(`[&<>\\r${FORBIDDEN}]|\\p{Surrogate}`, 'u');
const TEXT_SPECIALS = new RegExp(TEXT_SPECIAL, 'gu');
const ATTRIBUTE_SPECIAL = new RegExp(`[&<>"\\t\\n\\r${FORBIDDEN}]|\\p{Surrogate}`, 'u');
const ATTRIBUTE_SPECIALS = new RegExp(ATTRIBUTE_SPECIAL, 'gu');

function escapeCharacter(character: string): string {
  return ESCAPES[character] ?? '\ufffd';
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

function writeElement(
  element: XmlElement,
  /** As written around it. */
  outer: PrefixScope | undefined,
  /** The parent's in the tree: what it binds is written already. */
  parentScope: PrefixScope | undefined,
): string {
  const declared = new Map<string, string>();
  const scope = { outer, declared, used: [] as string[] };
  // The element's own declarations come along even where no name uses them: values inside may.
  for (let here = element.scope; here !== undefined && here !== parentScope; here = here.outer) {
    for (const prefix of here.declared.keys()) {
      const namespace = resolvePrefix(element.scope, prefix)!;
      if (resolvePrefix(scope, prefix) !== namespace) declared.set(prefix, namespace);
    }
  }
  const tag = qualify(element.prefix, element.namespace, element, scope) + element.name;
  let attributes = '';
  for (const { prefix, namespace, name, value } of element.attributes) {
    const qualifier = namespace === '' ? '' : qualify(prefix, namespace, element, scope, true);
    attributes += ` ${qualifier}${name}="${escapeAttribute(value)}"`;
  }
  let declarations = '';
  for (const [prefix, namespace] of declared) {
    declarations += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeAttribute(namespace)}"`;
  }
  const opening = `<${tag}${declarations}${attributes}`;
  if (element.children.length === 0) return `${opening}/>`;
  const inside = declared.size === 0 ? outer : scope;
  let content = '';
  for (const child of element.children) {
    content += typeof child === 'string' ? escapeText(child) : writeElement(child, inside, element.scope);
  }
  return `${opening}>${content}</${tag}>`;
}

interface OwnScope {
  readonly outer: PrefixScope | undefined;
  readonly declared: Map<string, string>;
  /** By the names of this element, wherever they are bound: they may not be bound anew here. */
  readonly used: string[];
}

/** `prefix:` (or nothing) that stands for the namespace here; declares it where it does not yet. */
function qualify(wanted: string, namespace: string, element: XmlElement, scope: OwnScope, attribute = false): string {
  if (namespace === XML_NAMESPACE) return 'xml:';
  const usable = (prefix: string) => prefix !== 'xml' && !(attribute && prefix === '');
  const fits = (prefix: string) => usable(prefix) && resolvePrefix(scope, prefix) === namespace;
  const free = (prefix: string) =>
    usable(prefix) && !scope.declared.has(prefix) && !scope.used.includes(prefix) && !isBound(element.scope, prefix);

  let prefix = namespace === '' ? '' : wanted;
  // No prefix but the empty one can stand for no namespace.
  for (let number = 1; namespace !== '' && !fits(prefix) && !free(prefix); number++) prefix = `ns${number}`;
  if (!fits(prefix)) scope.declared.set(prefix, namespace);
  scope.used.push(prefix);
  return prefix === '' ? '' : `${prefix}:`;
}

function isBound(scope: PrefixScope | undefined, prefix: string): boolean {
  for (let here = scope; here !== undefined; here = here.outer) if (here.declared.has(prefix)) return true;
  return false;
}
