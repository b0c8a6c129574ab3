import { type AddressInfo, createServer } from 'node:net';
import { ok, type Result } from '@sublane/basics';
import { type ListenFailure, listen } from '../listen.ts';
import { type TlsAcceptorOptions, type TlsFailure, type TlsTrust, tlsAcceptor } from './tls-acceptor.ts';

export interface TlsListenerOptions extends TlsAcceptorOptions {
  /** An address of this machine; `::` for all. */
  readonly host: string;
  /** 6513 by RFC 7589 §2.1 and unless given; 0 takes a free one. */
  readonly port?: number;
}

export interface TlsListener {
  readonly address: { readonly host: string; readonly port: number };
  /** Connections that are open. */
  readonly connections: number;
  /** New certificates, authorities or names, for connections that come from now on; refused, all stays as it was. */
  replace(trust: TlsTrust): Result<undefined, TlsFailure>;
  /** Takes no new connections; resolves when those there are have ended, with their sessions: `server.close()` ends them. */
  close(): Promise<void>;
}

export type TlsListenFailure = ListenFailure | TlsFailure;

const NETCONF_TLS = 6513;

/** NETCONF over TLS with mutual X.509 authentication (RFC 7589). */
export async function listenTls(options: TlsListenerOptions): Promise<Result<TlsListener, TlsListenFailure>> {
  const made = tlsAcceptor(options);
  if (!made.ok) return made;
  const acceptor = made.value;
  const net = createServer({ noDelay: true }, (socket) => acceptor.take(socket));
  const bound = await listen(net, { host: options.host, port: options.port ?? NETCONF_TLS, backlog: 1024 });
  if (!bound.ok) return bound;
  return ok({
    get address() {
      const { address, port } = net.address() as AddressInfo;
      return { host: address, port };
    },
    get connections() {
      return acceptor.connections;
    },
    replace: (trust) => acceptor.replace(trust),
    async close() {
      const closed = new Promise<void>((resolve) => net.close(() => resolve()));
      acceptor.closeWhenIdle();
      await closed;
    },
  });
}
