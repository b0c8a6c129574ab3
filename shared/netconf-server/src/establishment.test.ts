import { duplexPair } from 'node:stream';
import {
  BASE_NAMESPACE,
  CAPABILITY,
  CLIENT_LIMITS,
  childElement,
  childElements,
  elementText,
  readXml,
} from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { LAB, recorder, running, serve } from './testing/harness.ts';
import { helloText, RawPeer, rpcText } from './testing/raw-peer.ts';
import { errorsOf, isOk } from './testing/test-client.ts';

const BOTH = [CAPABILITY.base10, CAPABILITY.base11];
const CLOSE = rpcText('<close-session/>');

describe('the hello of the server (RFC 6241 §8.1)', () => {
  test('comes first and unasked, ends with ]]>]]>, has a session-id and the capabilities', async () => {
    const peer = new RawPeer(serve({ datastores: await running() }));
    const read = readXml((await peer.next()) ?? '', CLIENT_LIMITS);
    const hello = read.ok ? read.value : undefined;
    expect([hello?.name, hello?.namespace]).toEqual(['hello', BASE_NAMESPACE]);
    expect(childElements(hello!).map(({ name, namespace }) => [name, namespace])).toEqual([
      ['capabilities', BASE_NAMESPACE],
      ['session-id', BASE_NAMESPACE],
    ]);
    expect(elementText(childElement(hello!, 'session-id')!)).toMatch(/^[1-9][0-9]*$/);
    const capabilities = childElements(childElement(hello!, 'capabilities')!).map(elementText);
    expect(capabilities).toEqual(expect.arrayContaining(BOTH));
    expect(new Set(capabilities).size).toBe(capabilities.length);
    // "NETCONF capability names MUST be URIs" (§3.1), never the shorthand `:candidate` (§8).
    for (const uri of capabilities) expect(() => new URL(uri)).not.toThrow();
    for (const uri of capabilities) expect(uri).toMatch(/^[a-z][a-z0-9+.-]*:[!-~]+$/i);
  });

  test('gives every session another id', async () => {
    const server = serve();
    const ids = new Set<string>();
    for (let count = 0; count < 10; count++) ids.add(/<session-id>(\d+)</.exec(await new RawPeer(server).open())![1]!);
    expect(ids.size).toBe(10);
  });
});

describe('the version', () => {
  test.each([
    ['both', BOTH, '1.1'],
    ['base:1.1 alone', [CAPABILITY.base11], '1.1'],
    ['base:1.0 alone', [CAPABILITY.base10], '1.0'],
    ['base:1.0 twice', [CAPABILITY.base10, CAPABILITY.base10], '1.0'],
    ['parameters, which are not compared', [`${CAPABILITY.base11}?a=b&amp;c=d`], '1.1'],
    ['one nobody knows yet besides', ['urn:ietf:params:netconf:base:2.0', CAPABILITY.base11], '1.1'],
    ['one that only begins alike', [`${CAPABILITY.base11}1`, CAPABILITY.base10], '1.0'],
    ['what nobody knows', ['urn:x', 'http://example.com/a?module=b', 'no uri', '', CAPABILITY.base11], '1.1'],
    ['white space around it', [`\n  ${CAPABILITY.base11}\n`], '1.1'],
  ] as const)('a client of %s: %s', async (_, capabilities, base) => {
    const peer = new RawPeer(serve());
    peer.write(`${helloText(capabilities)}]]>]]>`);
    await peer.next();
    peer.agreed(base);
    expect(isOk(await peer.ask(CLOSE))).toBe(true);
    expect(await peer.next()).toBeUndefined();
  });
});

test.each([
  ['has a session-id', helloText(BOTH, '<session-id>4</session-id>')],
  ['has no version', helloText(['urn:x'])],
  ['has no version that the server has', helloText(['urn:ietf:params:netconf:base:2.0'])],
  ['has no capabilities', helloText([])],
  ['has no list of them', `<hello xmlns="${BASE_NAMESPACE}"/>`],
  ['is of another namespace', helloText(BOTH).replace(BASE_NAMESPACE, 'urn:x')],
  ['is of no namespace', helloText(BOTH).replace(/ xmlns="[^"]*"/, '')],
  [
    'has its capabilities in another namespace',
    helloText(BOTH).replace('<capabilities>', '<capabilities xmlns="urn:x">'),
  ],
  ['is no hello but an rpc', rpcText('<get/>')],
  ['is no XML', 'HELLO'],
  ['is not closed', helloText(BOTH).slice(0, -3)],
  ['is empty', ''],
  ['has a document type', `<!DOCTYPE hello>${helloText(BOTH)}`],
  ['is Latin-1', Buffer.from(`${helloText([...BOTH, 'é'])}]]>]]>`, 'latin1')],
  ['has too many capabilities', helloText(Array.from({ length: 513 }, (__, at) => `urn:${at}`))],
  ['has a capability that is too long', helloText([...BOTH, `urn:${'x'.repeat(3000)}`])],
  ['is too big', helloText([...BOTH, 'x'.repeat(70_000)])],
  ['is too deep', helloText(BOTH, '<a>'.repeat(200) + '</a>'.repeat(200))],
])('a hello that %s ends the session, unanswered', async (_, hello) => {
  const seen = recorder();
  const server = serve({ events: seen.events });
  const peer = new RawPeer(server);
  await peer.next();
  peer.write(typeof hello === 'string' ? `${hello}]]>]]>` : hello);
  expect(await peer.next()).toBeUndefined();
  expect([seen.opened, server.statistics().inBadHellos, server.sessions()]).toEqual([[], 1, []]);
});

test.each([
  ['a prefix', helloText(BOTH).replaceAll('<', '<n:').replaceAll('<n:/', '</n:').replace('xmlns=', 'xmlns:n=')],
  ['elements nobody knows', helloText(BOTH, '<more xmlns="urn:x"><a/></more>')],
  ['comments and a declaration', `<?xml version="1.0"?><!-- hi -->${helloText(BOTH)}`],
  ['white space before it', `\r\n  ${helloText(BOTH)}`],
])('a hello with %s is taken', async (_, hello) => {
  const peer = new RawPeer(serve());
  await peer.next();
  peer.write(`${hello}]]>]]>`);
  peer.agreed('1.1');
  expect(isOk(await peer.ask(CLOSE))).toBe(true);
});

test('requests right behind the hello wait for it and no longer', async () => {
  const peer = new RawPeer(serve());
  const request = `\n#${CLOSE.length}\n${CLOSE}\n##\n`;
  peer.agreed('1.1');
  peer.write(`${helloText(BOTH)}]]>]]>${request}`);
  await peer.next();
  expect(isOk(await peer.reply())).toBe(true);
});

test.each([
  ['a second hello', helloText(BOTH)],
  ['a reply', `<rpc-reply xmlns="${BASE_NAMESPACE}" message-id="1"><ok/></rpc-reply>`],
  ['an <rpc> of no namespace', '<rpc message-id="1"><get/></rpc>'],
])('%s is no <rpc>: unknown-element, and the session goes on', async (_, message) => {
  const peer = new RawPeer(serve());
  await peer.open();
  expect(errorsOf(await peer.ask(message))).toMatchObject([{ type: 'protocol', tag: 'unknown-element' }]);
  expect(isOk(await peer.ask(CLOSE))).toBe(true);
});

describe('framing (RFC 6242 §4.2, §4.3)', () => {
  test.each([
    ['no chunk', '\n##\n'],
    ['a chunk of nothing', '\n#0\n\n##\n'],
    ['a leading zero', `\n#0${CLOSE.length}\n${CLOSE}\n##\n`],
    ['more than a chunk may have', '\n#4294967296\n'],
    ['no number', '\n#ten\n'],
    ['a number that is negative', '\n#-5\n'],
    ['too few bytes', `\n#${CLOSE.length + 1}\n${CLOSE}\n##\n`],
    ['too many bytes', `\n#${CLOSE.length - 1}\n${CLOSE}\n##\n`],
    ['CR LF', `\r\n#${CLOSE.length}\r\n${CLOSE}\r\n##\r\n`],
    ['the framing of base:1.0', `${CLOSE}]]>]]>`],
    [
      'anything between messages',
      `\n#${CLOSE.length}\n${CLOSE}\n##\n\n`.replace('<close-session/>', '<get--session/>'),
    ],
  ])('%s: the session ends, and nothing of it is carried out', async (_, bytes) => {
    const seen = recorder();
    const server = serve({ events: seen.events });
    const peer = new RawPeer(server);
    await peer.open('1.1');
    peer.write(bytes);
    await peer.closed;
    expect(seen.closed.map(([, { kind }]) => kind)).toEqual(['other']);
    expect(seen.done.filter(({ outcome }) => outcome !== 'refused')).toEqual([]);
    expect(server.sessions()).toEqual([]);
  });

  test('every message of base:1.0 ends with ]]>]]>, and what is inside never does', async () => {
    const peer = new RawPeer(
      serve({
        rpcs: { 'lab:echo': () => ({ kind: 'data', xml: `<text ${LAB}>]]&gt;]]&gt;</text><!-- ]]>]]> -->` }) },
      }),
    );
    await peer.open('1.0');
    const reply = await peer.ask(rpcText(`<echo ${LAB}><text>a</text></echo>`));
    expect(elementText(childElement(reply, 'text')!)).toBe(']]>]]>');
    expect(isOk(await peer.ask(CLOSE))).toBe(true);
  });
});

test.each(['a\u0000', '\u0007', 'a\ud800', '\uffff', ''])('a user named %j gets no session (RFC 6242 §3)', (user) => {
  const [stream] = duplexPair();
  const newcomer = { identity: { user, role: 'host' }, transport: 'other' } as const;
  expect(serve().accept(stream, newcomer)).toMatchObject({ ok: false, failure: { kind: 'bad-user-name' } });
});

test('what comes behind close-session is not processed (RFC 6242 §5)', async () => {
  let calls = 0;
  const count = () => {
    calls++;
    return { kind: 'ok' } as const;
  };
  const peer = new RawPeer(serve({ rpcs: { 'lab:fail': count } }));
  await peer.open();
  const messages = [CLOSE, rpcText(`<fail ${LAB}/>`)].map((text) => `\n#${text.length}\n${text}\n##\n`);
  peer.write(messages.join(''));
  expect(isOk(await peer.reply())).toBe(true);
  expect(await peer.next()).toBeUndefined();
  expect(calls).toBe(0);
});
