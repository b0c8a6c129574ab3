import { failed, ok, type Result } from '@sublane/basics';
import { attributeValue, type RpcError, resolvePrefix, rpcError, type XmlElement, xmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { identityOf } from './node-identity.ts';
import type { Place } from './siblings.ts';

/** The attributes `insert`, `key` and `value` (RFC 7950 §7.8.6, §7.7.9). */
export const YANG_NAMESPACE = 'urn:ietf:params:xml:ns:yang:1';

/** Where the entry wants to stand; undefined where it does not say. */
export function readInsertion(
  element: XmlElement,
  node: SchemaNode,
  schema: SchemaIndex,
): Result<Place | undefined, RpcError> {
  const given = ['insert', 'key', 'value'].find((name) => attributeValue(element, name, YANG_NAMESPACE) !== undefined);
  if (given === undefined) return ok(undefined);
  // "If the attributes "before" and "after" appears in any element that is not a list whose "ordered-by" property is
  // "user", the server MUST reply with an "unknown-attribute"" (RFC 7950 §8.3.1)
  if (node.orderedBy !== 'user') {
    return failed(
      rpcError.unknownAttribute('application', given, node.name, {
        message: `${node.name} is not ordered by its user`,
      }),
    );
  }
  const insert = attributeValue(element, 'insert', YANG_NAMESPACE);
  if (insert === 'first' || insert === 'last') return ok({ at: insert } as const);
  if (insert !== 'before' && insert !== 'after') {
    return failed(bad('insert', node, 'expected first, last, before or after'));
  }
  const beside = node.kind === 'list' ? 'key' : 'value';
  const text = attributeValue(element, beside, YANG_NAMESPACE);
  if (text === undefined) {
    return failed(
      rpcError.missingAttribute('application', beside, node.name, {
        message: `insert="${insert}" needs the attribute ${beside}: which entry to stand ${insert}`,
      }),
    );
  }
  const reference = entryNamed(text, element, node, schema);
  if (reference === undefined) return failed(bad('key', node, "expected a predicate for each key, as [name='value']"));
  const identity = identityOf(reference, node, schema);
  if ('missingKey' in identity) return failed(bad('key', node, `the key ${identity.missingKey} is missing`));
  return ok({ at: insert, id: identity.id });
}

/** The entry beside which one wants to stand, with its keys or value alone; undefined where none is named. */
export function standsBeside(element: XmlElement, node: SchemaNode, schema: SchemaIndex): XmlElement | undefined {
  const text = attributeValue(element, node.kind === 'list' ? 'key' : 'value', YANG_NAMESPACE);
  return text === undefined ? undefined : entryNamed(text, element, node, schema);
}

const entryNamed = (text: string, element: XmlElement, node: SchemaNode, schema: SchemaIndex) =>
  node.kind === 'list' ? keysOf(text, element, node, schema) : { ...element, children: text === '' ? [] : [text] };

function bad(attribute: string, node: SchemaNode, message: string): RpcError {
  return rpcError.badAttribute('application', attribute, node.name, { message });
}

/** The entry that `[ex:first='a'][ex:second="b"]` speaks of; undefined where it is written otherwise. */
function keysOf(text: string, element: XmlElement, node: SchemaNode, schema: SchemaIndex): XmlElement | undefined {
  const namespace = schema.namespaceOf(node);
  const predicate = /\s*\[\s*(?:([^\s:=\]]+):)?([^\s:=\]]+)\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]\s*/y;
  const keys: XmlElement[] = [];
  while (predicate.lastIndex < text.length) {
    const found = predicate.exec(text);
    if (found === null) return undefined;
    const [, prefix, name = '', single, double] = found;
    if (prefix !== undefined && resolvePrefix(element.scope, prefix) !== namespace) return undefined;
    keys.push({ ...xmlElement(name, namespace, single ?? double ?? ''), scope: element.scope });
  }
  return { ...element, attributes: [], children: keys };
}
