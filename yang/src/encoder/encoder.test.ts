import type { JsonObject } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { createEncoder } from './encoder.ts';
import { EncodingFault } from './encoding-fault.ts';
import type { SchemaTable } from './schema-table.ts';

const TABLE: SchemaTable = {
  modules: [
    ['shop', 'urn:shop', 's'],
    ['extra', 'urn:extra?a=1&b=2', 'x'],
    ['kinds', 'urn:kinds', 'k'],
  ],
  identities: [
    [
      [2, ['round', 'flat']],
      [0, ['own']],
    ],
  ],
  rpcs: {
    'shop:order': {
      input: [
        ['leaf', 'note', 0, 'string'],
        ['leaf', 'count', 0, 'integer'],
        ['leaf', 'total', 0, 'long'],
        ['leaf', 'weight', 0, 'decimal'],
        ['leaf', 'urgent', 0, 'boolean'],
        ['leaf', 'gift', 0, 'empty'],
        ['leaf', 'size', 0, ['enumeration', 'S', 'M & L']],
        ['leaf', 'kind', 0, ['identityref', 0]],
        ['leaf', 'limit', 0, 'union'],
        ['leaf-list', 'tag', 0, 'string'],
        [
          'list',
          'item',
          0,
          [
            ['leaf', 'id', 0, 'integer'],
            ['leaf', 'side', 0, 'string'],
            ['leaf', 'text', 0, 'string'],
          ],
          ['id', 'side'],
        ],
        ['container', 'more', 1, [['leaf', 'inner', 1, 'string']]],
      ],
      output: [
        ['leaf', 'id', 0, 'integer'],
        [
          'container',
          'answer',
          1,
          [
            ['leaf', 'inner', 1, 'string'],
            ['leaf', 'kind', 1, ['identityref', 0]],
          ],
        ],
      ],
    },
    'shop:ping': {},
  },
  notifications: { 'shop:closed': [['leaf', 'reason', 0, 'string']] },
  data: [
    ['container', 'shop', 0, [['leaf', 'name', 0, 'string']]],
    ['list', 'crate', 1, [['leaf', 'id', 1, 'integer']], ['id']],
  ],
};

const encoder = createEncoder(TABLE);
const order = (input: JsonObject): string =>
  encoder.rpc('shop:order', input).replace('<order xmlns="urn:shop">', '').replace('</order>', '');

describe('values', () => {
  it.each<[string, JsonObject, string]>([
    ['a string', { note: 'calls' }, '<note>calls</note>'],
    ['markup in a string', { note: 'a<b>&"c\']]>' }, '<note>a&lt;b&gt;&amp;"c\']]&gt;</note>'],
    ['a carriage return', { note: 'a\r\n\tb' }, '<note>a&#13;\n\tb</note>'],
    ['characters outside the basic plane', { note: '🚀 ž' }, '<note>🚀 ž</note>'],
    ['the empty string', { note: '' }, '<note></note>'],
    ['an integer', { count: 0 }, '<count>0</count>'],
    ['64 bits', { total: '18446744073709551615' }, '<total>18446744073709551615</total>'],
    ['a decimal', { weight: '-0.125' }, '<weight>-0.125</weight>'],
    ['true', { urgent: true }, '<urgent>true</urgent>'],
    ['false', { urgent: false }, '<urgent>false</urgent>'],
    ['an empty leaf', { gift: [null] }, '<gift/>'],
    ['an enumeration', { size: 'M & L' }, '<size>M &amp; L</size>'],
    ['an identity', { kind: 'kinds:round' }, '<kind xmlns:k="urn:kinds">k:round</kind>'],
    ['an identity of the leaf’s own module', { kind: 'shop:own' }, '<kind>own</kind>'],
    ['the same in the short form', { kind: 'own' }, '<kind>own</kind>'],
    ['a number in a union', { limit: 5 }, '<limit>5</limit>'],
    ['a string in a union', { limit: '<none>' }, '<limit>&lt;none&gt;</limit>'],
    ['a leaf-list', { tag: ['b', 'a'] }, '<tag>b</tag><tag>a</tag>'],
    ['an empty leaf-list', { tag: [] }, ''],
    ['what is undefined as what is absent', { note: undefined }, ''],
  ])('%s', (_, input, xml) => expect(order(input) || '').toBe(xml === '' ? '<order xmlns="urn:shop"/>' : xml));
});

describe('structure', () => {
  it('writes keys first and members in the order of the schema', () => {
    expect(order({ item: [{ text: 't', side: 'l', id: 1 }], note: 'n' })).toBe(
      '<note>n</note><item><id>1</id><side>l</side><text>t</text></item>',
    );
  });
  it('gives an augment its own namespace, once', () => {
    expect(order({ 'extra:more': { inner: 'x' } })).toBe('<more xmlns="urn:extra?a=1&amp;b=2"><inner>x</inner></more>');
  });
  it('gives each child of a reply its namespace', () => {
    expect(encoder.reply('shop:order', { 'extra:answer': { inner: 'x', kind: 'shop:own' }, id: 7 })).toBe(
      '<id xmlns="urn:shop">7</id><answer xmlns="urn:extra?a=1&amp;b=2"><inner>x</inner>' +
        '<kind xmlns:s="urn:shop">s:own</kind></answer>',
    );
  });
  it('says ok where there is no output, or none to give', () => {
    const ok = '<ok xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>';
    expect(encoder.reply('shop:ping', {})).toBe(ok);
    expect(encoder.reply('shop:order', {})).toBe(ok);
  });
  it('writes an rpc without input', () => expect(encoder.rpc('shop:ping', {})).toBe('<ping xmlns="urn:shop"/>'));
  it('writes a notification', () =>
    expect(encoder.notification('shop:closed', { reason: 'late' })).toBe(
      '<closed xmlns="urn:shop"><reason>late</reason></closed>',
    ));
  it('writes top-level data of several modules', () =>
    expect(encoder.data({ 'extra:crate': [{ id: 1 }, { id: 2 }], 'shop:shop': { name: 's' } })).toBe(
      '<shop xmlns="urn:shop"><name>s</name></shop>' +
        '<crate xmlns="urn:extra?a=1&amp;b=2"><id>1</id></crate><crate xmlns="urn:extra?a=1&amp;b=2"><id>2</id></crate>',
    ));
});

describe('refuses', () => {
  it.each<[string, JsonObject, string]>([
    ['an unknown member', { nota: 'x' }, 'no member "nota"'],
    ['an unknown member beside known ones', { note: 'x', zzz: 1 }, 'no member "zzz"'],
    ['a member of Object.prototype', JSON.parse('{"constructor":1}'), 'no member "constructor"'],
    ['the name of an augment without its module', { more: {} }, 'no member "more"'],
    ['its own module’s name before a member', { 'shop:note': 'x' }, 'no member "shop:note"'],
    ['an unknown member further down', { 'extra:more': { outer: 'x' } }, '/extra:more: it has no member "outer"'],
    ['null', { note: null }, 'null is not a string'],
    ['a number for a string', { note: 1 }, '1 is not a string'],
    ['a string for a number', { count: '1' }, '"1" is not an integer'],
    ['a fraction', { count: 1.5 }, '1.5 is not an integer'],
    ['not a number', { count: Number.NaN }, 'is not an integer'],
    ['a number for 64 bits', { total: 1 }, '1 is not digits'],
    ['text for 64 bits', { total: '1e3' }, 'is not digits'],
    ['text for a decimal', { weight: '1,5' }, 'is not a decimal'],
    ['a string for a boolean', { urgent: 'true' }, 'is not a boolean'],
    ['null for an empty leaf', { gift: null }, 'is not [null]'],
    ['an unknown enumeration', { size: 'XL' }, 'is not one of'],
    ['an unknown identity', { kind: 'kinds:square' }, 'is not one of'],
    ['an identity of another module without its name', { kind: 'round' }, 'is not one of'],
    ['an object in a union', { limit: {} }, 'is not a string'],
    ['one value for a leaf-list', { tag: 'a' }, 'is not an array'],
    ['one entry for a list', { item: { id: 1 } }, 'is not an array'],
    ['an entry without a key', { item: [{ id: 1 }] }, 'key side is missing'],
    ['an entry that is none', { item: [1] }, '1 is not an object'],
    ['an array for a container', { 'extra:more': [] }, 'is not an object'],
    ['a control character', { note: 'a\u0000b' }, 'text that XML permits'],
    ['half a character', { note: 'a\ud83d' }, 'text that XML permits'],
    ['a noncharacter', { note: '\uffff' }, 'text that XML permits'],
  ])('%s', (_, input, message) => {
    expect(() => order(input)).toThrow(EncodingFault);
    expect(() => order(input)).toThrow(message);
  });
  it('an rpc, a reply and a notification it does not know', () => {
    expect(() => encoder.rpc('shop:nothing', {})).toThrow('no such rpc');
    expect(() => encoder.reply('shop:toString', {})).toThrow('no such rpc');
    expect(() => encoder.notification('shop:order', {})).toThrow('no such notification');
  });
  it('members of an rpc without input', () => expect(() => encoder.rpc('shop:ping', { a: 1 })).toThrow('it has none'));
});
