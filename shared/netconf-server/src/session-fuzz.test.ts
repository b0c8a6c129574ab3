import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLog } from '@sublane/basics';
import {
  CAPABILITY,
  CLIENT_LIMITS,
  childElement,
  childElements,
  openFramer,
  readXml,
  rpcError,
  type XmlElement,
} from '@sublane/netconf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RpcHandler, refused } from './rpc-table.ts';
import { faultsOf } from './testing/appendix-a.ts';
import { inLab, LAB, running, serve } from './testing/harness.ts';
import { helloText, RawPeer, rpcText } from './testing/raw-peer.ts';

/** Answers at once, in the next turn, some turns later, with a refusal, or not without a throw. */
const fail: RpcHandler = ({ input }) => {
  switch (input.how) {
    case 'late':
      return new Promise((resolve) => setImmediate(() => resolve({ kind: 'ok' })));
    case 'later':
      return new Promise((resolve) => setTimeout(() => resolve({ kind: 'ok' }), 2));
    case 'refuse':
      return refused(rpcError.inUse('application', { message: 'no' }));
    case 'throw':
      throw new Error('a bug');
    case 'reject':
      return Promise.reject(new Error('a bug'));
    default:
      return { kind: 'ok' };
  }
};

const how = (word: string) => `<fail ${LAB}><how>${word}</how></fail>`;
const edit = (inside: string) =>
  `<edit-config><target><running/></target><config>${inLab(inside)}</config></edit-config>`;

/** Requests whose reply has their message-id, and whether it is a refusal. */
const OPERATIONS: readonly (readonly [operation: string, refused: boolean])[] = [
  [`<echo ${LAB}><text>a</text></echo>`, false],
  [`<echo ${LAB}><text>${'x'.repeat(3000)}</text></echo>`, false],
  [`<echo ${LAB}><text>]]&gt;]]&gt; é \u{1F6A2}</text></echo>`, false],
  [`<echo ${LAB}/>`, true],
  [`<echo ${LAB}><text>a</echo>`, true],
  ['<get/>', false],
  ['<get><filter></get>', true],
  ['<get-config><source><running/></source></get-config>', false],
  [edit('<name>a</name>'), false],
  [edit('<level>200</level>'), true],
  ['<nothing/>', true],
  ['<x xmlns="urn:nobody"/>', true],
  ...['', 'late', 'later'].map((word) => [how(word), false] as const),
  ...['refuse', 'throw', 'reject'].map((word) => [how(word), true] as const),
];

const cuts = fc.array(fc.nat(), { maxLength: 12 });

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
}

/** A message in chunks that end anywhere, in the middle of a character too. */
function chunked(text: string, places: readonly number[]): Buffer {
  const parts = cut(Buffer.from(text), places).filter(({ length }) => length > 0);
  return Buffer.concat([...parts.flatMap((part) => [Buffer.from(`\n#${part.length}\n`), part]), Buffer.from('\n##\n')]);
}

const marked = (text: string) => Buffer.from(`${text}]]>]]>`);
const hello = (base: '1.0' | '1.1') => marked(helloText([base === '1.0' ? CAPABILITY.base10 : CAPABILITY.base11]));

async function write(peer: RawPeer, pieces: readonly Buffer[]): Promise<void> {
  for (const [at, piece] of pieces.entries()) {
    peer.write(piece);
    if (at % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function rest(peer: RawPeer): Promise<XmlElement[]> {
  const all: XmlElement[] = [];
  for (;;) {
    const text = await peer.next();
    if (text === undefined) return all;
    const read = readXml(text, CLIENT_LIMITS);
    if (!read.ok) throw new Error(`the server sent what is no XML: ${text}`);
    all.push(read.value);
  }
}

const idOf = (reply: XmlElement) => reply.attributes.find(({ name }) => name === 'message-id')?.value;
const errorsIn = (reply: XmlElement) => childElements(reply).filter(({ name }) => name === 'rpc-error');

describe('random sessions', () => {
  const request = fc.record({ operation: fc.constantFrom(...OPERATIONS), places: cuts });

  test('every request is answered once, in order, however it is cut', async () => {
    const server = serve({ datastores: await running(), rpcs: { 'lab:fail': fail } });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('1.0' as const, '1.1' as const),
        fc.array(request, { maxLength: 25 }),
        cuts,
        async (base, requests, places) => {
          // With base:1.0 a body that is no XML ends the session: that is for the test below.
          const sent = requests.filter(
            ({ operation: [text] }) => base === '1.1' || readXml(rpcText(text), CLIENT_LIMITS).ok,
          );
          const peer = new RawPeer(server);
          peer.agreed(base);
          const frameOne = (text: string, at: readonly number[]) => (base === '1.1' ? chunked(text, at) : marked(text));
          const messages = sent.map(({ operation: [text], places: at }, id) =>
            frameOne(rpcText(text, ` message-id="${id}"`), at),
          );
          const end = frameOne(rpcText('<close-session/>', ' message-id="end"'), []);
          await write(peer, cut(Buffer.concat([hello(base), ...messages, end]), places));
          const [first, ...replies] = await rest(peer);
          expect(first?.name).toBe('hello');
          expect(replies.map((reply) => [idOf(reply), errorsIn(reply).length > 0])).toEqual([
            ...sent.map(({ operation: [, isRefused] }, id) => [String(id), isRefused]),
            ['end', false],
          ]);
          expect(replies.flatMap(errorsIn).flatMap(faultsOf)).toEqual([]);
          expect(server.sessions()).toEqual([]);
        },
      ),
      { numRuns: 120 },
    );
  });
});

describe('broken sessions', () => {
  const scrap = fc.oneof(
    fc
      .constantFrom(
        ...[
          '\n#',
          '\n##\n',
          '\n#5\n',
          ']]>]]>',
          '<rpc',
          '</rpc>',
          '<!DOCTYPE a>',
          '<![CDATA[',
          '&lol;',
          '\0',
          '\ufeff',
        ],
        ...['<close-session/>', '\n#4294967295\n', '<!--', '<?xml version="1.0"?>', ' xmlns:a=""', ' message-id="7"'],
      )
      .map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  );
  const damage = fc.record({ at: fc.nat(), drop: fc.nat({ max: 20 }), put: scrap });

  test('garbage ends its own session or is refused; nobody else notices, nothing is left behind', async () => {
    const bugs: unknown[] = [];
    const log = { ...silentLog, error: (...what: unknown[]) => void bugs.push(what) };
    const server = serve({ log, datastores: await running(), rpcs: { 'lab:fail': () => ({ kind: 'ok' }) } });
    const witness = new RawPeer(server);
    await witness.open();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('1.0' as const, '1.1' as const),
        fc.array(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 4 }),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        cuts,
        async (base, operations, damages, places) => {
          const messages = operations.map(([text], id) => {
            const message = rpcText(text, ` message-id="${id}"`);
            return base === '1.1' ? chunked(message, []) : marked(message);
          });
          let bytes: Buffer = Buffer.concat([hello(base), ...messages]);
          for (const { at, drop, put } of damages) {
            const place = at % bytes.length;
            bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + drop)]);
          }
          const peer = new RawPeer(server);
          peer.agreed(base);
          peer.stream.on('error', () => {});
          const heard = collect(peer);
          await write(peer, cut(bytes, places));
          peer.stream.end();
          const replies = await heard;
          // A reply is XML, and an error of it is as it should be; how many there are is the damage's affair.
          expect(replies.flatMap(errorsIn).flatMap(faultsOf)).toEqual([]);
          expect(replies.every(({ name }) => name === 'hello' || name === 'rpc-reply')).toBe(true);
          expect(server.sessions().length).toBe(1);
          expect((await witness.ask(rpcText(`<echo ${LAB}><text>a</text></echo>`))).children).toHaveLength(2);
        },
      ),
      { numRuns: 300 },
    );
    expect(bugs).toEqual([]);
  });
});

/** What came, whatever framing the server took the peer for: damage may have changed the version. */
async function collect(peer: RawPeer): Promise<XmlElement[]> {
  const pieces: Buffer[] = [];
  peer.stream.removeAllListeners('data');
  peer.stream.on('data', (piece: Buffer) => pieces.push(piece));
  await peer.closed;
  const all = Buffer.concat(pieces);
  const messages: XmlElement[] = [];
  let framer = openFramer('end-of-message', CLIENT_LIMITS.message);
  for (let at = 0; at < all.length; ) {
    if (messages.length === 1)
      framer = openFramer(all[at] === LF ? 'chunked' : 'end-of-message', CLIENT_LIMITS.message);
    const step = framer.read(all, at);
    if (step.kind !== 'message') throw new Error(`the server sent no whole message: ${JSON.stringify(all.toString())}`);
    at = step.next;
    const read = readXml(step.message.toString(), CLIENT_LIMITS);
    if (!read.ok) throw new Error(`the server sent what is no XML: ${step.message.toString()}`);
    messages.push(read.value);
  }
  return messages;
}

const LF = 10;

test('sessions that are over are not held', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const seen: WeakRef<object>[] = [];
  const server = serve({
    rpcs: { 'lab:fail': fail },
    events: { sessionOpened: (session) => void seen.push(new WeakRef(session)) },
  });
  const endings: readonly ((peer: RawPeer) => void)[] = [
    (peer) => peer.send(rpcText('<close-session/>')),
    (peer) => peer.stream.end(),
    (peer) => peer.stream.destroy(),
    (peer) => peer.write('garbage'),
    (peer) => {
      peer.send(rpcText(how('later')));
      peer.stream.destroy();
    },
  ];
  for (let count = 0; count < 200; count++) {
    const peer = new RawPeer(server);
    await peer.open();
    expect(childElement(await peer.ask(rpcText(how(''))), 'ok')).toBeTruthy();
    endings[count % endings.length]!(peer);
    await peer.closed;
  }
  await expect
    .poll(
      () => {
        collectGarbage();
        return seen.filter((ref) => ref.deref() !== undefined).length;
      },
      { timeout: 20_000 },
    )
    .toBeLessThan(20);
  expect(seen).toHaveLength(200);
});
