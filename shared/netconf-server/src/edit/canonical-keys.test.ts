import { writeXml } from '@sublane/netconf';
import { expect, test } from 'vitest';
import { elements, lab } from '../testing/lab.ts';
import { withCanonicalKeys } from './canonical-keys.ts';

const inLab = (inside: string) => `<lab xmlns="urn:example:lab" xmlns:l="urn:example:lab">${inside}</lab>`;
const canonical = (xml: string) => withCanonicalKeys(elements(xml), lab().context, lab().schema).map(writeXml).join('');

const peer = (address: string, inside = '') => `<peer><address>${address}</address><port>1</port>${inside}</peer>`;

test.each([
  ['keys', peer('2001:DB8::1'), peer('2001:db8::1')],
  [
    'all of them',
    peer('FE80::1') + peer('192.0.2.1') + peer('FE80::2'),
    peer('fe80::1') + peer('192.0.2.1') + peer('fe80::2'),
  ],
  [
    'values of leaf-lists',
    '<address>2001:DB8::1</address><address>192.0.2.1</address>',
    '<address>2001:db8::1</address><address>192.0.2.1</address>',
  ],
  [
    'below keys',
    peer('2001:DB8::1', '<prefix>2001:DB8::/32</prefix><note>N</note>') +
      peer('2001:DB8::2', '<prefix>192.0.2.77/24</prefix>'),
    peer('2001:db8::1', '<prefix>2001:db8::/32</prefix><note>N</note>') +
      peer('2001:db8::2', '<prefix>192.0.2.0/24</prefix>'),
  ],
  [
    'between others',
    `<box><id>1</id><label>X</label></box>${peer('FE80::1')}<name>b</name>`,
    `<box><id>1</id><label>X</label></box>${peer('fe80::1')}<name>b</name>`,
  ],
])('%s are written as libyang writes them', (_, before, after) => {
  expect(canonical(inLab(before))).toBe(inLab(after));
});

test('each top-level node gets its own answers', () => {
  const top = '<top xmlns="http://example.com/schema/1.2/config"><users><user><name>Fred</name></user></users></top>';
  const edits = inLab(peer('FE80::1')) + top + inLab(peer('FE80::2'));
  expect(canonical(edits)).toBe(inLab(peer('fe80::1')) + top + inLab(peer('fe80::2')));
});

test.each([
  ['what libyang does not take', peer('nonsense')],
  ['what has no key', '<peer><note>x</note></peer>'],
  ['what is canonical', peer('fe80::1')],
  ['what nobody knows', '<nobody><address>FE80::1</address></nobody>'],
  ['values that are not compared', '<name>a</name>'],
])('%s is left as it is', (_, inside) => {
  const edits = elements(inLab(inside));
  expect(withCanonicalKeys(edits, lab().context, lab().schema)).toBe(edits);
});

test('what libyang does not take keeps nothing beside it from its form', () => {
  expect(canonical(inLab(peer('nonsense') + peer('FE80::1')))).toBe(inLab(peer('nonsense') + peer('fe80::1')));
});

test('attributes stay', () => {
  const edit = inLab(
    peer('FE80::1').replace(
      '<peer>',
      '<peer xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete">',
    ),
  );
  expect(canonical(edit)).toContain('nc:operation="delete"><address>fe80::1</address>');
});
