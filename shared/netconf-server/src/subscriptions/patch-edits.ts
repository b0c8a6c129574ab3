import { writeXml, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { DataPath } from '../data-path.ts';
import { Siblings } from '../edit/siblings.ts';
import { sameLeaf } from '../edit/tree-difference.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { alike } from './alike.ts';
import { resourcePath } from './resource-path.ts';
import { stayingInOrder } from './staying-in-order.ts';

/** RFC 8641 §5, `change-type`. */
export type ChangeType = 'create' | 'delete' | 'insert' | 'move' | 'replace';

/** One edit of a YANG Patch (RFC 8072 §2.5), as a change that has happened. */
export interface PatchEdit {
  readonly operation: ChangeType;
  readonly target: string;
  /** Of insert and move: the entry it stands behind; it stands first where there is none. */
  readonly behind?: string;
  /** Of create, insert and replace: the node. */
  readonly value?: XmlElement;
}

/**
 * What turns one tree into the other. What was created or deleted is told once, with all below it; each edit applies to
 * what the edits before it left. Pure.
 */
export function patchEdits(
  before: readonly XmlElement[],
  after: readonly XmlElement[],
  schema: SchemaIndex,
): readonly PatchEdit[] {
  return [
    ...levels(new Siblings(before, undefined, schema), new Siblings(after, undefined, schema), undefined, schema),
  ];
}

function* levels(
  before: Siblings,
  after: Siblings,
  parent: DataPath | undefined,
  schema: SchemaIndex,
): Generator<PatchEdit> {
  const target = (path: DataPath) => resourcePath(path, schema);
  // What has no key has no name either: all around it is told anew.
  if (parent !== undefined && !alikeNameless(before, after)) {
    yield { operation: 'replace', target: target(parent), value: parent.element };
    return;
  }
  for (const [id, element, node] of before.entries()) {
    if (node === undefined || id === undefined || after.get(id) !== undefined) continue;
    yield { operation: 'delete', target: target({ parent, node, element }) };
  }
  const staying = stayingEntries(before, after);
  const last = new Map<SchemaNode, DataPath>();
  for (const [id, element, node] of after.entries()) {
    if (node === undefined || id === undefined) continue;
    const path = { parent, node, element };
    const old = before.get(id);
    const ordered = isOrdered(node);
    const previous = last.get(node);
    last.set(node, path);
    const place = previous === undefined ? {} : { behind: target(previous) };
    if (old === undefined) {
      if (ordered) yield { operation: 'insert', target: target(path), ...place, value: element };
      else yield { operation: 'create', target: target(path), value: element };
      continue;
    }
    if (ordered && !staying.has(id)) yield { operation: 'move', target: target(path), ...place };
    if (alike(old, element)) continue;
    if (node.kind === 'container' || node.kind === 'list') {
      yield* levels(Siblings.of(old, node, schema), Siblings.of(element, node, schema), path, schema);
    } else if (node.kind !== 'leaf-list' && !sameLeaf(old, element, node, schema)) {
      yield { operation: 'replace', target: target(path), value: element };
    }
  }
}

/** "This statement is ignored if the list represents state data" (RFC 7950 §7.7.7). */
const isOrdered = ({ orderedBy, config }: SchemaNode) => orderedBy === 'user' && config !== false;

/** Are the entries of lists without keys (RFC 7950 §7.8.2), which only state has, the same? */
function alikeNameless(before: Siblings, after: Siblings): boolean {
  const nameless = (siblings: Siblings) => {
    const found: XmlElement[] = [];
    for (const [id, element] of siblings.entries()) if (id === undefined) found.push(element);
    return found;
  };
  const [old, now] = [nameless(before), nameless(after)];
  return old.length === now.length && old.every((one, index) => alike(one, now[index]!));
}

/** Entries of lists ordered by their user that need not be moved when the others are. */
function stayingEntries(before: Siblings, after: Siblings): ReadonlySet<string> {
  const places = new Map<string, number>();
  for (const [id, , node] of before.entries()) {
    if (id !== undefined && node !== undefined && isOrdered(node)) places.set(id, places.size);
  }
  const staying = new Set<string>();
  if (places.size === 0) return staying;
  const lists = new Map<SchemaNode, string[]>();
  for (const [id, , node] of after.entries()) {
    if (id === undefined || node === undefined || !places.has(id)) continue;
    const list = lists.get(node);
    if (list === undefined) lists.set(node, [id]);
    else list.push(id);
  }
  for (const ids of lists.values()) {
    for (const index of stayingInOrder(ids.map((id) => places.get(id)!))) staying.add(ids[index]!);
  }
  return staying;
}

/**
 * `<yang-patch>` of a push-change-update, in the namespace around it (RFC 8641 §3.7). Targets need no escapes: what XML
 * minds is percent-encoded in them.
 */
export function patchXml(patchId: string, edits: readonly PatchEdit[]): string {
  const list = edits.map(({ operation, target, behind, value }, index) => {
    const place = behind === undefined ? '<where>first</where>' : `<point>${behind}</point><where>after</where>`;
    return (
      `<edit><edit-id>${index + 1}</edit-id><operation>${operation}</operation><target>${target}</target>` +
      (operation === 'insert' || operation === 'move' ? place : '') +
      (value === undefined ? '' : `<value>${writeXml(value)}</value>`) +
      '</edit>'
    );
  });
  return `<yang-patch><patch-id>${patchId}</patch-id>${list.join('')}</yang-patch>`;
}
