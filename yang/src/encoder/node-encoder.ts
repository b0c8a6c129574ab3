import type { JsonObject, JsonValue } from '@sublane/basics';
import { EncodingFault, shown } from './encoding-fault.ts';
import type { NodeSpec, SchemaTable } from './schema-table.ts';
import { leafWriter, type Write } from './value-encoder.ts';
import { xmlAttribute } from './xml-text.ts';

/** The elements of an object's members, in the order of the schema. */
export type WriteMembers = (value: JsonObject) => string;

/**
 * Which module the parent of a node has, by index; -1: none, as at the top. Where the node's own differs, its member in
 * JSON has the module's name before it (RFC 7951 §4), its element in XML a default namespace of its own.
 */
export interface Parent {
  readonly json: number;
  readonly xml: number;
}

/** Compiles the children of one node into closures, once, so that encoding is look-ups and concatenation only. */
export function membersWriter(
  children: readonly NodeSpec[],
  parent: Parent,
  table: SchemaTable,
  where: string,
): WriteMembers {
  const count = children.length;
  const members = children.map(([, name, module]) =>
    module === parent.json ? name : `${table.modules[module]![0]}:${name}`,
  );
  const writers = children.map((child, at) => nodeWriter(child, parent.xml, table, `${where}/${members[at]}`));
  return (value) => {
    let text = '';
    let found = 0;
    for (let at = 0; at < count; at++) {
      const member = value[members[at]!];
      if (member !== undefined) {
        text += writers[at]!(member);
        found++;
      }
    }
    // Counting is what unknown members cost where there are none; only where the counts differ is it looked who they are.
    for (const _ in value) found--;
    if (found !== 0) refuseUnknown(value, members, where);
    return text;
  };
}

/** Members that are undefined are as good as absent. */
function refuseUnknown(value: JsonObject, members: readonly string[], where: string): void {
  const unknown = Object.keys(value).find((member) => value[member] !== undefined && !members.includes(member));
  if (unknown !== undefined)
    throw new EncodingFault(where, `it has no member ${shown(unknown)}; it has ${members.join(', ') || 'none'}`);
}

function nodeWriter(node: NodeSpec, parent: number, table: SchemaTable, where: string): Write {
  const [kind, name, module] = node;
  const xmlns = module === parent ? '' : ` xmlns="${xmlAttribute(table.modules[module]![1])}"`;
  const tag = { name, module, open: `<${name}${xmlns}` };
  switch (kind) {
    case 'leaf':
      return leafWriter(node[3], tag, table, where);
    case 'leaf-list':
      return eachEntry(leafWriter(node[3], tag, table, where), where);
    case 'container':
      return elementWriter(tag, membersWriter(node[3], inside(module), table, where), where);
    case 'list':
      return eachEntry(elementWriter(tag, entryWriter(node, table, where), where), where);
  }
}

const inside = (module: number): Parent => ({ json: module, xml: module });

function elementWriter(tag: { name: string; open: string }, members: WriteMembers, where: string): Write {
  const open = `${tag.open}>`;
  const close = `</${tag.name}>`;
  return (value) => {
    if (!isObject(value)) throw new EncodingFault(where, `${shown(value)} is not an object`);
    return open + members(value) + close;
  };
}

/** An entry without one of its keys is no entry (RFC 7950 §7.8.2). */
function entryWriter(
  [, , module, children, keys]: Extract<NodeSpec, readonly ['list', ...unknown[]]>,
  table: SchemaTable,
  where: string,
): WriteMembers {
  const members = membersWriter(children, inside(module), table, where);
  return (value) => {
    for (const key of keys) if (value[key] === undefined) throw new EncodingFault(where, `key ${key} is missing`);
    return members(value);
  };
}

function eachEntry(write: Write, where: string): Write {
  return (value) => {
    if (!Array.isArray(value)) throw new EncodingFault(where, `${shown(value)} is not an array`);
    let text = '';
    for (const entry of value) text += write(entry);
    return text;
  };
}

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
