import { failed, type Log, ok, type Result } from '@sublane/basics';
import {
  type Authenticate,
  type CallHome,
  type Identify,
  listenSsh,
  listenTls,
  type NetconfServer,
  type SshListenerOptions,
  type TlsListener,
} from 'netconf-server';
import type { LoadedTls } from '../keys/loaded-tls.ts';
import { type Endpoint, endpointText } from '../settings/endpoint.ts';
import type { Settings } from '../settings/settings.ts';
import { call } from './calls-home.ts';

export interface RemoteDoorParts {
  readonly settings: Pick<Settings, 'listen' | 'tls' | 'callHome' | 'limits'>;
  readonly server: NetconfServer;
  /** PEM. */
  readonly hostKeys: readonly string[];
  readonly tls: LoadedTls | undefined;
  readonly authenticate: Authenticate;
  readonly methods: NonNullable<SshListenerOptions['methods']>;
  readonly identify: Identify;
  readonly log: Log;
}

/** The ways in from elsewhere, open. */
export interface RemoteDoors {
  /** Where hosts come in by SSH, the ports that were taken included. */
  readonly ssh: readonly Endpoint[];
  /** `tls://[::]:6513`. */
  readonly others: readonly string[];
  readonly calls: readonly CallHome[];
  /** New certificates and names, for who comes from now on. */
  renew(tls: LoadedTls): Result<undefined, string>;
  /** Takes nobody new and calls nobody any more; resolves when the connections there were have ended. */
  close(): Promise<void>;
}

/** Opens them all, or none; refused with a sentence. */
export async function openRemoteDoors(parts: RemoteDoorParts): Promise<Result<RemoteDoors, string>> {
  const { settings, server, hostKeys, tls, authenticate, identify, log } = parts;
  const limits = {
    connections: settings.limits.sessions + settings.limits.unauthenticated,
    unauthenticated: settings.limits.unauthenticated,
  };
  const closing: (() => Promise<void>)[] = [];
  const refuse = async (message: string) => {
    for (const close of closing) await close();
    return failed(message);
  };

  const ssh: Endpoint[] = [];
  for (const { host, port } of settings.listen) {
    const listener = await listenSsh({ server, host, port, hostKeys, authenticate, methods: parts.methods, limits });
    if (!listener.ok) return refuse(listener.failure.message);
    closing.push(() => listener.value.close());
    ssh.push(listener.value.address);
  }

  const overTls: TlsListener[] = [];
  const calls: CallHome[] = [];
  for (const { host, port } of settings.tls?.listen ?? []) {
    if (tls === undefined) throw new Error('TLS needs certificates');
    const listener = await listenTls({ server, host, port, ...tls.trust, identify, limits });
    if (!listener.ok) return refuse(listener.failure.message);
    closing.push(() => listener.value.close());
    overTls.push(listener.value);
  }

  for (const client of settings.callHome) {
    const called = call(client, { server, hostKeys, tls, authenticate, identify, log });
    if (!called.ok) return refuse(`call-home ${client.name}: ${called.failure.message}`);
    calls.push(called.value);
    closing.push(() => called.value.close());
  }

  return ok({
    ssh,
    calls,
    others: overTls.map(({ address }) => `tls://${endpointText(address)}`),
    renew({ trust }) {
      for (const one of [...overTls, ...calls]) {
        const replaced = one.replace(trust);
        if (!replaced.ok) return failed(replaced.failure.message);
      }
      return ok();
    },
    close: async () => void (await Promise.all(closing.map((close) => close()))),
  });
}
