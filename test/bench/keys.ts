import ssh2 from 'ssh2';

/** An ed25519 pair in OpenSSH's form. One in 256 that ssh2 makes cannot be read back: then another. */
export function userKey(comment: string): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
