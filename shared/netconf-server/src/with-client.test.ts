// Real sessions by the sister package, over both transports.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds, silentLog, unwrap } from '@sublane/basics';
import { BASE_NAMESPACE, CAPABILITY } from '@sublane/netconf';
import { connect, connectUnix, type NetconfClient } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UNRESTRICTED } from './access.ts';
import { openDatastores } from './open-datastores.ts';
import { OK } from './rpc-table.ts';
import { createNetconfServer, type NetconfServer } from './server.ts';
import { generateHostKey } from './ssh/host-key.ts';
import { listenSsh, type SshListener } from './ssh/ssh-listener.ts';
import { lab } from './testing/lab.ts';
import { LAB_MODULE } from './testing/lab-module.ts';
import { listenUnix, type UnixListener } from './unix/unix-listener.ts';

const LAB = 'xmlns="urn:example:lab"';
const hostKey = generateHostKey();
let folder: string;
let server: NetconfServer;
let ssh: SshListener;
let unix: UnixListener;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-'));
  const datastores = unwrap(await openDatastores({ schema: lab().context, log: silentLog }));
  server = createNetconfServer({
    schema: lab().context,
    access: UNRESTRICTED,
    log: silentLog,
    datastores,
    rpcs: {
      'lab:echo': ({ input }) => ({ kind: 'data', xml: `<text ${LAB}>${input.text}</text>` }),
      'lab:wait': async ({ session }) => {
        session.closeWhenIdle('as you wished');
        return OK;
      },
    },
    revalidateReplies: true,
  });
  ssh = unwrap(
    await listenSsh({
      server,
      host: '127.0.0.1',
      port: 0,
      hostKeys: [hostKey],
      authenticate: (attempt) =>
        attempt.method === 'password' && attempt.password === 'secret'
          ? { user: attempt.user, role: 'host' }
          : undefined,
    }),
  );
  const identity = { user: 'root', role: 'operator' };
  unix = unwrap(await listenUnix({ server, path: join(folder, 'sock'), mode: 0o600, identity }));
});

afterAll(async () => {
  await server.close();
  await Promise.all([ssh.close(), unix.close()]);
  await rm(folder, { recursive: true });
});

const doors: Record<string, () => Promise<NetconfClient>> = {
  ssh: async () =>
    unwrap(
      await connect({
        host: '127.0.0.1',
        port: ssh.address.port,
        user: 'ann',
        password: 'secret',
        hostKey: { verify: () => true },
        timeout: milliseconds(20_000),
      }),
    ),
  unix: async () => unwrap(await connectUnix(join(folder, 'sock'))),
};

describe.each(Object.keys(doors))('over %s', (door) => {
  test("an operator's day", async () => {
    const client = await doors[door]!();
    expect(client.capabilities).toContain(CAPABILITY.writableRunning);
    const config = (inside: string) => `<lab ${LAB} xmlns:nc="${BASE_NAMESPACE}">${inside}</lab>`;
    const boxes = config('<box><id>1</id><size>5</size></box><box><id>2</id></box>');
    unwrap(await client.editConfig({ config: boxes, defaultOperation: 'merge' }));
    const filter = { subtree: `<lab ${LAB}><box><id>2</id></box></lab>` };
    expect(unwrap(await client.getConfig({ filter })).xml).toContain('<box><id>2</id></box>');
    expect(unwrap(await client.get({ filter })).xml).not.toContain('<size>5</size>');
    const exists = await client.editConfig({ config: config('<box nc:operation="create"><id>2</id></box>') });
    expect(exists).toMatchObject({ ok: false, failure: { kind: 'refused', errors: [{ tag: 'data-exists' }] } });
    unwrap(await client.editConfig({ config: config(''), defaultOperation: 'replace' }));
    expect(unwrap(await client.getConfig()).xml).not.toContain('<box>');
    unwrap(await client.lock('running'));
    expect(await client.lock('running')).toMatchObject({
      ok: false,
      failure: { kind: 'refused', errors: [{ tag: 'lock-denied' }] },
    });
    unwrap(await client.unlock('running'));
    expect(unwrap(await client.getSchema({ identifier: 'lab' }))).toBe(LAB_MODULE);
    expect(unwrap(await client.rpc(`<echo ${LAB}><text>hello</text></echo>`)).xml).toContain('>hello<');
    await client.close();
  });

  test('many requests in flight', async () => {
    const client = await doors[door]!();
    const texts = Array.from({ length: 200 }, (_, number) => `n${number}`);
    const replies = await Promise.all(texts.map((text) => client.rpc(`<echo ${LAB}><text>${text}</text></echo>`)));
    for (const [index, reply] of replies.entries()) expect(unwrap(reply).xml).toContain(`>${texts[index]}<`);
    await client.close();
  });
});

test('a session is killed by an operator', async () => {
  const [host, operator] = [await doors.ssh!(), await doors.unix!()];
  unwrap(await operator.killSession(host.sessionId));
  expect(await host.closed).toMatchObject({ kind: 'closed-by-server' });
  await operator.close();
});

describe('a session that the application ends', () => {
  test('tells its peer why, over SSH', async () => {
    const client = await doors.ssh!();
    unwrap(await client.rpc(`<echo ${LAB}><text>here</text></echo>`)); // the server has our hello
    server.sessions().at(-1)?.close('the door is being painted');
    expect(await client.closed).toMatchObject({ kind: 'closed-by-server', said: 'the door is being painted' });
  });

  test('answers what is in hand first, where it may wait for that', async () => {
    const client = await doors.ssh!();
    unwrap(await client.rpc(`<wait ${LAB}/>`));
    expect(await client.closed).toMatchObject({ kind: 'closed-by-server', said: 'as you wished' });
  });
});
