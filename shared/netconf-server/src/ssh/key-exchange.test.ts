import { spawn } from 'node:child_process';
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { silentLog } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNRESTRICTED } from '../access.ts';
import { createNetconfServer } from '../server.ts';
import { lab } from '../testing/lab.ts';
import { generateHostKey } from './host-key.ts';
import { mpint, patchKeyExchange, sharedSecret, speedUpKeyExchange } from './key-exchange.ts';
import { listenSsh } from './ssh-listener.ts';

const require = createRequire(import.meta.url);
const { version } = require('ssh2/package.json') as { version: string };
const ssh2Path = require.resolve('ssh2');

/** Something like ssh2's inside. */
function inside(methods: Record<string, unknown>, type = '25519') {
  class Protocol {
    declare _kex: unknown;
    constructor() {
      this._kex = undefined; // as ssh2's does
    }
  }
  const exchange = Object.assign(Object.create({ ...methods }), { type, _keys: null });
  return { prototype: Protocol.prototype, exchange, Protocol };
}
const original = () => 'as it came';
const METHODS = { generateKeys: original, getPublicKey: original, computeSecret: original };

describe('the patch', () => {
  test('replaces the methods when the first exchange comes, and removes its trap', () => {
    const { prototype, exchange, Protocol } = inside(METHODS);
    const state = patchKeyExchange({ version, prototype });
    expect(state()).toBe('waiting');
    const protocol = new Protocol();
    protocol._kex = exchange;
    expect(state()).toBe('in place');
    expect(protocol._kex).toBe(exchange);
    expect(Object.hasOwn(prototype, '_kex')).toBe(false);
    expect(exchange.computeSecret).not.toBe(original);
    const peer = generateKeyPairSync('x25519');
    const raw = peer.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const secret = exchange.computeSecret(raw);
    const ours = createPublicKey({
      key: { kty: 'OKP', crv: 'X25519', x: exchange.getPublicKey().toString('base64url') },
      format: 'jwk',
    });
    expect(secret).toEqual(mpint(diffieHellman({ privateKey: peer.privateKey, publicKey: ours })));
    expect(exchange.computeSecret(Buffer.alloc(32))).toBeInstanceOf(Error);
  });

  test('waits through exchanges of other kinds', () => {
    const { prototype, exchange, Protocol } = inside(METHODS, 'ecdh');
    const state = patchKeyExchange({ version, prototype });
    new Protocol()._kex = exchange;
    expect(state()).toBe('waiting');
    expect(exchange.computeSecret).toBe(original);
  });

  test.each([
    ['ssh2 is another version', { version: '1.18.0' }, METHODS],
    ['the exchange has other methods', { version }, { generateKeys: original, computeSecret: original }],
    ['a method is no function', { version }, { ...METHODS, getPublicKey: 7 }],
  ])('leaves everything as it came where %s', (_, { version: found }, methods) => {
    const { prototype, exchange, Protocol } = inside(methods);
    const state = patchKeyExchange({ version: found, prototype });
    const protocol = new Protocol();
    protocol._kex = exchange;
    expect(protocol._kex).toBe(exchange);
    expect(state()).toBe('left out');
    expect(exchange.computeSecret).toBe(original);
    expect(patchKeyExchange(undefined)()).toBe('left out');
  });
});

describe('with the ssh2 that is installed', () => {
  /** A peer in a process of its own, whose ssh2 nobody has touched; it says what it negotiated. */
  function untouchedPeer(script: string, ...what: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['-e', script, ssh2Path, ...what], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (piece) => {
        said += piece;
      });
      child.on('error', reject);
      child.on('close', () => resolve(said));
    });
  }
  const CLIENT = `
    const [ssh2, port, key] = process.argv.slice(1);
    const client = new (require(ssh2).Client)();
    client.on('handshake', ({ kex }) => process.stdout.write(kex + ' '));
    client.on('ready', () => { process.stdout.write('ready'); client.end(); });
    client.on('error', ({ message }) => process.stdout.write(message));
    client.connect({ host: '127.0.0.1', port: Number(port), username: 'ann', privateKey: Buffer.from(key, 'base64') });`;

  test('it is in place, and a peer without it agrees with us every time', async () => {
    const server = createNetconfServer({ schema: lab().context, access: UNRESTRICTED, log: silentLog });
    const listener = await listenSsh({
      server,
      host: '127.0.0.1',
      port: 0,
      hostKeys: [generateHostKey()],
      authenticate: ({ user }) => ({ user, role: 'host' }),
    });
    if (!listener.ok) throw new Error(listener.failure.message);
    const key = Buffer.from(generateHostKey()).toString('base64');
    for (let round = 0; round < 5; round++) {
      const said = await untouchedPeer(CLIENT, String(listener.value.address.port), key);
      expect(said).toMatch(/^curve25519-sha256\S* ready$/);
    }
    expect(speedUpKeyExchange()()).toBe('in place');
    await server.close();
    await listener.value.close();
  });
});

describe('the secret', () => {
  test('is the one that Node gives', () => {
    for (let round = 0; round < 20; round++) {
      const ours = generateKeyPairSync('x25519');
      const theirs = generateKeyPairSync('x25519');
      const raw = theirs.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
      expect(sharedSecret(ours.privateKey, raw)).toEqual(
        diffieHellman({ privateKey: theirs.privateKey, publicKey: createPublicKey(ours.privateKey) }),
      );
    }
  });

  test.each([
    ['of 31 bytes', Buffer.alloc(31, 1)],
    ['of 33 bytes', Buffer.alloc(33, 1)],
    ['of small order, which gives the all-zero secret', Buffer.alloc(32)],
  ])("is refused for a peer's key %s", (_, peer) => {
    expect(() => sharedSecret(generateKeyPairSync('x25519').privateKey, peer)).toThrow();
  });

  test('is written as RFC 4251 has numbers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const number = mpint(Buffer.from(bytes));
        const value = (some: Uint8Array) => BigInt(`0x0${Buffer.from(some).toString('hex')}`);
        expect(value(number)).toBe(value(bytes));
        expect((number[0] ?? 0) & 0x80).toBe(0);
        if (number.length > 1 && number[0] === 0) expect((number[1] ?? 0) & 0x80).toBe(0x80);
      }),
    );
  });
});
