import { createHash } from 'node:crypto';
import { failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';

/** The SSH user that a host enrols itself as; its password is the secret, in base64url. */
export const ENROL_USER = 'enrol';

/** What `headend host invite` hands out, for one host and one use. */
export interface EnrolmentToken {
  /** Where the headend is, best first: 1 to 8. */
  readonly addresses: readonly HeadendAddress[];
  /** Its SSH host keys, `SHA256:` and 43 characters as `ssh-keygen -l` prints them: 1 to 8. */
  readonly hostKeys: readonly string[];
  /** 16 to 64 bytes that nobody can guess. */
  readonly secret: Uint8Array;
  /** The only host-id it is good for; absent: any that is free. */
  readonly hostId?: string;
  /** Until when it is good, by the headend's clock; whole seconds. */
  readonly expires: Milliseconds;
}

export interface HeadendAddress {
  /** A name, or an IP address without brackets: 1 to 255 ASCII characters. */
  readonly host: string;
  readonly port: number;
}

/**
 * Why a text is no token. `not-a-token`: it does not begin as one. `newer`: it begins as a later version's.
 * `truncated`: its end is missing. `checksum`: something in it was changed, or follows it. `malformed`: its sum is
 * right, and its content is none.
 */
export type TokenFault = 'not-a-token' | 'newer' | 'truncated' | 'checksum' | 'malformed';

const NAME = 'sublane';
const PREFIX = `${NAME}1.`;
const CHECKSUM = 4;
const FINGERPRINT = /^SHA256:([A-Za-z0-9+/]{43})$/;
const HOST = /^[\x21-\x7e]{1,255}$/;
const HOST_ID = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;

/** One line, URL-safe. Throws where the token is over its bounds: that is the program's fault. */
export function encodeToken({ addresses, hostKeys, secret, hostId = '', expires }: EnrolmentToken): string {
  const end = Buffer.alloc(6);
  end.writeUIntBE(Math.floor(expires / 1000), 0, 6);
  const content = Buffer.concat([
    end,
    counted(Buffer.from(hostId)),
    Buffer.from([addresses.length]),
    ...addresses.flatMap(({ host, port }) => [counted(Buffer.from(host)), Buffer.from([port >> 8, port & 0xff])]),
    Buffer.from([hostKeys.length]),
    ...hostKeys.map((text) => Buffer.from(FINGERPRINT.exec(text)?.[1] ?? '', 'base64')),
    counted(Buffer.from(secret)),
  ]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length + CHECKSUM);
  const body = Buffer.concat([length, content]);
  const text = PREFIX + Buffer.concat([body, checksum(body)]).toString('base64url');
  if (!decodeToken(text).ok) throw new RangeError('a token over its bounds');
  return text;
}

/** Reads what `encodeToken` wrote; white space around it and line breaks within are what mail programs add. */
export function decodeToken(given: string): Result<EnrolmentToken, TokenFault> {
  const text = given.replace(/\s+/g, '');
  const version = /^sublane(\d{1,6})\./.exec(text)?.[1];
  if (version === undefined) return failed(text !== '' && PREFIX.startsWith(text) ? 'truncated' : 'not-a-token');
  if (version !== '1') return failed(Number(version) > 1 ? 'newer' : 'not-a-token');
  const code = text.slice(PREFIX.length);
  if (!/^[A-Za-z0-9_-]*$/.test(code)) return failed('checksum');
  const bytes = Buffer.from(code, 'base64url');
  if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return failed('truncated');
  const body = bytes.subarray(0, -CHECKSUM);
  const whole = bytes.length === 2 + bytes.readUInt16BE(0) && bytes.length >= 2 + CHECKSUM;
  if (!whole || !checksum(body).equals(bytes.subarray(-CHECKSUM))) return failed('checksum');
  // Only one text stands for these bytes: the last character's spare bits are nought.
  if (bytes.toString('base64url') !== code) return failed('checksum');
  const token = read(body.subarray(2));
  return token === undefined ? failed('malformed') : ok(token);
}

/** The secret as the SSH password of user `enrol`. */
export function secretText(secret: Uint8Array): string {
  return Buffer.from(secret).toString('base64url');
}

/** What the headend keeps and looks up instead of the secret: SHA-256 of its text. */
export function secretDigest(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

/** Whether a host may have this name. */
export function isHostId(text: string): boolean {
  return HOST_ID.test(text);
}

function read(bytes: Buffer): EnrolmentToken | undefined {
  let at = 0;
  const take = (length: number): Buffer | undefined => {
    const piece = bytes.subarray(at, at + length);
    at += length;
    return piece.length === length ? piece : undefined;
  };
  const byte = () => take(1)?.[0] ?? 0;
  const expires = take(6)?.readUIntBE(0, 6);
  const hostId = take(byte())?.toString('latin1') ?? '';
  const addresses = Array.from({ length: byte() }, () => {
    const host = take(byte())?.toString('latin1') ?? '';
    return { host, port: take(2)?.readUInt16BE(0) ?? 0 };
  });
  const hostKeys = Array.from(
    { length: byte() },
    () => `SHA256:${(take(32) ?? Buffer.alloc(0)).toString('base64').replace(/=+$/, '')}`,
  );
  const secret = take(byte());
  const right =
    at === bytes.length &&
    expires !== undefined &&
    secret !== undefined &&
    within(secret.length, 16, 64) &&
    within(addresses.length, 1, 8) &&
    within(hostKeys.length, 1, 8) &&
    (hostId === '' || isHostId(hostId)) &&
    addresses.every(({ host, port }) => HOST.test(host) && port > 0) &&
    hostKeys.every((text) => FINGERPRINT.test(text));
  if (!right) return undefined;
  return {
    addresses,
    hostKeys,
    secret: new Uint8Array(secret),
    expires: milliseconds(expires * 1000),
    ...(hostId !== '' && { hostId }),
  };
}

const within = (value: number, from: number, to: number): boolean => value >= from && value <= to;

const counted = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([Math.min(bytes.length, 255)]), bytes]);

const checksum = (body: Buffer): Buffer =>
  createHash('sha256').update(PREFIX).update(body).digest().subarray(0, CHECKSUM);
