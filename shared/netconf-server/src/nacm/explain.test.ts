import { unwrap } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { nacmOver, nacmXml, rule, ruleList } from '../testing/nacm-lab.ts';
import type { AccessQuestion } from './explain.ts';

const RULES = nacmXml(
  ruleList('blue', ['blue', 'green'], rule('all', 'permit')) +
    ruleList('nobody', []) +
    ruleList(
      'red',
      ['red'],
      rule('module', 'permit', { module: 'guarded' }),
      rule('rpc', 'deny', { rpc: 'knock' }),
      rule('news', 'deny', { notification: 'visit' }),
      rule('one', 'deny', { path: "/l:lab/l:box[l:id='1']" }),
      rule('reads', 'permit', { operations: 'read' }),
    ),
);
const nacm = nacmOver(RULES);
const ann = { user: 'ann', role: 'red' };

const traceOf = (question: AccessQuestion) =>
  unwrap(nacm.explain(ann, question)).trace.map(({ ruleList: list, rule: name, outcome, because }) =>
    [list, name ?? '', outcome, because ?? ''].join(' | '),
  );
const LISTS = ['blue |  | passed-over | it is for blue, green', 'nobody |  | passed-over | it is for no group'];

describe('what was looked at', () => {
  test('for an rpc', () => {
    expect(traceOf({ kind: 'rpc', module: 'lab', rpc: 'echo' })).toEqual([
      ...LISTS,
      'red | module | passed-over | it is about module guarded',
      'red | rpc | passed-over | it is about knock',
      'red | news | passed-over | it is about a notification',
      'red | one | passed-over | it is about data',
      'red | reads | passed-over | it is about read',
    ]);
  });

  test('for a notification', () => {
    expect(traceOf({ kind: 'notification', module: 'nc-notifications', notification: 'replayComplete' })).toEqual([]);
    expect(traceOf({ kind: 'notification', module: 'guarded', notification: 'visit' })).toEqual([
      ...LISTS,
      'red | module | permit | ',
    ]);
  });

  test('for data: of the node at which it was decided', () => {
    const hidden = { kind: 'data', path: "/lab:lab/box[id='1']/size", operation: 'read' } as const;
    expect(unwrap(nacm.explain(ann, hidden))).toMatchObject({
      permit: false,
      at: '/lab:lab/box',
      decidedBy: { kind: 'rule', ruleList: 'red', rule: 'one' },
      user: 'ann',
      groups: ['red'],
    });
    expect(traceOf(hidden).at(-1)).toBe('red | one | deny | ');
    expect(traceOf({ kind: 'data', path: "/lab:lab/box[id='2']/size", operation: 'update' })).toEqual([
      ...LISTS,
      'red | module | passed-over | it is about module guarded',
      'red | rpc | passed-over | it is about an rpc',
      'red | news | passed-over | it is about a notification',
      "red | one | passed-over | /lab:lab/lab:box[lab:id='1'] is neither this node nor above it",
      'red | reads | passed-over | it is about read',
    ]);
  });
});

test('an rpc where no rule matches is decided by a default', () => {
  const explained = unwrap(nacm.explain(ann, { kind: 'rpc', module: 'lab', rpc: 'echo' }));
  expect(explained).toMatchObject({ permit: true, decidedBy: { kind: 'default', leaf: 'exec-default' } });
});

test('who has no group is told so', () => {
  const { trace } = unwrap(nacm.explain({ user: 'eve', role: '' }, { kind: 'rpc', module: 'lab', rpc: 'echo' }));
  expect(new Set(trace.map(({ because }) => because))).toEqual(new Set(['the user has no groups']));
});

test('asking counts nothing', async () => {
  nacm.explain(ann, { kind: 'rpc', module: 'guarded', rpc: 'open-vault' });
  expect(await nacm.state.read({} as never)).toMatchObject({
    value: expect.stringContaining('<denied-operations>0</denied-operations>'),
  });
});

test.each([
  [{ kind: 'rpc', module: 'nowhere', rpc: 'x' }, 'there is no module nowhere here'],
  [{ kind: 'rpc', module: 'lab', rpc: 'x' }, 'lab has no rpc x'],
  [{ kind: 'notification', module: 'lab', notification: 'x' }, 'lab has no notification x'],
  [{ kind: 'data', path: '/lab:x', operation: 'read' }, 'there is no node lab:x at "/lab:x"'],
] as const)('%j is no question', (question, failure) =>
  expect(nacm.explain(ann, question)).toEqual({ ok: false, failure }),
);
