import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { element, elements } from '../testing/lab.ts';
import { documentOf } from './document.ts';
import { evaluateXPath } from './evaluate.ts';
import { LONGEST_EXPRESSION, parseXPath } from './parser.ts';
import type { XPathValue } from './values.ts';

const DATA = `<shop xmlns="urn:shop" xml:lang="en-GB">
  <fruit colour="red" xmlns:c="urn:c" c:grade="2"><name>apple</name><price>1.50</price><tag>a</tag><tag>b</tag></fruit>
  <fruit><name>pear</name><price>2</price></fruit>
  <fruit><name>plum</name><price>10</price><kind><name>pear</name></kind></fruit>
</shop><till xmlns="urn:till"><name>main</name><open/></till>`.replace(/>\s+</g, '><');

const PREFIXES: Readonly<Record<string, string>> = { s: 'urn:shop', t: 'urn:till', c: 'urn:c' };
const environment = {
  derives: () => false,
  enumValue: () => undefined,
  deref: () => [],
  matches: () => false,
  steps: 10_000,
};

function evaluate(expression: string, xml = DATA): XPathValue {
  const parsed = unwrap(parseXPath(expression, (prefix) => PREFIXES[prefix]));
  return unwrap(evaluateXPath(parsed, documentOf(elements(xml)), environment));
}

/** Nodes as their names and texts: `name=apple`. */
const nodes = (expression: string) =>
  (evaluate(expression) as Exclude<XPathValue, string | number | boolean>).map(
    ({ kind, name, element, text, children }) =>
      kind === 'element' && children.every((child) => child.kind === 'text')
        ? `${name}=${element?.children.join('')}`
        : kind === 'text'
          ? text
          : kind === 'attribute'
            ? `@${name}=${text}`
            : name || '/',
  );

describe('location paths', () => {
  test.each([
    ['/', ['/']],
    ['/s:shop/s:fruit/s:name', ['name=apple', 'name=pear', 'name=plum']],
    ['shop/fruit/name', ['name=apple', 'name=pear', 'name=plum']],
    ['/t:shop', []],
    ['/s:*/s:fruit[1]/*', ['name=apple', 'price=1.50', 'tag=a', 'tag=b']],
    ['//s:name', ['name=apple', 'name=pear', 'name=plum', 'name=pear']],
    ['//name', ['name=apple', 'name=pear', 'name=plum', 'name=pear', 'name=main']],
    ["//s:fruit[s:name='pear']/s:price", ['price=2']],
    ['//s:fruit[last()]/s:name', ['name=plum']],
    ['//s:fruit[position() < 3]/s:price', ['price=1.50', 'price=2']],
    ['//s:fruit[s:tag][2]', []],
    ['//s:fruit/s:tag[2]', ['tag=b']],
    ['(//s:tag)[1]', ['tag=a']],
    ['//s:kind/ancestor::*[1]', ['fruit']],
    ['//s:kind/ancestor-or-self::*', ['shop', 'fruit', 'kind']],
    ['//s:kind/..', ['fruit']],
    ['//s:tag/./text()', ['a', 'b']],
    ['//s:price/preceding-sibling::*', ['name=apple', 'name=pear', 'name=plum']],
    ["//s:tag[.='a']/following-sibling::*", ['tag=b']],
    ["//s:tag[.='b']/preceding-sibling::*[1]", ['tag=a']],
    ['//s:kind/preceding::s:price', ['price=1.50', 'price=2', 'price=10']],
    ["//s:fruit[s:name='pear']/following::s:name", ['name=plum', 'name=pear']],
    ['//@colour', ['@colour=red']],
    ['//@c:grade/..', ['fruit']],
    ['//attribute::*', ['@lang=en-GB', '@colour=red', '@grade=2']],
    ['/s:shop/descendant::s:kind/child::node()', ['name=pear']],
    ['/s:shop/self::t:till | /t:till/t:name | //s:kind/s:name', ['name=pear', 'name=main']],
    ['/t:till/t:open/node()', []],
    ['//comment() | //processing-instruction("x")', []],
    ['/s:shop/namespace::*', []],
    ['current()/t:till/t:name', ['name=main']],
  ])('%s', (expression, expected) => {
    expect(nodes(expression)).toEqual(expected);
  });

  test('names of operators and * are names where a name may stand (XPath 1.0 §3.7)', () => {
    const data = '<div><or>1</or><and><mod>2</mod></and><number.1>3</number.1></div>';
    const text = (expression: string) => evaluate(expression, data);
    expect(text('string(/div/or)')).toBe('1');
    expect(text('/div/or or /nothing')).toBe(true);
    expect(text('div/and/mod mod 2')).toBe(0);
    expect(text('div/*[1] * div/and/*')).toBe(2);
    expect(text('string(div/number.1)')).toBe('3');
    expect(text('count(div/*) - 1')).toBe(2);
  });
});

describe('values', () => {
  test.each([
    ['1 + 2 * 3', 7],
    ['-(2) - -2', 0],
    ['--3', 3],
    ['7 div 2', 3.5],
    ['-7 mod 3', -1],
    ['1 div 0', Number.POSITIVE_INFINITY],
    ['string(1 div 0)', 'Infinity'],
    ["number('x') = number('x')", false],
    ['string(0.1)', '0.1'],
    ['string(100000000000000000000000)', '100000000000000000000000'.replace(/.*/, BigInt(1e23).toString())],
    ['string(-0)', '0'],
    ["number(' 12 ')", 12],
    ["number('1e3') = 1000", false],
    ["number('+1') = 1", false],
    ['2 > 1 and 1 >= 1 and not(1 < 1)', true],
    ["//s:price = '2'", true],
    ['//s:price = 2.0', true],
    ['//s:price != //s:price', true],
    ['//s:nobody = //s:nobody', false],
    ['//s:price > 9', true],
    ['//s:name = //t:name', false],
    ['//s:kind/s:name = //s:fruit/s:name', true],
    ['//s:nobody = false()', true],
    ['true() = //s:name', true],
    ['count(//s:name)', 4],
    ['sum(//s:price)', 13.5],
    ["concat('a', 1, true())", 'a1true'],
    ["starts-with('sublane', 'sub') and contains('sublane', 'la')", true],
    ["substring-before('1999/04/01', '/')", '1999'],
    ["substring-after('1999/04/01', '/')", '04/01'],
    ["substring-before('a', 'x')", ''],
    ["substring('12345', 2, 3)", '234'],
    ["substring('12345', 1.5, 2.6)", '234'],
    ["substring('12345', 0 div 0, 3)", ''],
    ["substring('12345', -42, 1 div 0)", '12345'],
    ["string-length('Ærø😀')", 4],
    ["normalize-space('  a  b ')", 'a b'],
    ["translate('--aaa--', 'abc-', 'ABC')", 'AAA'],
    ['floor(-1.5) + ceiling(1.2) + round(2.5)', 3],
    ['round(-2.5)', -2],
    ['local-name(//s:kind)', 'kind'],
    ['namespace-uri(/t:till)', 'urn:till'],
    ["boolean('') or boolean(0)", false],
    ['string(//s:fruit[3])', 'plum10pear'],
    ["count(//s:fruit[lang('en')])", 3],
    ["count(//t:name[lang('en')])", 0],
    ["bit-is-set(//s:tag, 'a')", true],
    ['"it\'s"', "it's"],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression)).toEqual(expected);
  });
});

describe('refused', () => {
  test.each([
    ['', 'syntax', 'character 1: expected the name of a node instead of the end'],
    ['/s:shop[', 'syntax', 'character 9: expected the name of a node instead of the end'],
    ['/s:shop]', 'syntax', 'character 8: unexpected "]"'],
    ["//x[. = 'a]", 'syntax', 'character 9: a text that begins here does not end'],
    ['/a/#', 'syntax', 'character 4: unexpected "#"'],
    ['/x:shop/s:name', 'unknown-prefix', 'character 2: the prefix x of x:shop is not declared: expected xmlns:x="…"'],
    ["//a['x:y' = x:z]", 'unknown-prefix', 'character 13: the prefix x of x:z is not declared: expected xmlns:x="…"'],
    ['$secret', 'syntax', 'character 1: there is no variable $secret'],
    ['document("/etc/passwd")', 'unknown-function', 'character 1: there is no function document()'],
    ['not()', 'syntax', 'character 1: not() takes 1 parameters, not 0'],
    ["contains('a')", 'syntax', 'character 1: contains() takes 2 parameters, not 1'],
    ['up::a', 'syntax', 'character 1: there is no axis up'],
    ['a b', 'syntax', 'character 3: unexpected "b"'],
    ['('.repeat(99), 'too-long', 'character 65: nested deeper than 64'],
    ['a'.repeat(LONGEST_EXPRESSION + 1), 'too-long', `longer than ${LONGEST_EXPRESSION} characters`],
    [Array(1_002).fill('1').join('+'), 'too-long', 'character 2003: more than 1000 operators'],
    [`//*[${Array(1_002).fill('x').join('|')}]`, 'too-long', 'character 2007: more than 1000 operators'],
  ])('%s', (expression, kind, message) => {
    expect(parseXPath(expression, (prefix) => PREFIXES[prefix])).toEqual({ ok: false, failure: { kind, message } });
  });

  test('prefixes inside a text are not looked at', () => {
    expect(nodes('//s:name[. = \'x:y\' or . = "apple"]')).toEqual(['name=apple']);
  });

  test.each([["count('a')"], ["'a' | //s:name"], ["('a')[1]"], ["'a'/s:name"]])('at its run: %s', (expression) => {
    const parsed = unwrap(parseXPath(expression, (prefix) => PREFIXES[prefix]));
    const run = evaluateXPath(parsed, documentOf([element(DATA)]), environment);
    expect(run).toMatchObject({ ok: false, failure: { kind: 'type' } });
  });

  test.each([
    ['//*[count(//*) > 0][count(//*) > 0]'],
    ['//node()[string(/) = string(/)]'],
    ['//*[. = //*][. != //*]'],
    ['//*//*//*//*/preceding::*/following::*'],
  ])('what looks at too much: %s', (expression) => {
    const wide = `<all>${'<one><two>x</two></one>'.repeat(200)}</all>`;
    const parsed = unwrap(parseXPath(expression, () => undefined));
    const run = evaluateXPath(parsed, documentOf(elements(wide)), environment);
    expect(run).toMatchObject({ ok: false, failure: { kind: 'exhausted' } });
  });

  test('a text counts by its length', () => {
    const long = `<all><one>${'x'.repeat(100_000)}</one>${'<two/>'.repeat(100)}</all>`;
    const parsed = unwrap(parseXPath("//two[contains(/, 'y')]", () => undefined));
    const run = evaluateXPath(parsed, documentOf(elements(long)), environment);
    expect(run).toMatchObject({ ok: false, failure: { kind: 'exhausted' } });
  });
});
