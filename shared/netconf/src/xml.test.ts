import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SERVER_LIMITS } from './limits.ts';
import { XML_NAMESPACE } from './namespaces.ts';
import {
  attributeValue,
  childElement,
  childElements,
  elementText,
  prefixesInScope,
  resolveName,
  type XmlElement,
  type XmlNode,
  xmlElement,
} from './xml-element.ts';
import { readXml } from './xml-reader.ts';
import { escapeAttribute, escapeText, writeXml } from './xml-writer.ts';

const read = (text: string) => {
  const result = readXml(text, SERVER_LIMITS);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
};

/** What an element means: names, attributes and text, without the choice of prefixes. */
function meaning(element: XmlElement): unknown {
  return {
    name: [element.namespace, element.name],
    attributes: element.attributes
      .map(({ namespace, name, value }) => [namespace, name, value])
      .sort((a, b) => `${a}`.localeCompare(`${b}`)),
    children: element.children.map((child) => (typeof child === 'string' ? child : meaning(child))),
  };
}

const NAME = fc.constantFrom('a', 'b', 'data', 'x-1', '_y', 'é');
const NAMESPACE = fc.constantFrom('', 'urn:a', 'urn:b', 'urn:c&"<>');
const PREFIX = fc.constantFrom('', 'p', 'q', 'ns1');
const character = fc
  .nat(0x10ffff)
  .filter((code) => code === 9 || code === 10 || code === 13 || (code >= 32 && (code < 0xd800 || code > 0xdfff)))
  .filter((code) => code !== 0xfffe && code !== 0xffff)
  .map((code) => String.fromCodePoint(code));
const text = fc.string({
  minLength: 1,
  maxLength: 8,
  unit: fc.oneof(character, fc.constantFrom('&', '<', '>', ']]>', '"', "'", '\r', '\n', '\t', ' ')),
});
const attribute = fc.record({ name: NAME, namespace: NAMESPACE, prefix: PREFIX, value: text });
const { element } = fc.letrec<{ element: XmlElement; children: XmlNode[] }>((tie) => ({
  element: fc
    .record({
      name: NAME,
      namespace: NAMESPACE,
      prefix: PREFIX,
      attributes: fc.uniqueArray(attribute, { maxLength: 3, selector: (one) => `${one.namespace} ${one.name}` }),
      prefixes: fc.option(fc.dictionary(fc.constantFrom('p', 'q', 'r'), fc.constantFrom('urn:a', 'urn:d')), {
        nil: undefined,
      }),
      children: tie('children'),
    })
    .map(({ name, namespace, children, prefixes, ...more }) =>
      xmlElement(name, namespace, children, { ...more, ...(prefixes && { prefixes }) }),
    ),
  children: fc
    .array(fc.oneof({ depthSize: 'small' }, text, tie('element')), { maxLength: 3 })
    .map((nodes) => nodes.filter((node, index) => typeof node !== 'string' || typeof nodes[index - 1] !== 'string')),
}));

describe('round trips', () => {
  test('what is written is read back, whatever the prefixes', () => {
    fc.assert(
      fc.property(element, (tree) => {
        expect(meaning(read(writeXml(tree)))).toEqual(meaning(tree));
      }),
    );
  });

  test('what is read is written so that it reads the same, prefixes and bindings included', () => {
    fc.assert(
      fc.property(element, (tree) => {
        const once = read(writeXml(tree));
        expect(read(writeXml(once))).toEqual(once);
      }),
    );
  });

  test('prefixes that only values use come along, also when an element is cut out', () => {
    const outer = read('<p:a xmlns:p="urn:p" xmlns="urn:d"><b><c type="p:t">p:x</c></b></p:a>');
    const c = childElement(childElement(outer, 'b')!, 'c')!;
    const alone = read(writeXml(c));
    expect(resolveName(alone, elementText(alone))).toEqual({ namespace: 'urn:p', name: 'x' });
    expect(resolveName(alone, attributeValue(alone, 'type')!)).toEqual({ namespace: 'urn:p', name: 't' });
    expect(resolveName(alone, 'x')).toEqual({ namespace: 'urn:d', name: 'x' });
    expect(resolveName(alone, 'q:x')).toBeUndefined();
  });

  test('text and attributes of any string are read back, the impossible characters replaced', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const possible = value.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
        const back = read(`<a b="${escapeAttribute(value)}">${escapeText(value)}</a>`);
        expect([attributeValue(back, 'b'), elementText(back)]).toEqual([possible, possible]);
      }),
    );
    expect(escapeText('\ud800')).toBe('\ufffd');
  });
});

describe('reading', () => {
  test('names are resolved, declarations kept, comments dropped, CDATA and text joined', () => {
    const a = read(
      '<?xml version="1.0" encoding="utf-8"?><!-- - --><a xmlns="urn:a" xml:lang="en">1<!-- 2 --><![CDATA[<3>]]>4<b xmlns=""/></a>',
    );
    expect(a.children[0]).toBe('1<3>4');
    expect(childElements(a).map(({ namespace }) => namespace)).toEqual(['']);
    expect(attributeValue(a, 'lang', XML_NAMESPACE)).toBe('en');
    expect([...prefixesInScope(childElement(a, 'b')!.scope)]).toEqual([['', '']]);
    expect(childElement(a, 'b', 'urn:a')).toBeUndefined();
  });

  test.each([
    ['', 'document must contain a root element'],
    ['  ', 'document must contain a root element'],
    ['text', 'text data outside of root node'],
    ['<a>', 'unclosed tag: a'],
    ['<a></b>', 'unexpected close tag'],
    ['<a/><b/>', ''],
    ['<a b="1" b="2"/>', 'duplicate attribute: b'],
    ['<p:a/>', 'unbound namespace prefix: "p"'],
    ['<a>&bogus;</a>', 'undefined entity'],
    ['<a>&constructor;</a>', 'undefined entity'],
    ['<a b="&__proto__;"/>', 'undefined entity'],
    ['<a>&#0;</a>', 'malformed character entity'],
    ['<a>\u0001</a>', 'disallowed character'],
    ['<a>]]></a>', ''],
    ['<!DOCTYPE a><a/>', 'a document type declaration is not allowed'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'a document type declaration is not allowed'],
    ['<a/><?xml version="1.0"?>', ''],
    ['<a><?xml version="1.0"?></a>', ''],
    ['<a><?php echo></a>', ''],
    ['<?xml version="1.1"?><a/>', 'expected XML 1.0'],
    ['<?xml version="1.0" encoding="latin1"?><a/>', 'expected the encoding UTF-8'],
  ])('%j is malformed', (document, message) => {
    expect(readXml(document, SERVER_LIMITS)).toEqual({
      ok: false,
      failure: { kind: 'malformed', message: expect.stringContaining(message) },
    });
  });

  test.each([
    ['depth', '<a><a><a/></a></a>', '<a><a/><a/></a>'],
    ['elements', '<a><b/><b/><b/></a>', '<a><b/><b/></a>'],
    ['attributes', '<a b="" c="" d="" xmlns="urn:e"/>', '<a b="" c="" d=""/>'],
  ] as const)('the limit on %s', (limit, over, under) => {
    const limits = { depth: 2, elements: 3, attributes: 3 };
    expect(readXml(over, limits)).toEqual({ ok: false, failure: { kind: 'too-big', limit, allowed: limits[limit] } });
    expect(readXml(under, limits).ok).toBe(true);
  });

  test('processing instructions are passed over', () => {
    const read = readXml('<?php?><a>1<?php echo ]]>]]>?>2<?x?></a><?y?>', SERVER_LIMITS);
    expect(read.ok && read.value.children).toEqual(['12']);
  });

  test('any text is a tree or a typed refusal', () => {
    const scrap = fc.constantFrom(
      '<',
      '>',
      '/',
      '<a',
      '<a>',
      '</a>',
      ' b="',
      '"',
      '&',
      ';',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?xml',
      '?>',
      '<!DOCTYPE',
      '[',
      ' xmlns:p="urn:p"',
      '<p:',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(scrap, fc.string({ unit: 'binary' })), { maxLength: 12 }), (parts) => {
        const result = readXml(parts.join(''), SERVER_LIMITS);
        expect(result.ok || ['malformed', 'too-big'].includes(result.failure.kind)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('reading stops after as many start tags as asked for', () => {
    const result = readXml('<a b="c"> <d/><e></a> not XML', SERVER_LIMITS, { startTags: 2 });
    expect(result.ok && childElements(result.value).map(({ name }) => name)).toEqual(['d']);
  });

  test('a long excerpt of what a peer wrote is cut', () => {
    const result = readXml(`<${'p'.repeat(10_000)}:a/>`, SERVER_LIMITS);
    expect(!result.ok && result.failure.kind === 'malformed' && result.failure.message.length).toBeLessThan(300);
  });
});
