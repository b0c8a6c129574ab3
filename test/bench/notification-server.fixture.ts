// A process of its own: our NETCONF server over SSH with the real schema, telling as fast as its subscribers take it.
import { setImmediate as turn } from 'node:timers/promises';
import { silentLog, unwrap } from '@sublane/basics';
import { encodeNotification, openContext } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { createNetconfServer, listenSsh, MemoryEventLog, UNRESTRICTED } from 'netconf-server';
import { hostKey } from '../programs/index.ts';

/** Events published between two looks at how far the subscribers are. */
const BATCH = 50;

const server = createNetconfServer({
  schema: openContext(Libyang.load(), 'headend'),
  access: UNRESTRICTED,
  notifications: {
    log: new MemoryEventLog({ events: 100_000 }),
    streams: [{ name: 'service', description: 'lanes', includes: ({ module }) => module === 'sublane-service' }],
  },
  limits: { sessions: 5_000, sessionsPerUser: 5_000 },
  log: silentLog,
});
const listener = unwrap(
  await listenSsh({
    server,
    host: '127.0.0.1',
    port: 0,
    hostKeys: [hostKey('bench').private],
    authenticate: async ({ user }) => ({ user, role: 'operator' }),
    limits: { connections: 5_000, unauthenticated: 1_000, unauthenticatedPerSource: 1_000 },
  }),
);
process.stdout.write(`ready ${listener.address.port}\n`);

let telling = false;
/** `tell`: until `stop`, to all who read. */
process.on('message', ({ tell }: { readonly tell?: number }) => {
  telling = tell !== undefined;
  if (tell !== undefined) void publish(tell);
});
for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit(0));

async function publish(readers: number): Promise<void> {
  const content = { 'host-id': 'laptop-7f', 'group-id': [2], reason: 'the plan ends at midnight', grace: 600 };
  const xml = encodeNotification('sublane-service:service-withdrawn', content);
  let due = server.statistics().outNotifications;
  while (telling) {
    const at = new Date();
    for (let count = 0; count < BATCH; count++) {
      void server.publish({ at, module: 'sublane-service', name: 'service-withdrawn', xml });
    }
    due += BATCH * readers;
    // What one who does not read was given before it was full comes on top, once.
    while (telling && server.statistics().outNotifications < due) await turn();
  }
}
