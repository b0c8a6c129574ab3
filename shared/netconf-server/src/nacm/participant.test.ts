import { expect, test } from 'vitest';
import { running } from '../testing/harness.ts';
import { nacmLab, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';
import { nacmParticipant } from './participant.ts';

const { context } = nacmLab();
const withPath = (path: string, name = 'r') => nacmXml(ruleList('list', ['red'], rule(name, 'deny', { path })));
const commit = async (before: string, after: string) => {
  const options = { schema: context, participants: [nacmParticipant(context)] };
  const datastores = await running(before, options);
  const done = await datastores.running.commit(() => ({ ok: true, value: after }));
  return done.ok ? 'ok' : done.failure.map(({ tag, message, path }) => `${tag} ${message} ${path?.xpath}`).join();
};

test.each([
  '/',
  '/l:lab',
  "/l:lab/l:box[l:id='1']/g:owner",
  '/l:lab/l:box/l:apples',
  "/l:lab/l:peer[l:port='1']",
  "/l:lab/l:server[.='a']",
  '/g:homes/g:home[g:user=$USER]',
  '/l:counters/l:beats',
])('a rule about %s is taken', async (path) => expect(await commit('', withPath(path))).toBe('ok'));

test.each([
  ['/l:roof', 'leads nowhere: there is no lab:roof'],
  ['/l:lab/l:roof', 'leads nowhere: lab has no lab:roof'],
  ['/l:lab/g:box', 'leads nowhere: lab has no guarded:box'],
  ["/l:lab/l:box[l:size='1']", 'asks for size, which is no key of box'],
  ["/l:lab[.='1']", 'asks for ., which is no key of lab'],
  ['/l:lab/l:box[1]', 'cannot be read at "[1]": expected [key=\'value\'] or [key=$USER]'],
])('a rule about %s is refused', async (path, fault) => {
  const place = "/nacm:nacm/nacm:rule-list[nacm:name='list']/nacm:rule[nacm:name='r']/nacm:path";
  expect(await commit('', withPath(path))).toBe(`invalid-value the path of rule r of rule-list list ${fault} ${place}`);
});

test('one that was there before stands in the way of nothing else', async () => {
  expect(await commit(withPath('/l:roof'), withPath('/l:roof', 'renamed'))).toBe('ok');
  expect(await commit(withPath('/l:roof'), withPath('/l:lab/l:roof'))).toMatch(/^invalid-value/);
});
