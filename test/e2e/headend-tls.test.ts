// NETCONF over TLS and Call Home at the real headend: whose certificate is whose, and whom it calls.
import { X509Certificate } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { type CallHomeOptions, connectTls, listenCallHome, type NetconfClient, type TlsOptions } from 'netconf-client';
import { certificateFingerprint } from 'netconf-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CertificateAuthority, type Issued, opensslMissing } from '../interop/certificate-authority.ts';
import { hostKey } from '../programs/index.ts';
import { HeadendProgram } from './headend-program.ts';

const missing = opensslMissing();
if (missing !== undefined) console.warn(`skipped: the headend over TLS: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const eventually = (claim: () => unknown) => vi.waitFor(claim, { timeout: 20_000, interval: 50 });

const program = new HeadendProgram();
const clients: NetconfClient[] = [];
let ca: CertificateAuthority;
let own: Issued;
let port: number;
let hostFingerprint: string;
const keys = { olga: hostKey('olga'), otto: hostKey('otto'), laptop: hostKey('laptop') };

const certificates = () => join(program.scratch, 'certificates');
const issued: Record<string, Issued> = {};
const certificateOf = (name: string, names?: string) => {
  issued[name] ??= ca.issue(name, { usage: 'clientAuth', ...(names !== undefined && { names }) });
  return issued[name];
};

const tlsPort = () => Number(/tls:\/\/127\.0\.0\.1:(\d+)/.exec(program.stderr)?.[1]);
const as = (who: Issued): TlsOptions => ({
  host: 'localhost',
  port: tlsPort(),
  certificate: who.certificate,
  key: who.key,
  server: { ca: ca.certificate },
});
const enter = async (who: Issued) => {
  const opened = await connectTls(as(who));
  if (opened.ok) clients.push(opened.value);
  return opened;
};
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});

beforeAll(async () => {
  if (missing !== undefined) return;
  const made = await program.must('init', '--listen', '127.0.0.1:0', '--name', 'edge-1');
  hostFingerprint = /SHA256:\S+/.exec(made)?.[0] ?? '';
  mkdirSync(certificates());
  ca = CertificateAuthority.root(certificates());
  own = ca.issue('edge', { names: 'DNS:localhost', usage: 'serverAuth' });
  copyFileSync(own.certificateFile, join(program.folder, 'tls-cert.pem'));
  copyFileSync(own.keyFile, join(program.folder, 'tls-key.pem'));
  const fingerprint = certificateFingerprint(new X509Certificate(ca.certificate));
  const laptop = certificateFingerprint(new X509Certificate(certificateOf('some-laptop').certificate));
  appendFileSync(
    join(program.folder, 'headend.yaml'),
    `
tls:
  listen: 127.0.0.1:0
  certificate-file: tls-cert.pem
  key-file: tls-key.pem
  ca-file: ${ca.certificateFile}
  cert-to-name:
    - { fingerprint: "${laptop}", map-type: specified, name: laptop, for: hosts }
    - { fingerprint: "${fingerprint}", map-type: common-name }
`,
  );
  port = await program.serve();
  for (const [name, role] of [
    ['olga', 'operator'],
    ['otto', 'auditor'],
  ] as const) {
    writeFileSync(program.file(`${name}.pub`), keys[name].public);
    await program.must('operator', 'add', name, '--role', role, '--key', program.file(`${name}.pub`));
  }
});
afterAll(() => program.dispose());

const LOOK = '<get-status xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"/>';
const CHANGE = {
  config: '<headend xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"><time-zone>UTC</time-zone></headend>',
};

describe('over TLS', () => {
  test('check says what would be listened on, and by which names', async () => {
    const text = await program.must('check');
    expect(text).toMatch(/over TLS {9}127\.0\.0\.1:0; CN=edge, until \d{4}-/);
    expect(text).toMatch(/certificates of {2}hosts by specified \(04:.*…\), operators by common-name \(04:/);
    const json = await program.json<{ tls: object; warnings: string[] }>('check');
    expect(json.tls).toMatchObject({ certificate: { subject: 'CN=edge', fingerprint: expect.stringMatching(/^04:/) } });
    expect(json.warnings.join()).toContain('this certificate ends on');
  });

  test('check names the file that is wrong', async () => {
    const file = join(program.folder, 'headend.yaml');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace('\n  key-file: tls-key.pem', `\n  key-file: ${certificateOf('olga').keyFile}`));
    expect(await program.run(['check'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/olga\.key: not the key of the certificate of CN=edge/),
    });
    writeFileSync(file, before.replace(ca.certificateFile, '/nowhere/ca.pem'));
    expect(await program.run(['check'])).toMatchObject({ code: 2, stderr: expect.stringContaining('/nowhere/ca.pem') });
    writeFileSync(file, before);
  });

  test('an operator is who the certificate says, with the rights of that name', async () => {
    const olga = unwrap(await enter(certificateOf('olga')));
    expect((await olga.rpc(LOOK)).ok).toBe(true);
    expect((await olga.editConfig(CHANGE)).ok).toBe(true);
    const otto = unwrap(await enter(certificateOf('otto')));
    expect((await otto.rpc(LOOK)).ok).toBe(true);
    expect(await otto.editConfig(CHANGE)).toMatchObject({ ok: false, failure: { errors: [{ tag: 'access-denied' }] } });
    const { session } = await program
      .json<{ session: object[] }>('session', 'list')
      .then((list) => (Array.isArray(list) ? { session: list } : list));
    expect(session).toEqual(
      expect.arrayContaining([expect.objectContaining({ user: 'olga', role: 'operator', transport: 'tls' })]),
    );
    expect(await program.must('audit')).toMatch(/session-opened.*olga/);
  });

  test('nobody comes in by a name that nobody has, nor by a stranger’s authority', async () => {
    expect(await enter(certificateOf('mallory'))).toMatchObject({ ok: false });
    mkdirSync(join(certificates(), 'other'), { recursive: true });
    const stranger = CertificateAuthority.root(join(certificates(), 'other'));
    expect(await enter(stranger.issue('olga'))).toMatchObject({ ok: false });
    await eventually(() =>
      expect(program.stderr).toMatch(/"reason":"not-accepted".*CN=mallory|CN=mallory.*not-accepted/),
    );
    await eventually(() => expect(program.stderr).toMatch(/bad-certificate/));
  });

  test('a host is one where the entry says so, and only while it is enrolled; an operator of that name it is not', async () => {
    const laptop = certificateOf('some-laptop');
    expect((await enter(laptop)).ok).toBe(false);
    writeFileSync(program.file('gold.yaml'), GOLD);
    await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
    await program.must('subscriber', 'add', 'alice', '--plan', 'gold');
    writeFileSync(program.file('laptop.pub'), keys.laptop.public);
    await program.must('host', 'enrol', 'laptop', '--subscriber', 'alice', '--key', program.file('laptop.pub'));
    const host = unwrap(await enter(laptop));
    const held =
      '<get-service xmlns="urn:sublane:params:xml:ns:yang:sublane-service"><host-id>laptop</host-id></get-service>';
    expect((await host.rpc(held)).ok).toBe(true);
    expect((await host.rpc(LOOK)).ok).toBe(false);
    // Of the authority's entry alone, a host is nobody.
    expect((await enter(certificateOf('laptop'))).ok).toBe(false);
    await program.must('host', 'revoke', 'laptop');
    await host.closed;
    expect((await enter(laptop)).ok).toBe(false);
  });

  test('an operator who is removed is out at once', async () => {
    writeFileSync(program.file('oscar.pub'), hostKey('oscar').public);
    await program.must('operator', 'add', 'oscar', '--key', program.file('oscar.pub'));
    const oscar = unwrap(await enter(certificateOf('oscar')));
    await program.must('operator', 'remove', 'oscar');
    expect((await oscar.closed).kind).toBe('closed-by-server');
    expect((await enter(certificateOf('oscar'))).ok).toBe(false);
  });

  test('the commands work over it, and say what is missing', async () => {
    const olga = certificateOf('olga');
    const tls = ['--connect', `tls://localhost:${tlsPort()}`];
    const mine = ['--certificate', olga.certificateFile, '--certificate-key', olga.keyFile, '--ca', ca.certificateFile];
    expect(await program.must('status', ...tls, ...mine)).toMatch(/listening on .*tls:/);
    expect(await program.run(['status', ...tls])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--certificate'),
    });
    const wrong = [...mine.slice(0, 4), '--ca', olga.certificateFile];
    expect(await program.run(['status', ...tls, ...wrong])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('not trusted'),
    });
  });

  test('SIGHUP brings a new certificate; a wrong one leaves all as it was', async () => {
    const standing = unwrap(await enter(certificateOf('olga')));
    const next = ca.issue('edge-next', { names: 'DNS:localhost', usage: 'serverAuth' });
    writeFileSync(join(program.folder, 'tls-cert.pem'), next.certificate);
    program.signal('SIGHUP');
    await eventually(() => expect(program.stderr).toContain('not the key of the certificate of CN=edge-next'));
    expect((await enter(certificateOf('olga'))).ok).toBe(true);
    writeFileSync(join(program.folder, 'tls-key.pem'), next.key);
    program.signal('SIGHUP');
    const pinned = {
      ...as(certificateOf('olga')),
      server: { fingerprints: [new X509Certificate(next.certificate).fingerprint256] },
    };
    await eventually(async () => clients.push(unwrap(await connectTls(pinned))));
    expect((await standing.rpc(LOOK)).ok).toBe(true);
  });
});

const GOLD = `name: gold
classes:
  best-effort: { dscp: 0, priority: L, upld: { ceiling: 1000 }, dnld: { ceiling: 1000 } }
default-class: best-effort
`;

describe('calling home', () => {
  test('the headend calls over SSH and TLS, and lets in whom the call is for', async () => {
    const sessions: Record<string, NetconfClient[]> = { ssh: [], tls: [], other: [] };
    const login = { user: 'olga', privateKey: keys.olga.private, hostKey: { fingerprints: [hostFingerprint] } };
    const { certificate, key } = certificateOf('olga');
    const open = async (name: string, options: object) =>
      unwrap(
        await listenCallHome({ host: '127.0.0.1', port: 0, ...options } as CallHomeOptions, (client) => {
          sessions[name]!.push(client);
          clients.push(client);
        }),
      );
    const ssh = await open('ssh', { transport: 'ssh', ...login });
    const tls = await open('tls', {
      transport: 'tls',
      certificate,
      key,
      server: { ca: ca.certificate, names: ['localhost'] },
    });
    const refused: string[] = [];
    const other = await open('other', {
      transport: 'ssh',
      ...login,
      onRefused: ({ kind }: { kind: string }) => refused.push(kind),
    });
    await program.stop();
    appendFileSync(
      join(program.folder, 'headend.yaml'),
      `
call-home:
  - { name: noc, address: "127.0.0.1:${ssh.address.port}", user: olga }
  - { name: noc-tls, address: ["127.0.0.1:1", "127.0.0.1:${tls.address.port}"], transport: tls, role: operator }
  - { name: auditors, address: "127.0.0.1:${other.address.port}", role: auditor }
`,
    );
    const checked = await program.must('check');
    expect(checked).toContain(`would call       noc at 127.0.0.1:${ssh.address.port} over ssh, for olga`);
    expect(checked).toContain('over tls, for any operator');
    port = await program.serve();
    await eventually(() => expect([sessions.ssh!.length, sessions.tls!.length]).toEqual([1, 1]));
    for (const client of [...sessions.ssh!, ...sessions.tls!]) expect((await client.rpc(LOOK)).ok).toBe(true);
    await eventually(() => expect(refused).toContain('authentication-refused'));
    expect(sessions.other).toEqual([]);
    const status = await program.must('status');
    expect(status).toContain(`connected at 127.0.0.1:${ssh.address.port}`);
    expect(status).toMatch(/calls auditors +(waiting: (olga: not-accepted|too-many-failures)|dialling|greeting)/);
    // Persistent: it comes back.
    await sessions.ssh![0]!.close();
    await eventually(() => expect(sessions.ssh!.length).toBe(2));
    for (const listener of [ssh, tls, other]) await listener.close();
    expect(await program.stop()).toBe(0);
    expect(readFileSync(join(program.folder, 'headend.yaml'), 'utf8')).toContain('call-home');
    expect(port).toBeGreaterThan(0);
  });
});
