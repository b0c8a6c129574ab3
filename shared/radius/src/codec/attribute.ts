import {
  type AttributeDefinition,
  type AttributeKey,
  type AttributeName,
  DICTIONARY,
  MESSAGE_AUTHENTICATOR,
  type ValueKind,
  VENDOR_SPECIFIC,
} from './dictionary.ts';
import { formatIpv4, formatIpv6, formatPrefix, parseIpv4, parseIpv6, parsePrefix } from './ip-text.ts';

/** An attribute as it is carried. Make one with `attribute`, read it with `firstValue` and its neighbours. */
export interface Attribute extends AttributeKey {
  /** As on the wire: at most 253 bytes, 247 of a vendor's. */
  readonly value: Uint8Array;
}

/** What a value of each kind is in JavaScript. */
export interface ValueTypes {
  readonly text: string;
  readonly integer: number;
  readonly address: string;
  readonly ipv6: string;
  readonly prefix: string;
  readonly octets: Uint8Array;
}

export type ValueOf<Name extends AttributeName> = ValueTypes[(typeof DICTIONARY)[Name]['kind']];

/**
 * An attribute by its name, with a value of its kind; or by its number (1 to 255), or vendor and number, with its bytes.
 * Text and bytes may turn out too long: who sends them then gets the failure `unsendable`. A number that is no 32 bits and
 * a text that is no address are mistakes of the program, and throw.
 */
export function attribute<Name extends AttributeName>(name: Name, value: ValueOf<Name>): Attribute;
export function attribute(key: number | AttributeKey, value: Uint8Array): Attribute;
export function attribute(
  which: AttributeName | number | AttributeKey,
  value: string | number | Uint8Array,
): Attribute {
  if (typeof which === 'string') {
    const { kind, ...key }: AttributeDefinition = DICTIONARY[which];
    return { ...key, value: encodeValue(kind, value, which) };
  }
  const key = typeof which === 'number' ? { type: which } : which;
  const vendorFits = key.vendor === undefined || isUint32(key.vendor);
  const own = key.vendor === undefined && key.type === MESSAGE_AUTHENTICATOR;
  if (!Number.isInteger(key.type) || key.type < 0 || key.type > 255 || !vendorFits || own) {
    throw new RangeError(`no attribute to be made: ${keyText(key)}`);
  }
  const { type, vendor } = key;
  return { ...(vendor !== undefined && { vendor }), type, value: Uint8Array.from(value as Uint8Array) };
}

/** The value of the first attribute of this name; nothing where there is none. */
export function firstValue<Name extends AttributeName>(
  attributes: readonly Attribute[],
  name: Name,
): ValueOf<Name> | undefined {
  return allValues(attributes, name)[0];
}

/** The values of all attributes of this name, in their order; what cannot be a value of it is left out. */
export function allValues<Name extends AttributeName>(attributes: readonly Attribute[], name: Name): ValueOf<Name>[] {
  const { kind, ...key }: AttributeDefinition = DICTIONARY[name];
  return withKey(attributes, key)
    .filter(isValidValue)
    .map(({ value }) => decodeValue(kind, value) as ValueOf<Name>);
}

/** The attributes of this type (and vendor), in their order. */
export function withKey(attributes: readonly Attribute[], { type, vendor }: AttributeKey): Attribute[] {
  return attributes.filter((one) => one.type === type && one.vendor === vendor);
}

/** The attribute that a person means by `Filter-Id`, by `11`, or by `26.14122.7`; nothing where there is no such name. */
export function findAttribute(text: string): AttributeKey | undefined {
  const wanted = text.toLowerCase();
  const known = NAMES.find((name) => name.toLowerCase() === wanted);
  if (known !== undefined) return keyOf(DICTIONARY[known]);
  if (/^\d{1,3}$/.test(text)) return inRange({ type: Number(text) });
  const [, vendor, type] = /^26\.(\d{1,10})\.(\d{1,3})$/.exec(text) ?? [];
  return vendor === undefined ? undefined : inRange({ vendor: Number(vendor), type: Number(type) });
}

/** `Filter-Id`, `200`, or `26.9.250`: what `findAttribute` reads. */
export function keyText(key: AttributeKey): string {
  const known = NAMES.find((name) => sameKey(DICTIONARY[name], key));
  return known ?? (key.vendor === undefined ? String(key.type) : `${VENDOR_SPECIFIC}.${key.vendor}.${key.type}`);
}

/** The kind of an attribute; `octets` of one that is not in the dictionary. */
export const kindOf = ({ type, vendor }: AttributeKey): ValueKind => KINDS.get(mapKey(type, vendor)) ?? 'octets';

/**
 * The value as text, to be shown or compared with a pattern. Octets: as UTF-8 where they are nothing but printable text,
 * else in hexadecimal after `0x`. Passwords are not shown.
 */
export function valueText(one: Attribute): string {
  if (isSecret(one)) return '[secret]';
  const value = decodeValue(isValidValue(one) ? kindOf(one) : 'octets', one.value);
  if (typeof value !== 'object') return String(value);
  const text = Buffer.from(value).toString('utf8');
  return /^[^\p{C}\ufffd]+$/u.test(text) ? text : `0x${Buffer.from(value).toString('hex')}`;
}

/** Octets carried, each way, as Acct-Input/Output-Octets and -Gigawords (RFC 2866 §5.3, RFC 2869 §5.1). Whole numbers. */
export function octetCounters({ input, output }: { readonly input: number; readonly output: number }): Attribute[] {
  return [
    attribute('Acct-Input-Octets', input % WORD),
    attribute('Acct-Input-Gigawords', Math.floor(input / WORD)),
    attribute('Acct-Output-Octets', output % WORD),
    attribute('Acct-Output-Gigawords', Math.floor(output / WORD)),
  ];
}

/** Whether the bytes can be a value of the attribute at all (RFC 2865 §5: "an invalid length"). */
export function isValidValue({ type, vendor, value }: Attribute): boolean {
  switch (kindOf({ type, ...(vendor !== undefined && { vendor }) })) {
    case 'integer':
    case 'address':
      return value.length === 4;
    case 'ipv6':
      return value.length === 16;
    case 'prefix':
      return (
        value.length >= 2 && value.length <= 18 && value[1]! <= 128 && value.length - 2 >= Math.ceil(value[1]! / 8)
      );
    case 'text':
    case 'octets':
      return true;
  }
}

const WORD = 2 ** 32;
const NAMES = Object.keys(DICTIONARY) as AttributeName[];
const mapKey = (type: number, vendor: number | undefined) => (vendor === undefined ? type : `${vendor}.${type}`);
const KINDS = new Map<number | string, ValueKind>(
  Object.values<AttributeDefinition>(DICTIONARY).map(({ type, vendor, kind }) => [mapKey(type, vendor), kind]),
);

const isUint32 = (value: number) => Number.isInteger(value) && value >= 0 && value < WORD;
const sameKey = (a: AttributeKey, b: AttributeKey) => a.type === b.type && a.vendor === b.vendor;
const keyOf = ({ type, vendor }: AttributeKey): AttributeKey => ({ ...(vendor !== undefined && { vendor }), type });
const inRange = (key: AttributeKey) =>
  key.type >= 1 && key.type <= 255 && isUint32(key.vendor ?? 0) ? key : undefined;
const isSecret = ({ type, vendor }: AttributeKey) => vendor === undefined && (type === 2 || type === 3);

function encodeValue(kind: ValueKind, value: string | number | Uint8Array, name: string): Uint8Array {
  switch (kind) {
    case 'text':
      return Buffer.from(value as string, 'utf8');
    case 'octets':
      return Uint8Array.from(value as Uint8Array);
    case 'integer': {
      if (!isUint32(value as number)) throw new RangeError(`${name} is a number of 32 bits, not ${value}`);
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value as number);
      return bytes;
    }
    case 'address':
    case 'ipv6':
    case 'prefix': {
      const bytes = PARSERS[kind](value as string);
      if (bytes === undefined) throw new RangeError(`${name} cannot be '${value}'`);
      return bytes;
    }
  }
}

const PARSERS = { address: parseIpv4, ipv6: parseIpv6, prefix: parsePrefix };

/** `value` is valid for the kind, as what was decoded or made here is. */
function decodeValue(kind: ValueKind, value: Uint8Array): string | number | Uint8Array {
  switch (kind) {
    case 'text':
      return Buffer.from(value).toString('utf8');
    case 'octets':
      return value;
    case 'integer':
      return Buffer.from(value).readUInt32BE();
    case 'address':
      return formatIpv4(value);
    case 'ipv6':
      return formatIpv6(value);
    case 'prefix':
      return formatPrefix(value);
  }
}
