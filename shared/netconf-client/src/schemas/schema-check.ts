import { failed, ok, type Result } from '@sublane/basics';
import {
  attributeValue,
  BASE_NAMESPACE,
  CLIENT_LIMITS,
  childElement,
  childElements,
  readXml,
  sessionFailureText,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import type { Context, LibyangFailure, SchemaModule, YangError } from 'libyang-wasm';
import { NMDA_NAMESPACE } from '../operations/nmda.ts';
import { contentXml, type XmlContent } from '../operations/xml-parts.ts';
import type { OpenedSchemas } from './open-schemas.ts';

type Check = Result<undefined, LibyangFailure>;

/**
 * Holds messages against a server's schemas: structure, names, types and what a message alone can tell. Rules that need
 * the datastore (leafrefs, must, when) are the server's to judge. Of modules that did not load, nothing is said.
 */
export class SchemaCheck {
  readonly context: Context;
  readonly #namespaces: ReadonlyMap<string, SchemaModule>;
  /** Something announced is not in the context: what is unknown may be of that. */
  readonly #partial: boolean;

  constructor({ context, missing, refused }: OpenedSchemas) {
    this.context = context;
    this.#namespaces = new Map(context.schema().map((module) => [module.namespace, module]));
    this.#partial = missing.length + refused.length > 0;
  }

  /** The child of `<rpc>`, with the configuration it may carry. */
  request(content: XmlContent): Check {
    const read = readRpc(content);
    if (!read.ok) return failed(syntax(sessionFailureText(read.failure)));
    const operation = childElements(read.value)[0];
    if (operation === undefined) return failed(syntax('expected an element, the operation'));
    if (!this.#namespaces.has(operation.namespace)) return this.#unknown(operation);
    const checked = this.#judge(this.context.readRpc(writeXml(read.value)));
    if (!checked.ok) return checked;
    const config = configOf(operation);
    return config === undefined ? ok() : this.edit(config.children.map(childXml).join(''));
  }

  /** What `<config>` of an edit has: attributes of RFC 6241 §7.2 and RFC 7950 §7.8.6 may stand in it. */
  edit(xml: string): Check {
    const direct = this.#parse(xml);
    // A leaf to be deleted needs no value (RFC 6241 §7.2), which libyang does not know.
    if (direct.ok || !/operation\s*=\s*["'](?:delete|remove)/.test(xml)) return direct;
    const read = readXml(`<config xmlns="${BASE_NAMESPACE}">${xml}</config>`, CLIENT_LIMITS);
    if (!read.ok) return failed(syntax(sessionFailureText(read.failure)));
    const rest = this.#parse(childElements(withoutDeletions(read.value)).map(childXml).join(''));
    return rest.ok ? rest : direct;
  }

  /** Data as `get` and its like give them: whole, or what a filter let through. */
  data(xml: string): Check {
    return this.#parse(xml, 'all');
  }

  /** The `<rpc-reply>` to an operation. */
  reply(operation: XmlContent, reply: XmlElement): Check {
    const read = readRpc(operation);
    const asked = read.ok ? childElements(read.value)[0] : undefined;
    const module = asked && this.#namespaces.get(asked.namespace);
    if (asked === undefined || module === undefined) return ok();
    const { name, namespace } = asked;
    const data = DATA_REPLIES.has(name) ? childElement(reply, 'data', namespace) : undefined;
    if (data !== undefined) return this.data(childElements(data).map(childXml).join(''));
    return this.#judge(this.context.readReply(module.name, name, writeXml({ ...reply, attributes: [] })));
  }

  /** A `<notification>` (RFC 5277 §4). */
  notification(xml: string): Check {
    return this.#judge(this.context.readNotification(xml));
  }

  #parse(xml: string, content: 'config' | 'all' = 'config'): Check {
    const parsed = this.context.parseData(xml, 'xml', { content, validate: false });
    if (!parsed.ok) return this.#judge(parsed);
    parsed.value.dispose();
    return ok();
  }

  #judge(result: Result<unknown, LibyangFailure>): Check {
    if (result.ok) return ok();
    const { failure } = result;
    if (failure.kind !== 'invalid') return failed(failure);
    const errors = failure.errors.filter(({ reason }) => !this.#excused(reason));
    return errors.length === 0 ? ok() : failed({ kind: 'invalid', errors });
  }

  #excused(reason: YangError['reason']): boolean {
    // Servers add attributes to their replies: etags, times.
    if (NEEDS_DATASTORE.has(reason) || reason === 'unknown-attribute') return true;
    return this.#partial && reason.startsWith('unknown-');
  }

  #unknown({ name, namespace }: XmlElement): Check {
    // Base operations and RFC 5277's come without a module at many servers.
    if (this.#partial || namespace.startsWith('urn:ietf:params:xml:ns:netconf:')) return ok();
    const error = {
      message: `The server has no module of the namespace "${namespace}" for "${name}".`,
      code: 'LY_ENOTFOUND',
      reason: 'unknown-module',
    } as const;
    return failed({ kind: 'invalid', errors: [error] });
  }
}

/** Rules that look at more than the message. */
export const NEEDS_DATASTORE: ReadonlySet<YangError['reason']> = new Set(['instance-required', 'must', 'when']);
const DATA_REPLIES = new Set(['get', 'get-config', 'get-data']);

/** As it is sent: what has no namespace of its own is in NETCONF's. */
function readRpc(content: XmlContent): ReturnType<typeof readXml> {
  return readXml(`<rpc xmlns="${BASE_NAMESPACE}" message-id="1">${contentXml(content)}</rpc>`, CLIENT_LIMITS);
}

/** Of edit-config, edit-data, copy-config and validate. */
function configOf(operation: XmlElement): XmlElement | undefined {
  if (operation.namespace !== BASE_NAMESPACE && operation.namespace !== NMDA_NAMESPACE) return undefined;
  const source = childElement(operation, 'source', BASE_NAMESPACE) ?? operation;
  return childElement(source, 'config', operation.namespace);
}

function withoutDeletions(element: XmlElement): XmlElement {
  const children = element.children
    .filter((child) => typeof child === 'string' || !isBareDeletion(child))
    .map((child) => (typeof child === 'string' ? child : withoutDeletions(child)));
  return { ...element, children };
}

function isBareDeletion(element: XmlElement): boolean {
  const operation = attributeValue(element, 'operation', BASE_NAMESPACE);
  return (operation === 'delete' || operation === 'remove') && element.children.length === 0;
}

function childXml(child: XmlElement | string): string {
  return typeof child === 'string' ? '' : writeXml(child);
}

function syntax(message: string): LibyangFailure {
  return { kind: 'invalid', errors: [{ message, code: 'LY_EVALID', reason: 'syntax' }] };
}
