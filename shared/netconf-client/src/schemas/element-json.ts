import type { JsonObject, JsonValue } from '@sublane/basics';
import { childElements, elementText, resolveName, resolvePrefix, type XmlElement } from '@sublane/netconf';
import type { Context, SchemaModule, SchemaNode, SchemaType } from 'libyang-wasm';

/**
 * RFC 7951 JSON of one element, by the types of the schema and without any validation: for what libyang does not parse
 * because a rule needs the datastore. What the schema does not know comes as text.
 */
export function elementToJson(context: Context, element: XmlElement): JsonObject {
  const modules = new Map(context.schema().map((module) => [module.namespace, module]));
  const module = modules.get(element.namespace);
  const node = [...(module?.notifications ?? []), ...(module?.nodes ?? [])].find(({ name }) => name === element.name);
  return { [nameOf(modules, element, '')]: jsonOf(modules, element, node) };
}

type Modules = ReadonlyMap<string, SchemaModule>;

/** RFC 7951 §4: with the module's name at the top, and where the module changes. */
function nameOf(modules: Modules, { name, namespace }: XmlElement, parent: string): string {
  return namespace === parent ? name : `${modules.get(namespace)?.name ?? namespace}:${name}`;
}

function jsonOf(modules: Modules, element: XmlElement, node: SchemaNode | undefined): JsonValue {
  const children = childElements(element);
  if (node?.type !== undefined) return leafValue(modules, element, elementText(element), node.type);
  // An anydata's content is of any module; what nobody knows is text, or has elements.
  if (children.length === 0 && node?.children === undefined) return elementText(element);
  const nodes = dataNodes(node?.children ?? []);
  const object: Record<string, JsonValue> = {};
  for (const child of children) {
    const known = nodes.find((one) => one.name === child.name && one.module === modules.get(child.namespace)?.name);
    const name = nameOf(modules, child, element.namespace);
    const value = jsonOf(modules, child, known);
    const before = object[name];
    if (known?.kind === 'list' || known?.kind === 'leaf-list')
      object[name] = [...((before as JsonValue[]) ?? []), value];
    else if (before === undefined) object[name] = value;
    else object[name] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return object;
}

/** Choices and cases are no nodes of data (RFC 7950 §7.9). */
function dataNodes(nodes: readonly SchemaNode[]): SchemaNode[] {
  return nodes.flatMap((node) =>
    node.kind === 'choice' || node.kind === 'case' ? dataNodes(node.children ?? []) : [node],
  );
}

/** RFC 7951 §6. */
function leafValue(modules: Modules, element: XmlElement, text: string, type: SchemaType): JsonValue {
  switch (type.base) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return Number(text);
    case 'boolean':
      return text.trim() === 'true';
    case 'empty':
      return [null];
    case 'identityref': {
      const named = resolveName(element, text);
      const module = named && modules.get(named.namespace);
      return module === undefined ? text : `${module.name}:${named!.name}`;
    }
    case 'instance-identifier':
      return instanceIdentifier(modules, element, text);
    case 'leafref':
      return type.leafrefTarget === undefined ? text : leafValue(modules, element, text, type.leafrefTarget);
    case 'union': {
      const member = type.members?.find((one) => accepts(one, text.trim()));
      return member === undefined ? text : leafValue(modules, element, text, member);
    }
    default:
      return text;
  }
}

/** §6.11: names of modules instead of prefixes, only where the module changes; texts in quotes stay. */
function instanceIdentifier(modules: Modules, element: XmlElement, text: string): string {
  let last = '';
  return text.replace(/"[^"]*"|'[^']*'|([A-Za-z_][\w.-]*):(?=[A-Za-z_])/g, (whole, prefix: string | undefined) => {
    if (prefix === undefined) return whole;
    const module = modules.get(resolvePrefix(element.scope, prefix) ?? '')?.name ?? prefix;
    const changed = module !== last;
    last = module;
    return changed ? `${module}:` : '';
  });
}

/** Enough to tell the members of a union apart: the first that could have the text is the one (RFC 7950 §9.12). */
function accepts(type: SchemaType, text: string): boolean {
  if (/^u?int\d+$/.test(type.base)) return /^[+-]?\d+$/.test(text);
  if (type.base === 'boolean') return text === 'true' || text === 'false';
  if (type.base === 'enumeration') return type.enums?.includes(text) === true;
  if (type.base === 'decimal64') return /^[+-]?\d+(\.\d+)?$/.test(text);
  if (type.base === 'empty') return text === '';
  if (type.base === 'instance-identifier') return text.startsWith('/');
  if (type.base === 'union') return type.members?.some((one) => accepts(one, text)) === true;
  return true;
}
