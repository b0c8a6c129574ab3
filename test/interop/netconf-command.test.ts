// The command `netconf`, as a process: an operator's work with Debian's netconfd, with our headend, and with servers that call.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog, unwrap } from '@sublane/basics';
import { Libyang } from 'libyang-wasm';
import { fingerprintOf } from 'netconf-client';
import { callHome, createNetconfServer, generateHostKey, openDatastores, UNRESTRICTED } from 'netconf-server';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { HeadendProcess } from '../programs/index.ts';
import { type Netconfd, netconfdMissing, startNetconfd } from './netconfd.ts';

// libyang's file is there.
const CACHE = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const MAIN = fileURLToPath(new URL('../../shared/netconf-client/main.ts', import.meta.url));
const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system';
const system = (content: string) => `<system xmlns="${SYSTEM}">\n  ${content}\n</system>\n`;

const folder = mkdtempSync(join(tmpdir(), 'netconf-command-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Everything it keeps is in the folder of the test. */
function start(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ChildProcess & { ended: Promise<Outcome> } {
  const child = spawn(process.execPath, [MAIN, '--cache', at('cache'), ...args], {
    stdio: 'pipe',
    env: { ...process.env, HOME: folder, XDG_CACHE_HOME: CACHE, XDG_CONFIG_HOME: at('config'), ...environment },
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.err += text;
  });
  const ended = new Promise<Outcome>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  return Object.assign(child, { ended });
}

async function run(args: readonly string[], stdin = '', environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = start(args, environment);
  child.stdin!.on('error', () => {}); // it may end without having read
  child.stdin!.end(stdin);
  return child.ended;
}

const missing = netconfdMissing();
if (missing !== undefined) console.warn(`skipped: the command netconf against netconfd: ${missing}`);

describe.skipIf(missing !== undefined)('with netconfd', () => {
  let peer: Netconfd;
  let connect: string[];

  beforeAll(async () => {
    peer = await startNetconfd(['ietf-system']);
    writeFileSync(at('id'), peer.privateKey, { mode: 0o600 });
    connect = ['--connect', `ssh://${peer.user}@127.0.0.1:${peer.port}`, '--identity', at('id')];
    connect.push('--host-key', peer.hostKeyFingerprint);
  });
  afterAll(() => peer?.[Symbol.asyncDispose]());

  const netconf = (args: readonly string[], stdin?: string) => run([...connect, ...args], stdin);

  test('hello, sessions, schemas', async () => {
    expect((await netconf(['hello'])).out).toContain('ietf-system@2014-08-06');
    const [own] = JSON.parse((await netconf(['sessions', '--json'])).out);
    expect(own).toMatchObject({ username: peer.user, own: true });
    expect((await netconf(['schemas', 'list'])).out).toContain('ietf-netconf-acm');
    expect((await netconf(['schemas', 'get', 'ietf-system'])).out).toContain('module ietf-system');
    const checked = await netconf(['schemas', 'check']);
    expect([checked.code, checked.out]).toEqual([0, expect.stringContaining('all there, all right')]);
  });

  test('an edit of a file, read again as XML, as JSON, and by its path', async () => {
    writeFileSync(at('edit.xml'), system('<location>attic</location>\n  <contact>Ada</contact>'));
    expect(await netconf(['edit', at('edit.xml')])).toEqual({ code: 0, out: 'ok\n', err: '' });
    const xml = await netconf(['get-config', '--subtree', '/ietf-system:system/location']);
    expect(xml.out).toContain('<location>attic</location>');
    expect(xml.out).not.toContain('Ada');
    const json = await netconf(['get-config', '--subtree', '/ietf-system:system', '--json']);
    expect(JSON.parse(json.out)).toEqual({ 'ietf-system:system': { location: 'attic', contact: 'Ada' } });
    // What was read can be given back.
    writeFileSync(at('edit.json'), json.out.replace('attic', 'roof'));
    expect((await netconf(['edit', at('edit.json'), '--operation', 'replace'])).code).toBe(0);
    const found = await netconf(['get', '--xpath', '/sys:system/sys:location', '--ns', `sys=${SYSTEM}`]);
    expect(found.out).toContain('roof');
  });

  test('what the server refuses is told with its line in the file', async () => {
    writeFileSync(at('wrong.xml'), system('<clock>\n    <timezone-utc-offset>9000</timezone-utc-offset>\n  </clock>'));
    const refused = await netconf(['edit', at('wrong.xml')]);
    expect([refused.code, refused.err]).toEqual([4, expect.stringContaining(`${at('wrong.xml')}:3: `)]);
    // Held against the schemas, it is not even sent.
    const checked = await netconf(['edit', '--check', at('wrong.xml')]);
    expect([checked.code, checked.err]).toEqual([2, expect.stringContaining(`${at('wrong.xml')}:3: `)]);
    expect((await netconf(['sessions', 'kill', '99999'])).code).toBe(4);
  });

  test('a script over one session: locks, edits, a commit that another one confirms', async () => {
    const script = [
      'lock candidate',
      `edit '${system('<location>for now</location>').replaceAll('\n', '')}'`,
      'commit --confirmed 120 --persist mine',
      'unlock candidate',
      'get-config --subtree /ietf-system:system/location',
    ];
    const first = await netconf(['connect'], `${script.join('\n')}\n`);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toContain('for now');
    expect((await netconf(['commit', '--persist-id', 'mine'])).code).toBe(0);
    expect((await netconf(['get-config', '--subtree', '/ietf-system:system'])).out).toContain('for now');
  });

  test('notifications as they come, until Ctrl-C', async () => {
    const child = start([...connect, 'subscribe', '--json']);
    let out = '';
    child.stdout!.on('data', (text) => {
      out += text;
    });
    // What it hears first is of its own making: the sessions of the runs that follow.
    await vi.waitFor(async () => {
      await netconf(['hello']);
      expect(out).toContain('netconf-session-start');
    }, 60_000);
    child.kill('SIGINT');
    const { code, err } = await child.ended;
    expect([code, err]).toEqual([0, '']);
    for (const line of out.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ eventTime: expect.any(String) });
  });

  test('whom it trusts: nobody unknown, unless told; then the same one again', async () => {
    const bare = connect.slice(0, 4);
    const unknown = await run([...bare, 'hello']);
    expect([unknown.code, unknown.err]).toEqual([3, expect.stringContaining(`--host-key ${peer.hostKeyFingerprint}`)]);
    expect((await run([...bare, '--trust-first-use', 'hello'])).code).toBe(0);
    expect((await run([...bare, 'hello'])).code).toBe(0);
    const known = at('config/netconf-client/known-hosts');
    writeFileSync(known, readFileSync(known, 'utf8').replace(/SHA256:.{4}/, 'SHA256:AAAA'));
    const other = await run([...bare, '--trust-first-use', 'hello']);
    expect([other.code, other.err]).toEqual([3, expect.stringContaining('somebody stands in between')]);
    rmSync(known);
  });

  test('a password is read from standard input, and a wrong one is refused', async () => {
    const [, address = ''] = connect;
    const child = run(
      ['--connect', address, '--host-key', peer.hostKeyFingerprint, '--password-stdin', 'hello'],
      'guess\n',
    );
    const { code, err } = await child;
    expect([code, err]).toEqual([4, expect.stringContaining('does not let')]);
    expect(err).not.toContain('guess');
    expect(await run(['--connect', address, 'hello'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--password-stdin'),
    });
  });
});

describe('with the headend', () => {
  let headend: HeadendProcess;
  let connect: string[];

  beforeAll(async () => {
    headend = await HeadendProcess.init();
    await headend.start();
    connect = ['--connect', join(headend.folder, 'headend.sock')];
  });
  afterAll(() => headend?.[Symbol.asyncDispose]());

  const netconf = (args: readonly string[], stdin?: string) => run([...connect, ...args], stdin);
  const location = (name: string) =>
    JSON.stringify({ 'sublane-headend:headend': { location: [{ name, 'upld-capacity': 1000 }] } });

  test('its schemas are all there and all right', async () => {
    const { code, out, err } = await netconf(['schemas', 'check']);
    expect([code, out, err.includes('does not')]).toEqual([0, expect.stringContaining('all right'), false]);
  });

  test('edit in JSON, read in JSON, remove', async () => {
    expect(await netconf(['edit', '-'], location('attic'))).toMatchObject({ code: 0, err: '' });
    const read = await netconf([
      'get-config',
      '--subtree',
      "/sublane-headend:headend/location[name='attic']",
      '--json',
    ]);
    expect(JSON.parse(read.out)).toEqual({
      'sublane-headend:headend': { location: [{ name: 'attic', 'upld-capacity': 1000 }] },
    });
    const namespace = 'urn:sublane:params:xml:ns:yang:sublane-headend';
    const nc = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"';
    const removal = `<headend xmlns="${namespace}"><location ${nc}><name>attic</name></location></headend>`;
    expect((await netconf(['edit', removal])).code).toBe(0);
    const again = await netconf(['edit', removal]);
    expect([again.code, again.err]).toEqual([4, expect.stringContaining('data-missing')]);
  });

  test('wrong data is refused with its place', async () => {
    const { code, err } = await netconf(['edit', '-'], location('attic').replace('1000', '-1'));
    expect(code).toBe(2);
    expect(err).toContain('upld-capacity');
  });

  test('a change is told, as event and as what it changed, in JSON', async () => {
    const events = start([...connect, 'subscribe', '--json']);
    const pushed = start([...connect, 'subscribe', '--datastore', 'running', '--json']);
    const said = { events: '', pushed: '' };
    events.stdout!.on('data', (text) => {
      said.events += text;
    });
    pushed.stdout!.on('data', (text) => {
      said.pushed += text;
    });
    await vi.waitFor(() => expect(said.pushed).toContain('push-update'), 30_000);
    await vi.waitFor(async () => {
      await netconf(['hello']);
      expect(said.events).toContain('netconf-session-start');
    }, 30_000);
    expect((await netconf(['edit', '-'], location('cellar'))).code).toBe(0);
    const change = await vi.waitFor(() => {
      const line = said.events.split('\n').find((one) => one.includes('netconf-config-change') && one.endsWith('}'));
      if (line === undefined) throw new Error(said.events);
      return JSON.parse(line)['ietf-netconf-notifications:netconf-config-change'];
    }, 30_000);
    expect(change.edit[0].target).toMatch(/^\/sublane-headend:headend/);
    await vi.waitFor(() => expect(said.pushed).toMatch(/push-change-update.*cellar/), 30_000);
    events.kill('SIGINT');
    pushed.kill('SIGINT');
    expect([(await events.ended).code, (await pushed.ended).code]).toEqual([0, 0]);
  });

  test('any rpc, in JSON', async () => {
    const { code, out } = await netconf(['rpc', '{"ietf-netconf:get-config":{"source":{"running":[null]}}}', '--json']);
    expect([code, typeof JSON.parse(out)]).toEqual([0, 'object']);
  });

  test('nobody there any more', async () => {
    await headend.stop();
    expect(await netconf(['hello'])).toMatchObject({ code: 3, err: expect.stringContaining('is the server running?') });
  });
});

test('a server that calls is greeted, once its key is the right one', async () => {
  const hostKey = generateHostKey();
  const parsed = ssh2.utils.parseKey(hostKey);
  if (parsed instanceof Error) throw parsed;
  writeFileSync(at('caller-id'), generateHostKey(), { mode: 0o600 });
  const context = unwrap(Libyang.load().createContext({ sources: [], implement: [{ name: 'ietf-yang-library' }] }));
  const datastores = unwrap(await openDatastores({ schema: context, log: silentLog }));
  const server = createNetconfServer({ schema: context, access: UNRESTRICTED, log: silentLog, datastores });
  const words = ['--user', 'ann', '--identity', at('caller-id'), '--host-key', fingerprintOf(parsed.getPublicSSH())];
  const child = start([...words, 'call-home', '--listen', '127.0.0.1:0', '--count', '1', '--', 'hello', '--json']);
  let err = '';
  child.stderr!.on('data', (text) => {
    err += text;
  });
  const port = await vi.waitFor(() => {
    const [, found] = /waiting for servers to call at 127\.0\.0\.1:(\d+)/.exec(err) ?? [];
    if (found === undefined) throw new Error(err);
    return Number(found);
  }, 30_000);
  const call = unwrap(
    callHome({
      server,
      name: 'operator',
      endpoints: [{ host: '127.0.0.1', port }],
      transport: {
        kind: 'ssh',
        server,
        hostKeys: [hostKey],
        authenticate: (attempt) =>
          attempt.method === 'publickey' && attempt.user === 'ann' ? { user: 'ann', role: 'operator' } : undefined,
      },
    } as Parameters<typeof callHome>[0]),
  );
  const { code, out } = await child.ended;
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ base: '1.1' });
  await call.close();
  await server.close();
});
