import { unwrap } from '@sublane/basics';
import { xmlElement } from '@sublane/netconf';
import { expect, test } from 'vitest';
import { asObject } from './plain-object.ts';

test("xml2js's shape, with its options", () => {
  const xml = '<data xmlns="urn:d"><user><name>a</name></user><user><name>b</name></user></data>';
  expect(unwrap(asObject(xml))).toEqual({ data: { $: { xmlns: 'urn:d' }, user: [{ name: ['a'] }, { name: ['b'] }] } });
  expect(unwrap(asObject(xml, { explicitArray: false, ignoreAttrs: true }))).toEqual({
    data: { user: [{ name: 'a' }, { name: 'b' }] },
  });
  expect(unwrap(asObject(xmlElement('a', 'urn:a', 'text'), { ignoreAttrs: true }))).toEqual({ a: 'text' });
});

test.each(['', '<a>', '<!DOCTYPE a><a/>', `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`])('%.20s is refused', (xml) => {
  expect(asObject(xml).ok).toBe(false);
});

test('names of the language are but names', () => {
  const object = unwrap(asObject('<__proto__><constructor>x</constructor></__proto__>'));
  expect(Object.keys(object)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>).constructor).toBe(Object);
});
