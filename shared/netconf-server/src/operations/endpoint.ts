import { failed, ok, type Result } from '@sublane/basics';
import {
  BASE_NAMESPACE,
  CLIENT_LIMITS,
  childElements,
  elementText,
  type RpcError,
  readXml,
  rpcError,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import type { ConfigSnapshot } from '../datastore.ts';
import type { UrlScheme } from '../datastores/url-scheme.ts';
import type { DatastoreName, Datastores } from '../datastores.ts';
import { missing } from './parameters.ts';

/** What <source> and <target> name (RFC 6241 §7.2 to §7.6, §8.6.4.1). */
export type Endpoint = NamedDatastore | Location | { readonly kind: 'config'; readonly config: XmlElement };

export interface NamedDatastore {
  readonly kind: 'datastore';
  readonly name: DatastoreName;
}

export interface Location {
  readonly kind: 'url';
  readonly url: URL;
  readonly scheme: UrlScheme;
}

export type EndpointKind = Endpoint['kind'];

/** The one element in a <source> or <target>, of one of these kinds. */
export function readEndpoint<Kind extends EndpointKind>(
  parameter: XmlElement | undefined,
  role: 'source' | 'target',
  kinds: readonly Kind[],
  datastores: Datastores,
): Result<Extract<Endpoint, { kind: Kind }>, RpcError> {
  if (parameter === undefined) return failed(missing(role));
  const [named, another] = childElements(parameter);
  const expected = `expected ${kinds.map((kind) => WORDS[kind]).join(' or ')} in <${role}>`;
  if (named === undefined) return failed(rpcError.missingElement('protocol', 'running', { message: expected }));
  if (another !== undefined || named.namespace !== parameter.namespace) {
    return failed(rpcError.badElement('protocol', role, { message: `${expected}, and one only` }));
  }
  const endpoint = endpointOf(named, datastores);
  if (endpoint === undefined || !kinds.some((kind) => kind === kindOf(named))) {
    return failed(rpcError.unknownElement('protocol', named.name, { message: expected }));
  }
  return endpoint as Result<Extract<Endpoint, { kind: Kind }>, RpcError>;
}

const WORDS: Readonly<Record<EndpointKind, string>> = { datastore: 'a datastore', url: '<url>', config: '<config>' };

const kindOf = ({ name }: XmlElement) => (name === 'url' || name === 'config' ? name : 'datastore');

function endpointOf(named: XmlElement, datastores: Datastores): Result<Endpoint, RpcError> | undefined {
  switch (named.name) {
    case 'running':
    case 'candidate':
    case 'startup': {
      if (datastores[named.name] !== undefined) return ok({ kind: 'datastore', name: named.name });
      return failed(
        rpcError.operationNotSupported('protocol', { message: `there is no ${named.name} datastore here` }),
      );
    }
    case 'config':
      return ok({ kind: 'config', config: named });
    case 'url':
      return readUrl(named, datastores);
    default:
      return undefined;
  }
}

/** The text of a <url> (RFC 6241 §8.8). It may hold a password, and is never said again. */
export function readUrl(element: XmlElement, datastores: Datastores): Result<Location, RpcError> {
  if (datastores.url === undefined) {
    const message = 'there is no :url capability here; send <config>';
    return failed(rpcError.operationNotSupported('protocol', { message }));
  }
  const text = elementText(element).trim();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const name = url?.protocol.replace(/:$/, '') ?? '';
  if (url !== undefined && Object.hasOwn(datastores.url, name)) {
    return ok({ kind: 'url', url, scheme: datastores.url[name]! });
  }
  const schemes = Object.keys(datastores.url).join(', ');
  return failed(rpcError.invalidValue('protocol', { message: `url: expected one of the schemes ${schemes}` }));
}

/**
 * What stands at a URL: "the configuration data hierarchy […], encoded in XML under the element <config> in the
 * "urn:ietf:params:xml:ns:netconf:base:1.0" namespace" (§8.8.5.1).
 */
export async function fetchConfig({ url, scheme }: Location): Promise<Result<XmlElement, RpcError>> {
  const document = await scheme.read(url);
  if (!document.ok) return document;
  const read = readXml(document.value, CLIENT_LIMITS);
  if (!read.ok) {
    const why =
      read.failure.kind === 'malformed'
        ? read.failure.message
        : `more than ${read.failure.allowed} ${read.failure.limit}`;
    return failed(rpcError.operationFailed('application', { message: `url: what is there is no XML to read: ${why}` }));
  }
  const { name, namespace } = read.value;
  if (name === 'config' && namespace === BASE_NAMESPACE) return ok(read.value);
  const message = `url: expected <config> in the namespace ${BASE_NAMESPACE}`;
  return failed(rpcError.operationFailed('application', { message }));
}

/** A datastore's content; of one that is offered. */
export function contentOf({ name }: NamedDatastore, datastores: Datastores): ConfigSnapshot {
  return (datastores[name] ?? datastores.running).read();
}

export const xmlOf = (elements: readonly XmlElement[]): string => elements.map(writeXml).join('');

export const NO_DATASTORES: RpcError = rpcError.operationNotSupported('protocol', {
  message: 'there are no datastores here',
});

/** Running as a target (RFC 6241 §8.2). */
export const NOT_WRITABLE: RpcError = rpcError.operationNotSupported('protocol', {
  message: 'running cannot be written here; edit <candidate/>, then <commit/>',
});
