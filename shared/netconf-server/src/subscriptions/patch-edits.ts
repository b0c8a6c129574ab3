import { childElements, writeXml, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { DataPath } from '../data-path.ts';
import { type TreeChange, treeDifference } from '../edit/tree-difference.ts';
import type { SchemaIndex } from '../schema-index.ts';
import { resourcePath } from './resource-path.ts';

/** RFC 8641 §3.7: "change-type". */
export const CHANGE_TYPES = ['create', 'delete', 'insert', 'move', 'replace'] as const;
export type ChangeType = (typeof CHANGE_TYPES)[number];

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
  const told = new Set<DataPath>();
  const edits: PatchEdit[] = [];
  for (const change of treeDifference(before, after, schema)) {
    const { operation, path } = change;
    if (operation !== 'update') {
      const known = path.parent !== undefined && told.has(path.parent);
      told.add(path);
      if (known) continue;
    }
    edits.push(editOf(change, after, schema));
  }
  return edits;
}

function editOf({ operation, path }: TreeChange, after: readonly XmlElement[], schema: SchemaIndex): PatchEdit {
  const target = resourcePath(path, schema);
  if (operation === 'delete') return { operation: 'delete', target };
  const { node, element } = path;
  const ordered = (node.kind === 'list' || node.kind === 'leaf-list') && node.orderedBy === 'user';
  if (!ordered) {
    return { operation: operation === 'create' ? 'create' : 'replace', target, value: element };
  }
  const place = predecessor(path, after, schema);
  const behind = place === undefined ? {} : { behind: resourcePath(place, schema) };
  return operation === 'create'
    ? { operation: 'insert', target, ...behind, value: element }
    : { operation: 'move', target, ...behind };
}

/** The entry of the same list before this one. */
function predecessor(
  { parent, node, element }: DataPath,
  after: readonly XmlElement[],
  schema: SchemaIndex,
): DataPath | undefined {
  const siblings = parent === undefined ? after : childElements(parent.element);
  let last: XmlElement | undefined;
  for (const sibling of siblings) {
    if (sibling === element) break;
    if (isOf(sibling, node, schema)) last = sibling;
  }
  return last === undefined ? undefined : { parent, node, element: last };
}

function isOf(element: XmlElement, node: SchemaNode, schema: SchemaIndex): boolean {
  return element.name === node.name && element.namespace === schema.namespaceOf(node);
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
