import { unwrap } from '@sublane/basics';
import { CLIENT_LIMITS, childElements, readXml } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';

/** A running configuration that is this, valid by the schema, or the test fails. */
export function configured(schema: Context, xml: string) {
  using tree = unwrap(schema.parseData(xml, 'xml', { content: 'config', scope: 'all' }));
  const canonical = unwrap(tree.print('xml'));
  const snapshot = { elements: childElements(unwrap(readXml(`<config>${canonical}</config>`, CLIENT_LIMITS))) };
  return () => snapshot;
}
