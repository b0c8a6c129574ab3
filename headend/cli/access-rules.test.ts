import { unwrap } from '@sublane/basics';
import { CLIENT_LIMITS, readXml } from '@sublane/netconf';
import { expect, it } from 'vitest';
import { qualifiedPath, readAccess } from './access-rules.ts';

const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
const modules = new Map([
  ['hosts', 'urn:hosts'],
  ['more', 'urn:more'],
]);
const read = (inside: string) => readAccess(unwrap(readXml(`<nacm ${NACM}>${inside}</nacm>`, CLIENT_LIMITS)), modules);

it('what is not there has the default of its module', () => {
  expect(read('')).toEqual({
    initial: false,
    enabled: true,
    defaults: { read: 'permit', write: 'deny', exec: 'permit' },
    externalGroups: true,
    groups: [],
    ruleLists: [],
  });
});

it('where there is no /nacm, the initial rules hold', () => {
  const { initial, defaults, ruleLists } = readAccess(undefined, modules);
  expect(initial).toBe(true);
  expect(defaults).toEqual({ read: 'deny', write: 'deny', exec: 'deny' });
  expect(ruleLists.map(({ name }) => name)).toEqual(['host', 'enrol', 'auditor', 'operator', 'administrator']);
});

it('reads all that a rule has', () => {
  const rule =
    '<rule><name>r</name><module-name>hosts</module-name><path xmlns:h="urn:hosts" xmlns:m="urn:more">' +
    "/h:hosts/h:host[h:id='a:b'][h:user=$USER]/m:note</path><access-operations>read update</access-operations>" +
    '<action>deny</action><comment>why</comment></rule>';
  const rpc = '<rule><name>p</name><rpc-name>get</rpc-name><action>permit</action></rule>';
  const { ruleLists, groups, ...settings } = read(
    '<enable-nacm>false</enable-nacm><exec-default>deny</exec-default><enable-external-groups>false</enable-external-groups>' +
      '<groups><group><name>night</name><user-name>ann</user-name><user-name>bob</user-name></group></groups>' +
      `<rule-list><name>l</name><group>night</group><group>day</group>${rule}${rpc}</rule-list>`,
  );
  expect(settings).toEqual({
    initial: false,
    enabled: false,
    defaults: { read: 'permit', write: 'deny', exec: 'deny' },
    externalGroups: false,
  });
  expect(groups).toEqual([{ name: 'night', users: ['ann', 'bob'] }]);
  expect(ruleLists).toEqual([
    {
      name: 'l',
      groups: ['night', 'day'],
      rules: [
        {
          name: 'r',
          action: 'deny',
          module: 'hosts',
          path: "/hosts:hosts/host[id='a:b'][user=$USER]/more:note",
          operations: 'read update',
          comment: 'why',
        },
        { name: 'p', action: 'permit', rpc: 'get' },
      ],
    },
  ]);
});

it.each([
  ['/', '/'],
  ['/hosts:hosts', '/hosts:hosts'],
  ["/hosts:hosts/host[id='x/y[z']/more:note", "/hosts:hosts/hosts:host[hosts:id='x/y[z']/more:note"],
  ['/hosts:hosts/host[id=$USER]/note', '/hosts:hosts/hosts:host[hosts:id=$USER]/hosts:note'],
])('%s in XML is %s', (path, xml) => expect(unwrap(qualifiedPath(path, modules))).toBe(xml));

it.each([
  ['hosts', 'hosts: expected /module:node/node[key=$USER] and so on'],
  ['/hosts', '/hosts: expected /module:node/node[key=$USER] and so on'],
  ['/nobody:hosts', '/nobody:hosts: the headend has no module nobody'],
])('%s is none', (path, message) => expect(qualifiedPath(path, modules)).toEqual({ ok: false, failure: message }));
