import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { failed, ok, type Result } from '@sublane/basics';
import type { Attribute } from './attribute.ts';
import {
  AUTHENTICATOR_BYTES,
  CODE,
  type DecodeRefusal,
  type EncodeRefusal,
  FIRST_VALUE_AT,
  HEADER_BYTES,
  layOut,
  type Packet,
  type ParsedPacket,
  parsePacket,
} from './packet.ts';

export type Secret = string | Uint8Array;

/** How a packet proves that it comes from one who knows the secret. */
interface Proof {
  /** `random`: unpredictable, and proves nothing; `keyed`: an MD5 of packet and secret. */
  readonly authenticator: 'random' | 'keyed';
  /** Whether it is sent with a Message-Authenticator. */
  readonly signed: boolean;
}

const REQUESTS: Readonly<Record<number, Proof>> = {
  // RFC 2865 §3, RFC 5997 §3: the Request Authenticator is unpredictable.
  [CODE.accessRequest]: { authenticator: 'random', signed: true },
  [CODE.statusServer]: { authenticator: 'random', signed: true },
  // RFC 2866 §3. Its authenticator proves the whole packet, and no RFC says what a Message-Authenticator were made of.
  [CODE.accountingRequest]: { authenticator: 'keyed', signed: false },
  // RFC 5176 §2.3, §3.3
  [CODE.disconnectRequest]: { authenticator: 'keyed', signed: true },
  [CODE.changeRequest]: { authenticator: 'keyed', signed: true },
};

export interface RequestToEncode {
  readonly code: number;
  readonly id: number;
  readonly attributes: readonly Attribute[];
  readonly secret: Secret;
  /** 16 unpredictable bytes, of Access-Request and Status-Server; of others it follows from the packet. */
  readonly authenticator: Uint8Array;
}

/** A request, signed. */
export function encodeRequest(request: RequestToEncode): Result<Buffer, EncodeRefusal> {
  const proof = REQUESTS[request.code];
  if (proof === undefined) throw new RangeError(`${request.code} is no request`);
  const laid = layOut({ ...request, signed: proof.signed }, request.attributes);
  if (!laid.ok) return laid;
  const bytes = laid.value;
  if (proof.authenticator === 'random') bytes.set(request.authenticator, 4);
  // RFC 3579 §3.2; in what RFC 5176 defines, over an authenticator of zeros.
  if (proof.signed) bytes.set(hmacMd5(request.secret, bytes), FIRST_VALUE_AT);
  if (proof.authenticator === 'keyed') bytes.set(md5(bytes, request.secret), 4);
  return ok(bytes);
}

export interface ResponseToEncode {
  readonly code: number;
  readonly attributes: readonly Attribute[];
  readonly secret: Secret;
  /** What it answers. */
  readonly request: Pick<Packet, 'id' | 'authenticator'>;
}

/** A response, signed; all but Accounting-Response with a Message-Authenticator. */
export function encodeResponse({ code, attributes, secret, request }: ResponseToEncode): Result<Buffer, EncodeRefusal> {
  const signed = code !== CODE.accountingResponse;
  const laid = layOut({ code, id: request.id, signed }, attributes);
  if (!laid.ok) return laid;
  const bytes = laid.value;
  bytes.set(request.authenticator, 4);
  if (signed) bytes.set(hmacMd5(secret, bytes), FIRST_VALUE_AT);
  // RFC 2865 §3: MD5(Code+ID+Length+RequestAuth+Attributes+Secret)
  bytes.set(md5(bytes, secret), 4);
  return ok(bytes);
}

/** A request that comes from one who knows the secret. Of Accounting-Request a Message-Authenticator may be missing. */
export function decodeRequest(datagram: Uint8Array, secret: Secret): Result<Packet, DecodeRefusal> {
  const parsed = parsePacket(datagram);
  if (!parsed.ok) return parsed;
  const { packet, bytes } = parsed.value;
  const proof = REQUESTS[packet.code];
  if (proof === undefined) return failed('unexpected-code');
  const zeroed = withAuthenticator(bytes, ZEROS);
  if (proof.authenticator === 'keyed' && !equal(md5(zeroed, secret), packet.authenticator)) {
    return failed('authenticator-wrong');
  }
  const over = proof.authenticator === 'random' ? [packet.authenticator] : [ZEROS];
  return checkedMessageAuthenticator(parsed.value, secret, over, proof.signed);
}

export interface Expectation {
  readonly secret: Secret;
  /** What was asked. */
  readonly request: Pick<Packet, 'code' | 'id' | 'authenticator'>;
  /** Whether an answer without a Message-Authenticator is refused. One that is there must be right in any case. */
  readonly messageAuthenticator: 'mandatory' | 'optional';
}

/** A response to `request` that comes from one who knows the secret. */
export function decodeResponse(datagram: Uint8Array, expected: Expectation): Result<Packet, DecodeRefusal> {
  const { secret, request, messageAuthenticator } = expected;
  const parsed = parsePacket(datagram);
  if (!parsed.ok) return parsed;
  const { packet, bytes } = parsed.value;
  if (!ANSWERS[request.code]?.includes(packet.code)) return failed('unexpected-code');
  const mine = withAuthenticator(bytes, request.authenticator);
  if (packet.id !== request.id || !equal(md5(mine, secret), packet.authenticator)) return failed('authenticator-wrong');
  // RFC 5176 §3.4: over the request's authenticator. FreeRADIUS 3 has zeros there, in accounting too; either is keyed.
  const over = OVER_ZEROS_TOO.has(packet.code) ? [request.authenticator, ZEROS] : [request.authenticator];
  return checkedMessageAuthenticator(parsed.value, secret, over, messageAuthenticator === 'mandatory');
}

/** Checks against each of the authenticators that it may have been made over. */
function checkedMessageAuthenticator(
  { packet, bytes, messageAuthenticatorAt: at }: ParsedPacket,
  secret: Secret,
  over: readonly Uint8Array[],
  mandatory: boolean,
): Result<Packet, DecodeRefusal> {
  if (at === undefined) return mandatory ? failed('message-authenticator-missing') : ok(packet);
  const seen = bytes.subarray(at, at + AUTHENTICATOR_BYTES);
  const right = over.some((authenticator) => {
    const signed = withAuthenticator(bytes, authenticator);
    signed.fill(0, at, at + AUTHENTICATOR_BYTES);
    return equal(hmacMd5(secret, signed), seen);
  });
  return right ? ok(packet) : failed('message-authenticator-wrong');
}

const ANSWERS: Readonly<Record<number, readonly number[]>> = {
  [CODE.accessRequest]: [CODE.accessAccept, CODE.accessReject, CODE.accessChallenge],
  [CODE.accountingRequest]: [CODE.accountingResponse],
  // RFC 5997 §3: as the port answers that it was sent to.
  [CODE.statusServer]: [CODE.accessAccept, CODE.accountingResponse],
  [CODE.disconnectRequest]: [CODE.disconnectAck, CODE.disconnectNak],
  [CODE.changeRequest]: [CODE.changeAck, CODE.changeNak],
};

const OVER_ZEROS_TOO: ReadonlySet<number> = new Set([
  CODE.accountingResponse,
  CODE.disconnectAck,
  CODE.disconnectNak,
  CODE.changeAck,
  CODE.changeNak,
]);
const ZEROS = new Uint8Array(AUTHENTICATOR_BYTES);

function withAuthenticator(bytes: Uint8Array, authenticator: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(authenticator.subarray(0, AUTHENTICATOR_BYTES), HEADER_BYTES - AUTHENTICATOR_BYTES);
  return copy;
}

const md5 = (bytes: Uint8Array, secret: Secret): Buffer => createHash('md5').update(bytes).update(secret).digest();
const hmacMd5 = (secret: Secret, bytes: Uint8Array): Buffer => createHmac('md5', secret).update(bytes).digest();
/** Takes as long wherever they differ; both are 16 bytes. */
const equal = (a: Uint8Array, b: Uint8Array): boolean => timingSafeEqual(a, b);
