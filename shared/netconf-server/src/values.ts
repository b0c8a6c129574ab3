import { elementText, resolvePrefix, type XmlElement } from '@sublane/netconf';
import type { SchemaNode } from 'libyang-wasm';
import type { SchemaIndex } from './schema-index.ts';

type Type = NonNullable<SchemaNode['type']>;

/**
 * A leaf's value in a form that is equal where the values are (RFC 7950 §9: `+7` and `7`, `1.50` and `1.5`, an
 * identityref under any prefix). For comparing only. What a type's own plug-in of libyang does besides (IPv6 addresses
 * in lower case) is not done here.
 */
export function comparableValue(type: Type | undefined, element: XmlElement, schema: SchemaIndex): string {
  return comparable(type, elementText(element), element, schema);
}

function comparable(type: Type | undefined, text: string, element: XmlElement, schema: SchemaIndex): string {
  switch (type?.base) {
    case undefined:
    case 'string':
      return text;
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return /^\s*[+-]?\d{1,20}\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, '')).toString() : text;
    case 'decimal64': {
      const parts = /^\s*([+-]?)0*(\d*)(?:\.(\d*?)0*)?\s*$/.exec(text);
      if (parts === null) return text;
      const number = `${parts[2] || '0'}.${parts[3] || '0'}`;
      return parts[1] === '-' && number !== '0.0' ? `-${number}` : number;
    }
    case 'identityref':
      return identityName(text, element, schema);
    case 'bits':
      return text.trim().split(/\s+/).sort().join(' ');
    case 'binary':
      return text.replace(/\s+/g, '');
    case 'leafref':
      return comparable(type.leafrefTarget, text, element, schema);
    case 'union': {
      const member = type.members?.find((one) => mayBe(one, text, element, schema));
      return comparable(member, text, element, schema);
    }
    default:
      return text.trim();
  }
}

/** `module:name`, whatever prefix it was written with (RFC 7950 §9.10.3). */
function identityName(text: string, element: XmlElement, schema: SchemaIndex): string {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(':');
  const namespace = resolvePrefix(element.scope, colon < 0 ? '' : trimmed.slice(0, colon)) || element.namespace;
  const module = schema.moduleOf(namespace);
  return module === undefined ? trimmed : `${module.name}:${trimmed.slice(colon + 1)}`;
}

/** Could a union's value be of this member? The first that it could be is taken (RFC 7950 §9.12). */
function mayBe(type: Type, text: string, element: XmlElement, schema: SchemaIndex): boolean {
  const trimmed = text.trim();
  switch (type.base) {
    case 'boolean':
      return trimmed === 'true' || trimmed === 'false';
    case 'enumeration':
      return type.enums?.includes(trimmed) ?? false;
    case 'empty':
      return trimmed === '';
    case 'decimal64':
      return /^[+-]?\d+(\.\d+)?$/.test(trimmed);
    case 'identityref': {
      const name = identityName(text, element, schema);
      return type.identities?.some((identity) => `${identity.module}:${identity.name}` === name) ?? false;
    }
    case 'leafref':
      return type.leafrefTarget === undefined || mayBe(type.leafrefTarget, text, element, schema);
    case 'union':
      return type.members?.some((member) => mayBe(member, text, element, schema)) ?? false;
    case 'string':
    case 'binary':
    case 'bits':
    case 'instance-identifier':
      return true;
    default:
      return /^[+-]?\d+$/.test(trimmed);
  }
}

/** Types that are strings to YANG, and more to libyang: addresses, prefixes, times. The others are compared by value. */
export function hasOtherSpellings(type: Type | undefined): boolean {
  switch (type?.base) {
    case 'string':
      // Addresses and their like have patterns; a name without one is what it is.
      return type.patterns !== undefined;
    case 'union':
      return type.members?.some(hasOtherSpellings) ?? false;
    case 'leafref':
      return hasOtherSpellings(type.leafrefTarget);
    default:
      return false;
  }
}
