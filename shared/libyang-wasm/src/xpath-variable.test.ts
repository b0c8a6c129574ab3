// The path of a rule of NACM may name the session's user (RFC 8341 §3.5, node-instance-identifier).
import { unwrap } from '@sublane/basics';
import { expect, it } from 'vitest';
import { libyang } from '../test-data/fleet.ts';

const RULES = `
module ietf-netconf-acm {
  yang-version 1.1;
  namespace "urn:example:rules";
  prefix rules;
  import ietf-yang-types { prefix yang; }
  revision 2018-02-14;
  typedef node-instance-identifier { type yang:xpath1.0; }
  container rules { leaf path { type node-instance-identifier; } leaf when { type yang:xpath1.0; } }
  container hosts { list host { key id; leaf id { type string; } } }
}`;

const context = unwrap(
  libyang().createContext({
    sources: [{ name: 'ietf-netconf-acm', revision: '2018-02-14', text: RULES }],
    implement: [{ name: 'ietf-netconf-acm' }],
  }),
);
const printed = (leaf: string, value: string, format: 'xml' | 'json') => {
  const xml = `<rules xmlns="urn:example:rules"><${leaf} xmlns:r="urn:example:rules">${value}</${leaf}></rules>`;
  using tree = unwrap(context.parseData(xml, 'xml', { content: 'config', scope: 'all' }));
  return unwrap(tree.print(format));
};

it.each(['path', 'when'])('a variable stays one: %s', (leaf) => {
  const path = '/r:hosts/r:host[r:id=$USER]';
  expect(printed(leaf, path, 'json')).toContain(`"${leaf}":"/ietf-netconf-acm:hosts/host[id=$USER]"`);
  expect(printed(leaf, path, 'xml')).toContain('/rules:hosts/rules:host[rules:id=$USER]');
});

it('the path for everything is /', () => expect(printed('path', '/', 'json')).toContain('"path":"/"'));

it('what is no XPath is refused', () => {
  const xml = '<rules xmlns="urn:example:rules"><path>/r:hosts[</path></rules>';
  expect(context.parseData(xml, 'xml', { content: 'config', scope: 'all' }).ok).toBe(false);
});
