import type * as Crypto from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
// The object ssh2 takes its functions from; the ES module's view of it is frozen.
const crypto = require('node:crypto') as typeof Crypto;

/** ssh2's exchange of the kind `curve25519-sha256` (RFC 8731), as far as it is touched here. */
interface Exchange {
  readonly type?: string;
  _keys: { readonly privateKey: Crypto.KeyObject; readonly publicKey: { readonly x?: string } } | null;
  generateKeys(): void;
  getPublicKey(): Buffer;
  computeSecret(peer: Buffer): Buffer | Error;
}

/** How the patch went: `waiting` for the first exchange, in place, or left out because ssh2 is not what it knows. */
export type PatchState = 'waiting' | 'in place' | 'left out';

/** What is looked at of ssh2. */
export interface Ssh2Inside {
  readonly version: string;
  /** `Protocol.prototype`. */
  readonly prototype: object;
}

let state: (() => PatchState) | undefined;

/** Patches ssh2, once for the process. Returns how far that is. */
export function speedUpKeyExchange(): () => PatchState {
  state ??= patchKeyExchange(ssh2Inside());
  return state;
}

/**
 * Makes the x25519 key exchange of ssh2 cheaper (a quarter of the server's work at a handshake): keys are imported and
 * exported through JWK instead of a DER structure built in JavaScript.
 *
 * The class is private to ssh2 1.17. Its first instance passes through `protocol._kex = …`, where its prototype can be
 * taken hold of; then the trap is removed. Where ssh2's inside is different, nothing is changed and ssh2 works as it
 * came: the state says so.
 */
export function patchKeyExchange(inside: Ssh2Inside | undefined): () => PatchState {
  if (inside === undefined || !inside.version.startsWith('1.17.') || Object.hasOwn(inside.prototype, '_kex')) {
    return () => 'left out';
  }
  const { prototype } = inside;
  let now: PatchState = 'waiting';
  Object.defineProperty(prototype, '_kex', {
    configurable: true,
    get: () => undefined,
    set(this: object, exchange: Exchange | undefined) {
      if (exchange === undefined) return; // the constructor's
      Object.defineProperty(this, '_kex', { value: exchange, writable: true, enumerable: true, configurable: true });
      if (exchange.type !== '25519') return;
      delete (prototype as { _kex?: unknown })._kex;
      const methods = Object.getPrototypeOf(exchange) as Exchange;
      now = isKnown(methods) ? replace(methods) : 'left out';
    },
  });
  return () => now;
}

function ssh2Inside(): Ssh2Inside | undefined {
  try {
    const { version } = require('ssh2/package.json') as { version: string };
    const { prototype } = require('ssh2/lib/protocol/Protocol.js') as { prototype: object };
    return { version, prototype };
  } catch {
    return undefined;
  }
}

/** Are these the methods this was written against? */
function isKnown(methods: object): boolean {
  return ['generateKeys', 'getPublicKey', 'computeSecret'].every(
    (name) => Object.hasOwn(methods, name) && typeof (methods as Record<string, unknown>)[name] === 'function',
  );
}

function replace(methods: Exchange): PatchState {
  methods.generateKeys = function (this: Exchange) {
    // The public key is encoded by the call that makes the pair: exported afterwards it costs as much again.
    this._keys ??= crypto.generateKeyPairSync('x25519', AS_JWK as never) as unknown as NonNullable<Exchange['_keys']>;
  };
  methods.getPublicKey = function (this: Exchange) {
    this.generateKeys();
    return Buffer.from(this._keys?.publicKey.x ?? '', 'base64url');
  };
  methods.computeSecret = function (this: Exchange, peer) {
    this.generateKeys();
    if (this._keys === null) return new Error('no x25519 key pair');
    try {
      return mpint(sharedSecret(this._keys.privateKey, peer));
    } catch (error) {
      return error as Error; // ssh2's contract: the exchange returns its Error
    }
  };
  return 'in place';
}

const AS_JWK = { publicKeyEncoding: { format: 'jwk' } };

/** X25519 (RFC 7748 §6.1). Throws on a peer's key that is not 32 bytes or gives the all-zero secret (RFC 8731 §3). */
export function sharedSecret(privateKey: Crypto.KeyObject, peer: Buffer): Buffer {
  if (peer.length !== 32) throw new Error(`expected an x25519 public key of 32 bytes, found ${peer.length}`);
  const publicKey = crypto.createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: peer.toString('base64url') },
    format: 'jwk',
  });
  return crypto.diffieHellman({ privateKey, publicKey });
}

/** RFC 4251 §5: no leading zero byte, but one where the number would look negative. */
export function mpint(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start++;
  const number = bytes.subarray(start);
  return (number[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), number]) : number;
}
