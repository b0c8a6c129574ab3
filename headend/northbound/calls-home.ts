import { type Log, milliseconds, type Result, toMilliseconds } from '@sublane/basics';
import {
  type Authenticate,
  type CallHome,
  type CallHomeFailure,
  type CallHomeOptions,
  callHome,
  type Identify,
  type Identity,
  type NetconfServer,
} from 'netconf-server';
import type { LoadedTls } from '../keys/loaded-tls.ts';
import type { CallHomeSettings } from '../settings/call-home-settings.ts';
import type { OperatorClaims } from './roles.ts';

export interface CallParts {
  readonly server: NetconfServer;
  /** PEM. */
  readonly hostKeys: readonly string[];
  readonly tls: LoadedTls | undefined;
  readonly authenticate: Authenticate;
  readonly identify: Identify;
  readonly log: Log;
}

/** Calls one management system, and goes on doing so. Hosts and newcomers do not come in this way. */
export function call(client: CallHomeSettings, parts: CallParts): Result<CallHome, CallHomeFailure> {
  const { name, endpoints, every, idle } = client;
  const { log } = parts;
  return callHome({
    name,
    endpoints,
    transport: transportOf(client, parts),
    ...(every !== undefined && {
      connection: {
        kind: 'periodic',
        period: toMilliseconds(every),
        ...(idle !== undefined && { idleTimeout: toMilliseconds(idle) }),
      },
    }),
    connectTimeout: CONNECT_TIMEOUT,
    onState: (state) => {
      if (state.kind === 'waiting') log.debug({ client: name, reason: state.reason, retryIn: state.retryIn }, 'waits');
    },
  });
}

const CONNECT_TIMEOUT = milliseconds(10_000);

function transportOf(client: CallHomeSettings, parts: CallParts): CallHomeOptions['transport'] {
  const { server, hostKeys, tls, log } = parts;
  if (client.transport === 'ssh') {
    return {
      kind: 'ssh',
      server,
      log,
      hostKeys,
      methods: ['publickey'],
      authenticate: async (attempt) => only(client, await parts.authenticate(attempt)),
    };
  }
  // headend.yaml is refused where a client is called over TLS and there are no certificates.
  if (tls === undefined) throw new Error('calls over TLS need certificates');
  return {
    kind: 'tls',
    server,
    log,
    ...tls.trust,
    identify: async (user) => only(client, await parts.identify(user)),
  };
}

/** Whoever it is, if this connection is for them. */
export function only(
  { user, role }: Pick<CallHomeSettings, 'user' | 'role'>,
  identity: Identity | undefined,
): Identity | undefined {
  if (identity?.role !== 'operator') return undefined;
  if (user !== undefined && identity.user !== user) return undefined;
  if (role !== undefined && (identity.claims as OperatorClaims).operatorRole !== role) return undefined;
  return identity;
}
