import { ManualClock, seconds, toMilliseconds, unwrap } from '@sublane/basics';
import { CompactEncrypt, exportJWK, generateKeyPair, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { createPasswordOpener } from './open-password.ts';
import type { PasswordContent, PasswordOpener } from './password-envelope.ts';

type Key = JWK & { kid: string };
const newKey = async (kid: string): Promise<Key> => {
  const { privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
};
const [present, past, foreign] = (await Promise.all(['present', 'past', 'foreign'].map(newKey))) as [Key, Key, Key];

let clock: ManualClock;
let store: Store;
let opener: PasswordOpener;
beforeEach(async () => {
  clock = new ManualClock();
  store = unwrap(await openSqliteStore({ path: ':memory:' }));
  opener = createPasswordOpener({ keys: [present, past], headend: 'edge-1', nonces: store.nonces, clock });
});
afterEach(() => store.close());

let counter = 0;
const content = (more: Partial<PasswordContent> = {}): PasswordContent => ({
  password: 'correct horse',
  'host-id': 'laptop',
  headend: 'edge-1',
  'issued-at': Math.floor(clock.now() / 1000),
  nonce: `nonce-number-${String(counter++).padStart(8, '0')}`,
  ...more,
});

async function seal(plaintext: unknown, header: object = {}, key: Key = present): Promise<string> {
  const text = typeof plaintext === 'string' ? plaintext : JSON.stringify(plaintext);
  const { d: _private, ...publicPart } = key;
  return new CompactEncrypt(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid, ...header })
    .encrypt(publicPart);
}
const open = (jwe: string, hostId = 'laptop') => opener.open(jwe, hostId);
const refusal = (kind: string, more: object = {}) => ({ ok: false, failure: { kind, ...more } });

describe('opened', () => {
  test.each([present, past])('with key $kid', async (key) => {
    expect(await open(await seal(content(), {}, key))).toEqual({ ok: true, value: 'correct horse' });
  });

  test('up to 300 s before and after now', async () => {
    for (const skew of [-300, 300]) {
      const at = Math.floor(clock.now() / 1000) + skew;
      expect(await open(await seal(content({ 'issued-at': at })))).toMatchObject({ ok: true });
    }
  });
});

describe('refused', () => {
  test('a second time', async () => {
    const jwe = await seal(content());
    expect(await open(jwe)).toMatchObject({ ok: true });
    expect(await open(jwe)).toEqual(refusal('password-replayed'));
  });

  test('the same nonce in another envelope, as long as it would pass for fresh', async () => {
    const first = content({ 'issued-at': Math.floor(clock.now() / 1000) + 300 });
    expect(await open(await seal(first))).toMatchObject({ ok: true });
    await clock.advance(toMilliseconds(seconds(600)));
    expect(await open(await seal(first))).toEqual(refusal('password-replayed'));
    await clock.advance(toMilliseconds(seconds(1)));
    expect(await open(await seal(first))).toMatchObject(refusal('password-skew'));
  });

  test('a clock that is wrong, with the headend’s time', async () => {
    for (const skew of [-301, 301]) {
      const at = Math.floor(clock.now() / 1000) + skew;
      expect(await open(await seal(content({ 'issued-at': at })))).toEqual(
        refusal('password-skew', { headendTime: clock.now(), limit: 300 }),
      );
    }
  });

  test('another host’s, another headend’s; it does not use the nonce up', async () => {
    const mine = content();
    expect(await open(await seal(mine), 'phone')).toEqual(refusal('password-misdirected', { field: 'host-id' }));
    expect(await open(await seal({ ...mine, headend: 'edge-2' }))).toEqual(
      refusal('password-misdirected', { field: 'headend' }),
    );
    expect(await open(await seal(mine))).toMatchObject({ ok: true });
  });

  test('a key we do not have, and one we have under a wrong name', async () => {
    expect(await open(await seal(content(), {}, foreign))).toEqual(refusal('password-unreadable', { fault: 'key' }));
    expect(await open(await seal(content(), { kid: 'past' }))).toEqual(
      refusal('password-unreadable', { fault: 'key' }),
    );
  });

  test('other algorithms, compression, and headers that change the meaning', async () => {
    const algorithm = refusal('password-unreadable', { fault: 'algorithm' });
    expect(await open(await seal(content(), { enc: 'A128GCM' }))).toEqual(algorithm);
    expect(await open(await seal(content(), { alg: 'ECDH-ES+A256KW' }))).toEqual(algorithm);
    const [, ...rest] = (await seal(content())).split('.');
    for (const header of [
      { alg: 'dir', enc: 'A256GCM', kid: 'present' },
      { alg: 'ECDH-ES', enc: 'A256GCM', kid: 'present', zip: 'DEF' },
      { alg: 'ECDH-ES', enc: 'A256GCM', kid: 'present', crit: ['x'], x: 1 },
    ]) {
      const jwe = [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.');
      expect(await open(jwe)).toEqual(algorithm);
    }
  });

  test('what is no JWE, and what was tampered with', async () => {
    for (const text of ['', 'x', 'a.b.c.d.e', '....']) {
      expect(await open(text)).toEqual(refusal('password-unreadable', { fault: 'form' }));
    }
    const parts = (await seal(content())).split('.');
    const tag = Buffer.from(parts[4] ?? '', 'base64url');
    tag[0] = (tag[0] ?? 0) ^ 1;
    expect(await open([...parts.slice(0, 4), tag.toString('base64url')].join('.'))).toEqual(
      refusal('password-unreadable', { fault: 'key' }),
    );
  });

  test('what is inside is not what it must be', async () => {
    const { nonce: _, ...withoutNonce } = content();
    for (const inside of [
      'no JSON',
      [],
      {},
      withoutNonce,
      content({ nonce: 'short' }),
      content({ nonce: `blank ${'x'.repeat(20)}` }),
      content({ nonce: 'x'.repeat(129) }),
      content({ password: '' }),
      content({ password: 'x'.repeat(257) }),
      content({ 'issued-at': 1.5 }),
      { ...content(), more: 1 },
    ]) {
      expect(await open(await seal(inside))).toEqual(refusal('password-unreadable', { fault: 'content' }));
    }
  });

  test('while the store cannot remember nonces', async () => {
    await store.close();
    expect(await open(await seal(content()))).toMatchObject(refusal('store-failed'));
  });
});
