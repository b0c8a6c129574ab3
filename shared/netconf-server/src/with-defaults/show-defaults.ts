import { failed, ok, type Result } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, readXml, writeXml, type XmlAttribute, type XmlElement } from '@sublane/netconf';
import type { Context, LibyangFailure } from 'libyang-wasm';
import type { SchemaIndex } from '../schema-index.ts';
import { DEFAULT_NAMESPACE } from './default-namespace.ts';
import { trimDefaults } from './trim-defaults.ts';
import { WITH_DEFAULTS_NAMESPACE, type WithDefaults } from './with-defaults-parameter.ts';

export interface DefaultsMeans {
  readonly context: Context;
  readonly schema: SchemaIndex;
}

/**
 * Whole data as it is read in one of the modes that report defaults (RFC 6243 §3.1, §3.4). To be called before anything
 * is filtered: a filter, and the rules of access, apply to defaults too. A failure is a provider's, whose state is not
 * of the schema.
 */
export function addDefaults(
  data: readonly XmlElement[],
  mode: WithDefaults,
  content: 'config' | 'all',
  { context }: DefaultsMeans,
): Result<readonly XmlElement[], LibyangFailure> {
  if (mode === 'explicit' || mode === 'trim') return ok(data);
  const parsed = context.parseData(data.map(writeXml).join(''), 'xml', { validate: false });
  if (!parsed.ok) return parsed;
  using tree = parsed.value;
  const added = tree.addDefaults({ content });
  if (!added.ok) return added;
  const withDefaults = mode === 'report-all' ? 'report-all' : 'report-all-tag-implicit';
  const printed = tree.print('xml', { withDefaults });
  if (!printed.ok) return printed;
  const read = readXml(`<data>${printed.value}</data>`, CLIENT_LIMITS);
  if (!read.ok) return failed({ kind: 'trap', message: `what libyang printed is no XML: ${read.failure.kind}` });
  const elements = childElements(read.value);
  return ok(mode === 'report-all' ? elements : elements.map(tagged));
}

/** What was filtered as it is shown: without what has its default value, where the mode is trim (RFC 6243 §3.2). */
export function showDefaults(
  data: readonly XmlElement[],
  mode: WithDefaults,
  schema: SchemaIndex,
): readonly XmlElement[] {
  return mode === 'trim' ? trimDefaults(data, schema) : data;
}

const DEFAULT: XmlAttribute = { name: 'default', namespace: DEFAULT_NAMESPACE, prefix: 'wd', value: 'true' };

/** libyang has the attribute in the namespace of the module, where RFC 6243 §6 has one of its own. */
function tagged(element: XmlElement): XmlElement {
  const children = element.children.map((child) => (typeof child === 'string' ? child : tagged(child)));
  const attributes = element.attributes.map((one) =>
    one.name === 'default' && one.namespace === WITH_DEFAULTS_NAMESPACE ? DEFAULT : one,
  );
  return { ...element, attributes, children };
}
