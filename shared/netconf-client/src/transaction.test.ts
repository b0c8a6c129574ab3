import { duplexPair } from 'node:stream';
import { failed, ManualClock, milliseconds, ok, seconds, unwrap } from '@sublane/basics';
import { CAPABILITY, type ReplyContent, type RpcEnvelope, rpcError } from '@sublane/netconf';
import { describe, expect, test, vi } from 'vitest';
import { attach, type OpenOptions } from './connect.ts';
import { answerOk, type Script, ScriptedServer } from './testing/scripted-server.ts';

const OK: ReplyContent = { kind: 'ok' };
const REFUSED: ReplyContent = { kind: 'refused', errors: [rpcError.operationFailed('protocol', { message: 'no' })] };
const EDIT = { config: '<a xmlns="urn:a"/>' };

/** An operation with the datastore it is about: `lock candidate`. */
function words({ text, operation }: RpcEnvelope): string {
  const target = /<(?:target|source)><(\w+)\//.exec(text)?.[1];
  return target === undefined ? operation.name : `${operation.name} ${target}`;
}

/** A server that refuses, or does not answer, the operations named. */
async function pair(
  say: Readonly<Record<string, ReplyContent | 'nothing'>> = {},
  options: OpenOptions = {},
  capabilities?: readonly string[],
) {
  const [ours, theirs] = duplexPair();
  const script: Script = (envelope, peer) => {
    const answer = say[words(envelope)] ?? answerOk(envelope, peer) ?? OK;
    return answer === 'nothing' ? undefined : answer;
  };
  const server = new ScriptedServer(theirs, script, capabilities && { capabilities });
  const client = unwrap(await attach(ours, options));
  return { client, server, asked: () => server.asked.map(words) };
}

const RUNNING_ONLY = [CAPABILITY.base11, CAPABILITY.writableRunning];

describe('with a candidate', () => {
  test('locks both, edits, commits, unlocks both', async () => {
    const { client, server, asked } = await pair();
    unwrap(await client.edit(EDIT));
    expect(asked()).toEqual([
      'lock candidate',
      'lock running',
      'edit-config candidate',
      'commit',
      'unlock running',
      'unlock candidate',
    ]);
    expect(server.asked[2]!.text).toContain('<error-option>rollback-on-error</error-option>');
    expect(client.over).toBeUndefined();
    client.destroy();
  });

  test('gives what the work gives, and saves the startup configuration where it is asked to', async () => {
    const { client, asked } = await pair();
    const result = await client.transaction(
      async ({ edit, target }) => {
        unwrap(await edit({ ...EDIT, defaultOperation: 'none' }));
        unwrap(await edit({ url: 'file:///a' }));
        return ok(target);
      },
      { saveStartup: true, lock: false },
    );
    expect(result).toEqual(ok('candidate'));
    expect(asked()).toEqual(['edit-config candidate', 'edit-config candidate', 'commit', 'copy-config startup']);
    client.destroy();
  });

  test.each<[string, string, string[]]>([
    ['the first lock', 'lock candidate', ['lock candidate']],
    ['the second lock', 'lock running', ['lock candidate', 'lock running', 'unlock candidate']],
    [
      'the edit',
      'edit-config candidate',
      [
        'lock candidate',
        'lock running',
        'edit-config candidate',
        'discard-changes',
        'unlock running',
        'unlock candidate',
      ],
    ],
    [
      'the commit',
      'commit',
      [
        'lock candidate',
        'lock running',
        'edit-config candidate',
        'commit',
        'discard-changes',
        'unlock running',
        'unlock candidate',
      ],
    ],
  ])('leaves nothing behind when the server refuses %s', async (_, refused, expected) => {
    const { client, asked } = await pair({ [refused]: REFUSED });
    expect(await client.edit(EDIT)).toMatchObject({ ok: false, failure: { kind: 'refused' } });
    expect(asked()).toEqual(expected);
    expect(client.over).toBeUndefined();
    client.destroy();
  });

  test('an edit that failed fails the whole, even if the work does not mind', async () => {
    const { client, asked } = await pair({ 'edit-config candidate': REFUSED });
    const result = await client.transaction(async ({ edit }) => {
      await edit(EDIT);
      return ok();
    });
    expect(result).toMatchObject({ ok: false, failure: { kind: 'refused' } });
    expect(asked()).not.toContain('commit');
    client.destroy();
  });

  test('discards and unlocks when the work fails by itself', async () => {
    const { client, asked } = await pair();
    const result = await client.transaction(async ({ edit }) => {
      await edit(EDIT);
      return failed('mine');
    });
    expect(result).toEqual(failed('mine'));
    expect(asked().slice(-3)).toEqual(['discard-changes', 'unlock running', 'unlock candidate']);
    client.destroy();
  });

  test('discards and unlocks when the work throws', async () => {
    const { client, asked } = await pair();
    const result = client.transaction(async ({ edit }) => {
      await edit(EDIT);
      throw new Error('a bug');
    });
    await expect(result).rejects.toThrow('a bug');
    expect(asked().slice(-3)).toEqual(['discard-changes', 'unlock running', 'unlock candidate']);
    client.destroy();
  });

  test('closes the session where the server does not take back what was done', async () => {
    const { client } = await pair({ commit: REFUSED, 'discard-changes': REFUSED });
    expect(await client.edit(EDIT)).toMatchObject({ failure: { kind: 'refused' } });
    expect(client.over).toMatchObject({ kind: 'closed' });
  });
});

describe('a lock that another session holds', () => {
  const DENIED: ReplyContent = { kind: 'refused', errors: [rpcError.lockDenied(7)] };

  test('is waited for, where that is allowed', async () => {
    const clock = new ManualClock();
    const answers: Record<string, ReplyContent> = { 'lock running': DENIED };
    const { client, asked } = await pair(answers, { clock });
    const result = client.edit(EDIT, { lockWait: milliseconds(3000) });
    await vi.waitFor(() => expect(asked()).toEqual(['lock candidate', 'lock running']));
    await clock.advance(milliseconds(600));
    await vi.waitFor(() => expect(asked()).toHaveLength(3));
    delete answers['lock running'];
    await clock.advance(milliseconds(600));
    unwrap(await result);
    expect(asked().slice(0, 5)).toEqual([
      'lock candidate',
      'lock running',
      'lock running',
      'lock running',
      'edit-config candidate',
    ]);
    client.destroy();
  });

  test('but not for ever', async () => {
    const clock = new ManualClock();
    const { client, asked } = await pair({ 'lock running': DENIED }, { clock });
    const result = client.edit(EDIT, { lockWait: milliseconds(700) });
    await vi.waitFor(() => expect(asked()).toHaveLength(2));
    for (let turn = 0; turn < 3; turn++) await clock.advance(milliseconds(500));
    expect(await result).toMatchObject({ failure: { kind: 'refused', errors: [{ tag: 'lock-denied' }] } });
    expect(asked().at(-1)).toBe('unlock candidate');
    client.destroy();
  });

  test('and not when it is given up', async () => {
    const clock = new ManualClock();
    const { client, asked } = await pair({ 'lock candidate': DENIED }, { clock });
    const stop = new AbortController();
    const result = client.edit(EDIT, { lockWait: milliseconds(60_000), signal: stop.signal });
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    expect(await result).toMatchObject({ failure: { kind: 'aborted' } });
    expect(asked()).toEqual(['lock candidate']);
    client.destroy();
  });
});

describe('given up', () => {
  test('while it waits for a lock: the lock is undone as soon as the server grants it', async () => {
    const { client, server, asked } = await pair({ 'lock candidate': 'nothing' });
    const stop = new AbortController();
    const result = client.edit(EDIT, { signal: stop.signal });
    await vi.waitFor(() => expect(asked()).toEqual(['lock candidate']));
    stop.abort();
    server.answer(server.asked[0]!, OK);
    expect(await result).toMatchObject({ failure: { kind: 'aborted' } });
    expect(asked()).toEqual(['lock candidate', 'unlock candidate']);
    expect(client.over).toBeUndefined();
    client.destroy();
  });

  test('while it waits for a lock that is refused after all: nothing is unlocked', async () => {
    const { client, server, asked } = await pair({ 'lock candidate': 'nothing' });
    const stop = new AbortController();
    const result = client.edit(EDIT, { signal: stop.signal });
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    stop.abort();
    server.answer(server.asked[0]!, REFUSED);
    expect(await result).toMatchObject({ failure: { kind: 'aborted' } });
    expect(asked()).toEqual(['lock candidate']);
    client.destroy();
  });

  test('while it waits for a lock of a server that says nothing: the session is closed', async () => {
    const clock = new ManualClock();
    const { client, asked } = await pair({ 'lock candidate': 'nothing' }, { clock });
    const result = client.edit(EDIT, { timeout: milliseconds(1000), cleanupTimeout: milliseconds(500) });
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    await clock.advance(milliseconds(2000));
    expect(await result).toMatchObject({ failure: { kind: 'timeout' } });
    expect(client.over).toMatchObject({ kind: 'closed' });
  });

  test('before it begins: nothing is sent', async () => {
    const { client, asked } = await pair();
    expect(await client.edit(EDIT, { signal: AbortSignal.abort() })).toMatchObject({ failure: { kind: 'aborted' } });
    expect(asked()).toEqual([]);
    client.destroy();
  });

  test('while it edits: discarded and unlocked', async () => {
    const { client, server, asked } = await pair({ 'edit-config candidate': 'nothing' });
    const stop = new AbortController();
    const result = client.edit(EDIT, { signal: stop.signal });
    await vi.waitFor(() => expect(asked()).toHaveLength(3));
    stop.abort();
    server.answer(server.asked[2]!, OK);
    expect(await result).toMatchObject({ failure: { kind: 'aborted' } });
    expect(asked().slice(3)).toEqual(['discard-changes', 'unlock running', 'unlock candidate']);
    client.destroy();
  });

  test('after the last edit: no commit', async () => {
    const { client, asked } = await pair();
    const stop = new AbortController();
    const result = await client.transaction(
      async ({ edit }) => {
        await edit(EDIT);
        stop.abort();
        return ok();
      },
      { signal: stop.signal },
    );
    expect(result).toMatchObject({ failure: { kind: 'aborted' } });
    expect(asked()).not.toContain('commit');
    client.destroy();
  });

  test('a lock alone, too, is undone when it comes late', async () => {
    const { client, server, asked } = await pair({ 'lock running': 'nothing' });
    const stop = new AbortController();
    const late = vi.fn();
    const result = client.lock('running', { signal: stop.signal, onLate: late });
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    stop.abort();
    expect(await result).toMatchObject({ failure: { kind: 'aborted' } });
    expect(late).not.toHaveBeenCalled();
    server.answer(server.asked[0]!, OK);
    await vi.waitFor(() => expect(asked()).toEqual(['lock running', 'unlock running']));
    expect(late).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ ok: true }));
    client.destroy();
  });

  test('with the session: told once', async () => {
    const { client, server, asked } = await pair({ 'lock running': 'nothing' });
    const stop = new AbortController();
    const late = vi.fn();
    const result = client.lock('running', { signal: stop.signal, onLate: late });
    await vi.waitFor(() => expect(asked()).toHaveLength(1));
    stop.abort();
    await result;
    server.stream.end();
    await client.closed;
    expect(late).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ failure: { kind: 'closed', message: expect.any(String) } }),
    );
  });
});

describe('a confirmed commit', () => {
  test('waits for its confirmation, by whoever comes', async () => {
    const { client, server, asked } = await pair();
    unwrap(await client.edit(EDIT, { confirmed: { confirmTimeout: seconds(60), persist: 'p' } }));
    expect(server.asked[3]!.text).toContain('<confirmed/><confirm-timeout>60</confirm-timeout><persist>p</persist>');
    expect(asked().filter((one) => one === 'commit')).toHaveLength(1);
    client.destroy();
  });

  test('is confirmed by a check that is content', async () => {
    const { client, server, asked } = await pair();
    unwrap(await client.edit(EDIT, { confirmed: { persist: 'p' }, check: () => true }));
    expect(asked()).toEqual([
      'lock candidate',
      'lock running',
      'edit-config candidate',
      'commit',
      'commit',
      'unlock running',
      'unlock candidate',
    ]);
    expect(server.asked[4]!.text).toContain('<persist-id>p</persist-id>');
    client.destroy();
  });

  test.each<[string, () => boolean, string]>([
    ['is not', () => false, 'was not content'],
    [
      'throws',
      () => {
        throw new Error('no route');
      },
      'no route',
    ],
  ])('is cancelled by a check that %s', async (_, check, text) => {
    const { client, asked } = await pair();
    expect(await client.edit(EDIT, { confirmed: {}, check })).toMatchObject({
      failure: { kind: 'check-failed', message: expect.stringContaining(text) },
    });
    expect(asked().slice(3)).toEqual(['commit', 'cancel-commit', 'unlock running', 'unlock candidate']);
    client.destroy();
  });

  test('is cancelled when it is given up', async () => {
    const { client, asked } = await pair();
    const stop = new AbortController();
    const check = () => {
      stop.abort();
      return true;
    };
    expect(await client.edit(EDIT, { confirmed: {}, check, signal: stop.signal })).toMatchObject({
      failure: { kind: 'aborted' },
    });
    expect(asked()).toContain('cancel-commit');
    client.destroy();
  });
});

describe('without a candidate', () => {
  test('running is locked, edited, unlocked', async () => {
    const { client, asked } = await pair({}, {}, RUNNING_ONLY);
    unwrap(await client.edit(EDIT));
    expect(asked()).toEqual(['lock running', 'edit-config running', 'unlock running']);
    client.destroy();
  });

  test.each<[string, readonly string[], object, string]>([
    ['neither', [CAPABILITY.base11], {}, CAPABILITY.writableRunning],
    ['what is asked for', RUNNING_ONLY, { target: 'candidate' }, CAPABILITY.candidate],
    ['what confirms', RUNNING_ONLY, { confirmed: {} }, CAPABILITY.candidate],
    ['confirmed commits', [CAPABILITY.base11, CAPABILITY.candidate], { confirmed: {} }, CAPABILITY.confirmedCommit],
  ])('and without %s, nothing is sent', async (_, capabilities, options, capability) => {
    const { client, asked } = await pair({}, {}, capabilities);
    expect(await client.edit(EDIT, options)).toMatchObject({ failure: { kind: 'unsupported', capability } });
    expect(asked()).toEqual([]);
    client.destroy();
  });
});
