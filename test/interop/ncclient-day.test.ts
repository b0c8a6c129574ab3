// An operator's day with Debian's ncclient at the real headend: locks, candidate, commits on trial, notifications, reads.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleSources } from '@sublane/yang';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ncclientMissing } from './ncclient.ts';
import { type DayResult, freePorts, headendForADay } from './operator-day.ts';

const missing = ncclientMissing();
if (missing !== undefined) console.warn(`skipped: an operator's day with ncclient: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const PROGRAM = fileURLToPath(new URL('./ncclient-day.py', import.meta.url));
const CALL_HOME = fileURLToPath(new URL('./ncclient-call-home.py', import.meta.url));
let callPort: number;
const day = headendForADay(missing, async () => {
  [callPort = 0] = await freePorts(1);
  return `call-home: [{ name: scripts, address: "127.0.0.1:${callPort}", user: olga }]\n`;
});
const folder = mkdtempSync(join(tmpdir(), 'ncclient-day-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Day {
  /** ncclient's NetconfBase: 1 for base:1.0, 2 for base:1.1. */
  readonly base: string;
  readonly results: Readonly<Record<string, DayResult>>;
}

function python<T>(program: string, job: object): Promise<T> {
  const keyFile = join(folder, 'olga');
  writeFileSync(keyFile, day.key.private, { mode: 0o600 });
  return new Promise((resolve, reject) => {
    const child = execFile('/usr/bin/python3', [program], { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as T);
      else reject(new Error(stderr));
    });
    child.stdin?.end(JSON.stringify({ ...day.headend.address, user: day.user, keyFile, ...job }));
  });
}

test('ncclient waits for a call: the headend calls, and is worked with as ever', async () => {
  const { sessions } = await python<{ sessions: string }>(CALL_HOME, { host: '127.0.0.1', port: callPort });
  expect(sessions).toMatch(/<transport>netconf-ssh<.*<username>olga</s);
});

describe.each([
  { title: 'in base:1.1', bases: ['1.0', '1.1'], chunkedHello: false, base: '2' },
  { title: 'in base:1.0', bases: ['1.0'], chunkedHello: false, base: '1' },
  { title: 'in base:1.1, with a hello in chunks', bases: ['1.1'], chunkedHello: true, base: '2' },
])('an operator’s day with ncclient $title', ({ bases, chunkedHello, base }) => {
  let spent: Day;
  beforeAll(async () => {
    if (missing === undefined) spent = await python(PROGRAM, { bases, chunkedHello });
  });
  const outcome = (step: string): DayResult => {
    const result = spent.results[step];
    if (result === undefined) throw new Error(`no step ${step}`);
    return result;
  };
  const given = (step: string): unknown => {
    const result = outcome(step);
    return 'ok' in result ? result.ok : result;
  };

  test('is spent in that version', () => {
    expect(spent.base).toBe(base);
    expect(given('capabilities')).toEqual(
      expect.arrayContaining([
        'urn:ietf:params:netconf:capability:candidate:1.0',
        'urn:ietf:params:netconf:capability:confirmed-commit:1.1',
        'urn:ietf:params:netconf:capability:xpath:1.0',
      ]),
    );
  });

  test('every step that ought to succeed does', () => {
    const refused = Object.entries(spent.results).filter(([, result]) => !('ok' in result));
    expect(refused.map(([step]) => step)).toEqual([
      'locked for others',
      'edit of others',
      'edit of nonsense',
      'cancel without the token',
      'all records',
      'xpath of nonsense',
      'get-schema of nothing',
      'kill itself',
    ]);
  });

  test.each([
    ['locked for others', 'lock-denied', 'session-id>'],
    ['edit of others', 'in-use', ''],
    ['edit of nonsense', 'unknown-element', 'bad-element>zone<'],
    ['cancel without the token', 'invalid-value', ''],
    ['all records', 'too-big', ''],
    ['xpath of nonsense', 'invalid-value', ''],
    ['get-schema of nothing', 'invalid-value', ''],
    ['kill itself', 'invalid-value', ''],
  ])('%s: %s', (step, tag, info) => {
    expect(outcome(step)).toMatchObject({ errors: [{ tag, message: expect.stringMatching(/./) }] });
    const result = outcome(step);
    if ('errors' in result) expect(result.errors[0]?.info ?? '').toContain(info);
  });

  test.each([
    ['candidate after edit', 'Europe/Berlin'],
    ['running after commit', 'Europe/Berlin'],
    ['candidate after discard', 'Europe/Berlin'],
    ['running on trial', 'Europe/Rome'],
    ['reverted by timeout', true],
    ['running before the loss', 'Europe/Madrid'],
    ['reverted by the loss', true],
    ['running after cancel', 'Europe/Oslo'],
    ['running after all', 'Europe/Zurich'],
    ['get while subscribed', 'Europe/Lisbon'],
    ['killed', true],
  ])('%s: %s', (step, expected) => {
    expect(given(step)).toBe(expected);
  });

  test('what is edited in the candidate is not in running', () => {
    expect(given('running after edit')).not.toBe('Europe/Berlin');
  });

  test('the notification says who changed what', () => {
    expect(given('notification')).toMatch(/<username>olga<.*time-zone/s);
  });

  test('filters give what they ask for, and nothing else', () => {
    expect(given('get by subtree')).toMatch(/<username>olga</);
    expect(given('get by xpath')).toMatch(/<session><session-id>\d+<\/session-id><\/session>/);
    expect(given('get by xpath')).not.toContain('<username>');
    expect(given('a record by its key')).toMatch(/<data[^>]*><\/data>/);
    expect(given('get-config by xpath')).toMatch(/<headend [^>]*><time-zone>Europe\/Lisbon<\/time-zone><\/headend>/);
  });

  test('defaults are shown as asked for', () => {
    const enabled = 'enable-nacm';
    expect(given('with-defaults report-all')).toContain(`<${enabled}>`);
    expect(given('with-defaults report-all-tagged')).toMatch(new RegExp(`<${enabled}[^>]*:default="true"`));
    expect(given('with-defaults trim')).not.toContain(enabled);
    expect(given('with-defaults explicit')).not.toContain(enabled);
  });

  test('a schema is the module, word for word', () => {
    expect(given('get-schema')).toBe(moduleSources().find(({ name }) => name === 'sublane-headend')?.text);
  });
});
