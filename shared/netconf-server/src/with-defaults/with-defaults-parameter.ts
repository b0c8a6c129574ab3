import { failed, ok, type Result } from '@sublane/basics';
import { CAPABILITY, childElements, type RpcError, type XmlElement } from '@sublane/netconf';
import { readChoice } from '../operations/parameters.ts';
import type { SchemaIndex } from '../schema-index.ts';

/** RFC 6243 §3. */
export type WithDefaults = 'explicit' | 'trim' | 'report-all' | 'report-all-tagged';

export const WITH_DEFAULTS_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults';
const MODULE = 'ietf-netconf-with-defaults';
const MODES: readonly WithDefaults[] = ['explicit', 'trim', 'report-all', 'report-all-tagged'];

/** Does the server offer `:with-defaults`? Where its schema has the module. */
export function offersWithDefaults(schema: SchemaIndex): boolean {
  return schema.moduleNamed(MODULE)?.implemented === true;
}

/** RFC 6243 §4.3: what is kept and shown is what somebody set. */
export function withDefaultsCapabilities(schema: SchemaIndex): readonly string[] {
  if (!offersWithDefaults(schema)) return [];
  return [`${CAPABILITY.withDefaults}?basic-mode=explicit&also-supported=trim,report-all,report-all-tagged`];
}

/**
 * Takes the parameter `with-defaults` out of an operation (RFC 6243 §4.5.1): the mode, and the operation without it.
 * Where the server does not offer it, it is left to whoever reads the other parameters, as unknown.
 */
export function takeWithDefaults(
  operation: XmlElement,
  schema: SchemaIndex,
  namespace = WITH_DEFAULTS_NAMESPACE,
): Result<{ readonly mode: WithDefaults; readonly operation: XmlElement; readonly given: boolean }, RpcError> {
  const parameter = childElements(operation).find(
    (child) => child.name === 'with-defaults' && child.namespace === namespace,
  );
  if (parameter === undefined || !offersWithDefaults(schema)) return ok({ mode: 'explicit', operation, given: false });
  const mode = readChoice(parameter, MODES);
  if (!mode.ok) return failed(mode.failure);
  const children = operation.children.filter((child) => child !== parameter);
  return ok({ mode: mode.value ?? 'explicit', operation: { ...operation, children }, given: true });
}
