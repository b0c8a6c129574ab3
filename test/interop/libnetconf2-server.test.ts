// Our client and a server on libnetconf2: dialled over SSH and TLS, and called by it over both. (Its own get-schema is not
// asked: 2.0.24 answers it with memory that was given back.)
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import {
  type Caller,
  type CallHomeOptions,
  connect,
  connectTls,
  listenCallHome,
  type NetconfClient,
  type TlsOptions,
} from 'netconf-client';
import { certificateFingerprint } from 'netconf-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority, type Issued, opensslMissing } from './certificate-authority.ts';
import { compileServer, libnetconf2Missing } from './libnetconf2.ts';
import { freePorts } from './operator-day.ts';

const KEYGEN = '/usr/bin/ssh-keygen';
const missing =
  libnetconf2Missing() ??
  opensslMissing() ??
  (existsSync(KEYGEN) ? undefined : 'ssh-keygen missing: apt-get install --no-install-recommends openssh-client');
if (missing !== undefined) console.warn(`skipped: our client and a server on libnetconf2: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const SCHEMAS = fileURLToPath(new URL('../../yang/standard', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'libnetconf2-server-'));
const clients: NetconfClient[] = [];
let server: ChildProcess;
let stderr = '';
let ports: { readonly ssh: number; readonly tls: number; readonly sshHome: number; readonly tlsHome: number };
let ca: CertificateAuthority;
let own: Issued;
let olga: Issued;
let userKey: string;
let hostFingerprint: string;

/** The elliptic curve is for libnetconf2's sake: it gives ed25519 keys no name. */
function sshKey(name: string): string {
  const file = join(folder, name);
  execFileSync(KEYGEN, ['-q', '-t', 'ecdsa', '-m', 'PEM', '-N', '', '-f', file]);
  return file;
}

beforeAll(async () => {
  if (missing !== undefined) return;
  ca = CertificateAuthority.root(folder);
  own = ca.issue('server', { names: 'DNS:localhost,DNS:device-7.example', usage: 'serverAuth' });
  olga = ca.issue('olga', { usage: 'clientAuth' });
  const [hostKey, key] = [sshKey('host-key'), sshKey('user-key')];
  userKey = readFileSync(key, 'utf8');
  const shown = execFileSync(KEYGEN, ['-l', '-f', `${hostKey}.pub`], { encoding: 'utf8' });
  hostFingerprint = /SHA256:\S+/.exec(shown)?.[0] ?? '';
  const [ssh = 0, tls = 0, sshHome = 0, tlsHome = 0] = await freePorts(4);
  ports = { ssh, tls, sshHome, tlsHome };
  const words = {
    SCHEMAS,
    HOST_KEY: hostKey,
    USER_KEY: `${key}.pub`,
    USER_NAME: 'olga',
    CERTIFICATE: own.certificateFile,
    CERTIFICATE_KEY: own.keyFile,
    CA: ca.certificateFile,
    FINGERPRINT: certificateFingerprint(new X509Certificate(ca.certificate)),
    SSH_PORT: `${ssh}`,
    TLS_PORT: `${tls}`,
    SSH_HOME: `${sshHome}`,
    TLS_HOME: `${tlsHome}`,
  };
  server = spawn(compileServer(folder), {
    env: { PATH: process.env.PATH, ...words },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server.stderr?.setEncoding('utf8').on('data', (piece) => {
    stderr += piece;
  });
  const [said] = (await Promise.race([once(server.stdout!, 'data'), once(server, 'exit')])) as [unknown];
  if (!String(said).startsWith('ready')) throw new Error(`it did not start: ${said} ${stderr}`);
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});
afterAll(async () => {
  if (server?.exitCode === null && server.signalCode === null) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

/** It is the one, and it works. */
async function works(client: NetconfClient) {
  clients.push(client);
  expect(client.base).toBe('1.1');
  const replies = await Promise.all([client.get(), client.get(), client.get()]);
  for (const reply of replies) expect(unwrap(reply).xml).toContain('>libnetconf2</peer>');
  expect(await client.lock('running')).toMatchObject({
    ok: false,
    failure: { errors: [{ tag: 'operation-not-supported' }] },
  });
}

const login = () => ({ user: 'olga', privateKey: userKey, hostKey: { fingerprints: [hostFingerprint] } });
const overTls = (more: Partial<TlsOptions> = {}): TlsOptions => ({
  host: 'localhost',
  port: ports.tls,
  certificate: olga.certificate,
  key: olga.key,
  server: { ca: ca.certificate },
  ...more,
});

describe('a server on libnetconf2', () => {
  test('over SSH', async () => {
    await works(unwrap(await connect({ host: '127.0.0.1', port: ports.ssh, ...login() })));
  });

  test('over TLS', async () => {
    await works(unwrap(await connectTls(overTls())));
  });

  test('over TLS is not talked to under another name', async () => {
    const other = await connectTls(overTls({ server: { ca: ca.certificate, names: ['device-8.example'] } }));
    expect(other).toMatchObject({ ok: false, failure: { kind: 'certificate-refused' } });
  });

  test('that does not accept our certificate', async () => {
    const nobody = ca.issue('nobody', { subject: '/O=Nobody' });
    expect(await connectTls(overTls({ certificate: nobody.certificate, key: nobody.key }))).toMatchObject({
      ok: false,
      failure: { kind: 'authentication-refused', message: expect.stringContaining('O=Nobody') },
    });
  });

  test.each(['ssh', 'tls'] as const)(
    'calls home over %s, and calls again when the session has ended',
    async (transport) => {
      const called: { readonly client: NetconfClient; readonly caller: Caller }[] = [];
      const { certificate, key } = olga;
      const proof =
        transport === 'ssh'
          ? login()
          : { certificate, key, server: { ca: ca.certificate, names: ['device-7.example'] } };
      const port = transport === 'ssh' ? ports.sshHome : ports.tlsHome;
      const options = { transport, host: '127.0.0.1', port, ...proof } as CallHomeOptions;
      const listener = unwrap(await listenCallHome(options, (client, caller) => void called.push({ client, caller })));
      try {
        await expect.poll(() => called.length, { timeout: 60_000 }).toBe(1);
        const [{ client, caller }] = called as [(typeof called)[0]];
        if (transport === 'ssh') expect(caller.hostKey).toBe(hostFingerprint);
        else expect(caller.certificate?.subject).toBe('CN=server');
        await works(client);
        await client.close();
        await expect.poll(() => called.length, { timeout: 60_000 }).toBe(2);
        await works(called[1]!.client);
      } finally {
        await listener.close();
      }
    },
  );
});
