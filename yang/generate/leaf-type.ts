import type { SchemaNode } from 'libyang-wasm';

type SchemaType = NonNullable<SchemaNode['type']>;

/** How the value of a leaf looks in JSON (RFC 7951 §6). */
export type LeafType =
  | { readonly json: 'string' | 'integer' | 'long' | 'decimal' | 'boolean' | 'empty' }
  | { readonly json: 'enumeration'; readonly names: readonly string[] }
  | { readonly json: 'identityref'; readonly identities: readonly { readonly module: string; readonly name: string }[] }
  | { readonly json: 'union'; readonly members: readonly LeafType[] };

export function leafType(node: SchemaNode): LeafType {
  if (node.type === undefined) throw new Error(`${node.name} has no type`);
  return typeOf(node.type, node.name);
}

function typeOf(type: SchemaType, where: string): LeafType {
  switch (type.base) {
    case 'string':
    case 'binary':
    case 'bits':
      return { json: 'string' };
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return { json: 'integer' };
    case 'int64':
    case 'uint64':
      return { json: 'long' };
    case 'decimal64':
      return { json: 'decimal' };
    case 'boolean':
    case 'empty':
      return { json: type.base };
    case 'enumeration':
      return { json: 'enumeration', names: type.enums ?? [] };
    case 'identityref':
      return { json: 'identityref', identities: type.identities ?? [] };
    case 'leafref':
      if (type.leafrefTarget === undefined) throw new Error(`${where}: a leafref without a target`);
      return typeOf(type.leafrefTarget, where);
    case 'union':
      return unionOf(
        (type.members ?? []).map((member) => typeOf(member, where)),
        where,
      );
    default:
      throw new Error(`${where}: bindings know no type ${type.base}`);
  }
}

/** A union whose members all look the same in JSON is no union to a program. */
function unionOf(members: readonly LeafType[], where: string): LeafType {
  if (members.some(({ json }) => json === 'identityref')) {
    throw new Error(`${where}: an identityref in a union needs a prefix that a value alone does not tell`);
  }
  const [first] = members;
  return first?.json === 'string' && members.every(({ json }) => json === 'string')
    ? first
    : { json: 'union', members };
}
