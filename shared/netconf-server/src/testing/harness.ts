import { duplexPair } from 'node:stream';
import { silentLog } from '@sublane/basics';
import { escapeText } from '@sublane/netconf';
import { afterEach } from 'vitest';
import { UNRESTRICTED } from '../access.ts';

import type { RpcDone, ServerEvents } from '../events.ts';
import { type DatastoreOptions, openDatastores } from '../open-datastores.ts';
import type { RpcHandler } from '../rpc-table.ts';
import { createNetconfServer, type NetconfServer, type ServerOptions } from '../server.ts';
import type { CloseReason, Session } from '../session.ts';
import { lab } from './lab.ts';
import { TestClient } from './test-client.ts';

export const ANN = { user: 'ann', role: 'host' };
export const LAB = 'xmlns="urn:example:lab"';
export const inLab = (inside: string, attributes = '') => `<lab ${LAB}${attributes}>${inside}</lab>`;

const echo: RpcHandler = ({ input }) => ({
  kind: 'data',
  xml: `<text ${LAB}>${escapeText(String(input.text))}</text><times ${LAB}>${input.times}</times>`,
});

const servers: NetconfServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close({ drain: 0 });
});

/** A server of the lab's schema, closed after the test. */
export function serve(options: Partial<ServerOptions> = {}): NetconfServer {
  const server = createNetconfServer({
    schema: lab().context,
    access: UNRESTRICTED,
    log: silentLog,
    ...options,
    rpcs: { ...(options.schema === undefined && { 'lab:echo': echo }), ...options.rpcs },
  });
  servers.push(server);
  return server;
}

export async function running(initial = '', more: Partial<DatastoreOptions> = {}) {
  const opened = await openDatastores({ schema: lab().context, log: silentLog, initial, ...more });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  return opened.value;
}

export function attach(
  server: NetconfServer,
  user = 'ann',
  role = 'host',
  capabilities?: readonly string[],
): TestClient {
  const [ours, theirs] = duplexPair();
  const begun = server.accept(ours, { identity: { user, role }, transport: 'other' });
  if (!begun.ok) throw new Error(begun.failure.kind);
  return new TestClient(theirs, capabilities);
}

export async function connect(server: NetconfServer, user?: string, role?: string): Promise<TestClient> {
  const client = attach(server, user, role);
  await client.open();
  return client;
}

/** Records what the application is told. */
export function recorder() {
  const opened: Session[] = [];
  const closed: (readonly [number, CloseReason])[] = [];
  const done: RpcDone[] = [];
  const denied: string[] = [];
  const events: ServerEvents = {
    sessionOpened: (session) => void opened.push(session),
    sessionClosed: (session, reason) => void closed.push([session.id, reason]),
    rpcDone: (one) => void done.push(one),
    accessRefused: ({ target, rule }) => void denied.push(`${target} ${rule}`),
  };
  return { opened, closed, done, denied, events };
}
