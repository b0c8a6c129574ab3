// Our XPath against libxml2's, which ncclient's users know from lxml: any expression over any data, the same answer.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import { CLIENT_LIMITS, readXml } from '@sublane/netconf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DataNode, documentOf } from '../../shared/netconf-server/src/xpath/document.ts';
import { evaluateXPath } from '../../shared/netconf-server/src/xpath/evaluate.ts';
import { parseXPath } from '../../shared/netconf-server/src/xpath/parser.ts';

const PYTHON = '/usr/bin/python3';
const ORACLE = fileURLToPath(new URL('xpath-oracle.py', import.meta.url));
const NAMESPACES = { p: 'urn:p' };
const CASES = 3_000;

type Answer =
  | readonly [kind: 'nodes', nodes: readonly (readonly [string, string])[]]
  | readonly [kind: 'boolean' | 'number' | 'string' | 'error', value: boolean | string];

const missing = existsSync('/usr/lib/python3/dist-packages/lxml')
  ? undefined
  : 'lxml missing: apt-get install python3-lxml';

// Names without a prefix mean any namespace to us, and none to XPath 1.0: the two kinds have names of their own here.
const name = fc.constantFrom('a', 'b', 'c', 'p:x', 'p:y');
const word = fc.constantFrom('1', '2', '10', ' 7 ', 'x', 'xy', 'yx', '1.50', '-3', 'en');

const documentText = fc
  .letrec<{ element: string; children: string }>((tie) => ({
    element: fc
      .tuple(name, fc.option(word, { freq: 3 }), tie('children'))
      .map(([tag, value, inside]) => `<${tag}${value === null ? '' : ` k="${value}"`}>${inside}</${tag}>`),
    children: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(word, fc.constant('')),
      fc.array(tie('element'), { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
    ),
  }))
  .children.map((inside) => `<data xmlns:p="urn:p">${inside}</data>`);

const AXES = [
  ...['child', 'descendant', 'descendant-or-self', 'parent', 'ancestor', 'ancestor-or-self', 'self'],
  ...['following', 'following-sibling', 'preceding', 'preceding-sibling'],
];

const expressions = fc.letrec<{ value: string; path: string; relative: string; step: string; predicate: string }>(
  (tie) => ({
    step: fc.oneof(
      fc.tuple(fc.oneof(name, fc.constantFrom('*', 'p:*')), tie('predicate')).map(([test, rest]) => test + rest),
      fc
        .tuple(fc.constantFrom(...AXES), fc.oneof(name, fc.constantFrom('*', 'node()', 'text()')), tie('predicate'))
        .map(([axis, test, rest]) => `${axis}::${test}${rest}`),
      fc.constantFrom('.', '..', '@k', '@*', 'text()'),
    ),
    predicate: fc.oneof(
      { depthSize: 'small' },
      { weight: 4, arbitrary: fc.constant('') },
      { weight: 2, arbitrary: fc.constantFrom('[1]', '[last()]', '[position() > 1]', '[position() mod 2 = 1]') },
      { weight: 2, arbitrary: tie('value').map((value) => `[${value}]`) },
    ),
    relative: fc
      .tuple(tie('step'), fc.array(fc.tuple(fc.constantFrom('/', '//'), tie('step')), { maxLength: 2 }))
      .map(([first, rest]) => first + rest.flat().join('')),
    path: fc.oneof(
      fc.tuple(fc.constantFrom('/', '//'), tie('relative')).map((parts) => parts.join('')),
      fc.tuple(fc.constantFrom('/data/', '//'), tie('relative')).map(([start, rest]) => `(${start}${rest})[1]`),
    ),
    value: fc.oneof(
      { depthSize: 'small' },
      tie('relative'),
      tie('path'),
      fc.oneof(
        word.map((text) => `'${text}'`),
        fc.constantFrom('0', '1', '2.5', '.5', 'true()', 'position()', 'last()'),
      ),
      fc
        .tuple(
          tie('value'),
          fc.constantFrom('=', '!=', '<', '<=', '>', '>=', '+', '-', '*', 'div', 'and', 'or'),
          tie('value'),
        )
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
      fc.tuple(tie('path'), tie('path')).map(([left, right]) => `count(${left} | ${right})`),
      fc
        .tuple(
          fc.constantFrom('string', 'number', 'boolean', 'not', 'string-length', 'normalize-space', 'floor', 'round'),
          tie('value'),
        )
        .map(([called, value]) => `${called}(${value})`),
      fc
        .tuple(fc.constantFrom('count', 'sum', 'local-name', 'namespace-uri'), tie('path'))
        .map(([called, path]) => `${called}(${path})`),
      fc
        .tuple(
          fc.constantFrom('contains', 'starts-with', 'substring-before', 'substring-after', 'concat'),
          tie('value'),
          tie('value'),
        )
        .map(([called, one, other]) => `${called}(${one}, ${other})`),
      fc.tuple(tie('value'), tie('value')).map(([text, at]) => `substring(string(${text}), number(${at}), 2)`),
      fc.tuple(tie('value')).map(([text]) => `translate(string(${text}), 'xy1', 'ab')`),
    ),
  }),
);

/** A whole expression begins at the root: libxml2's context node is the document's element, ours the root above it. */
const expression = fc.oneof(
  { weight: 3, arbitrary: expressions.path },
  fc.tuple(expressions.path, expressions.path).map((both) => both.join(' | ')),
  fc.tuple(expressions.value).map(([value]) => `//*[${value}]`),
);

function ours(document: string, text: string): Answer {
  const parsed = parseXPath(text, (prefix) => (NAMESPACES as Readonly<Record<string, string>>)[prefix]);
  if (!parsed.ok) return ['error', parsed.failure.message];
  const root = documentOf([unwrap(readXml(document, CLIENT_LIMITS))]);
  const found = evaluateXPath(parsed.value, root, {
    ...{ derives: () => false, enumValue: () => undefined, deref: () => [], matches: () => false },
    steps: 10_000_000,
  });
  if (!found.ok) return ['error', found.failure.message];
  if (typeof found.value === 'object')
    return ['nodes', found.value.filter(({ kind }) => kind !== 'root').map(nodeAnswer)];
  return [typeof found.value as 'string', typeof found.value === 'boolean' ? found.value : String(found.value)];
}

function nodeAnswer(node: DataNode): readonly [string, string] {
  if (node.kind !== 'element') return ['text', node.text];
  return ['element', node.parent?.kind === 'root' ? 'data' : pathOf(node)];
}

/** As libxml2 writes it: with a number where a name has several. */
function pathOf(node: DataNode): string {
  const { parent, element } = node;
  if (parent === undefined || element === undefined) return '';
  const own = element.prefix === '' ? element.name : `${element.prefix}:${element.name}`;
  const same = parent.children.filter((one) => one.name === node.name && one.namespace === node.namespace);
  return `${pathOf(parent)}/${own}${same.length > 1 ? `[${same.indexOf(node) + 1}]` : ''}`;
}

test('any expression over any data', ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const cases = fc.sample(fc.tuple(documentText, expression), { numRuns: CASES, seed: 2026 });
  const questions = cases.map(([document, text]) => [document, NAMESPACES, text]);
  const asked = spawnSync(PYTHON, [ORACLE], { input: JSON.stringify(questions), encoding: 'utf8', maxBuffer: 1 << 28 });
  expect(asked.stderr).toBe('');
  const theirs = JSON.parse(asked.stdout) as Answer[];
  expect(theirs.length).toBe(CASES);
  let nodes = 0;
  for (const [index, [document, text]] of cases.entries()) {
    const answer = theirs[index]!;
    expect([document, text, ours(document, text)]).toEqual([document, text, answer]);
    if (answer[0] === 'nodes' && answer[1].length > 0) nodes++;
  }
  // Not all empty: the expressions meet the data.
  expect(nodes).toBeGreaterThan(CASES / 5);
});
