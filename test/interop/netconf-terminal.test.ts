// The command `netconf` at a terminal: prompt, completion, Ctrl-C, history, and secrets that are asked for and not shown.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog, unwrap } from '@sublane/basics';
import { moduleSources } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { fingerprintOf } from 'netconf-client';
import {
  createNetconfServer,
  generateHostKey,
  listenSsh,
  MemoryEventLog,
  type NetconfServer,
  openDatastores,
  type SshListener,
  UNRESTRICTED,
} from 'netconf-server';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PYTHON = '/usr/bin/python3';
const missing = existsSync(PYTHON) ? undefined : `${PYTHON} missing: apt-get install --no-install-recommends python3`;
if (missing !== undefined) console.warn(`skipped: netconf at a terminal: ${missing}`);

const HERE = fileURLToPath(new URL('./in-terminal.py', import.meta.url));
const MAIN = fileURLToPath(new URL('../../shared/netconf-client/main.ts', import.meta.url));
const MODULE = `module attic { namespace "urn:example:attic"; prefix a; revision 2026-11-20;
  container attic { leaf lamp { type string; } } notification lit { leaf lamp { type string; } } }`;

const folder = mkdtempSync(join(tmpdir(), 'terminal-'));
let server: NetconfServer;
let ssh: SshListener;
let address: string[];

beforeAll(async () => {
  const context = unwrap(
    Libyang.load().createContext({
      sources: [...moduleSources(), { name: 'attic', revision: '2026-11-20', text: MODULE }],
      implement: ['attic', 'ietf-yang-library', 'ietf-netconf', 'notifications', 'nc-notifications'].map((name) => ({
        name,
      })),
    }),
  );
  server = createNetconfServer({
    schema: context,
    access: UNRESTRICTED,
    log: silentLog,
    datastores: unwrap(await openDatastores({ schema: context, log: silentLog })),
    notifications: { log: new MemoryEventLog() },
  });
  const hostKey = generateHostKey();
  const parsed = ssh2.utils.parseKey(hostKey);
  if (parsed instanceof Error) throw parsed;
  ssh = unwrap(
    await listenSsh({
      server,
      host: '127.0.0.1',
      port: 0,
      hostKeys: [hostKey],
      authenticate: (attempt) =>
        attempt.method === 'password' && attempt.password === 'a secret'
          ? { user: attempt.user, role: 'operator' }
          : undefined,
    }),
  );
  address = [
    '--connect',
    `ssh://ann@127.0.0.1:${ssh.address.port}`,
    '--host-key',
    fingerprintOf(parsed.getPublicSSH()),
  ];
});
afterAll(async () => {
  await ssh?.close();
  await server?.close({ drain: 0 });
  rmSync(folder, { recursive: true });
});

/** Types at it: each after something was shown. */
async function type(args: readonly string[], ...steps: readonly (readonly [shown: string, typed: string])[]) {
  const child = spawn(PYTHON, [HERE, process.execPath, MAIN, '--no-cache', ...args], {
    env: { ...process.env, TERM: 'xterm', HOME: folder, XDG_STATE_HOME: folder, XDG_CACHE_HOME: cache() },
  });
  child.stdin.end(steps.map(([shown, typed]) => `${shown}\t${JSON.stringify(typed)}\n`).join(''));
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, err };
}

/** libyang's file is there. */
const cache = () => process.env.XDG_CACHE_HOME || join(process.env.HOME ?? '', '.cache');

describe.skipIf(missing !== undefined)('at a terminal', () => {
  test('a session: completion, Ctrl-C on a line and on a command, quit; the history stays', async () => {
    const { code, out, err } = await type(
      ['--ask-password', ...address, 'connect'],
      ['Password of ann@', 'a secret\r'],
      ['> ', 'lock run'],
      ['lock run', '\t'],
      ['ning', '\r'],
      ['ok', ''],
      ['> ', 'half a li\x03'],
      ['> ', 'schemas check\r'],
      ['all right', ''],
      ['> ', 'get --subtree /at'],
      ['/at', '\t'],
      ['tic:attic', '\r'],
      ['> ', 'subscribe --start 2026-01-01T00:00:00Z\r'],
      ['replayComplete', '\x03'],
      ['> ', 'quit\r'],
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).not.toContain('a secret');
    const history = readFileSync(join(folder, 'netconf-client', 'history'), 'utf8')
      .trim()
      .split('\n');
    expect(history.slice(0, 3).map((line) => line.trim())).toEqual([
      'subscribe --start 2026-01-01T00:00:00Z',
      'get --subtree /attic:attic',
      'schemas check',
    ]);
  });

  test('a wrong password is told, and not shown', async () => {
    const { code, out } = await type(['--ask-password', ...address, 'hello'], ['Password of ann@', 'a guess\r']);
    expect(code).toBe(4);
    expect(out).toContain('does not let "ann" in');
    expect(out).not.toContain('a guess');
  });

  test('where the key does not do, the password is asked for', async () => {
    writeFileSync(join(folder, 'id'), generateHostKey(), { mode: 0o600 });
    const identity = ['--identity', join(folder, 'id')];
    const { code, out } = await type([...identity, ...address, 'hello'], ['Password of ann@', 'a secret\r']);
    expect(code).toBe(0);
    expect(out).toContain('NETCONF 1.1');
  });
});
