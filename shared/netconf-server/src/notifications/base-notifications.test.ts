import { milliseconds, silentLog, unwrap } from '@sublane/basics';
import {
  childElement,
  childElements,
  elementText,
  encodeNotification,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import { expect, test } from 'vitest';
import type { DatastoreEvent, Datastores } from '../datastores.ts';
import { openDatastores } from '../open-datastores.ts';
import type { NetconfServer, ServerOptions } from '../server.ts';
import { attach, connect, inLab, serve } from '../testing/harness.ts';
import { notification, notificationLab, subscribe } from '../testing/notification-lab.ts';
import type { TestClient } from '../testing/test-client.ts';

const { context } = notificationLab();

async function scene(more: Partial<ServerOptions> = {}) {
  const datastores = unwrap(await openDatastores({ schema: context, log: silentLog }));
  const server = serve({ schema: context, notifications: {}, datastores, ...more });
  const listener = await connect(server, 'listener');
  await listener.rpc(subscribe());
  return { server, listener, datastores };
}

/** The next notification, valid by its module. */
async function next(listener: TestClient): Promise<XmlElement> {
  const { content, eventTime } = await notification(listener);
  const read = context.readNotification(encodeNotification(eventTime, writeXml(content)));
  // What an edit has changed stands in the datastore, not in the notification; what it has deleted stands nowhere.
  const faults = read.ok || read.failure.kind !== 'invalid' ? [] : read.failure.errors;
  const real = faults.filter(({ appTag }) => appTag !== 'instance-required');
  expect([real, writeXml(content)]).toEqual([[], expect.anything()]);
  return content;
}

const leaves = (element: XmlElement) => childElements(element).map((leaf) => `${leaf.name}=${elementText(leaf)}`);

async function anotherSession(server: NetconfServer, listener: TestClient, user = 'ann') {
  const client = await connect(server, user);
  const start = await next(listener);
  expect([start.name, leaves(start)]).toEqual([
    'netconf-session-start',
    [`username=${user}`, `session-id=${server.sessions().at(-1)?.id}`],
  ]);
  return client;
}

test('sessions: their start, and their end by close-session and kill-session', async () => {
  const { server, listener } = await scene();
  const end = async () => leaves(await next(listener)).slice(2);

  await (await anotherSession(server, listener)).rpc('<close-session/>');
  expect(await end()).toEqual(['termination-reason=closed']);

  const killer = await anotherSession(server, listener, 'killer');
  await anotherSession(server, listener);
  await killer.rpc('<kill-session><session-id>4</session-id></kill-session>');
  expect(await end()).toEqual(['killed-by=3', 'termination-reason=killed']);
});

test('sessions: what the transport, the hello and the application end', async () => {
  const { server, listener } = await scene();
  const end = async () => leaves(await next(listener)).slice(2);

  (await anotherSession(server, listener)).stream.destroy();
  expect(await end()).toEqual(['termination-reason=dropped']);

  await anotherSession(server, listener);
  server.sessions().at(-1)?.close('enough');
  expect(await end()).toEqual(['termination-reason=other']);

  attach(server).stream.write('<hello/>]]>]]>');
  expect(await end()).toEqual(['termination-reason=bad-hello']);
});

test('sessions: one that never says hello has no start, but an end', async () => {
  const { server, listener } = await scene({ limits: { helloTime: milliseconds(20) } });
  attach(server, 'mute');
  expect(leaves(await next(listener))).toEqual(['username=mute', 'session-id=2', 'termination-reason=timeout']);
});

test('sessions: where they come from, and whom they are about', async () => {
  const seen: (string | undefined)[] = [];
  const { server, listener } = await scene({
    notifications: {
      streams: [{ name: 's', description: '', includes: ({ about }) => seen.push(about) > 0 }],
      party: ({ user }) => (user === 'h&1' ? user : undefined),
    },
  });
  await listener.rpc('<close-session/>');
  const other = await connect(server, 'listener');
  await other.rpc(subscribe('<stream>s</stream>'));
  await anotherSession(server, other, 'h&1');
  expect(seen).toEqual(['h&1']);
});

const EDIT = (inside: string) => `<edit-config><target><running/></target><config>${inside}</config></edit-config>`;

async function edits(change: XmlElement): Promise<(readonly [string, string])[]> {
  return childElements(change)
    .filter(({ name }) => name === 'edit')
    .map(
      (edit) => [elementText(childElement(edit, 'operation')!), elementText(childElement(edit, 'target')!)] as const,
    );
}

test('a change of the configuration: who, what, each topmost node', async () => {
  const { server, listener } = await scene();
  const ann = await anotherSession(server, listener);
  const box = '<box><id>1</id><label>a</label></box><box><id>2</id></box>';
  await ann.rpc(EDIT(inLab(`<name>a</name>${box}<tag/>`.replace('<tag/>', ''))));
  const first = await next(listener);
  expect(first.name).toBe('netconf-config-change');
  expect(leaves(childElement(first, 'changed-by')!)).toEqual(['username=ann', 'session-id=2']);
  expect(elementText(childElement(first, 'datastore')!)).toBe('running');
  expect(await edits(first)).toEqual([['create', '/lab:lab']]);

  const remove = '<box xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"><id>2</id></box>';
  await ann.rpc(EDIT(inLab(`<name>b</name>${remove}<box><id>1</id><size>5</size></box>`)));
  expect(await edits(await next(listener))).toEqual([
    ['delete', "/lab:lab/lab:box[lab:id='2']"],
    ['merge', '/lab:lab/lab:name'],
    ['create', "/lab:lab/lab:box[lab:id='1']/lab:size"],
  ]);
});

test('a change by the program itself is the server’s; one that changes nothing is none', async () => {
  const { server, listener, datastores } = await scene();
  await datastores.running.commit(() => ({ ok: true, value: inLab('<name>a</name>') }));
  expect(leaves(childElement(await next(listener), 'changed-by')!)).toEqual(['server=']);
  await datastores.running.commit(() => ({ ok: true, value: inLab('<name>a</name>') }));
  await anotherSession(server, listener);
});

test('a change of very many nodes names only the topmost', async () => {
  const { listener, datastores } = await scene();
  await datastores.running.commit(() => ({ ok: true, value: inLab('<name>a</name>') }));
  await next(listener);
  const boxes = Array.from({ length: 500 }, (_, id) => `<box><id>${id}</id></box>`).join('');
  await datastores.running.commit(() => ({ ok: true, value: inLab(`<name>a</name>${boxes}`) }));
  expect(await edits(await next(listener))).toEqual([['merge', '/lab:lab']]);
});

test('a confirmed commit: each of its events', async () => {
  const watchers: ((event: DatastoreEvent) => void)[] = [];
  const real = unwrap(await openDatastores({ schema: context, log: silentLog }));
  const datastores: Datastores = Object.create(real, {
    running: { value: real.running },
    locks: { value: real.locks },
    sessionEnded: { value: () => {} },
    watch: {
      value: (told: (event: DatastoreEvent) => void) => {
        watchers.push(told);
        return () => {};
      },
    },
  });
  const { server, listener } = await scene({ datastores });
  const tell = (event: Extract<DatastoreEvent, { kind: 'confirmed-commit' }>['event'], by = true, timeout?: number) => {
    const session = by ? server.sessions()[0] : undefined;
    for (const told of watchers)
      told({ kind: 'confirmed-commit', event, session, ...(timeout !== undefined && { timeout }) });
    return next(listener).then(leaves);
  };
  const who = ['username=listener', 'session-id=1'];
  expect(await tell('start', true, 60)).toEqual([...who, 'confirm-event=start', 'timeout=60']);
  expect(await tell('extend', true, 90)).toEqual([...who, 'confirm-event=extend', 'timeout=90']);
  expect(await tell('complete')).toEqual([...who, 'confirm-event=complete']);
  expect(await tell('cancel')).toEqual([...who, 'confirm-event=cancel']);
  expect(await tell('cancel', false)).toEqual(['username=', 'session-id=0', 'confirm-event=cancel']);
  expect(await tell('timeout', false)).toEqual(['confirm-event=timeout']);
});
