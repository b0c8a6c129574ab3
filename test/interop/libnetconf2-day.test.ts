// An operator's day with libnetconf2 at the real headend, over SSH and TLS, and its ear for calls home. It has read every
// schema that the headend serves before its first step, and holds every reply against them. (It offers both versions of the
// protocol always: base:1.0 alone is for ncclient and yangcli to try.)
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFingerprint } from 'netconf-server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority, type Issued, opensslMissing } from './certificate-authority.ts';
import { type ClientJob, type ClientRun, compileClient, libnetconf2Missing, runClient } from './libnetconf2.ts';
import { freePorts, headendForADay } from './operator-day.ts';

const missing = libnetconf2Missing() ?? opensslMissing();
if (missing !== undefined) console.warn(`skipped: an operator's day with libnetconf2: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const folder = mkdtempSync(join(tmpdir(), 'libnetconf2-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let ca: CertificateAuthority;
let olga: Issued;
let tlsPort: number;
let callPorts: readonly number[];
let program: string;

const day = headendForADay(missing, async () => {
  ca = CertificateAuthority.root(folder);
  const own = ca.issue('headend', { names: 'DNS:localhost,IP:127.0.0.1', usage: 'serverAuth' });
  olga = ca.issue('olga', { usage: 'clientAuth' });
  program = compileClient(folder);
  const [first = 0, ...rest] = await freePorts(3);
  [tlsPort, callPorts] = [first, rest];
  return `
tls:
  listen: 127.0.0.1:${tlsPort}
  certificate-file: ${own.certificateFile}
  key-file: ${own.keyFile}
  ca-file: ${ca.certificateFile}
  cert-to-name:
    - { fingerprint: "${certificateFingerprint(new X509Certificate(ca.certificate))}", map-type: common-name }
call-home:
  - { name: by-ssh, address: "127.0.0.1:${callPorts[0]}", user: olga }
  - { name: by-tls, address: "127.0.0.1:${callPorts[1]}", transport: tls, user: olga }
`;
});

/** Who we are, to each transport. */
function proofs(): Pick<ClientJob, 'KEY' | 'KEY_PUBLIC' | 'USER_NAME' | 'CERTIFICATE' | 'CERTIFICATE_KEY' | 'CA'> {
  const [KEY, KEY_PUBLIC] = [join(folder, 'olga-ssh'), join(folder, 'olga-ssh.pub')];
  writeFileSync(KEY, day.key.private, { mode: 0o600 });
  writeFileSync(KEY_PUBLIC, day.key.public);
  return {
    USER_NAME: day.user,
    KEY,
    KEY_PUBLIC,
    CERTIFICATE: olga.certificateFile,
    CERTIFICATE_KEY: olga.keyFile,
    CA: ca.certificateFile,
  };
}

function run(TRANSPORT: ClientJob['TRANSPORT'], HOST: string, PORT: number): Promise<ClientRun> {
  const home = join(folder, TRANSPORT);
  mkdirSync(home);
  return runClient(program, home, { ...proofs(), TRANSPORT, HOST, PORT });
}

describe.each(['ssh', 'tls'] as const)('libnetconf2 that waits for a call over %s', (transport) => {
  test('is called by the headend, and works with it as if it had dialled', async () => {
    const { steps, stderr } = await run(`call-home-${transport}`, '127.0.0.1', callPorts[transport === 'ssh' ? 0 : 1]!);
    const came = (step: string) => steps.find(([name]) => name === step)?.[1] ?? `no step ${step}\n${stderr}`;
    expect(came('connect')).toBe('base:1.1');
    expect(came('get by subtree')).toContain(`netconf-${transport}</transport><username>olga</username>`);
    expect(came('close')).toBe('done');
  });
});

describe.each(['ssh', 'tls'] as const)('an operator’s day with libnetconf2 over %s', (transport) => {
  let spent: ClientRun;
  beforeAll(async () => {
    if (missing !== undefined) return;
    const { host, port } = day.headend.address;
    spent = transport === 'ssh' ? await run('ssh', host, port) : await run('tls', 'localhost', tlsPort);
  });
  const came = (step: string) => spent.steps.find(([name]) => name === step)?.[1] ?? `no step ${step}\n${spent.stderr}`;

  test('begins in base:1.1, with every module that the headend implements', () => {
    expect(came('connect')).toBe('base:1.1');
    const modules = spent.steps.filter(([step]) => step === 'module').map(([, name]) => name);
    expect(modules).toEqual(
      expect.arrayContaining(['sublane-headend', 'sublane-service', 'ietf-netconf-acm', 'ietf-yang-push']),
    );
  });

  test('every step that ought to succeed does, with a reply that fits the schemas', () => {
    const bad = spent.steps.filter(([, result]) => /<rpc-error>|^(not sent|no reply|never|failed)/.test(result));
    expect(bad.map(([step]) => step)).toEqual(['locked for others']);
    expect(spent.steps.at(-1)).toEqual(['close', 'done']);
    for (const step of ['lock candidate', 'validate', 'commit', 'discard', 'cancel', 'unlock running', 'kill'])
      expect(came(step)).toContain('<ok/>');
  });

  test('what is locked is denied to others, with who holds it', () => {
    expect(came('locked for others')).toMatch(/lock-denied.*<session-id>\d+</);
  });

  test.each([
    ['candidate after edit', 'Europe/Berlin'],
    ['running after commit', 'Europe/Berlin'],
    ['candidate after discard', 'Europe/Berlin'],
    ['running on trial', 'Europe/Rome'],
    ['reverted by timeout', 'Europe/Berlin'],
    ['running before the loss', 'Europe/Madrid'],
    ['reverted by the loss', 'Europe/Oslo'],
    ['running after cancel', 'Europe/Oslo'],
    ['running after all', 'Europe/Zurich'],
    ['get while subscribed', 'Europe/Lisbon'],
    ['get-data', 'Europe/Lisbon'],
    ['get-data operational', 'or:origin="or:intended"'],
    ['get-data operational', 'Europe/Lisbon'],
    ['edit-data', '<ok/>'],
    ['get-data candidate', 'Europe/Paris'],
    ['discard after edit-data', '<ok/>'],
    ['notification', '<username>olga</username>'],
    ['get by subtree', '<username>olga</username>'],
    ['get by xpath', '<session-id>'],
    ['with-defaults report-all', '<enable-nacm>true'],
    ['get-schema', 'module sublane-headend {'],
    ['killed', 'yes'],
  ])('%s: %s', (step, expected) => {
    expect(came(step)).toContain(expected);
  });

  test('filters and modes leave out what was not asked for', () => {
    expect(came('get by xpath')).not.toContain('<username>');
    expect(came('with-defaults trim')).not.toContain('enable-nacm');
  });

  test('its sessions came by this transport', () => {
    expect(came('get by subtree')).toContain(`netconf-${transport}</transport>`);
  });
});
