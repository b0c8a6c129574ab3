import { elementText, resolvePrefix, type XmlElement } from '@sublane/netconf';
import type { SchemaIndex } from '../schema-index.ts';

/** `module:identity` that an element's value names, whatever prefix it is written with (RFC 7950 §9.10.3). */
export function identityOf(element: XmlElement, schema: SchemaIndex): string | undefined {
  const text = elementText(element).trim();
  const colon = text.indexOf(':');
  const namespace = resolvePrefix(element.scope, colon < 0 ? '' : text.slice(0, colon)) || element.namespace;
  const module = schema.moduleOf(namespace);
  return module && `${module.name}:${text.slice(colon + 1)}`;
}

/** RFC 7950 §10.4. Both as `module:identity`. */
export function derivesFrom(
  identity: string | undefined,
  base: string | undefined,
  orSelf: boolean,
  schema: SchemaIndex,
): boolean {
  if (identity === undefined || base === undefined) return false;
  if (identity === base) return orSelf;
  const [module = '', name] = identity.split(':');
  const bases = schema.moduleNamed(module)?.identities.find((one) => one.name === name)?.bases ?? [];
  return bases.some((one) => derivesFrom(`${one.module}:${one.name}`, base, true, schema));
}
