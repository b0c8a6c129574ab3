import { failed, ok, type Result } from '@sublane/basics';
import { childElement, childElements, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import { type DataPath, errorPath } from './data-path.ts';
import { isKey } from './edit/node-identity.ts';
import type { ActionHandler, ActionPath } from './rpc-table.ts';
import type { SchemaIndex } from './schema-index.ts';

/** Of `<action>`, `insert`, `key` and `value` (RFC 7950 §5.3.1). */
export const ACTION_NAMESPACE = 'urn:ietf:params:xml:ns:yang:1';

/** What an `<action>` names (RFC 7950 §7.15.2). */
export interface Invocation {
  /** The node the action belongs to. */
  readonly instance: DataPath;
  readonly node: SchemaNode;
  readonly element: XmlElement;
  readonly path: ActionPath;
}

/** The handlers of actions, by their place in the schema. */
export class ActionTable {
  readonly #handlers: ReadonlyMap<string, ActionHandler>;
  readonly #schema: SchemaIndex;

  /** Throws where `actions` names what the schema does not have. */
  constructor(actions: Readonly<Record<ActionPath, ActionHandler>>, schema: SchemaIndex) {
    this.#schema = schema;
    this.#handlers = new Map(Object.entries(actions));
    for (const path of this.#handlers.keys()) {
      if (!isAction(path, schema)) throw new Error(`actions: "${path}" is no action that the schema has`);
    }
  }

  get size(): number {
    return this.#handlers.size;
  }

  handler(path: ActionPath): ActionHandler | undefined {
    return this.#handlers.get(path);
  }

  /**
   * "The <action> element contains a hierarchy of nodes that identifies the node in the data tree. It MUST contain all
   * containers and list nodes from the top level down to the list or container containing the action. For lists, all
   * key leafs MUST also be included. The innermost container or list contains an XML element that carries the name of
   * the defined action." (RFC 7950 §7.15.2)
   */
  find(action: XmlElement): Result<Invocation, RpcError> {
    let around: DataPath | undefined;
    let path = '';
    let element = only(action, around, this.#schema);
    for (;;) {
      if (!element.ok) return element;
      const found = element.value;
      const node = this.#schema.child(around?.node, found.namespace, found.name);
      if (node === undefined) return failed(unknown(found, around, this.#schema));
      path += step(node, around?.node);
      if (node.kind === 'action' && around !== undefined) {
        return ok({ instance: around, node, element: found, path: path as ActionPath });
      }
      if (node.kind !== 'container' && node.kind !== 'list') {
        const message = 'expected containers and lists down to an action';
        return failed(rpcError.badElement('application', found.name, { message }));
      }
      around = { parent: around, node, element: found };
      const missing = node.kind === 'list' ? missingKey(around, this.#schema) : undefined;
      if (missing !== undefined) return failed(missing);
      element = only(found, around, this.#schema);
    }
  }
}

/** "If more than one action is present in the <rpc>, the server MUST reply with a "bad-element" <error-tag>" (§7.15.2). */
function only(parent: XmlElement, around: DataPath | undefined, schema: SchemaIndex): Result<XmlElement, RpcError> {
  const rest = childElements(parent).filter((child) => {
    const node = schema.child(around?.node, child.namespace, child.name);
    return node === undefined || !isKey(node, around?.node);
  });
  const [first, second] = rest;
  if (first === undefined) {
    const message = `expected an action, or a node with one, in <${parent.name}>`;
    return failed(rpcError.missingElement('protocol', 'action', { message, ...place(around, schema) }));
  }
  if (second === undefined) return ok(first);
  const message = 'expected one action in an rpc';
  return failed(rpcError.badElement('application', second.name, { message, ...place(around, schema) }));
}

const place = (path: DataPath | undefined, schema: SchemaIndex) =>
  path === undefined ? {} : { path: errorPath(path, schema) };

function missingKey(path: DataPath, schema: SchemaIndex): RpcError | undefined {
  const namespace = schema.namespaceOf(path.node);
  const key = path.node.keys?.find((name) => childElement(path.element, name, namespace) === undefined);
  if (key === undefined) return undefined;
  const detail = { message: `expected the key <${key}>`, path: errorPath(path, schema) };
  return rpcError.missingElement('application', key, detail);
}

function unknown({ name, namespace }: XmlElement, around: DataPath | undefined, schema: SchemaIndex): RpcError {
  if (schema.moduleOf(namespace) === undefined) {
    const message = `no module here has the namespace "${namespace}"`;
    return rpcError.unknownNamespace('application', name, namespace, { message, ...place(around, schema) });
  }
  const message = `no <${name}> in <${around?.node.name ?? 'action'}>`;
  return rpcError.unknownElement('application', name, { message, ...place(around, schema) });
}

const step = (node: SchemaNode, parent: SchemaNode | undefined) =>
  `/${node.module === parent?.module ? '' : `${node.module}:`}${node.name}`;

function isAction(path: string, schema: SchemaIndex): boolean {
  let module = '';
  let node: SchemaNode | undefined;
  for (const part of path.split('/').slice(1)) {
    const colon = part.indexOf(':');
    if (colon >= 0) module = part.slice(0, colon);
    const namespace = schema.moduleNamed(module)?.namespace;
    node = namespace === undefined ? undefined : schema.child(node, namespace, part.slice(colon + 1));
    if (node === undefined) return false;
  }
  return node?.kind === 'action';
}

/** The nodes down to the instance, with their keys and nothing else. */
export function instanceXml({ parent, node, element }: DataPath, inner: readonly XmlElement[] = []): XmlElement {
  const keys = node.kind === 'list' ? (node.keys ?? []) : [];
  const children = [...keys.flatMap((key) => childElement(element, key, element.namespace) ?? []), ...inner];
  const here = { ...element, attributes: [], children };
  return parent === undefined ? here : instanceXml(parent, [here]);
}
