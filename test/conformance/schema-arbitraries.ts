import type { JsonValue } from '@sublane/basics';
import fc, { type Arbitrary } from 'fast-check';
import type { SchemaNode } from 'libyang-wasm';
import { ipv4Address, ipv4Prefix, ipv6Address, ipv6Prefix, timestamp } from './canonical-values.ts';

type SchemaType = NonNullable<SchemaNode['type']>;
type Json = { [member: string]: JsonValue };

/**
 * Random JSON (RFC 7951) for the children of a node, from types, lengths, ranges, patterns, mandatory and min-elements.
 * Values are in canonical form, and leaves with a default are always there, so that what libyang reads is what was
 * written. `must`, `when` and leafrefs are not known here.
 */
export function membersArbitrary(nodes: readonly SchemaNode[], module: string | undefined): Arbitrary<Json> {
  const parts = nodes.map((node): Arbitrary<Json> => {
    if (node.kind === 'choice') {
      const cases = (node.children ?? []).map((one) =>
        membersArbitrary(one.kind === 'case' ? (one.children ?? []) : [one], module),
      );
      // A choice is there when something of one of its cases is.
      const one = fc.oneof(...cases).filter((members) => Object.keys(members).length > 0);
      return node.mandatory ? one : fc.oneof(fc.constant({}), one);
    }
    const name = node.module === module ? node.name : `${node.module}:${node.name}`;
    const present = nodeArbitrary(node).map((value): Json => ({ [name]: value }));
    return isAlwaysThere(node) ? present : fc.oneof(fc.constant({}), present);
  });
  return fc.tuple(...parts).map((members) => Object.assign({}, ...members));
}

function isAlwaysThere(node: SchemaNode): boolean {
  if (node.when) return false;
  if (node.mandatory || node.default !== undefined || (node.minElements ?? 0) > 0) return true;
  return node.kind === 'container' && !node.presence;
}

function nodeArbitrary(node: SchemaNode): Arbitrary<JsonValue> {
  const entries = { minLength: node.minElements ?? 1, maxLength: (node.minElements ?? 1) + 2 };
  switch (node.kind) {
    case 'leaf':
      return valueArbitrary(node.type!);
    case 'leaf-list':
      return fc.uniqueArray(valueArbitrary(node.type!), entries);
    case 'container':
      return membersArbitrary(node.children ?? [], node.module);
    case 'list': {
      const keys = node.keys ?? [];
      const children = (node.children ?? []).map((child) =>
        keys.includes(child.name) ? { ...child, mandatory: true as const } : child,
      );
      const key = (entry: Json) => JSON.stringify(keys.map((name) => entry[name]));
      return fc.uniqueArray(membersArbitrary(children, node.module), { ...entries, selector: key });
    }
    default:
      throw new Error(`no arbitrary for ${node.kind} ${node.name}`);
  }
}

function valueArbitrary(type: SchemaType): Arbitrary<JsonValue> {
  switch (type.base) {
    case 'string':
      return stringArbitrary(type);
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      return integerArbitrary(type).map(Number);
    case 'int64':
    case 'uint64':
      return integerArbitrary(type).map(String);
    case 'decimal64':
      return decimalArbitrary(type);
    case 'boolean':
      return fc.boolean();
    case 'empty':
      return fc.constant([null]);
    case 'enumeration':
      return fc.constantFrom(...(type.enums ?? []));
    case 'identityref': {
      const names = (type.identities ?? []).map(({ module, name }) => `${module}:${name}`);
      const ours = names.filter((name) => /:(propVirtual|softwareLoopback|l2vlan|tunnel)$/.test(name));
      return fc.oneof(fc.constantFrom(...names), fc.constantFrom(...ours));
    }
    case 'leafref':
      return valueArbitrary(type.leafrefTarget!);
    case 'union':
      return fc.oneof(...(type.members ?? []).map(valueArbitrary));
    default:
      throw new Error(`no arbitrary for type ${type.base}`);
  }
}

const BITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

function integerArbitrary(type: SchemaType): Arbitrary<bigint> {
  const [min, max] = BITS[type.base]!;
  return boundsArbitrary(type.range, (text) => BigInt(text), min, max);
}

/** The canonical form has at least one digit behind the point and no needless zeros (RFC 7950 §9.3.2). */
function decimalArbitrary(type: SchemaType): Arbitrary<string> {
  const digits = type.fractionDigits ?? 1;
  const scaled = (text: string): bigint => {
    const [whole = '0', fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(digits, '0'));
  };
  return boundsArbitrary(type.range, scaled, -(2n ** 63n), 2n ** 63n - 1n).map((value) => {
    const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
    const fraction = text.slice(-digits).replace(/0+$/, '') || '0';
    return `${value < 0n ? '-' : ''}${text.slice(0, -digits)}.${fraction}`;
  });
}

function boundsArbitrary(
  range: string | undefined,
  read: (text: string) => bigint,
  min: bigint,
  max: bigint,
): Arbitrary<bigint> {
  const parts = (range ?? '').split('|').map((part) => part.trim());
  if (range === undefined) return fc.bigInt({ min, max });
  return fc.oneof(
    ...parts.map((part) => {
      const [first = '', last = first] = part.split('..').map((bound) => bound.trim());
      return fc.bigInt({ min: read(first), max: read(last) });
    }),
  );
}

function stringArbitrary(type: SchemaType): Arbitrary<string> {
  const [min, max] = lengthsOf(type.length);
  const patterns = (type.patterns ?? []).map((expression) => new RegExp(`^(?:${expression})$`, 'u'));
  const inverted = (type.invertedPatterns ?? []).map((expression) => new RegExp(`^(?:${expression})$`, 'u'));
  const fits = (text: string): boolean =>
    [...text].length >= min &&
    [...text].length <= max &&
    patterns.every((pattern) => pattern.test(text)) &&
    !inverted.some((pattern) => pattern.test(text));
  if (patterns.length === 0) return freeText(min, Math.min(max, min + 20));
  // What has a canonical form of its own must be made in that form.
  const canonical = [ipv4Address, ipv6Address, ipv4Prefix, ipv6Prefix, timestamp].filter((arbitrary) =>
    fc.sample(arbitrary, { numRuns: 20, seed: 1 }).every(fits),
  );
  if (canonical.length > 0) return fc.oneof(...canonical);
  return fc.stringMatching(patterns[0]!).filter(fits);
}

function lengthsOf(length: string | undefined): [number, number] {
  const [first, last = first] = (length ?? '').split('..').map((bound) => bound.trim());
  return length === undefined ? [0, Number.POSITIVE_INFINITY] : [Number(first), Number(last)];
}

/** Any characters that YANG's string permits (RFC 7950 §9.4), and above all those that mean something in XML. */
function freeText(minLength: number, maxLength: number): Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      "'",
      ']',
      '\r',
      '\n',
      '\t',
      ' ',
      'ž',
      '🚀',
      '\u00a0',
      '\u2028',
      '\ud7ff',
      '\ue000',
    ),
    fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
    fc
      .integer({ min: 0x20, max: 0x10ffff })
      .filter(isYangCharacter)
      .map((code) => String.fromCodePoint(code)),
  );
  return fc.string({ unit, minLength, maxLength });
}

/** RFC 7950 §14, yang-char: no surrogates, no noncharacters. */
function isYangCharacter(code: number): boolean {
  const low = code & 0xffff;
  return !(code >= 0xd800 && code <= 0xdfff) && !(code >= 0xfdd0 && code <= 0xfdef) && low < 0xfffe;
}
