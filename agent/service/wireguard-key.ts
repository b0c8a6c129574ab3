import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import type { StateFailure } from './agent-state.ts';

/** A key of WireGuard: 32 bytes in base64 (RFC 4648 §4), as `wg genkey` prints it. */
const KEY = /^[A-Za-z0-9+/]{43}=$/;
/** RFC 8410 §7: what stands before the 32 bytes of an X25519 private key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * This host's key pair for WireGuard tunnels. The private key lies in a file of its own that only its owner reads, made
 * at first need and never overwritten: the edge knows the host by it. It is never printed and never sent.
 */
export class WireguardKey {
  readonly file: string;
  #publicKey: string | undefined;

  constructor(file: string) {
    this.file = file;
  }

  /** The public key, where it was asked for before. */
  get known(): string | undefined {
    return this.#publicKey;
  }

  /** The public key in base64; makes the pair where there is none. */
  publicKey(): Result<string, StateFailure> {
    if (this.#publicKey !== undefined) return ok(this.#publicKey);
    try {
      const text = this.#read() ?? this.#make();
      if (!KEY.test(text)) {
        const reason = 'this is no WireGuard key (32 bytes in base64); remove the file and another is made';
        return failed({ kind: 'state', file: this.file, reason });
      }
      this.#publicKey = publicKeyOf(Buffer.from(text, 'base64'));
      return ok(this.#publicKey);
    } catch (error) {
      return failed({ kind: 'state', file: this.file, reason: (error as Error).message });
    }
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.file, 'latin1').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whole and durable, or not there; of two that make one at once the first wins, for both. */
  #make(): string {
    const text = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'der' });
    const fresh = `${this.file}.${process.pid}`;
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    rmSync(fresh, { force: true });
    const descriptor = openSync(fresh, 'wx', 0o600);
    try {
      writeSync(descriptor, `${text.subarray(PKCS8.length).toString('base64')}\n`);
      fsyncSync(descriptor);
      linkSync(fresh, this.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      closeSync(descriptor);
      rmSync(fresh, { force: true });
    }
    const folder = openSync(dirname(this.file), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
    return this.#read() ?? '';
  }
}

/** RFC 7748 §6.1. */
function publicKeyOf(privateKey: Buffer): string {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, privateKey]), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
}
