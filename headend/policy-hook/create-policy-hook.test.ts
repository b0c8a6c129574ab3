import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, type Log, ManualClock, milliseconds, ok, type Result, unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PolicyHookSettings } from '../policy/configuration.ts';
import { createPolicyHook } from './create-policy-hook.ts';
import { hookQuestion } from './hook-question.fixture.ts';
import type { PolicyHook } from './policy-hook.ts';
import { type Answering, opa, startPolicyServer, type TestPolicyServer } from './policy-server-fixture.ts';

const QUESTION = hookQuestion('zoom', 'jitsi');
const PLANS_OWN = QUESTION.groups.map(({ decision }) => decision);

let server: TestPolicyServer;
let hook: PolicyHook;
let settings: PolicyHookSettings | undefined;
let files: Record<string, Result<string, string>>;
let clock: ManualClock;
let lines: string[];

beforeEach(async () => {
  server = await startPolicyServer(opa(() => ({ allow: true })));
  settings = { url: server.url, timeout: milliseconds(5000), whenAway: 'refuse' };
  files = {};
  lines = [];
  clock = new ManualClock();
  const line = (level: string) => (facts: object, text: string) =>
    void lines.push(`${level} ${text} ${JSON.stringify(facts)}`);
  const file = (name: string) => files[name] ?? failed(`${name}: cannot be read (ENOENT)`);
  hook = createPolicyHook({
    settings: () => settings,
    secrets: { line: file, certificates: file },
    clock,
    log: { info: line('info'), warn: line('warn') } as unknown as Log,
  });
});
afterEach(async () => {
  hook.close();
  await server.close();
});

const broken: Answering = (_, response) => response.writeHead(500).end();
const AWAY = { ok: false, failure: [{ kind: 'policy-hook-away', retryAfter: 10 }] };

it('asks with all that is known, as its documentation says', async () => {
  unwrap(await hook.judge(QUESTION));
  expect(JSON.parse(server.asked[0]!.body)).toEqual({
    input: {
      version: 1,
      'host-id': 'laptop-7f',
      subscriber: 'alice',
      plan: 'gold',
      authority: 'embedded',
      location: 'vienna',
      'peer-address': '198.51.100.20',
      time: '2026-11-21T18:00:00.000Z',
      groups: [
        {
          id: 1,
          wish: { upld: { bandwidth: 2000, priority: 'H' }, applications: ['zoom', 'jitsi'], security: 'strict' },
          decision: {
            rule: 'calls',
            class: 'conversational',
            dscp: 46,
            upld: { rate: 2000, burst: 32_000, priority: 'H' },
            security: 'strict',
          },
        },
      ],
    },
  });
});

describe('an answer', () => {
  it('that allows leaves the decisions as they are', async () => {
    expect(unwrap(await hook.judge(QUESTION))).toEqual(PLANS_OWN);
    expect(hook.status()).toEqual({ state: 'answering', asked: 1, refused: 0, lowered: 0, unanswered: 0 });
  });

  it('that lowers is obeyed and counted', async () => {
    server.answering = opa(() => ({ allow: true, groups: { 1: { upld: 700 } } }));
    expect(unwrap(await hook.judge(QUESTION))[0]).toMatchObject({ kind: 'lower', upld: { rate: 700 } });
    expect(hook.status()).toMatchObject({ lowered: 1, refused: 0 });
  });

  it('that refuses is obeyed and counted', async () => {
    server.answering = opa((input) => ({ allow: false, reason: `not ${(input as { plan: string }).plan}` }));
    expect(await hook.judge(QUESTION)).toEqual(failed([{ kind: 'policy-hook-refuses', reason: 'not gold' }]));
    expect(hook.status()).toMatchObject({ lowered: 0, refused: 1, unanswered: 0 });
  });
});

describe('tried out', () => {
  it('it says what was answered, and what comes of it', async () => {
    server.answering = opa(() => ({ allow: true, reason: 'busy', groups: { 1: { upld: 700 } } }));
    expect(await hook.try(QUESTION)).toMatchObject({
      verdict: { value: { reason: 'busy' } },
      judged: { value: [{ upld: { rate: 700 } }] },
    });
  });

  it('it says why there was no answer, whatever comes of that', async () => {
    settings = { ...settings!, whenAway: 'permit' };
    server.answering = broken;
    expect(await hook.try(QUESTION)).toMatchObject({
      verdict: { failure: { kind: 'status', status: 500 } },
      judged: { ok: true },
    });
  });
});

describe('without an answer', () => {
  it.each<[string, Answering]>([
    ['status', broken],
    ['undefined', opa(() => undefined)],
    ['unusable', opa(() => ({ allow: 'perhaps' }))],
    ['redirected', (_, response) => response.writeHead(302, { location: 'http://elsewhere.example/' }).end()],
    ['too-big', (_, response) => response.end('x'.repeat(70_000))],
  ])('(%s) what is configured happens', async (trouble, answering) => {
    server.answering = answering;
    expect(await hook.judge(QUESTION)).toEqual(AWAY);
    settings = { ...settings!, whenAway: 'permit' };
    expect(unwrap(await hook.judge(QUESTION))).toEqual(PLANS_OWN);
    expect(hook.status()).toEqual({ state: 'away', asked: 1, refused: 0, lowered: 0, unanswered: 1, trouble });
  });

  it('in time, what is configured happens', async () => {
    settings = { ...settings!, timeout: milliseconds(50) };
    server.answering = () => {};
    expect(await hook.judge(QUESTION)).toEqual(AWAY);
    expect(hook.status()).toMatchObject({ state: 'away', trouble: 'timed-out' });
  });

  it('it is logged when it goes and when it comes back, and not in between', async () => {
    for (const answering of [broken, broken, broken, opa(() => true), opa(() => true), opa(() => undefined)]) {
      server.answering = answering;
      await hook.judge(QUESTION);
    }
    expect(lines.map((line) => line.replace(server.url, 'URL'))).toEqual([
      'warn the policy server is away {"url":"URL","trouble":"status","status":500,"requests":"refuse"}',
      'info the policy server answers again {"url":"URL"}',
      'warn the policy server is away {"url":"URL","trouble":"undefined","requests":"refuse"}',
    ]);
  });
});

describe('the configuration', () => {
  it('without a server leaves all as it is, and asks nobody', async () => {
    settings = undefined;
    expect(unwrap(await hook.judge(QUESTION))).toEqual(PLANS_OWN);
    expect([hook.status(), server.asked.length]).toEqual([undefined, 0]);
  });

  it('without a server has nothing to try', async () => {
    settings = undefined;
    expect(await hook.try(QUESTION)).toBeUndefined();
  });

  it('is obeyed from the next question on', async () => {
    await hook.judge(QUESTION);
    const other = await startPolicyServer(opa(() => false));
    settings = { ...settings!, url: other.url };
    expect(hook.status()).toMatchObject({ state: 'unknown', asked: 0 });
    expect((await hook.judge(QUESTION)).ok).toBe(false);
    expect([server.asked.length, other.asked.length]).toEqual([1, 1]);
    await other.close();
  });
});

describe('the token', () => {
  beforeEach(() => {
    settings = { ...settings!, tokenFile: 'opa.token' };
  });

  it('comes from its file, and stands in no log line', async () => {
    files['opa.token'] = ok('geheim');
    await hook.judge(QUESTION);
    server.answering = broken;
    await hook.judge(QUESTION);
    expect(server.asked[0]?.headers.authorization).toBe('Bearer geheim');
    expect(lines.join('\n')).not.toContain('geheim');
  });

  it('that cannot be read is trouble like any other, until it can', async () => {
    expect(await hook.judge(QUESTION)).toEqual(AWAY);
    expect(hook.status()?.trouble).toBe('secret-unreadable');
    files['opa.token'] = ok('geheim');
    await clock.advance(milliseconds(1_000));
    expect((await hook.judge(QUESTION)).ok).toBe(true);
    expect(server.asked.length).toBe(1);
  });

  it('is read again when somebody says so', async () => {
    files['opa.token'] = ok('old');
    await hook.judge(QUESTION);
    files['opa.token'] = ok('new');
    await hook.judge(QUESTION);
    hook.reread();
    await hook.judge(QUESTION);
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer old',
      'Bearer new',
    ]);
  });

  it('that is not taken any more is read again', async () => {
    files['opa.token'] = ok('old');
    server.answering = (asked, response) => {
      if (asked.headers.authorization === 'Bearer new') opa(() => true)(asked, response);
      else response.writeHead(401).end();
    };
    files['opa.token'] = ok('old');
    expect(await hook.judge(QUESTION)).toEqual(AWAY);
    files['opa.token'] = ok('new');
    await clock.advance(milliseconds(1_000));
    await hook.judge(QUESTION);
    expect((await hook.judge(QUESTION)).ok).toBe(true);
  });
});

describe('https', () => {
  const folder = mkdtempSync(join(tmpdir(), 'policy-hook-'));
  const make = (name: string) => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    execFileSync(
      'openssl',
      // biome-ignore format: one option and its value a line reads worse
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`,
        '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-keyout', key, '-out', cert],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  };

  it('is trusted by the file of certificates, and by no other', async () => {
    const own = make('policy');
    const secure = await startPolicyServer(
      opa(() => true),
      own,
    );
    files = { 'own.pem': ok(own.cert), 'other.pem': ok(make('other').cert) };
    settings = { ...settings!, url: secure.url, caFile: 'own.pem' };
    expect((await hook.judge(QUESTION)).ok).toBe(true);
    settings = { ...settings, caFile: 'other.pem' };
    expect(await hook.judge(QUESTION)).toEqual(AWAY);
    expect(lines.at(-1)).toContain('"trouble":"unreachable"');
    const { caFile: _, ...systems } = settings;
    settings = systems;
    expect(await hook.judge(QUESTION)).toEqual(AWAY);
    expect(secure.asked.length).toBe(1);
    await secure.close();
  });
});
