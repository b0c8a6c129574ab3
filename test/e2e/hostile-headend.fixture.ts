// A process of its own: a NETCONF server over SSH with the real schema that lets everyone in, grants what a file says,
// valid or not, and writes down what it is told. Arguments: address, port, folder.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog, unwrap } from '@sublane/basics';
import { encodeReply, openContext, type SubscriberServiceMessageInput } from '@sublane/yang';
import { Libyang } from 'libyang-wasm';
import { createNetconfServer, listenSsh, OK, type RpcHandler, UNRESTRICTED } from 'netconf-server';
import type { Grants } from './hostile-headend.ts';

const [host = '', port = '', folder = ''] = process.argv.slice(2);
const request = 'ietf-subscriber-service-message:subscriber-service-message';

const note = (name: string, input: unknown) =>
  appendFileSync(join(folder, 'heard.jsonl'), `${JSON.stringify({ name, input })}\n`);
const noted =
  (name: string): RpcHandler =>
  ({ input }) => {
    note(name, input);
    return OK;
  };
const server = createNetconfServer({
  schema: openContext(Libyang.load(), 'headend'),
  access: UNRESTRICTED,
  log: silentLog,
  rpcs: {
    [request]: ({ input }) => {
      note('request', input);
      const { groups, replace = {} } = JSON.parse(readFileSync(join(folder, 'grants.json'), 'utf8')) as Grants;
      const { 'host-id': hostId, 'application-group': asked } = input as unknown as SubscriberServiceMessageInput;
      const granted = groups.filter(({ id }) => asked.some((one) => one.id === id));
      const message = { 'host-id': hostId, 'application-group': granted };
      let xml = encodeReply(request, { 'ietf-portal-backend-message:sp-service-message': message });
      for (const [from, to] of Object.entries(replace)) xml = xml.replaceAll(from, to);
      return { kind: 'data', xml };
    },
    'sublane-service:get-service': ({ input }) => {
      const message = { 'host-id': String(input['host-id']) };
      return { kind: 'data', xml: encodeReply('sublane-service:get-service', { 'sp-service-message': message }) };
    },
    'sublane-service:release-service': noted('release-service'),
    'sublane-service:report-service': noted('report-service'),
  },
});
unwrap(
  await listenSsh({
    server,
    host,
    port: Number(port),
    hostKeys: [readFileSync(join(folder, 'host-key'), 'utf8')],
    authenticate: async ({ user }) => ({ user, role: 'host' }),
  }),
);
process.stdout.write('ready\n');
