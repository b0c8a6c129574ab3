import type { JsonObject, JsonValue } from '@sublane/basics';
import { elementText, type XmlElement } from '@sublane/netconf';
import { type RpcName, type RpcOutput, SCHEMA_TABLE } from '@sublane/yang';

type NodeSpec = (typeof SCHEMA_TABLE.data)[number];
type TypeSpec = Extract<NodeSpec, readonly ['leaf' | 'leaf-list', ...unknown[]]>[3];

/**
 * A reply's content as RFC 7951 has it, by the generated schema table: what takes no libyang, whose loading would cost a
 * command more than all the rest of it. Of sublane-headend, whose nodes are all of one module; what the table does not
 * know (a newer headend's) is left out.
 */
export function readReply<Name extends RpcName>(name: Name, reply: XmlElement): RpcOutput<Name> {
  return readChildren(SCHEMA_TABLE.rpcs[name]?.output ?? [], reply) as RpcOutput<Name>;
}

/** The content of one of our top-level data nodes, `module:name`. */
export function readData(name: string, element: XmlElement): JsonObject {
  const local = name.slice(name.indexOf(':') + 1);
  const spec = SCHEMA_TABLE.data.find(([, own]) => own === local);
  return spec?.[0] === 'container' ? readChildren(spec[3], element) : {};
}

function readChildren(specs: readonly NodeSpec[], parent: XmlElement): JsonObject {
  const members: Record<string, JsonValue> = {};
  for (const child of parent.children) {
    if (typeof child === 'string') continue;
    const spec = specs.find(([, name]) => name === child.name);
    if (spec === undefined) continue;
    const value = readNode(spec, child);
    if (spec[0] !== 'list' && spec[0] !== 'leaf-list') members[child.name] = value;
    else members[child.name] = [...((members[child.name] as readonly JsonValue[] | undefined) ?? []), value];
  }
  return members;
}

function readNode(spec: NodeSpec, element: XmlElement): JsonValue {
  if (spec[0] === 'container' || spec[0] === 'list') return readChildren(spec[3], element);
  return readValue(spec[3], elementText(element));
}

/** RFC 7951 §6. */
function readValue(type: TypeSpec, text: string): JsonValue {
  switch (type) {
    case 'integer':
      return Number(text);
    case 'boolean':
      return text === 'true';
    case 'empty':
      return [null];
    case 'union':
      // sublane-headend has one kind: a rate, or a word.
      return /^\d+$/.test(text) ? Number(text) : text;
    default:
      return text;
  }
}
