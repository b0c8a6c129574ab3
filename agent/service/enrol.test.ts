import { failed, milliseconds, ok, type Result } from '@sublane/basics';
import type { EnrolmentToken } from '@sublane/enrolment';
import { rpcError } from '@sublane/netconf';
import type { ConnectFailure, NetconfClient, RpcFailure } from 'netconf-client';
import { expect, test } from 'vitest';
import { enrol, type OpenEnrolment } from './enrol.ts';

const TOKEN: EnrolmentToken = {
  addresses: [
    { host: '192.0.2.1', port: 830 },
    { host: 'edge.example', port: 8830 },
  ],
  hostKeys: [`SHA256:${'A'.repeat(43)}`],
  secret: new Uint8Array(32),
  expires: milliseconds(0),
};
const ME = { hostId: 'laptop', publicKey: 'ssh-ed25519 AAAA laptop' };

type Answer = Result<unknown, RpcFailure>;
const DONE: Answer = ok({});
const LOST: Answer = failed({ kind: 'closed', message: 'The session broke.' });
const TAKEN: Answer = failed({
  kind: 'refused',
  message: 'refused',
  errors: [rpcError.inUse('application', { appTag: 'host-id-taken', message: 'The name is\u001b[2J taken.' })],
});
const noWay = (kind: 'unreachable' | 'host-key-mismatch' | 'authentication-refused'): ConnectFailure =>
  ({
    kind,
    message: `It is ${kind}.`,
    expected: [],
    seen: '',
    user: 'enrol',
    methods: [],
    code: undefined,
  }) as ConnectFailure;

/** What becomes of each attempt to connect; an answer: connected, and the rpc gets it. */
function scripted(...script: readonly (ConnectFailure | Answer)[]) {
  const asked: string[] = [];
  const left = [...script];
  const open: OpenEnrolment = async ({ host }) => {
    const next = left.shift();
    if (next === undefined) throw new Error('asked too often');
    if (!('ok' in next)) {
      asked.push(`${host}: no way`);
      return failed(next);
    }
    const rpc = async (xml: string) => {
      asked.push(`${host}: ${/<host-id>(.*)<\/host-id>/.exec(xml)?.[1]} ${/<public-key>([^<]*)<\//.exec(xml)?.[1]}`);
      return next;
    };
    return ok({ rpc, close: async () => void asked.push('closed') } as unknown as NetconfClient);
  };
  return { asked, run: () => enrol(TOKEN, ME, open) };
}

test('asks the first headend that answers, once', async () => {
  const { asked, run } = scripted(noWay('unreachable'), DONE);
  expect(await run()).toEqual({ ok: true, value: undefined });
  expect(asked).toEqual(['192.0.2.1: no way', 'edge.example: laptop ssh-ed25519 AAAA laptop', 'closed']);
});

test('a refusal is final, and fit for a terminal', async () => {
  const { run } = scripted(TAKEN);
  expect(await run()).toEqual({
    ok: false,
    failure: {
      kind: 'refused',
      refusals: [{ tag: 'in-use', code: 'host-id-taken', message: 'The name is\uFFFD[2J taken.' }],
    },
  });
});

test('a lost answer is asked for again: the headend tells the same', async () => {
  const { asked, run } = scripted(LOST, noWay('unreachable'), DONE);
  expect((await run()).ok).toBe(true);
  expect(asked.filter((line) => line.includes('ssh-ed25519'))).toHaveLength(2);
});

test.each([
  ['nobody is there afterwards', [LOST, noWay('unreachable'), noWay('unreachable')]],
  ['it does not let us in afterwards', [LOST, noWay('authentication-refused')]],
  ['it is lost again and again', [LOST, LOST, LOST]],
])('a lost answer stays open where %s', async (_, script) => {
  const { run } = scripted(...script);
  expect(await run()).toEqual({ ok: false, failure: { kind: 'uncertain', reason: 'The session broke.' } });
});

test('nobody there, at any address', async () => {
  const { run } = scripted(noWay('unreachable'), noWay('unreachable'));
  const reasons = ['It is unreachable.', 'It is unreachable.'];
  expect(await run()).toEqual({ ok: false, failure: { kind: 'unreachable', reasons } });
});

test('a stranger at one address does not keep from asking at the next, and is named where nobody else is', async () => {
  expect((await scripted(noWay('host-key-mismatch'), DONE).run()).ok).toBe(true);
  expect(await scripted(noWay('host-key-mismatch'), noWay('unreachable')).run()).toMatchObject({
    failure: { kind: 'stranger' },
  });
});

test('the headend itself that knows no such token is not asked again elsewhere', async () => {
  const { asked, run } = scripted(noWay('authentication-refused'));
  expect(await run()).toEqual({
    ok: false,
    failure: { kind: 'not-let-in', reason: 'It is authentication-refused.' },
  });
  expect(asked).toHaveLength(1);
});
