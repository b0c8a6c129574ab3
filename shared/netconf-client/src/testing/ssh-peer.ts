import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import ssh2, { type AuthContext, type ServerChannel } from 'ssh2';
import { fingerprintOf } from '../host-key.ts';

export interface SshPeer extends AsyncDisposable {
  readonly port: number;
  readonly fingerprint: string;
  /** The sockets of all connections so far. */
  readonly sockets: Socket[];
}

/** An SSH server on a free port of 127.0.0.1, with a new key. */
export async function sshPeer(options: {
  readonly authenticate: (context: AuthContext) => void;
  /** `undefined` refuses the subsystem. */
  readonly subsystem?: (name: string) => ((channel: ServerChannel) => void) | undefined;
  /** Keys were exchanged again. */
  readonly onRekey?: () => void;
}): Promise<SshPeer> {
  const key = makeKey();
  const parsed = ssh2.utils.parseKey(key.private);
  if (parsed instanceof Error) throw parsed;
  const sockets: Socket[] = [];
  const server = new ssh2.Server({ hostKeys: [key.private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', options.authenticate);
    client.on('rekey', () => options.onRekey?.());
    client.on('session', (accept) => {
      accept().on('subsystem', (acceptSubsystem, reject, { name }) => {
        const serve = options.subsystem?.(name);
        if (serve === undefined) reject();
        else serve(acceptSubsystem());
      });
    });
  });
  const listener = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    server.injectSocket(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    fingerprint: fingerprintOf(parsed.getPublicSSH()),
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** One ed25519 key in 256 that ssh2 makes cannot be read back: it drops a leading zero. Then another is made. */
export function makeKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const key = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(key.private) instanceof Error)) return key;
  }
}
