import { createHash, createHmac } from 'node:crypto';
import { unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Attribute, attribute } from './attribute.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from './message.ts';
import { CODE, type Packet } from './packet.ts';

const SECRET = 'correct horse';
const { accessRequest, statusServer, accountingRequest, disconnectRequest, changeRequest } = CODE;
const REQUEST_CODES = [accessRequest, statusServer, accountingRequest, disconnectRequest, changeRequest];
/** Each answer, and what it answers. */
const ANSWERED = new Map([
  ...[2, 3, 11].map((code) => [code, 1] as const),
  [5, 4],
  [41, 40],
  [42, 40],
  [44, 43],
  [45, 43],
]);
const ANSWER_CODES = [...ANSWERED.keys()];

const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const authenticators = bytes(16, 16);
const attributes: fc.Arbitrary<Attribute[]> = fc.array(
  fc.oneof(
    bytes(1, 253).map((value) => attribute('Class', value)),
    fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }).map((text) => attribute('User-Name', text)),
    fc.nat().map((value) => attribute('Session-Timeout', value)),
    fc.nat().map((value) => attribute('WISPr-Bandwidth-Max-Up', value)),
    // A type that the dictionary has not, and a vendor that it has not.
    bytes(1, 253).map((value) => attribute(250, value)),
    fc.tuple(fc.nat(), bytes(1, 247)).map(([vendor, value]) => attribute({ vendor: vendor + 20_000, type: 9 }, value)),
  ),
  { maxLength: 12 },
);
const requests = fc.record({
  code: fc.constantFrom(...REQUEST_CODES),
  id: fc.nat({ max: 255 }),
  attributes,
  secret: fc.constant(SECRET),
  authenticator: authenticators,
});
const plain = (list: readonly Attribute[]) => list.map((one) => ({ ...one, value: [...one.value] }));

describe('a request', () => {
  test('comes out as it went in', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const packet = unwrap(decodeRequest(unwrap(encodeRequest(request)), SECRET));
        expect([packet.code, packet.id]).toEqual([request.code, request.id]);
        expect(plain(packet.attributes)).toEqual(plain(request.attributes));
      }),
    );
  });

  test('is refused with any bit flipped, cut anywhere, or with another secret', () => {
    fc.assert(
      fc.property(requests, fc.nat(), fc.nat(), (request, bit, cut) => {
        const wire = unwrap(encodeRequest(request));
        const flipped = Buffer.from(wire);
        flipped[(bit >> 3) % wire.length]! ^= 1 << (bit & 7);
        expect(decodeRequest(flipped, SECRET).ok).toBe(false);
        expect(decodeRequest(wire.subarray(0, cut % wire.length), SECRET)).toEqual({ ok: false, failure: 'truncated' });
        expect(decodeRequest(wire, `${SECRET}!`).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('what follows it in a datagram is padding', () => {
    fc.assert(
      fc.property(requests, bytes(1, 40), (request, padding) => {
        const wire = unwrap(encodeRequest(request));
        expect(decodeRequest(Buffer.concat([wire, padding]), SECRET)).toEqual(decodeRequest(wire, SECRET));
      }),
    );
  });

  test('has its Message-Authenticator before everything else; accounting has none', () => {
    for (const code of REQUEST_CODES) {
      const authenticator = Buffer.alloc(16, 7);
      const one = attribute('User-Name', 'alice');
      const wire = unwrap(encodeRequest({ code, id: 1, attributes: [one], secret: SECRET, authenticator }));
      expect([...wire.subarray(20, 22)]).toEqual(code === accountingRequest ? [1, 7] : [80, 18]);
    }
  });

  test('is refused without one, but for accounting', () => {
    for (const code of REQUEST_CODES) {
      const head = Buffer.from([code, 1, 0, 20]);
      const keyed = createHash('md5').update(head).update(Buffer.alloc(16)).update(SECRET).digest();
      const random = code === accessRequest || code === statusServer;
      const result = decodeRequest(Buffer.concat([head, random ? Buffer.alloc(16, 7) : keyed]), SECRET);
      expect(result.ok ? 'fine' : result.failure).toBe(
        code === accountingRequest ? 'fine' : 'message-authenticator-missing',
      );
    }
  });

  test('of accounting is refused with a wrong one', () => {
    const head = Buffer.from([accountingRequest, 1, 0, 38]);
    const made = (signature: Buffer) => {
      const rest = Buffer.concat([Buffer.from([80, 18]), signature]);
      const keyed = createHash('md5').update(head).update(Buffer.alloc(16)).update(rest).update(SECRET).digest();
      return Buffer.concat([head, keyed, rest]);
    };
    const empty = Buffer.concat([head, Buffer.alloc(16), Buffer.from([80, 18]), Buffer.alloc(16)]);
    const right = createHmac('md5', SECRET).update(empty).digest();
    expect(decodeRequest(made(right), SECRET).ok).toBe(true);
    expect(decodeRequest(made(Buffer.alloc(16)), SECRET)).toEqual({
      ok: false,
      failure: 'message-authenticator-wrong',
    });
  });
});

describe('a response', () => {
  const asked: Pick<Packet, 'id' | 'authenticator'> = { id: 9, authenticator: Buffer.alloc(16, 3) };
  const responses = fc.record({
    code: fc.constantFrom(...ANSWER_CODES),
    attributes,
    secret: fc.constant(SECRET),
    request: fc.constant(asked),
  });
  const expectation = (code: number, messageAuthenticator?: 'mandatory' | 'optional') => ({
    secret: SECRET,
    request: { ...asked, code: ANSWERED.get(code)! },
    messageAuthenticator: messageAuthenticator ?? (code === CODE.accountingResponse ? 'optional' : 'mandatory'),
  });

  test('comes out as it went in', () => {
    fc.assert(
      fc.property(responses, (response) => {
        const packet = unwrap(decodeResponse(unwrap(encodeResponse(response)), expectation(response.code)));
        expect([packet.code, packet.id]).toEqual([response.code, asked.id]);
        expect(plain(packet.attributes)).toEqual(plain(response.attributes));
      }),
    );
  });

  test('is refused with any bit flipped, cut anywhere, to another request, or with another secret', () => {
    fc.assert(
      fc.property(responses, fc.nat(), fc.nat(), authenticators, (response, bit, cut, other) => {
        const wire = unwrap(encodeResponse(response));
        const expected = expectation(response.code);
        const flipped = Buffer.from(wire);
        flipped[(bit >> 3) % wire.length]! ^= 1 << (bit & 7);
        expect(decodeResponse(wire, expected).ok).toBe(true);
        expect(decodeResponse(flipped, expected).ok).toBe(false);
        expect(decodeResponse(wire.subarray(0, cut % wire.length), expected).ok).toBe(false);
        expect(decodeResponse(wire, { ...expected, secret: 'wrong' }).ok).toBe(false);
        const { request } = expected;
        expect(decodeResponse(wire, { ...expected, request: { ...request, authenticator: other } }).ok).toBe(false);
        expect(decodeResponse(wire, { ...expected, request: { ...request, id: 8 } }).ok).toBe(false);
        expect(
          decodeResponse(wire, { ...expected, request: { ...request, code: request.code === 1 ? 4 : 1 } }),
        ).toEqual({
          ok: false,
          failure: 'unexpected-code',
        });
      }),
      { numRuns: 500 },
    );
  });

  test('without a Message-Authenticator is refused where that is mandatory (CVE-2024-3596)', () => {
    for (const code of ANSWER_CODES) {
      const head = Buffer.from([code, asked.id, 0, 20]);
      const keyed = createHash('md5').update(head).update(asked.authenticator).update(SECRET).digest();
      const wire = Buffer.concat([head, keyed]);
      expect(decodeResponse(wire, expectation(code, 'mandatory'))).toEqual({
        ok: false,
        failure: 'message-authenticator-missing',
      });
      expect(decodeResponse(wire, expectation(code, 'optional')).ok).toBe(true);
    }
  });

  test('made over zeros, as FreeRADIUS 3 does, is believed of all but Access-Accept, -Reject and -Challenge', () => {
    for (const code of ANSWER_CODES) {
      const answer = Buffer.from([code, asked.id, 0, 38, ...new Uint8Array(16), 80, 18, ...new Uint8Array(16)]);
      answer.set(createHmac('md5', SECRET).update(answer).digest(), 22);
      answer.set(asked.authenticator, 4);
      answer.set(createHash('md5').update(answer).update(SECRET).digest(), 4);
      expect(decodeResponse(answer, expectation(code, 'mandatory')).ok).toBe(![2, 3, 11].includes(code));
    }
  });

  test('a request is none', () => {
    const wire = unwrap(
      encodeRequest({ code: 1, id: 9, attributes: [], secret: SECRET, authenticator: asked.authenticator }),
    );
    expect(decodeResponse(wire, expectation(2))).toEqual({ ok: false, failure: 'unexpected-code' });
  });
});
