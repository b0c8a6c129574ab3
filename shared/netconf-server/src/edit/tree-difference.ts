import { childElements, elementText, writeXml, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { WriteOperation } from '../access.ts';
import type { DataPath } from '../data-path.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { comparableValue } from '../values.ts';
import { sameElement } from './same-element.ts';
import { Siblings } from './siblings.ts';

export interface TreeChange {
  readonly operation: WriteOperation;
  /** For a deleted node as it was, else as it is. */
  readonly path: DataPath;
  /** Of an updated leaf, the node as it was. */
  readonly was?: XmlElement;
}

/**
 * Every node that was created, updated or deleted between two configurations, parents before children. An entry of a
 * list ordered by its user that stands elsewhere counts as updated.
 */
export function* treeDifference(
  before: readonly XmlElement[],
  after: readonly XmlElement[],
  schema: SchemaIndex,
): Generator<TreeChange> {
  yield* between(before, after, undefined, schema);
}

function* between(
  before: readonly XmlElement[],
  after: readonly XmlElement[],
  parent: DataPath | undefined,
  schema: SchemaIndex,
): Generator<TreeChange> {
  const [left, right] = withoutSameEnds(before, after, parent?.node, schema);
  if (left.length === 0 && right.length === 0) return;
  yield* levels(new Siblings(left, parent?.node, schema), new Siblings(right, parent?.node, schema), parent, schema);
}

/**
 * Without what both begin with, and without what both end with: most of two configurations is alike. At the end, entries
 * that are ordered by their user stay: there, what stands before them counts.
 */
function withoutSameEnds(
  before: readonly XmlElement[],
  after: readonly XmlElement[],
  parent: SchemaNode | undefined,
  schema: SchemaIndex,
): readonly [readonly XmlElement[], readonly XmlElement[]] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameElement(before[start]!, after[start]!)) start++;
  let end = 0;
  while (end < shorter - start) {
    const [one, other] = [before[before.length - 1 - end]!, after[after.length - 1 - end]!];
    if (!sameElement(one, other)) break;
    if (schema.child(parent, one.namespace, one.name)?.orderedBy === 'user') break;
    end++;
  }
  return [before.slice(start, before.length - end), after.slice(start, after.length - end)];
}

function* levels(
  before: Siblings,
  after: Siblings,
  parent: DataPath | undefined,
  schema: SchemaIndex,
): Generator<TreeChange> {
  for (const [id, element, node] of before.entries()) {
    if (node !== undefined && id !== undefined && after.get(id) === undefined)
      yield* whole('delete', { parent, node, element }, schema);
  }
  const moved = movedEntries(before, after);
  for (const [id, element, node] of after.entries()) {
    if (node === undefined || id === undefined) continue;
    const path = { parent, node, element };
    const old = before.get(id);
    if (old === undefined) {
      yield* whole('create', path, schema);
    } else if (hasChildren(node)) {
      if (moved.has(id)) yield { operation: 'update', path };
      yield* between(childElements(old), childElements(element), path, schema);
    } else if (moved.has(id) || !sameLeaf(old, element, node, schema)) {
      yield { operation: 'update', path, was: old };
    }
  }
}

function* whole(operation: WriteOperation, path: DataPath, schema: SchemaIndex): Generator<TreeChange> {
  yield { operation, path };
  if (!hasChildren(path.node)) return;
  for (const [, element, node] of Siblings.of(path.element, path.node, schema).entries()) {
    if (node !== undefined) yield* whole(operation, { parent: path, node, element }, schema);
  }
}

/** Entries of lists ordered by their user whose predecessor, of those that were there before, is another now. */
function movedEntries(before: Siblings, after: Siblings): Set<string> {
  const moved = new Set<string>();
  const previous = new Map<SchemaNode, string>();
  const predecessors = new Map<string, string | undefined>();
  for (const [id, , node] of before.entries()) {
    if (node?.orderedBy !== 'user' || id === undefined || after.get(id) === undefined) continue;
    predecessors.set(id, previous.get(node));
    previous.set(node, id);
  }
  previous.clear();
  for (const [id, , node] of after.entries()) {
    if (node?.orderedBy !== 'user' || id === undefined || !predecessors.has(id)) continue;
    if (predecessors.get(id) !== previous.get(node)) moved.add(id);
    previous.set(node, id);
  }
  return moved;
}

/** Have two instances of a leaf, or of anydata, one value? */
export function sameLeaf(old: XmlElement, now: XmlElement, node: SchemaNode, schema: SchemaIndex): boolean {
  if (old === now) return true;
  if (node.kind === 'anydata' || node.kind === 'anyxml') return writeXml(old) === writeXml(now);
  if (node.type === undefined) return elementText(old) === elementText(now);
  return comparableValue(node.type, old, schema) === comparableValue(node.type, now, schema);
}

const hasChildren = (node: SchemaNode) => node.kind === 'container' || node.kind === 'list';
