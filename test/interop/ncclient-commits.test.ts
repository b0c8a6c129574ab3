// Debian's ncclient commits to the real headend: by the candidate, on trial, and over the end of its own session.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HeadendProcess, hostKey } from '../programs/index.ts';
import { type NcclientStep, ncclientMissing, ncclientSession } from './ncclient.ts';

const missing = ncclientMissing();
if (missing !== undefined) console.warn(`skipped: ncclient commits to the headend: ${missing}`);

const HEADEND = 'urn:sublane:params:xml:ns:yang:sublane-headend';
const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const key = hostKey('olga');

let headend: HeadendProcess;

beforeAll(async () => {
  if (missing !== undefined) return;
  headend = await HeadendProcess.init();
  await headend.start();
  await using operator = await headend.operator();
  await operator.call('sublane-headend:add-operator', { name: 'olga', role: 'operator', 'public-key': key.public });
});
afterAll(() => headend?.[Symbol.asyncDispose]());
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const step = (method: NcclientStep['method'], more: Record<string, string> = {}): NcclientStep => ({
  method,
  arguments: more,
});
const pool = (name: string, prefix: string, attributes = '') =>
  step('edit_config', {
    target: 'candidate',
    config:
      `<config xmlns="${BASE}" xmlns:nc="${BASE}"><headend xmlns="${HEADEND}"><pool${attributes}><name>${name}</name>` +
      `<class>c</class>${prefix && `<prefix>${prefix}</prefix>`}</pool></headend></config>`,
  });
const read = (source: string) =>
  step('get_config', { source, filter: `<headend xmlns="${HEADEND}"><pool/></headend>` });
const DISCARD = step('discard_changes');
const LOCKS = [step('lock', { target: 'running' }), step('lock', { target: 'candidate' })];
const UNLOCKS = [step('unlock', { target: 'candidate' }), step('unlock', { target: 'running' })];

/** For each step `ok`, the names of pools it read, or the tags of its errors. */
function told(...steps: readonly NcclientStep[]): string[] {
  const { results } = ncclientSession({ ...headend.address, user: 'olga', privateKey: key.private }, steps);
  return results.map((result) => {
    if ('errors' in result) return result.errors.map(({ tag }) => tag).join(' ');
    if (/<ok[ /]/.test(result.reply)) return 'ok';
    return [...result.reply.matchAll(/<name>([^<]*)</g)].map(([, name]) => name).join(' ');
  });
}

describe('ncclient', () => {
  test('locks, edits the candidate, validates and commits it', () => {
    expect(
      told(
        ...LOCKS,
        pool('calls', '192.0.2.0/24'),
        step('validate', { source: 'candidate' }),
        read('running'),
        step('commit'),
        ...UNLOCKS,
        read('running'),
      ),
    ).toEqual(['ok', 'ok', 'ok', 'ok', '', 'ok', 'ok', 'ok', 'calls']);
  });

  test('is told by validate and commit what is wrong, and running stays', () => {
    const overlapping = pool('other', '192.0.2.0/25');
    const answers = told(
      overlapping,
      step('validate', { source: 'candidate' }),
      step('commit'),
      read('running'),
      DISCARD,
    );
    expect(answers[0]).toBe('ok');
    expect(answers[1]).not.toBe('ok');
    expect(answers.slice(2)).toEqual([answers[1], 'calls', 'ok']);
  });

  test('loses with the lock what it had not committed', () => {
    expect(
      told(
        step('lock', { target: 'candidate' }),
        pool('lost', '198.51.100.0/24'),
        read('candidate'),
        step('unlock', { target: 'candidate' }),
        read('candidate'),
      ),
    ).toEqual(['ok', 'ok', 'calls lost', 'ok', 'calls']);
  });

  test('commits on trial, and its end takes that back', () => {
    expect(told(pool('trial', '198.51.100.0/24'), step('commit', { confirmed: 'yes' }), read('running'))).toEqual([
      'ok',
      'ok',
      'calls trial',
    ]);
    expect(told(read('running'), read('candidate'))).toEqual(['calls', 'calls']);
  });

  test('commits on trial with a token, which another session confirms or cancels', () => {
    const trial = () => [
      pool('trial', '198.51.100.0/24'),
      step('commit', { confirmed: 'yes', timeout: '600', persist: 'token' }),
    ];
    expect(told(...trial())).toEqual(['ok', 'ok']);
    expect(told(read('running'), step('commit'), step('lock', { target: 'running' }))).toEqual([
      'calls trial',
      'in-use',
      'lock-denied',
    ]);
    expect(
      told(step('cancel_commit', { persist_id: 'wrong' }), step('cancel_commit', { persist_id: 'token' })),
    ).toEqual(['invalid-value', 'ok']);
    expect(told(read('running'))).toEqual(['calls']);
    expect(told(...trial())).toEqual(['ok', 'ok']);
    expect(told(step('commit', { persist_id: 'token' }), read('running'))).toEqual(['ok', 'calls trial']);
  });

  test('finds after kill -9 of the headend what was before the trial', async () => {
    const remove = pool('trial', '', ' nc:operation="delete"');
    expect(told(remove, step('commit', { confirmed: 'yes', persist: 'token' }), read('running'))).toEqual([
      'ok',
      'ok',
      'calls',
    ]);
    await headend.stop('SIGKILL');
    await headend.start();
    expect(told(read('running'), step('commit', { persist_id: 'token' }))).toEqual(['calls trial', 'invalid-value']);
  });
});
