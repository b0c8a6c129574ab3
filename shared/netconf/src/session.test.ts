import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CAPABILITY, capabilityParameters, commonBase, hasCapability } from './capabilities.ts';
import { ClientSession } from './client-session.ts';
import { frame } from './framing.ts';
import { encodeHello, parseHello } from './hello-codec.ts';
import { CLIENT_LIMITS, SERVER_LIMITS } from './limits.ts';
import { BASE_NAMESPACE } from './namespaces.ts';
import { rpcError } from './rpc-error.ts';
import { type ServerEvent, ServerSession } from './server-session.ts';

const BOTH = [CAPABILITY.base10, CAPABILITY.base11];
const OLD = [CAPABILITY.base10];
const NC = `xmlns="${BASE_NAMESPACE}"`;

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

function serverThat(capabilities: readonly string[] = BOTH, limits = SERVER_LIMITS) {
  return new ServerSession({ sessionId: 7, capabilities, limits });
}

/** A server that has read a hello with these capabilities. */
function openServer(theirs: readonly string[] = BOTH, limits = SERVER_LIMITS) {
  const session = serverThat(BOTH, limits);
  expect(session.push(frame(encodeHello({ capabilities: theirs }), 'end-of-message'))[0]?.kind).toBe('open');
  return session;
}

function openClient(theirs: readonly string[] = BOTH, more: ConstructorParameters<typeof ClientSession>[0] = {}) {
  const session = new ClientSession(more);
  session.push(frame(encodeHello({ capabilities: theirs, sessionId: 7 }), 'end-of-message'));
  return session;
}

/** What a server answers, as text, to each of its events. */
function answers(session: ServerSession, events: readonly ServerEvent[]): Buffer[] {
  return events.flatMap((event) => {
    if (event.kind === 'rpc') return [session.encodeReply(event.envelope.reply, { kind: 'ok' })];
    if (event.kind === 'bad-rpc') return [session.encodeReply(event.reply, { kind: 'refused', errors: [event.error] })];
    return [];
  });
}

describe('a client and a server', () => {
  test('understand each other in both versions, however their bytes are cut', () => {
    const capabilities = fc.constantFrom(OLD, BOTH, [CAPABILITY.base11]);
    const cuts = fc.array(fc.nat(), { maxLength: 10 });
    fc.assert(
      fc.property(capabilities, capabilities, fc.nat(20), cuts, (ours, theirs, count, places) => {
        const client = new ClientSession({ capabilities: ours });
        const server = serverThat(theirs);
        const toServer = split(client.start(), places).flatMap((piece) => server.push(piece));
        const toClient = split(server.start(), places).flatMap((piece) => client.push(piece));
        const base = commonBase(ours, theirs);
        if (base === undefined) {
          expect([...toServer, ...toClient].map(({ kind }) => kind)).toEqual(['closed', 'closed']);
          return;
        }
        expect(toServer).toEqual([{ kind: 'open', base, capabilities: ours }]);
        expect(toClient).toEqual([{ kind: 'open', base, capabilities: theirs, sessionId: 7 }]);

        const requests = Array.from({ length: count }, () => client.request('<get/>'));
        const sent = Buffer.concat(requests.map((request) => (request.ok ? request.value.bytes : Buffer.alloc(0))));
        const asked = split(sent, places).flatMap((piece) => server.push(piece));
        const replies = split(Buffer.concat(answers(server, asked)), places).flatMap((piece) => client.push(piece));
        expect(replies.map((event) => event.kind === 'reply' && event.messageId)).toEqual(
          requests.map((request) => request.ok && request.value.messageId),
        );
        expect(client.inFlight).toBe(0);
      }),
    );
  });

  test('never throw at any bytes, and say nothing more once they have closed', () => {
    const scrap = fc.oneof(
      fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom(
          ']]>]]>',
          encodeHello({ capabilities: BOTH }),
          encodeHello({ capabilities: BOTH, sessionId: 1 }),
          '\n#5\n<rpc>\n##\n',
          '\n#1\n',
          `<rpc ${NC} message-id="1"><get/></rpc>`,
        )
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(scrap, { maxLength: 10 }), (pieces) => {
        for (const session of [serverThat(), new ClientSession()]) {
          const kinds = pieces.flatMap((piece) => session.push(Buffer.from(piece)).map(({ kind }) => kind as string));
          const end = kinds.indexOf('closed');
          expect(end < 0 || end === kinds.length - 1).toBe(true);
          expect(session.ended).toBe(end >= 0);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the hello', () => {
  test('is read back', () => {
    const uri = fc.webUrl({ withQueryParameters: true });
    fc.assert(
      fc.property(fc.array(uri), fc.integer({ min: 1, max: 4_294_967_295 }), (capabilities, sessionId) => {
        expect(parseHello(encodeHello({ capabilities, sessionId }), 'server', CLIENT_LIMITS)).toEqual({
          ok: true,
          value: { capabilities, sessionId },
        });
        expect(parseHello(encodeHello({ capabilities }), 'client', SERVER_LIMITS)).toEqual({
          ok: true,
          value: { capabilities },
        });
      }),
    );
  });

  test('in chunked framing is forgiven and counted (ncclient#524)', () => {
    const session = serverThat();
    const rpc = frame(`<rpc ${NC} message-id="1"><get/></rpc>`, 'chunked');
    const events = session.push(Buffer.concat([frame(encodeHello({ capabilities: BOTH }), 'chunked'), rpc]));
    expect(events.map(({ kind }) => kind)).toEqual(['open', 'rpc']);
    expect(session.counters.chunkedHellos).toBe(1);
  });

  test.each([
    [
      encodeHello({ capabilities: BOTH, sessionId: 3 }),
      { kind: 'not-hello', message: expect.stringContaining('session-id') },
    ],
    [encodeHello({ capabilities: ['urn:other'] }), { kind: 'no-common-version' }],
    [`<hello ${NC}/>`, { kind: 'not-hello', message: expect.stringContaining('capabilities') }],
    [`<rpc ${NC} message-id="1"><get/></rpc>`, { kind: 'not-hello' }],
    ['<hello>', { kind: 'malformed' }],
    ['\xff', { kind: 'malformed' }],
    [encodeHello({ capabilities: Array(600).fill(CAPABILITY.base11) }), { kind: 'too-big', limit: 'capabilities' }],
    [encodeHello({ capabilities: [`urn:${'x'.repeat(3000)}`] }), { kind: 'too-big', limit: 'capabilities' }],
    ['x'.repeat(SERVER_LIMITS.hello + 1), { kind: 'too-big', limit: 'message' }],
  ])('a server ends the session at %.60s', (hello, failure) => {
    const session = serverThat();
    const events = session.push(Buffer.concat([Buffer.from(hello, 'latin1'), Buffer.from(']]>]]>after')]));
    expect(events).toMatchObject([{ kind: 'closed', failure }]);
    expect(session.push(Buffer.from('more'))).toEqual([]);
    expect(session.counters.discardedBytes).toBeGreaterThanOrEqual('more'.length);
  });

  test.each(['', '<session-id>0</session-id>', '<session-id>4294967296</session-id>', '<session-id>x</session-id>'])(
    'a client ends the session at the session-id %j',
    (id) => {
      const hello = encodeHello({ capabilities: BOTH }).replace('</hello>', `${id}</hello>`);
      expect(new ClientSession().push(frame(hello, 'end-of-message'))).toMatchObject([
        { kind: 'closed', failure: { kind: 'not-hello' } },
      ]);
    },
  );
});

test('capabilities are compared without their parameters', () => {
  const list = ['urn:a?x=1&y=2', 'urn:ab'];
  expect(['urn:a', 'urn:ab', 'urn:a?x=1&y=2', 'urn:b'].map((uri) => hasCapability(list, uri))).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(capabilityParameters(list, 'urn:a')?.get('y')).toBe('2');
  expect(capabilityParameters(list, 'urn:b')).toBeUndefined();
});

describe('a server', () => {
  test.each([
    ['no message-id', `<rpc ${NC}><get/></rpc>`, rpcError.missingAttribute('rpc', 'message-id', 'rpc').tag],
    ['no operation', `<rpc ${NC} message-id="1"/>`, 'missing-element'],
    ['another element', `<notification ${NC}/>`, 'unknown-element'],
    ['a second hello', encodeHello({ capabilities: BOTH }), 'unknown-element'],
    ['no XML', 'get', 'malformed-message'],
    ['nothing but a space', ' ', 'malformed-message'],
    ['too many attributes', `<rpc ${Array.from({ length: 99 }, (_, n) => `a${n}=""`).join(' ')}/>`, 'too-big'],
  ])('refuses %s, and goes on', (_, message, tag) => {
    const session = openServer();
    const [event, next] = session.push(
      Buffer.concat([frame(message, 'chunked'), frame(`<rpc ${NC} message-id="2"><get/></rpc>`, 'chunked')]),
    );
    expect(event).toMatchObject({ kind: 'bad-rpc', error: { tag } });
    expect(next?.kind).toBe('rpc');
    const client = openClient();
    client.request('<get/>');
    expect(client.push(answers(session, [event!])[0]!)).toMatchObject([
      { kind: 'reply', reply: { errors: [{ tag }] } },
    ]);
    expect(session.counters).toMatchObject({ inRpcs: 1, inBadRpcs: 1, outRpcErrors: 1 });
  });

  test('ends a session of base:1.0 at what is no XML: it may not say malformed-message there (RFC 6241 Appendix A)', () => {
    const session = openServer(OLD);
    expect(session.push(frame('<rpc', 'end-of-message'))).toMatchObject([
      { kind: 'closed', failure: { kind: 'malformed' } },
    ]);
    expect(session.ended).toBe(true);
  });

  test('says malformed for who reads the body', () => {
    const session = openServer();
    const [event] = session.push(frame(`<rpc ${NC} message-id="1"><get></rpc>`, 'chunked'));
    if (event?.kind !== 'rpc') throw new Error('expected an rpc');
    const refusal = session.refuseMalformed('line 1: tags do not match', event.envelope.reply);
    expect(refusal).toMatchObject({ kind: 'bad-rpc', error: { tag: 'malformed-message' } });
    expect(answers(session, [refusal])[0]!.toString()).toContain('message-id="1"');
    expect(openServer(OLD).refuseMalformed('x')).toMatchObject({ kind: 'closed' });
  });

  test.each([
    ['bad framing', Buffer.from('<rpc/>]]>]]>'), { kind: 'bad-framing' }],
    [
      'a message over the limit',
      frame('x'.repeat(2000), 'chunked'),
      { kind: 'too-big', limit: 'message', allowed: 1000 },
    ],
  ])('ends the session at %s', (_, bytes, failure) => {
    const session = openServer(BOTH, { ...SERVER_LIMITS, message: 1000 });
    expect(session.push(bytes)).toMatchObject([{ kind: 'closed', failure }]);
    expect(session.ended).toBe(true);
  });

  test('drops and counts what comes after its end', () => {
    const session = openServer();
    session.end();
    expect(session.push(frame(`<rpc ${NC} message-id="1"><get/></rpc>`, 'chunked'))).toEqual([]);
    expect(session.counters.discardedBytes).toBeGreaterThan(0);
  });

  test('notifies', () => {
    const session = openServer();
    expect(openClient().push(session.encodeNotification('2026-01-02T03:04:05Z', '<e xmlns="urn:e"/>'))).toMatchObject([
      { kind: 'notification', notification: { content: { name: 'e' } } },
    ]);
    expect(session.counters.outNotifications).toBe(1);
  });
});

describe('a client', () => {
  const reply = (id: string) => frame(`<rpc-reply ${NC}${id}><ok/></rpc-reply>`, 'chunked');

  test('matches replies by message-id, and drops the others', () => {
    const session = openClient();
    session.request('<get/>');
    session.request('<get/>');
    session.forget('2');
    session.forget('9');
    expect(
      session.push(
        Buffer.concat([reply(' message-id="2"'), reply(' message-id="1"'), reply(' message-id="1"'), reply('')]),
      ),
    ).toMatchObject([
      { kind: 'discarded', why: { kind: 'late-reply', messageId: '2' } },
      { kind: 'reply', messageId: '1' },
      { kind: 'discarded', why: { kind: 'unknown-reply', messageId: '1' } },
      { kind: 'discarded', why: { kind: 'unknown-reply', messageId: undefined } },
    ]);
    expect(session.counters).toMatchObject({ outRpcs: 2, lateReplies: 1, unknownReplies: 2 });
  });

  test('takes a reply without message-id for that of the first request (RFC 6241 §4.5)', () => {
    const session = openClient();
    session.request('<get/>');
    session.request('<get/>');
    expect(session.push(reply(''))).toMatchObject([{ kind: 'reply', messageId: '1' }]);
  });

  test('asks for no more than it may, those given up included', () => {
    const session = openClient(BOTH, { requests: 1 });
    expect(session.request('<get/>').ok).toBe(true);
    session.forget('1');
    expect(session.request('<get/>')).toEqual({ ok: false, failure: { kind: 'too-many-requests', allowed: 1 } });
    session.push(reply(' message-id="1"'));
    expect(session.request('<get/>').ok).toBe(true);
  });

  test('asks nothing before the hellos and after the end', () => {
    const notOpen = { ok: false, failure: { kind: 'not-open' } };
    expect(new ClientSession().request('<get/>')).toEqual(notOpen);
    const session = openClient();
    session.end();
    expect(session.request('<get/>')).toEqual(notOpen);
  });

  test.each([
    [`<rpc-reply ${NC} message-id="1"><a></rpc-reply>`, { kind: 'malformed' }],
    [
      `<rpc-reply ${NC} message-id="1"><a ${Array.from({ length: 99 }, (_, n) => `a${n}=""`).join(' ')}/></rpc-reply>`,
      { kind: 'too-big', limit: 'attributes' },
    ],
  ])('loses one request at %.60s, and goes on', (text, failure) => {
    const session = openClient();
    session.request('<get/>');
    session.request('<get/>');
    expect(
      session.push(Buffer.concat([frame(text, 'chunked'), reply(' message-id="2"'), frame(text, 'chunked')])),
    ).toMatchObject([
      { kind: 'bad-reply', messageId: '1', failure },
      { kind: 'reply', messageId: '2' },
      { kind: 'discarded', why: { kind: 'unknown-reply', messageId: '1' } },
    ]);
  });

  test.each([
    '<rpc-reply',
    '<rpc/>',
    '<rpc-reply message-id="1"><a></rpc-reply>',
    `<rpc-reply ${NC}><a></rpc-reply>`,
    '\xff\xfe',
  ])('ends the session at %j: whose reply it was cannot be told', (text) => {
    const bytes = Buffer.from(text, 'latin1');
    const session = openClient();
    session.request('<get/>');
    const events = session.push(Buffer.concat([Buffer.from(`\n#${bytes.length}\n`), bytes, Buffer.from('\n##\n')]));
    expect(events).toMatchObject([{ kind: 'closed', failure: { kind: 'malformed' } }]);
  });
});
