import { expect, it } from 'vitest';
import { element } from '../testing/lab.ts';
import { alike } from './alike.ts';

it.each([
  ['<a xmlns="u"><b>1</b>x</a>', '<a xmlns="u"><b>1</b>x</a>', true],
  ['<a xmlns="u"><b>1</b></a>', '<p:a xmlns:p="u"><p:b>1</p:b></p:a>', true],
  ['<a xmlns="u"><b>1</b></a>', '<a xmlns="u"><b>2</b></a>', false],
  ['<a xmlns="u"><b>1</b></a>', '<a xmlns="v"><b>1</b></a>', false],
  ['<a xmlns="u"><b>1</b></a>', '<a xmlns="u"><b>1</b><c/></a>', false],
  ['<a xmlns="u"><b/><c/></a>', '<a xmlns="u"><c/><b/></a>', false],
  ['<a xmlns="u" k="1"/>', '<a xmlns="u" k="2"/>', false],
  ['<a xmlns="u" xmlns:p="x">p:red</a>', '<a xmlns="u" xmlns:p="x">p:red</a>', true],
  ['<a xmlns="u" xmlns:p="x">p:red</a>', '<a xmlns="u" xmlns:p="y">p:red</a>', false],
  ['<a xmlns="u" xmlns:p="x">/p:r[p:k]</a>', '<a xmlns="u" xmlns:p="y">/p:r[p:k]</a>', false],
  ['<a xmlns="u">2001:db8::1</a>', '<a xmlns="u">2001:db8::1</a>', true],
])('%s and %s: %s', (one, other, are) => expect(alike(element(one), element(other))).toBe(are));
