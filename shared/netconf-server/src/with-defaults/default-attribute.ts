import { failed, ok, type Result } from '@sublane/basics';
import { attributeValue, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import { type DataPath, errorPath } from '../data-path.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { DEFAULT_NAMESPACE } from './default-namespace.ts';
import { hasDefaultValue } from './trim-defaults.ts';
import { offersWithDefaults } from './with-defaults-parameter.ts';

/**
 * Is a node of an edit there to go back to its default (RFC 6243 §4.5.2)? So says the attribute `default`, on a leaf with
 * that value; with basic mode explicit the node is then not there.
 */
export function returnsToDefault(path: DataPath, schema: SchemaIndex): Result<boolean, RpcError> {
  const { element, node } = path;
  const value = attributeValue(element, 'default', DEFAULT_NAMESPACE)?.trim();
  if (value === undefined || !offersWithDefaults(schema)) return ok(false);
  if (value === 'false' || value === '0') return ok(false);
  const detail = () => ({ path: errorPath(path, schema) });
  if (value !== 'true' && value !== '1') {
    const message = 'default: expected true or false';
    return failed(rpcError.badAttribute('application', 'default', element.name, { ...detail(), message }));
  }
  if (hasDefaultValue(element, node, schema)) return ok(true);
  const message = `${node.name}: expected ${defaultsOf(node)}, as it is marked with the attribute default`;
  return failed(rpcError.invalidValue('application', { ...detail(), message }));
}

function defaultsOf({ default: value, defaults }: SchemaNode): string {
  if (value !== undefined) return `its default ${value}`;
  return defaults === undefined ? 'a leaf with a default' : `one of its defaults ${defaults.join(', ')}`;
}

/** A whole configuration without what is marked so: what is copied is replaced whole (RFC 6243 §4.5.3). */
export function withoutMarkedDefaults(
  data: readonly XmlElement[],
  schema: SchemaIndex,
  parent?: DataPath,
): Result<readonly XmlElement[], RpcError> {
  const kept: XmlElement[] = [];
  for (const element of data) {
    const node = schema.child(parent?.node, element.namespace, element.name);
    if (node === undefined) {
      kept.push(element);
      continue;
    }
    const path = { parent, node, element };
    const goes = returnsToDefault(path, schema);
    if (!goes.ok) return goes;
    if (goes.value) continue;
    const inner = node.kind === 'container' || node.kind === 'list' ? elementsOf(element) : undefined;
    const children = inner === undefined ? ok(element.children) : withoutMarkedDefaults(inner, schema, path);
    if (!children.ok) return children;
    kept.push({ ...unmarked(element), children: children.value });
  }
  return ok(kept);
}

const elementsOf = (element: XmlElement) => element.children.filter((child) => typeof child !== 'string');

/** Without the attribute. */
export function unmarked(element: XmlElement): XmlElement {
  const attributes = element.attributes.filter(({ namespace }) => namespace !== DEFAULT_NAMESPACE);
  return attributes.length === element.attributes.length ? element : { ...element, attributes };
}
