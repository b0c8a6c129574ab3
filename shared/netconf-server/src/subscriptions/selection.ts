import { failed, ok, type Result } from '@sublane/basics';
import type { RpcError, XmlElement } from '@sublane/netconf';
import type { DataFilter } from '../filter/data-filter.ts';
import { subtreeFilter } from '../filter/read-filter.ts';
import { expressionIn, xpathFilter, xpathTest } from '../filter/xpath-filter.ts';
import type { SchemaIndex } from '../schema-index.ts';

/** Does a filter let an event record pass? */
export type EventTest = (event: XmlElement) => boolean;

/**
 * A filter of a datastore, by its element (RFC 8641 §3.6). "The set of namespace declarations is the set of prefix and
 * namespace pairs for all YANG modules implemented by the server, where the prefix is the YANG module name […] If a
 * prefix found in the XML is already present in the set of namespace declarations, the namespace in the XML is used" (§5).
 */
export function readDataFilter(filter: XmlElement, schema: SchemaIndex): Result<DataFilter, RpcError> {
  return isXPath(filter)
    ? xpathFilter(expressionIn(filter), schema, { element: filter, moduleNames: true })
    : ok(subtreeFilter(filter, schema));
}

/** Event records are small: an expression that looks at more nodes than this is no filter of them. */
const STEPS_FOR_AN_EVENT = 100_000;

/** A filter of event records, by its element (RFC 8639 §2.2). */
export function readEventFilter(filter: XmlElement, schema: SchemaIndex): Result<EventTest, RpcError> {
  if (isXPath(filter)) {
    const options = { element: filter, moduleNames: true, steps: STEPS_FOR_AN_EVENT };
    const test = xpathTest(expressionIn(filter), schema, options);
    if (!test.ok) return failed(test.failure);
    // "The result of the XPath expression is converted to a boolean value using the standard XPath 1.0 rules" (§4). What
    // cannot be evaluated for this record is not true of it.
    return ok((event) => {
      const answer = test.value([event]);
      return answer.ok && answer.value;
    });
  }
  const subtree = subtreeFilter(filter, schema);
  // "If the subtree filter returns a non-empty node set, the filter matches the event record" (§4).
  return ok((event) => {
    const selected = subtree.select([event]);
    return selected.ok && selected.value.length > 0;
  });
}

const isXPath = ({ name }: XmlElement) => name.endsWith('-xpath-filter');
