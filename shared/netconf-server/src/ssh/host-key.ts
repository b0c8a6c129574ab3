import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { failed, ok, type Result } from '@sublane/basics';
import ssh2, { type ParsedKey } from 'ssh2';

const { utils } = ssh2; // ssh2 is CommonJS

/** The hash of a signature made without an algorithm of its own name (RFC 5656 §6.2.1, RFC 8709 §6). */
export const SIGNATURE_HASH: Readonly<Record<string, string | null>> = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
};

/** A host key that cannot be used: which one (from 0) and why. */
export interface HostKeyFault {
  readonly index: number;
  readonly message: string;
}

/**
 * Reads a private host key: OpenSSH's own format, PEM, or PKCS#8 (ed25519 only).
 * ssh2 keeps a key as PEM text and has it parsed again for each signature, which is a third of a handshake; but it takes
 * a parsed key in place of text, and there `sign` can be one that holds the parsed key.
 */
export function readHostKey(pem: string, index = 0): Result<ParsedKey, HostKeyFault> {
  const fault = (message: string) => failed({ index, message });
  const parsed = parse(pem);
  if (parsed instanceof Error) {
    return fault(`not a private key that can be read (${parsed.message}); \`ssh-keygen -t ed25519 -N ''\` makes one`);
  }
  if (!parsed.isPrivateKey()) return fault('a public key; the private one is needed');
  const rsa = parsed.type === 'ssh-rsa';
  if (!rsa && !(parsed.type in SIGNATURE_HASH)) return fault(`a key of type ${parsed.type} is too weak to use`);
  const privateKey = createPrivateKey(parsed.getPrivatePEM());
  if (rsa && (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    return fault('an RSA key of less than 2048 bits is too weak to use');
  }
  const own = SIGNATURE_HASH[parsed.type] ?? null;
  parsed.sign = (data, algorithm) => {
    // ssh2 offers `ssh-rsa`, with SHA-1, last of all to whoever takes nothing else
    if (rsa && algorithm !== 'sha256' && algorithm !== 'sha512')
      return new Error('no RSA signature with SHA-1') as never;
    try {
      return sign(algorithm || own, Buffer.from(data), privateKey);
    } catch (error) {
      return error as never; // ssh2's contract: `sign` returns its Error
    }
  };
  return ok(parsed);
}

function parse(pem: string): ParsedKey | Error {
  if (!pem.includes('-----BEGIN PRIVATE KEY-----')) return first(utils.parseKey(pem));
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    return error as Error;
  }
  if (key.asymmetricKeyType === 'ed25519') return first(utils.parseKey(openSshPrivateKey(key)));
  return first(
    utils.parseKey(
      key.export({ type: key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs1', format: 'pem' } as {
        type: 'pkcs1';
        format: 'pem';
      }) as string,
    ),
  );
}

const first = (parsed: ParsedKey | Error | ParsedKey[]): ParsedKey | Error =>
  Array.isArray(parsed) ? (parsed[0] ?? new Error('no key in it')) : parsed;

/** A new ed25519 host key in OpenSSH's format. */
export function generateHostKey(): string {
  return openSshPrivateKey(generateKeyPairSync('ed25519').privateKey);
}

/** OpenSSH's PROTOCOL.key: "openssh-key-v1", no cipher, one key. */
function openSshPrivateKey(key: KeyObject): string {
  const { x = '', d = '' } = key.export({ format: 'jwk' });
  const publicPart = Buffer.from(x, 'base64url');
  const type = text('ssh-ed25519');
  const check = Buffer.alloc(4); // twice the same number shows a decryption that worked; nothing is encrypted here
  const secret = Buffer.concat([
    check,
    check,
    type,
    string(publicPart),
    string(Buffer.concat([Buffer.from(d, 'base64url'), publicPart])),
    text(''),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    text('none'),
    text('none'),
    text(''),
    uint32(1),
    string(Buffer.concat([type, string(publicPart)])),
    string(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString('base64').replace(/.{70}/g, '$&\n');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

// RFC 4251 §5
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const string = (value: Buffer) => Buffer.concat([uint32(value.length), value]);
const text = (value: string) => string(Buffer.from(value, 'latin1'));
