import { resolvePrefix, type XmlElement } from '@sublane/netconf';

/**
 * Are two elements written alike, with all in them? False may be wrong (`+7` and `7`); true is not. Much cheaper than to
 * compare them by their schema, and what a commit leaves alone is printed as it was.
 */
export function alike(one: XmlElement, other: XmlElement): boolean {
  if (one === other) return true;
  if (one.name !== other.name || one.namespace !== other.namespace) return false;
  if (one.children.length !== other.children.length || one.attributes.length !== other.attributes.length) return false;
  const attributes = one.attributes.every(({ name, namespace, value }, index) => {
    const its = other.attributes[index]!;
    return its.name === name && its.namespace === namespace && its.value === value;
  });
  return (
    attributes &&
    one.children.every((child, index) => {
      const its = other.children[index]!;
      if (typeof child !== 'string') return typeof its !== 'string' && alike(child, its);
      return child === its && samePrefix(child, one, other);
    })
  );
}

/** A value such as `a:b` may name something, and its prefix may stand for something else in the other place. */
function samePrefix(value: string, one: XmlElement, other: XmlElement): boolean {
  if (one.scope === other.scope || !value.includes(':')) return true;
  const prefixes = value.match(/[\w.-]+(?=:)/g) ?? [];
  return prefixes.every((prefix) => resolvePrefix(one.scope, prefix) === resolvePrefix(other.scope, prefix));
}
