// The examples of the README that are whole programs, each run as it stands against a server with prepared answers.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANNOUNCEMENTS, schemaScript } from './testing/schema-server.ts';
import { EVERYTHING, ScriptedServer } from './testing/scripted-server.ts';
import { makeKey, type SshPeer, sshPeer } from './testing/ssh-peer.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}/README.md`, 'utf8');
const examples = Array.from(readme.matchAll(/```ts\n(.*?)```/gs), ([, example = '']) => example);
const programs = examples.filter((example) => example.includes('router.example.net'));

let peer: SshPeer;
const own = mkdtempSync(join(tmpdir(), 'readme-'));
const LOCATION = '<system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><location>cellar</location></system>';
const LIBRARY = ANNOUNCEMENTS['yang-library-1.1'].capabilities;

beforeAll(async () => {
  writeFileSync(join(own, 'id_ed25519'), makeKey().private);
  const script = schemaScript({
    say: ({ operation, text }, server) => {
      if (operation.name === 'create-subscription') {
        queueMicrotask(() => server.notify('<raised xmlns="urn:example:alarms"/>'));
      }
      if (!operation.name.startsWith('get') || !text.includes('ietf-system')) return undefined;
      return { kind: 'data', xml: `<data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${LOCATION}</data>` };
    },
  });
  const capabilities = [...EVERYTHING.filter((one) => !LIBRARY.some((other) => other.startsWith(one))), ...LIBRARY];
  peer = await sshPeer({
    authenticate: (context) => context.accept(),
    subsystem: () => (channel) => void new ScriptedServer(channel, script, { capabilities }),
  });
});
afterAll(async () => {
  await peer[Symbol.asyncDispose]();
  rmSync(own, { recursive: true });
});

/** Here the router is on this machine, and has a key of its own. */
async function run(
  example: string,
): Promise<{ readonly out: string; readonly err: string; readonly code: number | null }> {
  const local = example
    .replace(/host: 'router.example.net',/, `host: '127.0.0.1', port: ${peer.port},`)
    .replace(/SHA256:\w{43}/, peer.fingerprint)
    .replace("readFileSync('id_ed25519')", `readFileSync('${join(own, 'id_ed25519')}')`)
    .replace('openSchemas(opened.value)', 'openSchemas(opened.value, { cache: false })');
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', local], { cwd: folder });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { out, err, code };
}

test('a session', async () => {
  const { out, err, code } = await run(programs[0]!);
  expect([err, code]).toEqual(['', 0]);
  expect(out).toContain(LOCATION);
  expect(out).toContain('committed\n');
});

test('a session that comes back', async () => {
  const { out, err, code } = await run(programs[1]!);
  expect([err, code]).toEqual(['', 0]);
  expect(out.split('\n')).toContain('2026-01-02T03:04:05Z raised');
  expect(out.split('\n')).toContain('true');
});

test("the server's schemas", async () => {
  const { out, err, code } = await run(programs[2]!);
  expect([err, code]).toEqual(['', 0]);
  expect(out).toContain('{"fleet:fleet":{"ship":[{"name":"Ada","speed":12}]}}');
  expect(out).toContain('invalid The request breaks the schemas');
});

test('the README has three whole programs, and every name that an example imports is exported', async () => {
  expect(programs).toHaveLength(3);
  const exported: Readonly<Record<string, readonly string[]>> = {
    'netconf-client': Object.keys(await import('../index.ts')),
    'netconf-client/schemas': Object.keys(await import('../schemas.ts')),
  };
  const imports = examples.flatMap((example) => [
    ...example.matchAll(/import \{([^}]*)\} from '(netconf-client[^']*)'/g),
  ]);
  expect(imports.length).toBeGreaterThan(4);
  for (const [, names = '', from = ''] of imports) {
    for (const name of names.split(',')) expect(exported[from]).toContain(name.trim());
  }
});

test('every row of the standards says what is done and what is not', () => {
  const [, table = ''] = /## What is done of the standards\n\n(.*?)\n\n/s.exec(readme) ?? [];
  const rows = table.split('\n').slice(2);
  expect(rows.length).toBeGreaterThan(12);
  for (const row of rows) expect(row.split('|')).toHaveLength(5);
});
