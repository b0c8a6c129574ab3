import type { JsonValue } from '@sublane/basics';
import { EncodingFault, shown } from './encoding-fault.ts';
import type { SchemaTable, TypeSpec } from './schema-table.ts';
import { xmlAttribute, xmlText } from './xml-text.ts';

/** The element of one value. */
export type Write = (value: JsonValue) => string;

/** Makes the writer of a leaf, or of one entry of a leaf-list. `open` is its start tag without `>`. */
export function leafWriter(
  type: TypeSpec,
  tag: { readonly name: string; readonly open: string; readonly module: number },
  table: SchemaTable,
  where: string,
): Write {
  const open = `${tag.open}>`;
  const close = `</${tag.name}>`;
  const refuse = (value: JsonValue, expected: string): never => {
    throw new EncodingFault(where, `${shown(value)} is not ${expected}`);
  };
  if (typeof type !== 'string') {
    const elements =
      type[0] === 'enumeration' ? enumElements(type, open, close) : identityElements(type[1], tag, table);
    return (value) => elements.get(value) ?? refuse(value, `one of ${shown([...elements.keys()])}`);
  }
  const text = (value: string): string => xmlText(value) ?? refuse(value, 'text that XML permits');
  switch (type) {
    case 'string':
      return (value) => (typeof value === 'string' ? open + text(value) + close : refuse(value, 'a string'));
    case 'integer':
      return (value) => (Number.isInteger(value) ? `${open}${value}${close}` : refuse(value, 'an integer'));
    case 'long':
      return (value) =>
        typeof value === 'string' && /^-?\d{1,20}$/.test(value)
          ? open + value + close
          : refuse(value, 'digits in a string');
    case 'decimal':
      return (value) =>
        typeof value === 'string' && /^-?\d{1,19}(\.\d{1,18})?$/.test(value)
          ? open + value + close
          : refuse(value, 'a decimal number in a string');
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? `${open}${value}${close}` : refuse(value, 'a boolean'));
    case 'empty': {
      const element = `${tag.open}/>`;
      return (value) =>
        Array.isArray(value) && value.length === 1 && value[0] === null ? element : refuse(value, '[null]');
    }
    case 'union':
      return (value) => {
        if (typeof value === 'string') return open + text(value) + close;
        if (typeof value === 'number' || typeof value === 'boolean') return `${open}${value}${close}`;
        return refuse(value, 'a string, a number or a boolean');
      };
  }
}

function enumElements([, ...names]: readonly ['enumeration', ...string[]], open: string, close: string) {
  return new Map<JsonValue, string>(names.map((name) => [name, `${open}${xmlText(name)}${close}`]));
}

/**
 * In JSON an identity has its module's name before it, and need not where that is the leaf's own (RFC 7951 §6.8); in XML
 * a prefix, which the element itself declares (RFC 7950 §9.10.3).
 */
function identityElements(
  set: number,
  tag: { readonly name: string; readonly open: string; readonly module: number },
  table: SchemaTable,
) {
  const elements = new Map<JsonValue, string>();
  for (const [at, names] of table.identities[set] ?? []) {
    const [module, namespace, prefix] = table.modules[at]!;
    for (const name of names) {
      const own = at === tag.module;
      const element = own
        ? `${tag.open}>${name}</${tag.name}>`
        : `${tag.open} xmlns:${prefix}="${xmlAttribute(namespace)}">${prefix}:${name}</${tag.name}>`;
      elements.set(`${module}:${name}`, element);
      if (own) elements.set(name, element);
    }
  }
  return elements;
}
