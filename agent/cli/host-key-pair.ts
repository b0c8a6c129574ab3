import { readFileSync } from 'node:fs';
import { failed, ok, type Result } from '@sublane/basics';
import ssh2 from 'ssh2';

export interface HostKeyPair {
  /** OpenSSH's private form. */
  readonly private: string;
  /** OpenSSH's one line. */
  readonly public: string;
}

/** One ed25519 key in 256 that ssh2 makes lacks a leading zero byte and cannot be read: read it back, else make another. */
export function generateKeyPair(comment: string): HostKeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** The pair of a private key that is there; undefined where none is, refused with a reason where it cannot be used. */
export function readKeyPair(file: string, comment: string): Result<HostKeyPair | undefined, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? ok(undefined) : failed(message);
  }
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) return failed(key.message);
  if (!key.isPrivateKey()) return failed('it is no private key');
  return ok({ private: text, public: `${key.type} ${key.getPublicSSH().toString('base64')} ${comment}` });
}
