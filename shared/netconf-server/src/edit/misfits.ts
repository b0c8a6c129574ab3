import { failed, ok, type Result } from '@sublane/basics';
import {
  attributeValue,
  BASE_NAMESPACE,
  childElements,
  type RpcError,
  rpcError,
  type XmlElement,
} from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import { type DataPath, errorPath } from '../data-path.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { identityOf } from './node-identity.ts';

/** Why there is no configuration by this name: `node` is undefined, or state. */
export function unknownNode(
  element: XmlElement,
  node: SchemaNode | undefined,
  parent: DataPath | undefined,
  schema: SchemaIndex,
): RpcError {
  const path = parent && { path: errorPath(parent, schema) };
  if (schema.moduleOf(element.namespace) === undefined) {
    const message = `no module here has the namespace "${element.namespace}"`;
    return rpcError.unknownNamespace('application', element.name, element.namespace, { ...path, message });
  }
  const message = node === undefined ? `${element.name} is not defined here` : `${element.name} is not configuration`;
  return rpcError.unknownElement('application', element.name, { ...path, message });
}

export function missingKey(key: string, path: DataPath, schema: SchemaIndex): RpcError {
  const message = `an entry of ${path.node.name} needs its key ${key}`;
  return rpcError.missingElement('application', key, { message, path: errorPath(path, schema) });
}

/**
 * Is every element configuration by the schema, there once, and without the attribute `operation`? So must a complete
 * configuration be (RFC 6241 §7.3, §8.6.4.1); the rest is the validator's.
 */
export function isComplete(elements: readonly XmlElement[], schema: SchemaIndex): Result<undefined, RpcError> {
  const fault = firstFault(elements, undefined, schema);
  return fault === undefined ? ok() : failed(fault);
}

function firstFault(
  elements: readonly XmlElement[],
  parent: DataPath | undefined,
  schema: SchemaIndex,
): RpcError | undefined {
  const seen = new Set<string>();
  for (const element of elements) {
    const node = schema.child(parent?.node, element.namespace, element.name);
    if (node === undefined || !node.config) return unknownNode(element, node, parent, schema);
    const path = { parent, node, element };
    const identity = identityOf(element, node, schema);
    if ('missingKey' in identity) return missingKey(identity.missingKey, path, schema);
    if (seen.has(identity.id)) {
      const detail = { message: `${node.name} is there twice`, path: errorPath(path, schema) };
      return rpcError.badElement('application', node.name, detail);
    }
    seen.add(identity.id);
    if (attributeValue(element, 'operation', BASE_NAMESPACE) !== undefined) {
      const detail = { message: 'operation is for <edit-config>', path: errorPath(path, schema) };
      return rpcError.unknownAttribute('application', 'operation', element.name, detail);
    }
    if (node.kind !== 'container' && node.kind !== 'list') continue;
    const fault = firstFault(childElements(element), path, schema);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
