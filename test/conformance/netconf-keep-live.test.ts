// A client that comes back, and a server that dies and rises again over the same log: no event is lost, none comes twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds, silentLog, unwrap } from '@sublane/basics';
import { elementText } from '@sublane/netconf';
import { moduleSources } from '@sublane/yang';
import { type Context, Libyang } from 'libyang-wasm';
import { connectUnix, type Gap, keepLive, type LiveClient, type NotificationEvent } from 'netconf-client';
import { checkedClient, openSchemas } from 'netconf-client/schemas';
import {
  createNetconfServer,
  listenUnix,
  MemoryEventLog,
  type NetconfServer,
  openDatastores,
  UNRESTRICTED,
} from 'netconf-server';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const NAMESPACE = 'urn:example:tide';
const MODULE = `module tide {
  yang-version 1.1; namespace "${NAMESPACE}"; prefix t;
  revision 2026-11-20;
  container tide { leaf level { type int32; } }
  notification turned { leaf number { type uint32; } }
}`;

let folder: string;
let context: Context;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keep-live-'));
  const sources = [...moduleSources(), { name: 'tide', revision: '2026-11-20', text: MODULE }];
  const implement = ['tide', 'ietf-netconf', 'nc-notifications', 'notifications', 'ietf-subscribed-notifications'];
  context = unwrap(
    Libyang.load().createContext({
      sources,
      implement: [...implement.map((name) => ({ name, features: 'all' as const })), { name: 'ietf-yang-library' }],
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A server that can be killed; its log and its socket's name stay. */
async function harbour(name: string) {
  const log = new MemoryEventLog();
  const path = join(folder, name);
  let running: { readonly server: NetconfServer; close(): Promise<void> };
  let number = 0;
  const start = async () => {
    const datastores = unwrap(await openDatastores({ schema: context, log: silentLog }));
    const server = createNetconfServer({
      schema: context,
      access: UNRESTRICTED,
      log: silentLog,
      datastores,
      notifications: { log },
    });
    const identity = { user: 'ann', role: 'operator' };
    const listener = unwrap(await listenUnix({ server, path, mode: 0o600, identity }));
    const close = async () => {
      await Promise.all([listener.close(), server.close({ drain: 0 })]);
    };
    running = { server, close };
  };
  await start();
  return {
    path,
    start,
    die: () => running.close(),
    /** Tells, or while it is dead only logs, the next event. */
    async turn(dead = false): Promise<void> {
      const xml = `<turned xmlns="${NAMESPACE}"><number>${++number}</number></turned>`;
      const event = { at: new Date(), module: 'tide', name: 'turned', xml };
      if (dead) await log.append(event);
      else await running.server.publish(event);
    },
    numbers: () => Array.from({ length: number }, (_, index) => String(index + 1)),
  };
}

function live(path: string): LiveClient {
  return keepLive({
    open: (signal) => connectUnix(path, { signal }),
    backoff: { first: milliseconds(20), longest: milliseconds(50) },
  });
}

const WAYS: Record<string, (client: LiveClient, handler: (event: NotificationEvent) => void, gaps: Gap[]) => void> = {
  'RFC 5277': (client, handler, gaps) => void client.subscribe(handler, { onGap: (gap) => gaps.push(gap) }),
  'RFC 8639': (client, handler, gaps) =>
    void client.establish(handler, { stream: 'NETCONF' }, { onGap: (gap) => gaps.push(gap) }),
};

describe.each(Object.entries(WAYS))('subscribed by %s', (way, subscribe) => {
  test('hears everything once and in order, however often the server dies', async () => {
    const server = await harbour(way.replace(' ', '-'));
    const seen: string[] = [];
    const gaps: Gap[] = [];
    const client = live(server.path);
    subscribe(
      client,
      ({ content }) => {
        if (content.name === 'turned') seen.push(elementText(content.children.find((one) => typeof one !== 'string')!));
      },
      gaps,
    );
    await client.connected();
    for (let life = 0; life < 4; life++) {
      for (let event = 0; event < 5; event++) await server.turn();
      // Some are on their way when it dies.
      const dying = server.die();
      await server.turn(true);
      await dying;
      for (let event = 0; event < 3; event++) await server.turn(true);
      await server.start();
      await client.connected();
    }
    await vi.waitFor(() => expect(seen).toHaveLength(server.numbers().length), { timeout: 20_000 });
    expect(seen).toEqual(server.numbers());
    expect(gaps).toEqual([]);
    await client.close();
    await server.die();
  });
});

test('what our server announces, a client of ours loads and is held to', async () => {
  const server = await harbour('schemas');
  const client = unwrap(await connectUnix(server.path));
  const schemas = unwrap(await openSchemas(client, { cache: false }));
  expect({ missing: schemas.missing, refused: schemas.refused }).toEqual({ missing: [], refused: [] });
  expect(schemas.announced.from).toBe('yang-library-1.1');
  const bad: string[] = [];
  const checked = checkedClient(client, schemas, { onBadNotification: (message) => bad.push(message) });
  unwrap(await checked.editConfig({ config: `<tide xmlns="${NAMESPACE}"><level>-3</level></tide>` }));
  expect(await checked.editConfig({ config: `<tide xmlns="${NAMESPACE}"><level>high</level></tide>` })).toMatchObject({
    failure: { kind: 'invalid', where: 'request' },
  });
  unwrap(await checked.get());
  const seen: string[] = [];
  unwrap(await checked.subscribe(({ content }) => void seen.push(content.name)));
  await server.turn();
  await vi.waitFor(() => expect(seen).toContain('turned'));
  expect(bad).toEqual([]);
  await client.close();
  await server.die();
});
