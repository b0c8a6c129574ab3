// A process of its own: our NETCONF server over SSH with the real schema, answering every request with two lanes.
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog, unwrap } from '@sublane/basics';
import { encodeReply, openContext } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { createNetconfServer, listenSsh, UNRESTRICTED } from 'netconf-server';
import { hostKey } from '../programs/index.ts';
import { REPLY } from './messages.ts';

const { gc: collect } = globalThis as { gc?: (options: Readonly<Record<string, string>>) => unknown };
const name = 'ietf-subscriber-service-message:subscriber-service-message';
const server = createNetconfServer({
  schema: openContext(Libyang.load(), 'headend'),
  rpcs: { [name]: () => ({ kind: 'data', xml: encodeReply(name, REPLY) }) },
  access: UNRESTRICTED,
  limits: { sessions: 5_000, sessionsPerUser: 5_000 },
  log: silentLog,
});
const listener = unwrap(
  await listenSsh({
    server,
    host: '127.0.0.1',
    port: 0,
    hostKeys: [hostKey('bench').private],
    authenticate: async ({ user }) => ({ user, role: 'host' }),
    limits: { connections: 5_000, unauthenticated: 1_000, unauthenticatedPerSource: 1_000 },
  }),
);
process.stdout.write(`ready ${listener.address.port}\n`);
// `memory`: lets go of all that is not needed, free pages of V8's too, which otherwise hide what a session costs; twice,
// since finalizers of the first round free more.
process.on('message', async () => {
  for (let round = 0; round < 2; round++) {
    await collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await delay(100);
  }
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ heap: heapUsed + external });
});
for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit(0));
