import { expect, test } from 'vitest';
import { connect, inLab } from '../testing/harness.ts';
import { nacmServer, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';

const RULES = nacmXml(
  '<write-default>permit</write-default>' +
    ruleList(
      'staff',
      ['staff'],
      ...["/l:lab/l:rule[l:name='hidden']", "/l:lab/l:rule[l:name='never']", "/l:lab/l:server[.='hidden']"].map(
        (path, at) => rule(`no-${at}`, 'deny', { path }),
      ),
    ),
);
const before = (name: string) =>
  inLab(
    `<rule xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert="before" yang:key="[name='${name}']"><name>new</name></rule>`,
  );
const after = (value: string) =>
  inLab(`<server xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert="after" yang:value="${value}">new</server>`);

// RFC 8341 §3.2.5: no error tells what is there, nor does its absence.
test.each([
  ['is hidden, and there', before('hidden')],
  ['is hidden, and not there', before('never')],
  ['is a hidden value', after('hidden')],
])('nothing is put beside what %s', async (_, config) => {
  const entries = '<rule><name>hidden</name></rule><rule><name>open</name></rule><server>hidden</server>';
  const { server } = await nacmServer(`${RULES}${inLab(entries)}`);
  const client = await connect(server, 'bob', 'staff');
  const edit = (inside: string) => `<edit-config><target><running/></target><config>${inside}</config></edit-config>`;
  expect(await client.errors(edit(config))).toMatchObject([{ tag: 'access-denied' }]);
  expect(await client.errors(edit(before('open')))).toEqual([]);
  expect(await client.errors(edit(before('absent')))).toMatchObject([{ tag: 'bad-attribute' }]);
});
