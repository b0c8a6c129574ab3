// The same messages to Debian's netconfd (yuma123) and to our server: where both have an opinion it is the same, or the
// table says why not.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { duplexPair } from 'node:stream';
import { silentLog, unwrap } from '@sublane/basics';
import { type Context, Libyang } from 'libyang-wasm';
import { createNetconfServer, type NetconfServer, OK, openDatastores, UNRESTRICTED } from 'netconf-server';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Netconfd, netconfdMissing, startNetconfd } from '../interop/netconfd.ts';
import { DIFFERENCES, MESSAGES } from './netconfd-messages.ts';
import { type Outcome, RawSession } from './raw-session.ts';

const missing = netconfdMissing();
if (missing !== undefined) console.warn(`skipped: the same messages to netconfd: ${missing}`);

const MODULES = '/usr/share/yuma/modules/ietf/';
const BASE = ['ietf-netconf', 'ietf-netconf-monitoring', 'ietf-yang-library', 'ietf-system'];
const DISCARD = '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="0"><discard-changes/></rpc>';

let peer: Netconfd;
let connection: ssh2.Client;
let context: Context;
let server: NetconfServer;

beforeAll(async () => {
  if (missing !== undefined) return;
  peer = await startNetconfd(['ietf-system']);
  connection = new ssh2.Client();
  connection.connect({ host: '127.0.0.1', port: peer.port, username: peer.user, privateKey: peer.privateKey });
  await once(connection, 'ready');
  const sources = readdirSync(MODULES)
    .filter((file) => file.endsWith('.yang'))
    .map((file) => ({ name: file.split(/[@.]/)[0]!, text: readFileSync(MODULES + file, 'utf8') }));
  const implement = BASE.map((name) =>
    name === 'ietf-netconf' ? { name, features: ['candidate', 'validate'] } : { name },
  );
  context = unwrap(Libyang.load().createContext({ sources, implement }));
  server = createNetconfServer({
    schema: context,
    access: UNRESTRICTED,
    log: silentLog,
    datastores: unwrap(
      await openDatastores({ schema: context, log: silentLog, candidate: true, writableRunning: false }),
    ),
    rpcs: { 'ietf-system:set-current-datetime': () => OK, 'ietf-system:system-restart': () => OK },
  });
});
afterAll(async () => {
  await server?.close({ drain: 0 });
  context?.dispose();
  connection?.end();
  await peer?.[Symbol.asyncDispose]();
});

async function theirs(): Promise<RawSession> {
  const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    connection.subsys('netconf', (error, channel) => (error ? reject(error) : resolve(channel)));
  });
  return RawSession.open(stream);
}

async function ours(): Promise<RawSession> {
  const [near, far] = duplexPair();
  unwrap(server.accept(far, { identity: { user: 'ann', role: 'operator' }, transport: 'other' }));
  return RawSession.open(near);
}

async function outcome(open: () => Promise<RawSession>, message: string): Promise<Outcome> {
  const session = await ready(open);
  const result = await session.send(message);
  await session.send(DISCARD);
  session.end();
  return result;
}

/** A session that answers: netconfd, now and then, lets one wait for a minute, and a late answer would be taken for the next. */
async function ready(open: () => Promise<RawSession>): Promise<RawSession> {
  for (let attempts = 3; ; attempts--) {
    const session = await open();
    if ((await session.send(DISCARD)) === 'ok' || attempts === 1) return session;
    session.end();
  }
}

test.skipIf(missing !== undefined).each(Object.entries(MESSAGES))('%s', async (name, message) => {
  const [netconfd, own] = [await outcome(theirs, message), await outcome(ours, message)];
  const difference = DIFFERENCES[name];
  expect({ netconfd, ours: own }).toEqual(
    difference === undefined ? { netconfd: own, ours: own } : { netconfd: difference.netconfd, ours: difference.ours },
  );
});

test('every difference is one of a message, and is one', () => {
  for (const [name, { netconfd, ours: own, why }] of Object.entries(DIFFERENCES)) {
    expect(MESSAGES[name], name).toBeDefined();
    expect(netconfd, name).not.toBe(own);
    expect(why.length, name).toBeGreaterThan(20);
  }
});
