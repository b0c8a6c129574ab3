import { failed, ok, type Result } from '@sublane/basics';
import { childElements, elementText, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';

/**
 * The parameters of an operation, each at most once, in the operation's own namespace. The operations of RFC 6241 are
 * read without a schema: what is inside `filter` and `config` is not the operation's.
 */
export function readParameters<Name extends string>(
  operation: XmlElement,
  names: readonly Name[],
): Result<Partial<Record<Name, XmlElement>>, RpcError> {
  const found: Partial<Record<Name, XmlElement>> = {};
  for (const child of childElements(operation)) {
    const name = names.find((one) => one === child.name);
    if (child.namespace !== operation.namespace) {
      const message = `expected the namespace ${operation.namespace}`;
      return failed(rpcError.unknownNamespace('protocol', child.name, child.namespace, { message }));
    }
    if (name === undefined) {
      const message = `expected ${names.length === 0 ? 'no parameters' : names.join(', ')}`;
      return failed(rpcError.unknownElement('protocol', child.name, { message }));
    }
    if (found[name] !== undefined) {
      return failed(rpcError.badElement('protocol', name, { message: 'expected once' }));
    }
    found[name] = child;
  }
  return ok(found);
}

/** The text of a parameter that is one of `values`; undefined where it is not given. */
export function readChoice<Value extends string>(
  parameter: XmlElement | undefined,
  values: readonly Value[],
): Result<Value | undefined, RpcError> {
  if (parameter === undefined) return ok(undefined);
  const text = elementText(parameter).trim();
  const value = values.find((one) => one === text);
  if (value !== undefined) return ok(value);
  return failed(rpcError.invalidValue('protocol', { message: `${parameter.name}: expected ${values.join(', ')}` }));
}

export function missing(name: string): RpcError {
  return rpcError.missingElement('protocol', name, { message: `expected <${name}>` });
}
