import { type AddressInfo, createServer } from 'node:net';
import { ok, type Result } from '@sublane/basics';
import { type ListenFailure, listen } from '../listen.ts';
import { type HostKeyFailure, type SshAcceptorOptions, sshAcceptor } from './ssh-acceptor.ts';

export interface SshListenerOptions extends SshAcceptorOptions {
  /** An address of this machine; `::` for all. */
  readonly host: string;
  /** 830 by RFC 6242 §3 and unless given; 0 takes a free one. */
  readonly port?: number;
}

export interface SshListener {
  readonly address: { readonly host: string; readonly port: number };
  /** Connections that are open. */
  readonly connections: number;
  /** Takes no new connections; resolves when those there are have ended, with their sessions: `server.close()` ends them. */
  close(): Promise<void>;
}

export type SshListenFailure = ListenFailure | HostKeyFailure;

/** "NETCONF servers MUST default to providing access […] using the IANA-assigned TCP port 830" (RFC 6242 §3). */
export const NETCONF_SSH_PORT = 830;

/** NETCONF over SSH (RFC 6242): the subsystem `netconf`, and nothing else of SSH. */
export async function listenSsh(options: SshListenerOptions): Promise<Result<SshListener, SshListenFailure>> {
  const made = sshAcceptor(options);
  if (!made.ok) return made;
  const acceptor = made.value;
  const net = createServer({ noDelay: true }, (socket) => acceptor.take(socket));
  const bound = await listen(net, { host: options.host, port: options.port ?? NETCONF_SSH_PORT, backlog: 1024 });
  if (!bound.ok) {
    acceptor.closeWhenIdle();
    return bound;
  }
  return ok({
    get address() {
      const { address, port } = net.address() as AddressInfo;
      return { host: address, port };
    },
    get connections() {
      return acceptor.connections;
    },
    async close() {
      const closed = new Promise<void>((resolve) => net.close(() => resolve()));
      acceptor.closeWhenIdle();
      await closed;
    },
  });
}
