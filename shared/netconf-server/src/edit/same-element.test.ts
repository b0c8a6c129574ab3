import { writeXml } from '@sublane/netconf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { element, lab } from '../testing/lab.ts';
import { sameElement } from './same-element.ts';
import { treeDifference } from './tree-difference.ts';

const inLab = (inside: string, more = '') => `<lab xmlns="urn:example:lab"${more}>${inside}</lab>`;
const same = (one: string, other: string) => sameElement(element(one), element(other));
const A = ' xmlns:a="urn:example:lab"';
const B = ' xmlns:a="http://example.com/schema/1.2/config"';

test.each([
  ['the same', inLab('<name>a</name>'), inLab('<name>a</name>'), true],
  ['another element', inLab('<name>a</name>', A), '<name xmlns="urn:example:lab">a</name>', false],
  ['another text', inLab('<name>a</name>'), inLab('<name>b</name>'), false],
  ['one more', inLab('<name>a</name>'), inLab('<name>a</name><level>1</level>'), false],
  ['one less', inLab('<name>a</name><level>1</level>'), inLab('<name>a</name>'), false],
  ['another order', inLab('<name>a</name><level>1</level>'), inLab('<level>1</level><name>a</name>'), false],
  ['another namespace', inLab('<name>a</name>'), inLab('<name xmlns="urn:other">a</name>'), false],
  ['text for an element', inLab('<name>a</name>'), inLab('<name><a/></name>'), false],
  ['a prefix that stands for another', inLab('<colour>a:red</colour>', A), inLab('<colour>a:red</colour>', B), false],
  ['a prefix in the middle', inLab('<name>x /a:b</name>', A), inLab('<name>x /a:b</name>', B), false],
  ['a prefix that no value uses', inLab('<name>b:c</name>', A), inLab('<name>b:c</name>', B), true],
  [
    'another default namespace around a value',
    '<l:lab xmlns:l="urn:example:lab" xmlns="urn:other"><l:colour>red</l:colour></l:lab>',
    '<l:lab xmlns:l="urn:example:lab"><l:colour>red</l:colour></l:lab>',
    false,
  ],
  ['attributes', inLab('<name x="1">a</name>'), inLab('<name x="1">a</name>'), false],
])('%s', (_, one, other, answer) => {
  expect(same(one, other)).toBe(answer);
  expect(same(other, one)).toBe(answer);
});

test('what is the same has no difference, however it is compared', () => {
  const leaf = fc.constantFrom('<name>a</name>', '<level>1</level>', '<colour>a:red</colour>', '<colour>red</colour>');
  const box = fc.nat(3).map((id) => `<box><id>${id}</id><tag>t</tag></box>`);
  const inside = fc.uniqueArray(fc.oneof(leaf, box), { maxLength: 4 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(inside, inside, fc.constantFrom(A, B, ''), fc.constantFrom(A, B, ''), (one, other, scope, twin) => {
      const [before, after] = [element(inLab(one, scope)), element(inLab(other, twin))];
      if (!sameElement(before, after)) return;
      // A copy of each child in an order of its own is compared the long way.
      const turned = { ...after, children: after.children.toReversed() };
      const { schema } = lab();
      expect(Array.from(treeDifference([before], [turned], schema))).toEqual([]);
      expect(writeXml(before).replace(scope, '')).toBe(writeXml(after).replace(twin, ''));
    }),
  );
});
