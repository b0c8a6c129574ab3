import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import { SIGNATURE_HASH } from './host-key.ts';

const { utils } = ssh2; // ssh2 is CommonJS

/** A user's public key whose signature over the session was right. */
export interface UserKey {
  /** As on the wire and in `authorized_keys`: `ssh-ed25519`, `ssh-rsa`, … */
  readonly algorithm: string;
  /** The key in the wire's encoding (RFC 4253 §6.6): what `authorized_keys` holds in base64. */
  readonly data: Buffer;
  /** `SHA256:` and the hash of `data` in base64 without padding, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
}

/** What a publickey authentication request carries (RFC 4252 §7). */
export interface SignedRequest {
  readonly key: { readonly algo: string; readonly data: Buffer };
  readonly blob?: Buffer;
  readonly signature?: Buffer;
  readonly hashAlgo?: string;
}

interface HeldKey {
  readonly user: UserKey;
  readonly publicKey: KeyObject;
  /** Undefined for RSA, which names the hash itself (RFC 8332 §3). */
  readonly hash: string | null | undefined;
}

const SMALLEST_RSA = 2048;

/**
 * Checks signatures of users' keys, and holds the parsed key for the next time: parsing costs more than verifying.
 * `capacity` keys are held, the one not used for longest goes first.
 */
export class UserKeyRing {
  readonly #held = new Map<string, HeldKey>();
  readonly #capacity: number;

  constructor(capacity = 4096) {
    this.#capacity = capacity;
  }

  /** The key, if it made this signature; else undefined. RSA with SHA-1 and RSA below 2048 bits do not count. */
  verified(request: SignedRequest): UserKey | undefined {
    const { key, blob, signature, hashAlgo } = request;
    if (blob === undefined || signature === undefined) return undefined;
    const held = this.#hold(key.data);
    if (held === undefined) return undefined;
    const hash = held.hash === undefined ? hashAlgo : held.hash;
    if (hash === undefined || hash === 'sha1') return undefined;
    try {
      return verify(hash, blob, held.publicKey, signature) ? held.user : undefined;
    } catch {
      return undefined; // a signature of the wrong shape
    }
  }

  #hold(data: Buffer): HeldKey | undefined {
    const id = data.toString('latin1');
    let held = this.#held.get(id);
    if (held === undefined) {
      held = parse(data);
      if (held === undefined) return undefined;
      const oldest = this.#held.keys().next();
      if (this.#held.size >= this.#capacity && oldest.done !== true) this.#held.delete(oldest.value);
    } else {
      this.#held.delete(id); // to the end of the order
    }
    this.#held.set(id, held);
    return held;
  }
}

function parse(data: Buffer): HeldKey | undefined {
  const parsed = utils.parseKey(data);
  if (parsed instanceof Error) return undefined;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key.isPrivateKey()) return undefined;
  const rsa = key.type === 'ssh-rsa';
  if (!rsa && !(key.type in SIGNATURE_HASH)) return undefined;
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey(key.getPublicPEM());
  } catch {
    return undefined; // a point that is not on its curve
  }
  if (rsa && (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < SMALLEST_RSA) return undefined;
  const user = { algorithm: key.type, data: Buffer.from(data), fingerprint: fingerprintOf(data) };
  return { user, publicKey, hash: rsa ? undefined : SIGNATURE_HASH[key.type] };
}

/** `SHA256:…` of a public key in the wire's encoding. */
export function fingerprintOf(data: Buffer): string {
  return `SHA256:${createHash('sha256').update(data).digest('base64').replace(/=+$/, '')}`;
}
