import { BASE_NAMESPACE, XML_NAMESPACE } from './namespaces.ts';
import { ERROR_TAGS, ERROR_TYPES, type ErrorTag, type ErrorType, type RpcError } from './rpc-error.ts';
import {
  childElement,
  childElements,
  elementText,
  prefixesInScope,
  type XmlElement,
  xmlElement,
} from './xml-element.ts';
import { writeXml } from './xml-writer.ts';

/** `<rpc-error xmlns="…base:1.0">…</rpc-error>`, in the order of RFC 6241 §4.3. */
export function encodeRpcError(error: RpcError): string {
  return writeXml(rpcErrorElement(error));
}

export function rpcErrorElement({ type, tag, severity, appTag, path, message, info }: RpcError): XmlElement {
  const leaf = (name: string, value: string) => xmlElement(name, BASE_NAMESPACE, value);
  const children = [leaf('error-type', type), leaf('error-tag', tag), leaf('error-severity', severity)];
  if (appTag !== undefined) children.push(leaf('error-app-tag', appTag));
  if (path !== undefined) {
    children.push(xmlElement('error-path', BASE_NAMESPACE, path.xpath, { prefixes: path.namespaces }));
  }
  if (message !== undefined) children.push(xmlElement('error-message', BASE_NAMESPACE, message, IN_ENGLISH));
  if (info !== undefined && info.length > 0) children.push(xmlElement('error-info', BASE_NAMESPACE, info));
  return xmlElement('rpc-error', BASE_NAMESPACE, children);
}

const IN_ENGLISH = { attributes: [{ name: 'lang', namespace: XML_NAMESPACE, prefix: 'xml', value: 'en' }] };

/**
 * Reads what a peer sent, forgivingly: servers invent tags and leave out types. A tag that is not in RFC 6241
 * Appendix A is read as `operation-failed` and kept in the message.
 */
export function parseRpcError(element: XmlElement): RpcError {
  const value = (name: string) => {
    const child = childElement(element, name, BASE_NAMESPACE);
    return child === undefined ? undefined : elementText(child).trim();
  };
  const rawTag = value('error-tag') ?? '';
  const known = (ERROR_TAGS as readonly string[]).includes(rawTag);
  const rawType = value('error-type') ?? '';
  const appTag = value('error-app-tag');
  const path = childElement(element, 'error-path', BASE_NAMESPACE);
  const ownMessage = value('error-message');
  const message = known ? ownMessage : [`error-tag "${rawTag}"`, ownMessage].filter(Boolean).join(': ');
  const infoElement = childElement(element, 'error-info', BASE_NAMESPACE);
  const info = infoElement === undefined ? [] : childElements(infoElement);
  return {
    type: (ERROR_TYPES as readonly string[]).includes(rawType) ? (rawType as ErrorType) : 'application',
    tag: known ? (rawTag as ErrorTag) : 'operation-failed',
    severity: value('error-severity') === 'warning' ? 'warning' : 'error',
    ...(appTag !== undefined && { appTag }),
    ...(path !== undefined && {
      path: { xpath: elementText(path).trim(), namespaces: Object.fromEntries(prefixesUsed(path)) },
    }),
    ...(message !== undefined && { message }),
    ...(info.length > 0 && { info }),
  };
}

function prefixesUsed(path: XmlElement): [string, string][] {
  const text = elementText(path);
  return [...prefixesInScope(path.scope)].filter(([prefix]) => prefix !== '' && text.includes(`${prefix}:`));
}

/** One line for a person: what was refused and why. */
export function rpcErrorText({ tag, appTag, message, path, info = [] }: RpcError): string {
  const named = info
    .filter(({ namespace, name }) => namespace === BASE_NAMESPACE && name.startsWith('bad-'))
    .map(elementText);
  return [
    appTag === undefined ? tag : `${tag} (${appTag})`,
    ...(path === undefined ? [] : [path.xpath]),
    ...(message !== undefined ? [message] : named),
  ].join(': ');
}
