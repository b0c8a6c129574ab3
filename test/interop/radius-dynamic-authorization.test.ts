// FreeRADIUS' radclient sends Disconnect-Requests and CoA-Requests to our listener; our client to FreeRADIUS as an edge.
import { unwrap } from '@sublane/basics';
import {
  attribute,
  createDynamicAuthorizationClient,
  type DynamicAuthorizationListener,
  type DynamicAuthorizationRequest,
  ERROR_CAUSE,
  firstValue,
  listenDynamicAuthorization,
  milliseconds,
} from '@sublane/radius';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freeradiusMissing, radclient, startFreeradius } from './freeradius.ts';

const missing = freeradiusMissing();
if (missing !== undefined) console.warn(`skipped: radclient against our listener: ${missing}`);
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const SECRET = 'edge "secret" 1';
let listener: DynamicAuthorizationListener;
let handled: DynamicAuthorizationRequest[];

beforeEach(async () => {
  handled = [];
  const started = await listenDynamicAuthorization({
    host: '127.0.0.1',
    port: 0,
    secretOf: (address) => (address === '127.0.0.1' ? SECRET : undefined),
    handle: async (request) => {
      handled.push(request);
      return firstValue(request.attributes, 'Acct-Session-Id') === 'lane-1'
        ? { answer: 'ack' }
        : { answer: 'nak', errorCause: ERROR_CAUSE.sessionContextNotFound };
    },
  });
  listener = unwrap(started);
});
afterEach(() => listener.close());

const SIGNED = 'Message-Authenticator = 0x00';
const stamp = (ahead = 0) => `Event-Timestamp = ${Math.floor(Date.now() / 1000) + ahead}`;
const send = (kind: 'disconnect' | 'coa', attributes: readonly string[], secret = SECRET) =>
  radclient({ port: listener.port, secret, kind, attributes });

describe('radclient is answered', () => {
  test.each([
    ['disconnect', 'lane-1', 'Disconnect-ACK'],
    ['disconnect', 'lane-2', 'Disconnect-NAK'],
    ['coa', 'lane-1', 'CoA-ACK'],
    ['coa', 'lane-2', 'CoA-NAK'],
  ] as const)('%s of %s: %s', async (kind, lane, expected) => {
    const attributes = [`Acct-Session-Id = "${lane}"`, 'User-Name = "zoë"', 'Filter-Id = "slow"', stamp(), SIGNED];
    const { answer, said } = await send(kind, attributes);
    expect(answer).toBe(expected);
    expect(said.includes('Error-Cause = Session-Context-Not-Found')).toBe(lane === 'lane-2');
    expect(handled.length).toBe(1);
    expect(handled[0]).toMatchObject({ kind: kind === 'coa' ? 'change' : 'disconnect', client: '127.0.0.1' });
    expect(firstValue(handled[0]!.attributes, 'User-Name')).toBe('zoë');
    expect(firstValue(handled[0]!.attributes, 'Filter-Id')).toBe('slow');
  });
});

describe('radclient hears nothing', () => {
  const LANE = 'Acct-Session-Id = "lane-1"';
  test.each([
    ['with a wrong secret', [LANE, stamp(), SIGNED], 'edge "secret" 2', 'forged'],
    ['without Message-Authenticator', [LANE, stamp()], SECRET, 'forged'],
    ['without Event-Timestamp', [LANE, SIGNED], SECRET, 'stale'],
    ['with one of ten minutes ago', [LANE, stamp(-600), SIGNED], SECRET, 'stale'],
  ] as const)('%s', async (_, attributes, secret, counter) => {
    for (const kind of ['disconnect', 'coa'] as const) {
      const { answer } = await send(kind, attributes, secret);
      expect(answer).toBeUndefined();
    }
    expect(handled).toEqual([]);
    expect(listener.counters()).toMatchObject({ accepted: 0, [counter]: 2 });
  });
});

describe('FreeRADIUS as an edge', () => {
  const ask = async (signed: boolean, lane: string, more = {}) => {
    const unknown = { dynamicAuthorization: { unknownSessions: ['lane-2'] } };
    await using edge = await startFreeradius({ ...unknown, messageAuthenticator: signed });
    const client = createDynamicAuthorizationClient({
      server: { name: 'edge-1', host: edge.host, port: edge.dynamicAuthorizationPort! },
      secret: edge.secret,
      timeout: milliseconds(1_000),
      ...more,
    });
    const told = [
      attribute('Acct-Session-Id', lane),
      attribute('Framed-IP-Address', '192.0.2.7'),
      attribute('Framed-IPv6-Address', '2001:db8::7'),
    ];
    const answers = [await client.disconnect(told), await client.change([...told, attribute('Filter-Id', 'slow')])];
    await client.close();
    return { answers, changes: edge.changes() };
  };

  test('does what it is told, and has understood it', async () => {
    const { answers, changes } = await ask(true, 'lane-1');
    expect(answers).toMatchObject(answers.map(() => ({ ok: true, value: { answer: 'ack' } })));
    expect(changes).toMatchObject([
      {
        'Packet-Type': ['Disconnect-Request'],
        'Acct-Session-Id': ['lane-1'],
        'Framed-IP-Address': ['192.0.2.7'],
        'Framed-IPv6-Address': ['2001:db8::7'],
      },
      { 'Packet-Type': ['CoA-Request'], 'Filter-Id': ['slow'] },
    ]);
  });

  test('that knows no such session says so', async () => {
    const { answers } = await ask(true, 'lane-2');
    const refused = { ok: true, value: { answer: 'nak', errorCause: ERROR_CAUSE.sessionContextNotFound } };
    expect(answers).toMatchObject(answers.map(() => refused));
  });

  test('that leaves out Message-Authenticator is believed only where that was said', async () => {
    const strict = await ask(false, 'lane-1');
    expect(strict.answers).toMatchObject(strict.answers.map(() => ({ failure: { kind: 'unreachable' } })));
    const lenient = await ask(false, 'lane-1', { messageAuthenticator: 'optional' });
    expect(lenient.answers).toMatchObject(lenient.answers.map(() => ({ ok: true, value: { answer: 'ack' } })));
  });

  test('with another secret hears nothing', async () => {
    const { answers, changes } = await ask(true, 'lane-1', { secret: 'another' });
    expect(answers).toMatchObject(answers.map(() => ({ failure: { kind: 'unreachable' } })));
    expect(changes).toEqual([]);
  });
});
