import ssh2 from 'ssh2';

/** An ed25519 pair in OpenSSH's form. */
export interface HostKey {
  readonly private: string;
  readonly public: string;
}

/** A new pair. One in 256 that ssh2 makes cannot be read back: then another. */
export function hostKey(comment: string): HostKey {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
