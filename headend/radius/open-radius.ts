import { type Clock, type Log, milliseconds } from '@sublane/basics';
import { createDynamicAuthorizationClient, createRadiusClient, listenDynamicAuthorization } from '@sublane/radius';
import { createAuthorities } from '../aaa/authorities.ts';
import { createEmbeddedAuthenticator } from '../aaa/embedded.ts';
import type { Authenticator } from '../aaa/grant.ts';
import type { HashingTurns } from '../aaa/hashing-turns.ts';
import { PasswordAttempts } from '../aaa/password-attempts.ts';
import { RadiusClients } from '../aaa/radius-clients.ts';
import type { RunningConfiguration } from '../configuration/running.ts';
import { createObey } from '../dynamic-authorization/obey.ts';
import type { Withdrawal } from '../northbound/withdraw.ts';
import type { Secrets } from '../settings/secrets.ts';
import type { Store } from '../store/store.ts';
import { RadiusSide, type RadiusStatus } from './radius-side.ts';

export interface OpenRadiusParts {
  readonly configuration: Pick<RunningConfiguration, 'current' | 'watch'>;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly withdrawal: Withdrawal;
  readonly turns: HashingTurns;
  /** The headend's name. */
  readonly headend: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** All authorities, and what RADIUS servers and edges are told and may ask. */
export interface Radius {
  readonly authenticator: Authenticator;
  status(): RadiusStatus;
  /** Looks at the configuration and the secrets again; each commit does so by itself. */
  apply(): Promise<void>;
  close(): Promise<void>;
}

/** An edge is asked so long, all retransmissions included. */
const EDGE_TIMEOUT = milliseconds(5_000);

export async function openRadius(parts: OpenRadiusParts): Promise<Radius> {
  const { configuration, store, secrets, withdrawal, turns, headend, clock, log } = parts;
  const aaa = () => configuration.current().aaa;
  const attempts = new PasswordAttempts(clock);
  const clients = new RadiusClients({ secrets, clock, log, create: createRadiusClient });
  const embedded = await createEmbeddedAuthenticator({ subscribers: store.subscribers, clock, attempts, turns });
  const side = new RadiusSide({
    aaa,
    store,
    clients,
    secrets,
    headend,
    clock,
    log,
    random: Math.random,
    obey: createObey({ aaa, store, withdrawal, headend, clock, log }),
    listen: listenDynamicAuthorization,
    edgeClient: ({ name, host, port, messageAuthenticator }, secret) =>
      createDynamicAuthorizationClient({
        server: { name, host, port },
        secret,
        messageAuthenticator,
        timeout: EDGE_TIMEOUT,
        clock,
        log,
      }),
  });
  await side.apply();
  configuration.watch(() => void side.apply());
  return {
    authenticator: createAuthorities({ aaa, embedded, clients, attempts, headend }),
    status: () => side.status(),
    apply: () => side.apply(),
    close: () => side.close(),
  };
}
