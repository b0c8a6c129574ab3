import { describe, expect, it } from 'vitest';
import { endpointText, parseEndpoint } from './endpoint.ts';
import { placesOf } from './places.ts';
import { parseSettings, settingsFailureText } from './settings.ts';
import { settingsText } from './settings-text.ts';

const read = (text: string) => parseSettings(text, 'headend.yaml', '/srv/edge');

describe('headend.yaml', () => {
  it('as written by init is right, and says what the defaults say', () => {
    const first = read(settingsText({ name: 'edge', listen: '127.0.0.1:8830' }));
    const bare = read('name: edge\nlisten: 127.0.0.1:8830\n');
    expect(first).toEqual(bare);
    expect(first.ok && first.value).toMatchObject({
      name: 'edge',
      listen: [{ host: '127.0.0.1', port: 8830 }],
      store: '/srv/edge/headend.db',
      hostKeys: ['/srv/edge/ssh_host_ed25519_key'],
      passwordKeys: ['/srv/edge/password-key.json'],
      revalidate: false,
      limits: { sessions: 20_000, unauthenticated: 256, requestsPerMinute: 600 },
    });
  });

  it('takes several addresses and absolute names', () => {
    const settings = read('name: e\nlisten: ["127.0.0.1:830", "[::1]:830"]\nstore: { sqlite: /var/x.db }\n');
    expect(settings.ok && settings.value).toMatchObject({
      listen: [{ port: 830 }, { host: '::1' }],
      store: '/var/x.db',
    });
  });

  it('takes TLS with its names, and clients to call', () => {
    const fingerprint = `04:${Array(32).fill('AB').join(':')}`;
    const settings = read(`
name: e
listen: 127.0.0.1:830
tls:
  listen: ["[::]:6513"]
  certificate-file: cert.pem
  key-file: /keys/key.pem
  ca-file: ca.pem
  cert-to-name:
    - { fingerprint: "${fingerprint}", map-type: specified, name: olga }
    - { fingerprint: "${fingerprint}", map-type: san-dns-name, for: hosts }
call-home:
  - { name: noc, address: noc.example, user: olga }
  - { name: spare, address: ["[2001:db8::7]:4444", 192.0.2.7], transport: tls, role: auditor, every: 3600, idle: 60 }
`);
    expect(settings.ok && settings.value).toMatchObject({
      tls: {
        listen: [{ host: '::', port: 6513 }],
        certificate: '/srv/edge/cert.pem',
        key: '/keys/key.pem',
        ca: '/srv/edge/ca.pem',
        certToName: [
          { fingerprint, mapType: 'specified', name: 'olga', for: 'operators' },
          { fingerprint, mapType: 'san-dns-name', for: 'hosts' },
        ],
      },
      callHome: [
        { name: 'noc', endpoints: [{ host: 'noc.example' }], transport: 'ssh', user: 'olga' },
        {
          name: 'spare',
          endpoints: [{ host: '2001:db8::7', port: 4444 }, { host: '192.0.2.7' }],
          transport: 'tls',
          role: 'auditor',
          every: 3600,
          idle: 60,
        },
      ],
    });
  });

  it.each([
    ['[{ name: a, address: a, transport: tls }]', 'call-home: a client is called over tls, and there is no member tls'],
    ['[{ name: a, address: "a b" }]', 'call-home[0].address: expected HOST or HOST:PORT'],
    ['[{ name: a, address: a }, { name: a, address: b }]', 'call-home: two clients have the name a'],
    ['[{ name: a, address: a, idle: 5 }]', 'call-home[0]: idle: only where there is every'],
    ['[{ name: a, address: a, every: 5 }]', 'call-home[0].every: expected a whole number from 60'],
  ])('refuses to call home by %s', (text, expected) => {
    const settings = read(`name: e\nlisten: 127.0.0.1:1\ncall-home: ${text}\n`);
    expect(settings.ok ? 'taken' : settingsFailureText(settings.failure)).toContain(expected);
  });

  it.each([
    ['{ fingerprint: "04:AB", map-type: san-any }', 'fingerprint: sha256 has 32 octets after the first, here are 1'],
    ['{ fingerprint: "01:AB", map-type: san-any }', 'expected 4 (SHA-256)'],
    ['{ fingerprint: x, map-type: san-any }', 'expected pairs of hexadecimal digits'],
    [`{ fingerprint: "04${':AB'.repeat(32)}", map-type: specified }`, 'map-type specified has a name'],
    [`{ fingerprint: "04${':AB'.repeat(32)}", map-type: san-any, name: x }`, 'and no other has one'],
    [`{ fingerprint: "04${':AB'.repeat(32)}", map-type: dns }`, 'expected one of specified, san-rfc822-name'],
  ])('refuses the name %s', (entry, expected) => {
    const files = 'certificate-file: a, key-file: b, ca-file: c';
    const settings = read(`name: e\nlisten: 127.0.0.1:1\ntls: { ${files}, cert-to-name: [${entry}] }\n`);
    expect(settings.ok ? 'taken' : settingsFailureText(settings.failure)).toContain(expected);
  });

  it.each([
    ['no name', 'listen: 127.0.0.1:8830', 'name: is missing'],
    ['an address without a port', 'name: e\nlisten: 127.0.0.1', 'headend.yaml:2:9: listen: expected ADDRESS:PORT'],
    [
      'a member nobody knows',
      'name: e\nlisten: 127.0.0.1:1\npools: []',
      'headend.yaml:3:8: pools: unknown member; expected one of name, listen',
    ],
    ['a level nobody knows', 'name: e\nlisten: 127.0.0.1:1\nlog: { level: loud }', 'expected one of debug, info'],
    [
      'a limit of nothing',
      'name: e\nlisten: 127.0.0.1:1\nlimits: { sessions: 0 }',
      'limits.sessions: expected a whole number from 1',
    ],
    [
      'a host that may ask nothing',
      'name: e\nlisten: 127.0.0.1:1\nlimits: { requests-per-minute: 0 }',
      'limits.requests-per-minute: expected a whole number from 1 to 10000000',
    ],
    ['broken YAML', 'name: [', 'headend.yaml:1'],
  ])('refuses %s and says where', (_, text, expected) => {
    const settings = read(text);
    expect(settings.ok ? 'taken' : settingsFailureText(settings.failure)).toContain(expected);
  });
});

it.each(['127.0.0.1:0', '[2001:db8::1]:830', 'edge.example:65535'])('reads and writes %s', (text) => {
  expect(endpointText(parseEndpoint(text)!)).toBe(text);
});
it.each(['', '830', '::1:830', 'a:70000', 'a b:1', 'ssh://a:1'])('refuses the address %j', (text) => {
  expect(parseEndpoint(text)).toBeUndefined();
});

describe('the folders', () => {
  it('are the standard ones, or all in one with --dir, or the file’s own with --config', () => {
    expect(placesOf({})).toMatchObject({
      settings: '/etc/sublane/headend.yaml',
      socket: '/var/lib/sublane/headend.sock',
    });
    expect(placesOf({ dir: '/d' })).toMatchObject({ settings: '/d/headend.yaml', socket: '/d/headend.sock' });
    expect(placesOf({ config: '/c/h.yaml' })).toMatchObject({ settings: '/c/h.yaml', folder: '/c' });
    expect(placesOf({ config: '/c/h.yaml', dir: '/d' })).toMatchObject({ settings: '/c/h.yaml', folder: '/d' });
  });
});
