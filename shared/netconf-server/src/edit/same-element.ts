import { resolvePrefix, type XmlElement } from '@sublane/netconf';

/**
 * Do two elements say the same, word for word, with every prefix that a value could hold standing for the same? Quick; two
 * that are not may still mean the same: other spellings, another order.
 */
export function sameElement(one: XmlElement, other: XmlElement): boolean {
  if (one === other) return true;
  const { children } = one;
  if (one.name !== other.name || one.namespace !== other.namespace) return false;
  if (children.length !== other.children.length) return false;
  if (one.attributes.length > 0 || other.attributes.length > 0) return false;
  return children.every((child, index) => {
    const twin = other.children[index];
    if (typeof child === 'string') return child === twin && samePrefixes(child, one, other);
    return twin !== undefined && typeof twin !== 'string' && sameElement(child, twin);
  });
}

function samePrefixes(text: string, one: XmlElement, other: XmlElement): boolean {
  if (one.scope === other.scope) return true;
  const same = (prefix: string) => resolvePrefix(one.scope, prefix) === resolvePrefix(other.scope, prefix);
  // The name of an identity without a prefix is of the default namespace (RFC 7950 §9.10.3).
  if (!same('')) return false;
  return !text.includes(':') || Array.from(text.matchAll(/([\w.-]+):/g)).every(([, prefix = '']) => same(prefix));
}
