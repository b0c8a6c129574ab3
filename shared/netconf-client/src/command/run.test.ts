// The command as it is typed, in this process, against a server with prepared answers at a Unix socket.
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '@sublane/basics';
import { rpcError } from '@sublane/netconf';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { schemaScript } from '../testing/schema-server.ts';
import { EVERYTHING, type Script, ScriptedServer } from '../testing/scripted-server.ts';
import { runCommandLine } from './run.ts';

const FLEET = 'xmlns="urn:example:fleet"';
const BASE = 'xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"';
const LIBRARY = 'urn:ietf:params:netconf:capability:yang-library:1.1';

let folder: string;
let server: Server;
let sessions: ScriptedServer[];
let say: Script;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'command-'));
  sessions = [];
  say = () => undefined;
  const capabilities = [
    ...EVERYTHING.filter((one) => !one.startsWith(LIBRARY)),
    `${LIBRARY}?revision=2019-01-04&content-id=7`,
  ];
  server = createServer((socket) => {
    const script = schemaScript({ say: (envelope, peer) => say(envelope, peer) });
    sessions.push(new ScriptedServer(socket, script, { capabilities, sessionId: sessions.length + 1 }));
  }).listen(join(folder, 'sock'));
  await once(server, 'listening');
});
afterEach(async () => {
  for (const { stream } of sessions) stream.destroy();
  server.close();
  await rm(folder, { recursive: true });
});

/** Types a command line; what comes of it. */
async function netconf(
  args: readonly string[],
  { stdin = '', interrupt }: { stdin?: string; interrupt?: AbortSignal } = {},
) {
  const written = { out: '', err: '' };
  const into = (name: 'out' | 'err') => {
    const stream = new PassThrough();
    stream.on('data', (piece) => {
      written[name] += piece;
    });
    return stream;
  };
  const [stdout, stderr] = [into('out'), into('err')];
  const code = await runCommandLine(['--connect', join(folder, 'sock'), '--cache', join(folder, 'cache'), ...args], {
    stdin: Readable.from(stdin === '' ? [] : [stdin]),
    stdout,
    stderr,
    environment: { XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder },
    clock: systemClock,
    interruption: () => ({ signal: interrupt ?? new AbortController().signal, release: () => {} }),
  });
  return { code, ...written };
}

const asked = () =>
  sessions.flatMap(({ asked: all }) =>
    all.map(({ operation, text }) => {
      const target = /<(?:target|source)>(?:<(\w+)\/>)?/.exec(text)?.[1];
      return target === undefined ? operation.name : `${operation.name} ${target}`;
    }),
  );
const data = (inside: string) => ({ kind: 'data', xml: `<data ${BASE}>${inside}</data>` }) as const;
const fleet = `<fleet ${FLEET}><ship><name>Ada</name><speed>12</speed></ship></fleet>`;

describe('reading', () => {
  beforeEach(() => {
    say = ({ text }) => (text.includes('urn:example:fleet') ? data(fleet) : undefined);
  });

  test('hello', async () => {
    const { code, out } = await netconf(['hello']);
    expect([code, out.split('\n')[0]]).toEqual([0, `${join(folder, 'sock')}: session 1, NETCONF 1.1`]);
    expect(JSON.parse((await netconf(['hello', '--json'])).out)).toMatchObject({
      sessionId: 2,
      supports: { candidate: true },
    });
  });

  test.each<[string, string[], string]>([
    [
      'a path',
      ['get', '--subtree', "/fleet:fleet/ship[name='Ada']/speed"],
      `<get ${BASE}><filter type="subtree"><fleet ${FLEET}><ship><name>Ada</name><speed></speed></ship></fleet></filter></get>`,
    ],
    [
      'an XPath',
      ['get-config', '--xpath', "/fleet:fleet/fleet:ship[fleet:name='no:prefix']", '--source', 'startup'],
      `<get-config ${BASE}><source><startup/></source><filter xmlns:fleet="urn:example:fleet" type="xpath" select="/fleet:fleet/fleet:ship[fleet:name='no:prefix']"/></get-config>`,
    ],
    [
      'an XPath with a prefix that is given',
      ['get', '--xpath', '/f:fleet', '--ns', 'f=urn:example:fleet'],
      `<get ${BASE}><filter xmlns:f="urn:example:fleet" type="xpath" select="/f:fleet"/></get>`,
    ],
    [
      'a filter in XML',
      ['get', '--subtree', `<fleet ${FLEET}/>`, '--with-defaults', 'trim'],
      `<get ${BASE}><filter type="subtree"><fleet ${FLEET}/></filter><with-defaults xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults">trim</with-defaults></get>`,
    ],
  ])('by %s', async (_, args, xml) => {
    const { code, out, err } = await netconf(args);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`<fleet ${FLEET}>\n  <ship>\n    <name>Ada</name>\n    <speed>12</speed>\n  </ship>\n</fleet>\n`);
    const sent = sessions[0]!.asked.map(({ text }) => text.replace(/^<rpc[^>]*>/, '').replace(/<\/rpc>$/, ''));
    expect(sent).toContain(xml);
  });

  test('as JSON, by the schemas of the server', async () => {
    const { out } = await netconf(['get', '--subtree', '/fleet:fleet', '--json']);
    expect(JSON.parse(out)).toEqual({ 'fleet:fleet': { ship: [{ name: 'Ada', speed: 12 }] } });
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1);
  });

  test.each<[string, string[], string]>([
    ['both filters', ['get', '--subtree', '<a/>', '--xpath', '/a'], 'either --xpath or --subtree'],
    ['an unknown module', ['get', '--subtree', '/nobody:x'], 'no module "nobody"'],
    ['an unknown prefix', ['get', '--xpath', '/nobody:x'], 'no module "nobody"'],
    ['a namespace that is none', ['get', '--xpath', '/a:x', '--ns', 'a'], 'expected PREFIX=NAMESPACE'],
    ['a path that is none', ['get', '--subtree', '/fleet:fleet/[x]'], 'cannot read'],
    ['a depth that is none', ['get-data', '--depth', '0'], 'whole number from 1'],
    ['an unknown command', ['gett'], "unknown command 'gett'"],
    ['an unknown option', ['get', '--color'], "unknown option '--color'"],
  ])('not by %s', async (_, args, message) => {
    const { code, err } = await netconf(args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('editing', () => {
  test('alone is a whole transaction', async () => {
    const { code, out } = await netconf(['edit', fleet]);
    expect([code, out]).toEqual([0, 'ok\n']);
    expect(asked()).toEqual([
      'lock candidate',
      'lock running',
      'edit-config candidate',
      'commit',
      'unlock running',
      'unlock candidate',
      'close-session',
    ]);
  });

  test('of a target is that edit and nothing else', async () => {
    await netconf(['edit', '-', '--target', 'running', '--operation', 'none', '--test-only'], {
      stdin: `<config ${BASE}>${fleet}</config>`,
    });
    expect(asked()).toEqual(['edit-config running', 'close-session']);
    expect(sessions[0]!.asked[0]!.text).toContain(
      `<default-operation>none</default-operation><test-option>test-only</test-option><config>${fleet}</config>`,
    );
  });

  test('with JSON, which the schemas make XML', async () => {
    expect((await netconf(['edit', '{"fleet:fleet":{"ship":[{"name":"Ada"}]}}'])).code).toBe(0);
    expect(sessions[0]!.asked.find(({ operation }) => operation.name === 'edit-config')!.text).toContain(
      `<config><fleet ${FLEET}><ship><name>Ada</name></ship></fleet></config>`,
    );
  });

  test('tells the line of what the server refuses', async () => {
    const file = join(folder, 'edit.xml');
    await writeFile(
      file,
      `<?xml version="1.0"?>\n<fleet ${FLEET}>\n  <ship>\n    <name>Ada</name>\n    <speed>99</speed>\n  </ship>\n</fleet>\n`,
    );
    const path = { xpath: "/f:fleet/f:ship[f:name='Ada']/f:speed", namespaces: { f: 'urn:example:fleet' } };
    say = ({ operation }) =>
      operation.name === 'edit-config'
        ? { kind: 'refused', errors: [rpcError.invalidValue('application', { path, message: 'too fast' })] }
        : undefined;
    const { code, err } = await netconf(['edit', file]);
    expect([code, err]).toEqual([4, `netconf: ${file}:5: invalid-value: ${path.xpath}: too fast\n`]);
    expect(asked().slice(-4)).toEqual(['discard-changes', 'unlock running', 'unlock candidate', 'close-session']);
    const json = await netconf(['--json', 'edit', file]);
    expect(JSON.parse(json.err)).toMatchObject({
      failure: { kind: 'refused', exitCode: 4, errors: [{ 'error-path': path.xpath }] },
    });
  });

  test('with --check, sends nothing that breaks the schemas, and says where', async () => {
    const file = join(folder, 'edit.xml');
    await writeFile(file, `<fleet ${FLEET}>\n<ship><name>Ada</name>\n<speed>99</speed></ship></fleet>`);
    const { code, err } = await netconf(['edit', '--check', file]);
    expect([code, err]).toEqual([2, expect.stringContaining(`${file}:3: `)]);
    expect(err).toContain("/fleet:fleet/ship[name='Ada']/speed");
    expect(asked()).not.toContain('edit-config candidate');
  });

  test.each<[string, string[], string]>([
    ['a confirmed commit that nobody can confirm', ['edit', fleet, '--confirmed', '60'], 'add --persist ID'],
    ['the same without an edit', ['commit', '--confirmed'], 'add --persist ID'],
    ['a lock that nobody holds', ['lock', 'running'], 'a lock ends with its session'],
    ['two targets', ['edit', fleet, '--target', 'running', '--candidate-commit'], 'not both'],
    ['a file that is not there', ['edit', 'nowhere.xml'], 'cannot read nowhere.xml'],
    ['JSON that is not of the schemas', ['edit', '{"fleet:flet":{}}'], 'flet'],
    ['a deletion of running', ['delete', 'running'], 'expected startup or a URL'],
  ])('refuses %s', async (_, args, message) => {
    const { code, err } = await netconf(args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(asked().filter((one) => one.startsWith('edit'))).toEqual([]);
  });

  test.each<[string, string[], string]>([
    [
      'confirmed',
      ['edit', fleet, '--confirmed', '60', '--persist', 'p'],
      '<commit xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><confirmed/><confirm-timeout>60</confirm-timeout><persist>p</persist></commit>',
    ],
    ['commit', ['commit', '--persist-id', 'p'], '<persist-id>p</persist-id>'],
    ['cancel-commit', ['cancel-commit', '--persist-id', 'p'], '<persist-id>p</persist-id>'],
    ['discard', ['discard'], 'discard-changes'],
    ['copy', ['copy', 'running', 'startup'], '<target><startup/></target><source><running/></source>'],
    ['copy of what is given', ['copy', fleet, 'candidate'], `<source><config>${fleet}</config></source>`],
    ['copy to a URL', ['copy', 'running', 'file:///a'], '<target><url>file:///a</url></target>'],
    ['delete', ['delete', 'file:///a'], '<delete-config'],
    ['validate', ['validate'], '<source><candidate/></source>'],
    ['sessions kill', ['sessions', 'kill', '9'], '<session-id>9</session-id>'],
  ])('%s', async (_, args, xml) => {
    expect(await netconf(args)).toEqual({
      code: 0,
      out: 'ok\n',
      err: args.includes('--confirmed') ? expect.stringContaining('undone in 60 s') : '',
    });
    expect(sessions[0]!.asked.some(({ text }) => text.includes(xml))).toBe(true);
  });
});

describe('rpc', () => {
  beforeEach(() => {
    say = ({ operation }) => (operation.name === 'sail' ? { kind: 'data', xml: `<days ${FLEET}>4</days>` } : undefined);
  });

  test.each<[string, string]>([
    ['as it is', `<sail ${FLEET}><ship>Ada</ship></sail>`],
    ['in its envelope', `<rpc ${BASE} message-id="9"><sail ${FLEET}><ship>Ada</ship></sail></rpc>`],
    ['in JSON', '{"fleet:sail":{"ship":"Ada"}}'],
  ])('%s', async (_, content) => {
    expect(await netconf(['rpc', content])).toEqual({ code: 0, out: `<days ${FLEET}>4</days>\n`, err: '' });
    expect(JSON.parse((await netconf(['--json', 'rpc', content])).out)).toEqual({ days: 4 });
    expect(asked().filter((one) => one === 'sail')).toHaveLength(2);
  });

  test('that the server refuses', async () => {
    say = () => ({ kind: 'refused', errors: [rpcError.accessDenied('protocol')] });
    expect(await netconf(['rpc', '<x xmlns="urn:x"/>'])).toEqual({ code: 4, out: '', err: 'netconf: access-denied\n' });
  });
});

describe('schemas', () => {
  test('list, get, save, check', async () => {
    expect((await netconf(['schemas', 'list'])).out).toContain('fleet-types   2026-01-01  import');
    expect((await netconf(['schemas', 'get', 'fleet-types@2026-01-01'])).out).toContain('module fleet-types');
    // A link that somebody laid there is replaced, not followed.
    await mkdir(join(folder, 'saved'));
    await writeFile(join(folder, 'mine'), 'mine');
    await symlink(join(folder, 'mine'), join(folder, 'saved', 'fleet-types@2026-01-01.yang'));
    expect(await netconf(['schemas', 'save', join(folder, 'saved')])).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, 'mine'), 'utf8')).toBe('mine');
    expect((await readdir(join(folder, 'saved'))).sort()).toEqual([
      'fleet-drivers@2026-02-01.yang',
      'fleet-types@2026-01-01.yang',
      'fleet@2026-02-01.yang',
      'ietf-netconf@2011-06-01.yang',
    ]);
    expect(await readFile(join(folder, 'saved', 'fleet-types@2026-01-01.yang'), 'utf8')).toContain('typedef knots');
    expect(await netconf(['schemas', 'check'])).toMatchObject({ code: 0, out: '4 modules: all there, all right\n' });
    expect(await netconf(['schemas', 'get', 'nobody'])).toMatchObject({
      code: 4,
      err: expect.stringContaining('no schema "nobody"'),
    });
  });
});

describe('subscribe', () => {
  const notify: Script = ({ operation }, peer) => {
    if (operation.name !== 'create-subscription') return undefined;
    queueMicrotask(() => {
      for (const ship of ['Ada', 'Ben']) peer.notify(`<sunk ${FLEET}><ship>${ship}</ship></sunk>`);
    });
    return { kind: 'ok' };
  };

  test('shows what comes, as text or as one JSON object a line', async () => {
    say = notify;
    expect(await netconf(['subscribe', '--count', '1'])).toEqual({
      code: 0,
      out: `2026-01-02T03:04:05Z\n<sunk ${FLEET}>\n  <ship>Ada</ship>\n</sunk>\n`,
      err: '',
    });
    const { out } = await netconf(['--json', 'subscribe', '--count', '2']);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { eventTime: '2026-01-02T03:04:05Z', 'fleet:sunk': { ship: 'Ada' } },
      { eventTime: '2026-01-02T03:04:05Z', 'fleet:sunk': { ship: 'Ben' } },
    ]);
  });

  test('Ctrl-C ends it, cleanly', async () => {
    const interrupt = new AbortController();
    say = (envelope, peer) => {
      setImmediate(() => interrupt.abort());
      return notify(envelope, peer);
    };
    expect(
      await netconf(['subscribe', '--stream', 'A', '--start', '2026-01-01T00:00:00Z'], { interrupt: interrupt.signal }),
    ).toMatchObject({ code: 0, err: '' });
    expect(asked()).toEqual(['create-subscription', 'close-session']);
  });

  test.each<[string, string[], string]>([
    ['every change', [], '<on-change xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"></on-change>'],
    ['again and again', ['--period', '2.5'], '<period>250</period>'],
  ])('a datastore, %s', async (_, more, xml) => {
    const push = 'urn:ietf:params:xml:ns:yang:ietf-yang-push';
    say = ({ operation }, peer) => {
      if (operation.name !== 'establish-subscription') return undefined;
      queueMicrotask(() => peer.notify(`<push-update xmlns="${push}"><id>1</id></push-update>`));
      return { kind: 'data', xml: '<id xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications">1</id>' };
    };
    const { code, out } = await netconf(['subscribe', '--datastore', 'running', '--count', '1', ...more]);
    expect([code, out]).toEqual([0, expect.stringContaining('<push-update')]);
    expect(sessions[0]!.asked[0]!.text).toContain(xml);
    expect((await netconf(['subscribe', '--period', '1'])).code).toBe(2);
    expect((await netconf(['subscribe', '--datastore', 'running', '--stream', 'A'])).code).toBe(2);
  });

  test('the end of the session is a failure', async () => {
    say = (envelope, peer) => {
      setImmediate(() => peer.stream.end());
      return notify(envelope, peer);
    };
    expect(await netconf(['subscribe'])).toMatchObject({ code: 3, err: expect.stringContaining('closed the session') });
  });
});

describe('a script', () => {
  const script = (...lines: string[]) => ({ stdin: `${lines.join('\n')}\n` });

  test('runs over one session; locks and changes stay from one line to the next', async () => {
    const { code, out } = await netconf(
      ['connect'],
      script(
        'lock candidate',
        `edit '${fleet}'  # a comment`,
        '',
        'commit --confirmed 60',
        'commit',
        'unlock candidate',
      ),
    );
    expect([code, out]).toEqual([0, 'ok\n'.repeat(5)]);
    expect(sessions).toHaveLength(1);
    expect(asked()).toEqual([
      'lock candidate',
      'edit-config candidate',
      'commit',
      'commit',
      'unlock candidate',
      'close-session',
    ]);
  });

  test('stops at the first that fails, unless told to go on', async () => {
    say = ({ operation }) =>
      operation.name === 'lock' ? { kind: 'refused', errors: [rpcError.lockDenied(4)] } : undefined;
    const lines = script('lock running', 'commit');
    expect(await netconf(['connect'], lines)).toMatchObject({
      code: 4,
      err: 'netconf: lock-denied (held by session 4)\n',
    });
    expect(asked()).not.toContain('commit');
    expect(await netconf(['connect', '--keep-going'], lines)).toMatchObject({ code: 0, out: 'ok\n' });
  });

  test.each<[string, string, number]>([
    ['a command that is none', 'dance', 2],
    ['a quote that stays open', "edit '<a>", 2],
    ['its end', 'quit', 0],
    ['help', 'help', 0],
  ])('%s', async (_, line, code) => {
    expect((await netconf(['connect'], script(line, ''))).code).toBe(code);
  });

  test('tells when the server ends the session', async () => {
    say = ({ operation }, peer) => {
      if (operation.name === 'commit') peer.stream.end();
      return undefined;
    };
    expect(await netconf(['connect'], script('commit', 'commit'))).toMatchObject({
      code: 3,
      err: expect.stringContaining('closed the session'),
    });
    await vi.waitFor(() => expect(asked()).toEqual(['commit']));
  });
});

test('nobody there', async () => {
  const { code, err } = await netconf(['hello', '--connect', join(folder, 'nobody')]);
  expect([code, err]).toEqual([3, expect.stringContaining('there is no such socket')]);
  expect(await netconf(['hello', '--connect', 'http://router'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected ssh://'),
  });
});

test('help names every command, and where the server is told', async () => {
  const { code, out } = await netconf(['--help']);
  expect(code).toBe(0);
  for (const word of [
    'hello',
    'get-config',
    'edit',
    'subscribe',
    'schemas',
    'call-home',
    'connect',
    'NETCONF_CONNECT',
    'Exit codes',
  ])
    expect(out).toContain(word);
  expect((await netconf(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
