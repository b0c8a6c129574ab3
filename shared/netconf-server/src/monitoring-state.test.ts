import { silentLog } from '@sublane/basics';
import {
  childElement,
  childElements,
  elementText,
  MONITORING_NAMESPACE,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import { afterAll, expect, test } from 'vitest';
import { openDatastores } from './open-datastores.ts';
import { attach, connect, serve } from './testing/harness.ts';
import { openLab } from './testing/lab.ts';
import { standardModule } from './testing/standard-modules.ts';
import { isOk, type TestClient } from './testing/test-client.ts';

const PARTS = `module parts { namespace "urn:example:parts"; prefix p; include parts-inner; revision 2026-11-20; }`;
const INNER = `submodule parts-inner { belongs-to parts { prefix p; } revision 2026-11-19; leaf inner { type string; } }`;

const context = openLab(
  [
    standardModule('ietf-netconf-monitoring'),
    standardModule('ietf-netconf'),
    standardModule('ietf-netconf-acm'),
    { name: 'parts', revision: '2026-11-20', text: PARTS },
  ],
  [{ name: 'parts-inner', revision: '2026-11-19', text: INNER }],
);
afterAll(() => context.dispose());

async function server() {
  const opened = await openDatastores({ schema: context, log: silentLog, candidate: true, startup: true });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  return serve({ schema: context, rpcs: {}, datastores: opened.value, revalidateReplies: true });
}

async function state(client: TestClient, inside = ''): Promise<XmlElement> {
  const filter = `<filter><netconf-state xmlns="${MONITORING_NAMESPACE}">${inside}</netconf-state></filter>`;
  const data = childElement(await client.rpc(`<get>${filter}</get>`), 'data')!;
  const found = childElement(data, 'netconf-state');
  if (found === undefined) throw new Error(writeXml(data));
  return found;
}

const numbers = (element: XmlElement) =>
  Object.fromEntries(childElements(element).map((one) => [one.name, elementText(one)]));

test('the datastores with their locks (RFC 6022 §2.1.2)', async () => {
  const one = await server();
  const [holder, reader] = [await connect(one, 'bob'), await connect(one)];
  const datastores = async () => writeXml((await state(reader, '<datastores/>')).children[0] as XmlElement);
  expect(await datastores()).toMatch(
    /<datastore><name>running<\/name><\/datastore><datastore><name>candidate<\/name><\/datastore><datastore><name>startup<\/name><\/datastore>/,
  );
  expect(isOk(await holder.rpc('<lock><target><candidate/></target></lock>'))).toBe(true);
  const session = one.sessions()[0]!.id;
  expect(await datastores()).toMatch(
    new RegExp(
      `<name>candidate</name><locks><global-lock><locked-by-session>${session}</locked-by-session><locked-time>\\d{4}-\\d\\d-\\d\\dT[\\d:]+Z</locked-time></global-lock></locks></datastore>`,
    ),
  );
  expect(isOk(await holder.rpc('<unlock><target><candidate/></target></unlock>'))).toBe(true);
  expect(await datastores()).not.toContain('locks');
});

test('a submodule is a schema of its own, in the namespace of its module', async () => {
  const client = await connect(await server());
  const schemas = writeXml((await state(client, '<schemas/>')).children[0] as XmlElement);
  expect(schemas).toContain(
    '<schema><identifier>parts-inner</identifier><version>2026-11-19</version><format>yang</format><namespace>urn:example:parts</namespace><location>NETCONF</location></schema>',
  );
  const reply = await client.rpc(
    `<get-schema xmlns="${MONITORING_NAMESPACE}"><identifier>parts-inner</identifier><version>2026-11-19</version></get-schema>`,
  );
  expect(elementText(childElement(reply, 'data')!)).toBe(INNER);
  const library = writeXml(
    await client.rpc(
      '<get><filter><yang-library xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"/></filter></get>',
    ),
  );
  expect(library).toContain('<submodule><name>parts-inner</name><revision>2026-11-19</revision></submodule>');
});

test('each session with its counters, and their sum (§2.1.4, §2.1.5)', async () => {
  const one = await server();
  const [bob, ann] = [await connect(one, 'bob'), await connect(one)];
  await bob.rpc('<get-config><source><running/></source></get-config>');
  await bob.rpc('<nonsense/>');
  bob.sendRaw('<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get/></rpc>'); // without a message-id
  await bob.next();
  const sessions = childElements(childElement(await state(ann, '<sessions/>'), 'sessions')!);
  expect(sessions.map(numbers)).toMatchObject([
    { username: 'bob', 'in-rpcs': '2', 'in-bad-rpcs': '1', 'out-rpc-errors': '2', 'out-notifications': '0' },
    { username: 'ann', 'in-rpcs': '1', 'in-bad-rpcs': '0', 'out-rpc-errors': '0' },
  ]);
  const sum = numbers(childElement(await state(ann, '<statistics/>'), 'statistics')!);
  expect(sum).toMatchObject({ 'in-sessions': '2', 'in-rpcs': '4', 'in-bad-rpcs': '1', 'out-rpc-errors': '2' });
  expect(sum['netconf-start-time']).toMatch(/^\d{4}-/);
});

test('sessions that ended: by the book, killed, dropped, and those that never said hello right', async () => {
  const one = await server();
  const ann = await connect(one);
  const [closed, killed, dropped] = [await connect(one, 'a'), await connect(one, 'b'), await connect(one, 'c')];
  const idOf = (user: string) => one.sessions().find(({ identity }) => identity.user === user)!.id;
  await ann.rpc(`<kill-session><session-id>${idOf('b')}</session-id></kill-session>`);
  await closed.rpc('<close-session/>');
  dropped.stream.destroy();
  const bad = attach(one, 'd');
  bad.stream.write('<hello xmlns="urn:nobody"/>]]>]]>');
  await expect.poll(() => one.statistics().inBadHellos).toBe(1);
  await expect.poll(() => one.sessions().length).toBe(1);
  expect(numbers(childElement(await state(ann, '<statistics/>'), 'statistics')!)).toMatchObject({
    'in-sessions': '5',
    'in-bad-hellos': '1',
    'dropped-sessions': '1',
  });
  killed.stream.destroy();
});

test('get-schema with a name of several revisions says which there are', async () => {
  const old = { name: 'ietf-inet-types', revision: '2010-09-24', text: OLD_TYPES };
  const two = openLab([{ name: 'uses-old', revision: '2026-01-01', text: USES_OLD }], [old]);
  const client = await connect(serve({ schema: two, rpcs: {} }));
  const request = (version = '') =>
    `<get-schema xmlns="${MONITORING_NAMESPACE}"><identifier>ietf-inet-types</identifier>${version}</get-schema>`;
  const [error] = await client.errors(request());
  expect(error).toMatchObject({ tag: 'operation-failed', appTag: 'data-not-unique' });
  expect(error?.message).toContain('2010-09-24');
  const reply = await client.rpc(request('<version>2010-09-24</version>'));
  expect(elementText(childElement(reply, 'data')!)).toBe(OLD_TYPES);
  two.dispose();
});

const OLD_TYPES = `module ietf-inet-types {
  namespace "urn:ietf:params:xml:ns:yang:ietf-inet-types"; prefix inet;
  revision 2010-09-24;
  typedef old { type string; }
}`;
const USES_OLD = `module uses-old {
  namespace "urn:example:old"; prefix o;
  import ietf-inet-types { prefix inet; revision-date 2010-09-24; }
  revision 2026-01-01;
  leaf old { type inet:old; }
}`;
