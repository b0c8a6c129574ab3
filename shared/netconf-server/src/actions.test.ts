import { silentLog, unwrap } from '@sublane/basics';
import { childElement, elementText, rpcError, writeXml } from '@sublane/netconf';
import { type Context, Libyang } from 'libyang-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessControl, UNRESTRICTED } from './access.ts';
import type { Datastores } from './datastores.ts';
import { openDatastores } from './open-datastores.ts';
import { accessByPath } from './path-access.ts';
import { type ActionCall, type ActionHandler, OK, refused } from './rpc-table.ts';
import { connect, recorder, serve } from './testing/harness.ts';
import { infoOf, isOk } from './testing/test-client.ts';

const HOUSE = 'urn:example:house';
const PAINT = 'urn:example:paint';
const HOUSE_MODULE = `module house {
  yang-version 1.1; namespace "${HOUSE}"; prefix h; revision 2026-11-21;
  container house {
    container cellar { action flood { input { leaf depth { type uint8 { range "1..9"; } mandatory true; } leaf-list room { type leafref { path "/h:house/h:room/h:name"; } } } } }
    list room { key "floor name"; leaf floor { type uint8; } leaf name { type string; }
      action empty;
      list chair { config false; key id; leaf id { type uint8; } action sit { output { leaf creaks { type boolean; } } } }
    }
    container attic { presence "there is one"; action air; }
  }
}`;
const PAINT_MODULE = `module paint {
  yang-version 1.1; namespace "${PAINT}"; prefix p; import house { prefix h; } revision 2026-11-21;
  augment "/h:house/h:room" { action paint { input { leaf colour { type string { length "1..10"; } } } output { leaf litres { type uint8; } } } }
}`;
const ROOM = '<room><floor>1</floor><name>hall</name></room>';

let context: Context;
let datastores: Datastores;
beforeAll(async () => {
  const sources = [
    { name: 'house', text: HOUSE_MODULE },
    { name: 'paint', text: PAINT_MODULE },
  ];
  context = unwrap(Libyang.load().createContext({ sources, implement: [{ name: 'house' }, { name: 'paint' }] }));
  const initial = `<house xmlns="${HOUSE}">${ROOM}</house>`;
  datastores = unwrap(await openDatastores({ schema: context, log: silentLog, initial }));
});
afterAll(() => context.dispose());

const action = (inside: string) =>
  `<action xmlns="urn:ietf:params:xml:ns:yang:1"><house xmlns="${HOUSE}">${inside}</house></action>`;
const inRoom = (inside: string, name = 'hall') => action(`<room><floor>01</floor><name>${name}</name>${inside}</room>`);

/** A server whose actions tell what they were called with. */
function open({ access = UNRESTRICTED, sit }: { access?: AccessControl; sit?: ActionHandler } = {}) {
  const calls: ActionCall[] = [];
  const done =
    (answer = OK): ActionHandler =>
    (call) => {
      calls.push(call);
      return answer;
    };
  const seen = recorder();
  const server = serve({
    schema: context,
    datastores,
    access,
    events: seen.events,
    actions: {
      '/house:house/cellar/flood': done(),
      '/house:house/room/empty': done(refused(rpcError.inUse('application', { message: 'somebody is in it' }))),
      '/house:house/room/paint:paint': done({ kind: 'data', xml: `<litres xmlns="${PAINT}">7</litres>` }),
      '/house:house/room/chair/sit': sit ?? done(),
      '/house:house/attic/air': done(),
    },
    operational: [
      {
        module: 'house',
        name: 'house',
        read: ({ filters }) => ({
          ok: true,
          value: filters?.some((filter) => writeXml(filter).includes('chair'))
            ? `<house xmlns="${HOUSE}"><room><floor>1</floor><name>hall</name><chair><id>4</id></chair></room></house>`
            : '',
        }),
      },
    ],
  });
  return { server, calls, seen };
}

test('is called with its input, and with the node it belongs to', async () => {
  const { server, calls } = open();
  const client = await connect(server);
  const reply = await client.rpc(inRoom(`<paint xmlns="${PAINT}"><colour>red</colour></paint>`));
  expect(elementText(childElement(reply, 'litres', PAINT)!)).toBe('7');
  expect(calls).toMatchObject([
    {
      module: 'paint',
      name: 'paint',
      input: { colour: 'red' },
      instance: "/house:house/room[floor='1'][name='hall']",
    },
  ]);
  expect(writeXml(calls[0]!.instanceXml)).toBe(
    `<house xmlns="${HOUSE}"><room><floor>1</floor><name>hall</name></room></house>`,
  );
});

test('without output is answered with <ok/> (RFC 7950 §7.15.2)', async () => {
  const client = await connect(open().server);
  expect(isOk(await client.rpc(action('<cellar><flood><depth>2</depth></flood></cellar>')))).toBe(true);
});

test('what it refuses arrives whole', async () => {
  const client = await connect(open().server);
  expect(await client.errors(inRoom('<empty/>'))).toMatchObject([{ tag: 'in-use', message: 'somebody is in it' }]);
});

test('a leafref in its input points into the running configuration (RFC 7950 §6.4.1)', async () => {
  const client = await connect(open().server);
  const flood = (room: string) => action(`<cellar><flood><depth>2</depth><room>${room}</room></flood></cellar>`);
  expect(isOk(await client.rpc(flood('hall')))).toBe(true);
  expect(await client.errors(flood('tower'))).toMatchObject([{ tag: 'data-missing', appTag: 'instance-required' }]);
});

test('may belong to state, which its provider is asked for and nothing else', async () => {
  const client = await connect(open().server);
  expect(isOk(await client.rpc(inRoom('<chair><id>4</id><sit/></chair>')))).toBe(true);
  expect(await client.errors(inRoom('<chair><id>5</id><sit/></chair>'))).toMatchObject([{ tag: 'data-missing' }]);
});

test('a handler that throws is our bug', async () => {
  const sit = () => {
    throw new Error('secret of the house');
  };
  const client = await connect(open({ sit }).server);
  const [error] = await client.errors(inRoom('<chair><id>4</id><sit/></chair>'));
  expect([error?.tag, JSON.stringify(error).includes('secret')]).toEqual(['operation-failed', false]);
});

test.each([
  ['a node that is not there', inRoom('<empty/>', 'tower'), 'data-missing', {}],
  ['a presence container that is not there', action('<attic><air/></attic>'), 'data-missing', {}],
  ['a missing key', action('<room><name>hall</name><empty/></room>'), 'missing-element', { 'bad-element': 'floor' }],
  ['two actions in one rpc', inRoom('<empty/><empty/>'), 'bad-element', { 'bad-element': 'empty' }],
  ['actions of two entries', action(`${ROOM.replace('</room>', '<empty/></room>')}<room/>`), 'bad-element', {}],
  ['no action', action(ROOM), 'missing-element', { 'bad-element': 'action' }],
  ['nothing at all', '<action xmlns="urn:ietf:params:xml:ns:yang:1"/>', 'missing-element', {}],
  ['an unknown action', inRoom('<fly/>'), 'unknown-element', { 'bad-element': 'fly' }],
  ['an unknown namespace', inRoom('<fly xmlns="urn:x"/>'), 'unknown-namespace', { 'bad-namespace': 'urn:x' }],
  ['a wrong input', action('<cellar><flood><depth>10</depth></flood></cellar>'), 'invalid-value', {}],
  ['no input', action('<cellar><flood/></cellar>'), 'missing-element', { 'bad-element': 'depth' }],
  ['a leaf on the way', action('<room><floor>1</floor><name>hall</name><id/></room>'), 'unknown-element', {}],
])('%s is refused', async (_, operation, tag, info) => {
  const client = await connect(open().server);
  const [error] = await client.errors(operation);
  expect(error?.tag).toBe(tag);
  expect(infoOf(error!)).toMatchObject(info);
  expect(error?.message).toBeTruthy();
});

test('a body that is no XML is malformed', async () => {
  const client = await connect(open().server);
  expect(await client.errors(inRoom('<empty></room>'))).toMatchObject([{ tag: 'malformed-message' }]);
});

describe('access (RFC 8341 §3.1.3)', () => {
  const EMPTY = "/house:house/house:room[house:floor='1'][house:name='hall']/house:empty";
  /** Permits all but one operation on one path. */
  const without = (path: string, operation: string): AccessControl => ({
    ...UNRESTRICTED,
    data: () =>
      accessByPath((asked, access) =>
        asked === path && access === operation ? { permit: false, rule: 'no' } : { permit: true },
      ),
  });

  test.each([
    ['exec on the action', "/house:house/room[floor='1'][name='hall']/empty", 'exec'],
    ['read of its node', "/house:house/room[floor='1'][name='hall']", 'read'],
    ['read of a node above', '/house:house', 'read'],
  ])('wants %s', async (_, path, operation) => {
    const { server, calls, seen } = open({ access: without(path, operation) });
    const client = await connect(server);
    const [error] = await client.errors(inRoom('<empty/>'));
    expect([error?.tag, error?.path?.xpath]).toEqual(['access-denied', EMPTY]);
    expect(calls).toEqual([]);
    expect(seen.denied).toHaveLength(1);
  });
});

test('an action of no schema is refused at the start', () => {
  const actions = { '/house:house/room/fly': () => OK };
  expect(() => serve({ schema: context, rpcs: {}, actions })).toThrow(/"\/house:house\/room\/fly" is no action/);
});

test('a server without actions does not know <action>', async () => {
  const client = await connect(serve({ schema: context, datastores }));
  expect((await client.errors(inRoom('<empty/>')))[0]?.tag).toBe('operation-not-supported');
});
