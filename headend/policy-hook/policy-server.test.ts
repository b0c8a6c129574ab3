import { milliseconds, unwrap } from '@sublane/basics';
import { afterEach, expect, test } from 'vitest';
import { ANSWER_MAX, createPolicyServer, type PolicyServer } from './policy-server.ts';
import { type Answering, startPolicyServer, type TestPolicyServer } from './policy-server-fixture.ts';

let server: TestPolicyServer;
let client: PolicyServer;
afterEach(async () => {
  client.close();
  await server.close();
});

async function ask(answering: Answering, more: { timeout?: number; token?: string } = {}) {
  server = await startPolicyServer(answering);
  const { timeout = 10_000, token } = more;
  client = createPolicyServer({
    url: server.url,
    timeout: milliseconds(timeout),
    ...(token !== undefined && { token }),
  });
  return client.post('{"input":{}}');
}

test('a question is a POST of JSON, with the token', async () => {
  expect(unwrap(await ask((_, response) => response.end('{}'), { token: 'geheim' }))).toBe('{}');
  const { method, path, headers, body } = server.asked[0]!;
  expect([method, path, body]).toEqual(['POST', '/v1/data/sublane/decision', '{"input":{}}']);
  expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'Bearer geheim' });
});

test('without a token none is sent', async () => {
  await ask((_, response) => response.end('{}'));
  expect(server.asked[0]?.headers).not.toHaveProperty('authorization');
});

test('a connection is kept for the next question', async () => {
  await ask((_, response) => response.end('{}'));
  await client.post('{}');
  await client.post('{}');
  expect(server.asked.map(({ connection }) => connection)).toEqual([1, 1, 1]);
});

test('a kept connection that the server has closed costs no answer', async () => {
  await ask((_, response) => response.end('{}'));
  server.hangUpIdle();
  expect(unwrap(await client.post('{}'))).toBe('{}');
});

test('many questions at once share the connections there are', async () => {
  let open = 0;
  let most = 0;
  await ask((_, response) => {
    most = Math.max(most, ++open);
    setImmediate(() => {
      open--;
      response.end('{}');
    });
  });
  const answers = await Promise.all(Array.from({ length: 200 }, () => client.post('{}')));
  expect(answers.every(({ ok }) => ok)).toBe(true);
  expect(most).toBeLessThanOrEqual(32);
  expect(Math.max(...server.asked.map(({ connection }) => connection))).toBeLessThanOrEqual(32);
});

test('questions that nobody answers do not pile up', async () => {
  await ask((_, response) => response.end('{}'), { timeout: 200 });
  server.answering = () => {};
  const answers = await Promise.all(Array.from({ length: 600 }, () => client.post('{}')));
  const kinds = answers.map((answer) => (answer.ok ? 'ok' : answer.failure.kind));
  expect(kinds.filter((kind) => kind === 'overloaded').length).toBe(88);
  expect(kinds.filter((kind) => kind === 'timed-out').length).toBe(512);
});

test.each<[string, Answering, object]>([
  ['does not answer', () => {}, { kind: 'timed-out' }],
  ['begins and does not end', (_, response) => response.write('{"result"'), { kind: 'timed-out' }],
  ['hangs up', (_, response) => response.destroy(), { kind: 'unreachable', message: 'ECONNRESET' }],
  [
    'breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"re', () => response.destroy());
    },
    { kind: 'unreachable' },
  ],
  [
    'has trouble',
    (_, response) => response.writeHead(500).end('{"code":"internal_error"}'),
    { kind: 'status', status: 500 },
  ],
  ['wants another token', (_, response) => response.writeHead(401).end(), { kind: 'status', status: 401 }],
  ['has nothing to say', (_, response) => response.writeHead(204).end(), { kind: 'status', status: 204 }],
  ['says too much', (_, response) => response.end('x'.repeat(ANSWER_MAX + 1)), { kind: 'too-big' }],
  [
    'never stops',
    (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    },
    { kind: 'too-big' },
  ],
])('a server that %s is no answer', async (_, answering, failure) => {
  expect(await ask(answering, { timeout: 300 })).toMatchObject({ ok: false, failure });
});

test('an answer of just the size is taken', async () => {
  expect(unwrap(await ask((_, response) => response.end('x'.repeat(ANSWER_MAX)))).length).toBe(ANSWER_MAX);
});

test('a redirect is not followed', async () => {
  const answer = await ask((_, response) => response.writeHead(307, { location: server.url }).end());
  expect(answer).toEqual({ ok: false, failure: { kind: 'redirected' } });
  expect(server.asked.length).toBe(1);
});

test('after a failure the next question is asked as the first was', async () => {
  await ask((_, response) => response.destroy());
  server.answering = (_, response) => response.end('{}');
  expect(unwrap(await client.post('{}'))).toBe('{}');
});

test('nobody listens', async () => {
  await ask((_, response) => response.end('{}'));
  await server.close();
  expect(await client.post('{}')).toMatchObject({ failure: { kind: 'unreachable' } });
  server = await startPolicyServer(() => {});
});

test('closing lets what is under way be answered', async () => {
  let answer: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    void ask((_, response) => response.end('{}')).then(() => {
      server.answering = (_, response) => {
        answer = () => response.end('{"late":true}');
        resolve();
      };
      pending = client.post('{}');
    });
  });
  let pending: ReturnType<PolicyServer['post']> | undefined;
  await asked;
  client.close();
  answer();
  expect(unwrap(await pending!)).toBe('{"late":true}');
});
