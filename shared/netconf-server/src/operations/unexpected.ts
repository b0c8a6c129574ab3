import {
  BASE_NAMESPACE,
  childElements,
  type RpcError,
  rpcError,
  XML_NAMESPACE,
  type XmlElement,
} from '@sublane/netconf';

/** Attributes of parameters: those of `<filter>` (RFC 6241 §7.1, §8.9.5.1; RFC 5277 §2.1.1). */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = { filter: ['type', 'select'] };

/**
 * What no operation of the standards has room for: attributes on it or its parameters, and text beside them. An
 * `<rpc>` may have any attribute (RFC 6241 §4.1); those of XML itself (`xml:lang`) may stand anywhere.
 */
export function unexpectedIn(rpc: XmlElement, operation: XmlElement): RpcError | undefined {
  for (const element of [rpc, operation]) {
    if (element.children.some((child) => typeof child === 'string' && /[^ \t\r\n]/.test(child))) {
      return rpcError.badElement('protocol', element.name, { message: `expected no text in <${element.name}>` });
    }
  }
  for (const element of [operation, ...childElements(operation)]) {
    const allowed = element === operation ? [] : (ATTRIBUTES[element.name] ?? []);
    for (const { name, namespace } of element.attributes) {
      if (namespace === XML_NAMESPACE) continue;
      if ((namespace === '' || namespace === BASE_NAMESPACE) && allowed.includes(name)) continue;
      return rpcError.unknownAttribute('protocol', name, element.name, { message: `expected no attribute ${name}` });
    }
  }
  return undefined;
}
