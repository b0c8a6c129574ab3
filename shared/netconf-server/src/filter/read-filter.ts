import { failed, ok, type Result } from '@sublane/basics';
import { attributeValue, BASE_NAMESPACE, type RpcError, rpcError, type XmlElement } from '@sublane/netconf';
import type { SchemaIndex } from '../schema-index.ts';
import { applySubtreeFilter, filtersOfRoot } from '../subtree-filter.ts';
import { canonicalFilter } from './canonical-filter.ts';
import type { DataFilter } from './data-filter.ts';
import { xpathFilter } from './xpath-filter.ts';

export interface FilterOptions {
  /** Nodes that an expression may look at in one run, comparisons that a subtree filter may make. */
  readonly steps?: number;
}

/**
 * A `<filter>` parameter (RFC 6241 §7.1, §8.9.5; RFC 5277 §2.1.1): a subtree filter, unless its `type` says xpath.
 * Undefined where there is none.
 */
export function readFilter(
  filter: XmlElement | undefined,
  schema: SchemaIndex,
  { steps }: FilterOptions = {},
): Result<DataFilter | undefined, RpcError> {
  if (filter === undefined) return ok(undefined);
  const attribute = (name: string) => attributeValue(filter, name) ?? attributeValue(filter, name, BASE_NAMESPACE);
  const type = attribute('type') ?? 'subtree';
  if (type === 'subtree') return ok(subtreeFilter(filter, schema, steps));
  if (type !== 'xpath') {
    return failed(rpcError.badAttribute('protocol', 'type', 'filter', { message: 'expected subtree or xpath' }));
  }
  const select = attribute('select');
  if (select === undefined) {
    const message = 'a filter of type xpath has its expression in the attribute select';
    return failed(rpcError.missingAttribute('protocol', 'select', 'filter', { message }));
  }
  return xpathFilter(select, schema, {
    element: filter,
    ...(steps !== undefined && { steps }),
  });
}

/** Comparisons of one run: some half a second of them. */
const DEFAULT_STEPS = 10_000_000;

/** The filter that an element's content is (RFC 6241 §6), with its values in canonical form. */
export function subtreeFilter(filter: XmlElement, schema: SchemaIndex, steps = DEFAULT_STEPS): DataFilter {
  const canonical = canonicalFilter(filter, schema);
  return {
    select(data, whole) {
      let left = steps;
      const spend = (comparisons: number) => {
        left -= comparisons;
        if (left < 0) throw new Exhausted();
      };
      try {
        return ok(applySubtreeFilter(canonical, data, schema, whole, spend));
      } catch (error) {
        if (!(error instanceof Exhausted)) throw error;
        const message = `the filter compares more than ${steps} nodes: ask for less at once`;
        return failed(rpcError.tooBig('application', { message }));
      }
    },
    ofRoot: (root) => filtersOfRoot(canonical, root),
  };
}

class Exhausted extends Error {}
