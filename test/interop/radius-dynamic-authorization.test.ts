// FreeRADIUS' radclient sends Disconnect-Requests and CoA-Requests to our listener.
import { unwrap } from '@sublane/basics';
import {
  type DynamicAuthorizationListener,
  type DynamicAuthorizationRequest,
  ERROR_CAUSE,
  firstValue,
  listenDynamicAuthorization,
} from '@sublane/radius';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freeradiusMissing, radclient } from './freeradius.ts';

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
