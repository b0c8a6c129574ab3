import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { unwrap } from '@sublane/basics';
import { CLIENT_LIMITS, prettyXml, readXml, rpcError, xmlElement } from '@sublane/netconf';
import { beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../host-key.ts';
import { parseAddress } from './address.ts';
import { splitLine } from './command-line.ts';
import { readContent, withoutEnvelope } from './content.ts';
import { hostName, KnownHosts } from './known-hosts.ts';
import { opensshFingerprints } from './openssh-known-hosts.ts';
import { exitCode, failureJson, rpcFailure } from './outcome.ts';
import { lineOf } from './source-lines.ts';

describe('an address', () => {
  test.each([
    ['ssh://alice@router', { kind: 'ssh', host: 'router', port: 830, user: 'alice' }],
    ['alice@router:8830', { kind: 'ssh', host: 'router', port: 8830, user: 'alice' }],
    ['ssh://[2001:db8::1]:22', { kind: 'ssh', host: '2001:db8::1', port: 22, user: undefined }],
    ['ssh://a%40b@router', { kind: 'ssh', host: 'router', port: 830, user: 'a@b' }],
    ['tls://router', { kind: 'tls', host: 'router', port: 6513, user: undefined }],
    ['/run/server.sock', { kind: 'unix', path: '/run/server.sock' }],
    ['unix:./server.sock', { kind: 'unix', path: './server.sock' }],
    ['edge/headend.sock', { kind: 'unix', path: 'edge/headend.sock' }],
  ])('%s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  test.each(['', 'http://router', 'ssh://alice:secret@router', 'ssh://router/path', 'ssh://router:99999'])(
    'not %j',
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe('the words of a line', () => {
  test.each<[string, string[]]>([
    ['get-config  --json', ['get-config', '--json']],
    [`edit '<a b="c d"/>' x`, ['edit', '<a b="c d"/>', 'x']],
    ['say "a \\"b\\" \\n" \\#', ['say', 'a "b" \\n', '#']],
    ['lock running # so that nobody else does', ['lock', 'running']],
    ['empty ""', ['empty', '']],
    ['  ', []],
  ])('%s', (line, words) => {
    expect(splitLine(line)).toEqual({ words, open: false });
  });

  test('a quote that is not closed', () => {
    expect(splitLine("edit '<a>").open).toBe(true);
  });
});

describe('what is given as content', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'content-'));
    return () => rm(folder, { recursive: true });
  });
  const nothing = { stdin: Readable.from([]) };

  test('is a file, standard input, or the text itself', async () => {
    const file = join(folder, 'a.xml');
    await writeFile(file, '<?xml version="1.0"?>\n<a/>');
    expect(unwrap(await readContent(nothing, file, 'edit'))).toEqual({
      format: 'xml',
      name: file,
      text: `${' '.repeat(21)}\n<a/>`,
    });
    expect(unwrap(await readContent({ stdin: Readable.from(['{"a:b"', ':1}']) }, '-', 'edit'))).toEqual({
      format: 'json',
      name: 'standard input',
      text: '{"a:b":1}',
    });
    expect(unwrap(await readContent(nothing, '<a/>', 'edit'))).toEqual({ format: 'xml', name: 'edit', text: '<a/>' });
  });

  test.each<[string, string, string]>([
    ['a file that is not there', 'nowhere.xml', 'edit: cannot read nowhere.xml: ENOENT'],
    ['nothing', '-', 'standard input: expected XML or JSON; it is empty'],
    ['broken XML', '<a>\n<b></a>', 'edit: not well-formed XML'],
    ['broken JSON', '{"a":', 'edit: not well-formed JSON'],
  ])('is refused: %s', async (_, from, message) => {
    expect(await readContent(nothing, from, 'edit')).toMatchObject({
      ok: false,
      failure: { kind: 'usage', message: expect.stringContaining(message) },
    });
  });

  test('what get-config shows can be given to edit', () => {
    const base = 'xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"';
    expect(withoutEnvelope(`<config ${base}>\n<a/></config>\n`)).toBe('\n<a/>');
    expect(
      withoutEnvelope(`<!-- x -->\n<nc:data\n xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><a/></nc:data>`),
    ).toBe('<!-- x -->\n\n<a/>');
    // Somebody's own element of that name is no envelope.
    expect(withoutEnvelope('<config xmlns="urn:own"><a/></config>')).toBe('<config xmlns="urn:own"><a/></config>');
  });
});

describe('the line that an error is about', () => {
  const TEXT = `<!-- <system> -->
<system xmlns="urn:s"
        id="1">
  <server><name>a</name><port>1</port></server>
  <server>
    <name>b</name>
    <port>x</port>
  </server>
</system>`;

  test.each<[string | undefined, string | undefined, number | undefined]>([
    ['/s:system/s:server[s:name="b"]/s:port', undefined, 7],
    ["/nc:rpc/nc:edit-config/nc:config/s:system/s:server[s:name='b']/s:port", undefined, 7],
    ['/s:system/s:server[s:name="b"]/s:missing', undefined, 5],
    ['/s:system/s:server[s:name="c"]', undefined, 2],
    ['/s:system', 's:port', 4],
    [undefined, 'name', 4],
    ['/other', undefined, undefined],
    [undefined, undefined, undefined],
  ])('%s %s: %s', (path, bad, line) => {
    expect(lineOf(TEXT, path, bad)).toBe(line);
  });
});

test('hosts that are known', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'known-'));
  const file = join(folder, 'below', 'known-hosts');
  const known = new KnownHosts(file);
  expect(known.fingerprints('router', 830)).toEqual([]);
  await known.remember('router', 830, 'SHA256:a');
  await known.remember('2001:db8::1', 830, 'SHA256:b');
  expect(known.fingerprints('router', 830)).toEqual(['SHA256:a']);
  expect(known.fingerprints('2001:db8::1', 830)).toEqual(['SHA256:b']);
  expect(known.fingerprints('router', 22)).toEqual([]);
  expect(hostName('2001:db8::1', 830)).toBe('[2001:db8::1]:830');
  expect(await readFile(file, 'utf8')).toBe('router:830 SHA256:a\n[2001:db8::1]:830 SHA256:b\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await rm(folder, { recursive: true });
});

test('hosts that OpenSSH knows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'openssh-'));
  const file = join(folder, 'known_hosts');
  const key = (name: string) => Buffer.from(`key of ${name}`).toString('base64');
  const salt = Buffer.from('salt').toString('base64');
  const hash = createHmac('sha1', 'salt').update('[hidden]:830').digest('base64');
  await writeFile(
    file,
    [
      '# a comment',
      `router,[Router]:830 ssh-ed25519 ${key('router')} ann`,
      `|1|${salt}|${hash} ssh-ed25519 ${key('hidden')}`,
      `@cert-authority [signed]:830 ssh-ed25519 ${key('signed')}`,
      `[gone]:830 ssh-ed25519 ${key('gone')}`,
      `@revoked * ssh-ed25519 ${key('gone')}`,
    ].join('\n'),
  );
  const known = (host: string, port = 830) => opensshFingerprints(file, host, port);
  expect(known('router')).toEqual([fingerprintOf(Buffer.from('key of router'))]);
  expect(known('router', 22)).toEqual(known('router'));
  expect(known('hidden')).toEqual([fingerprintOf(Buffer.from('key of hidden'))]);
  expect([known('router', 8830), known('signed'), known('gone'), known('*')]).toEqual([[], [], [], []]);
  expect(opensshFingerprints(join(folder, 'nowhere'), 'router', 830)).toEqual([]);
  await rm(folder, { recursive: true });
});

test('XML for people', () => {
  const element = unwrap(
    readXml('<a xmlns="urn:a"><b>x &lt; y</b>\n\n<c><d/><e q="1>2">z</e></c><f>mixed <g/> text</f></a>', CLIENT_LIMITS),
  );
  expect(prettyXml(element)).toBe(
    `<a xmlns="urn:a">
  <b>x &lt; y</b>
  <c>
    <d/>
    <e q="1&gt;2">z</e>
  </c>
  <f>mixed <g/> text</f>
</a>`,
  );
});

describe('exit codes', () => {
  const refused = (...errors: Parameters<typeof rpcError.inUse>[1][]) =>
    rpcFailure({ kind: 'refused', message: '', errors: errors.map((detail) => rpcError.inUse('protocol', detail)) });

  test('of what the server says', () => {
    expect(exitCode(refused({}))).toBe(4);
    expect(exitCode(rpcFailure({ kind: 'refused', message: '', errors: [rpcError.resourceDenied('protocol')] }))).toBe(
      5,
    );
    expect(exitCode(rpcFailure({ kind: 'timeout', message: '' }))).toBe(3);
    expect(exitCode(rpcFailure({ kind: 'unsupported', capability: 'x', message: '' }))).toBe(1);
    expect(exitCode({ kind: 'usage', message: '' })).toBe(2);
    const connect = (kind: 'closed' | 'timeout' | 'aborted') =>
      ({ kind: 'connect', failure: { kind, message: '' }, message: '' }) as const;
    expect([exitCode(connect('closed')), exitCode(connect('timeout')), exitCode(connect('aborted'))]).toEqual([
      3, 3, 1,
    ]);
  });

  test('and its words: where, what, and who holds a lock', () => {
    const failure = rpcFailure(
      {
        kind: 'refused',
        message: '',
        errors: [
          rpcError.lockDenied(7, { message: 'taken' }),
          rpcError.dataMissing({ path: { xpath: '/a:b', namespaces: {} } }),
        ],
      },
      ({ tag }) => (tag === 'data-missing' ? 'a.xml:3' : undefined),
    );
    expect(failure.message).toBe('lock-denied: taken (held by session 7)\na.xml:3: data-missing: /a:b');
    const rule = xmlElement('refusal', 'urn:nacm', [xmlElement('rule', 'urn:nacm', 'no-writes')]);
    expect(
      rpcFailure({ kind: 'refused', message: '', errors: [rpcError.accessDenied('protocol', { info: [rule] })] })
        .message,
    ).toBe('access-denied\n  refusal: rule no-writes');
    expect(failureJson(failure)).toMatchObject({
      failure: {
        kind: 'refused',
        exitCode: 4,
        errors: [{ 'error-tag': 'lock-denied' }, { 'error-tag': 'data-missing', 'error-path': '/a:b' }],
      },
    });
  });
});
