import { unwrap } from '@sublane/basics';
import { Libyang } from 'libyang-wasm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { schemaServer, TEXTS } from '../testing/schema-server.ts';
import type { Script } from '../testing/scripted-server.ts';
import { checkedClient } from './checked-client.ts';
import { jsonToXml, notificationToJson, rpcToXml, xmlToJson } from './json.ts';
import { openSchemas } from './open-schemas.ts';

const libyang = Libyang.load();
const FLEET = 'xmlns="urn:example:fleet"';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.destroy();
});

async function checked(say?: Script, texts = TEXTS) {
  const served = await schemaServer({ texts, ...(say && { say }) });
  open.push(served.client);
  const schemas = unwrap(await openSchemas(served.client, { cache: false, libyang }));
  const bad = vi.fn();
  return { ...served, schemas, bad, client: checkedClient(served.client, schemas, { onBadNotification: bad }) };
}

const sail = (content: string) => `<sail ${FLEET}>${content}</sail>`;
const fleet = (content: string) => `<fleet ${FLEET} ${NC}>${content}</fleet>`;

describe('a request', () => {
  test.each<[string, string]>([
    ['an rpc', sail('<ship>Ada</ship><speed>12</speed>')],
    ['an rpc of the base', '<get/>'],
    [
      'one of RFC 5277, which has no module here',
      '<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"/>',
    ],
  ])('that keeps the schemas is sent: %s', async (_, content) => {
    const { client, asked } = await checked();
    const before = asked('get');
    expect((await client.rpc(content)).ok).toBe(true);
    expect(asked('sail') + asked('create-subscription') + asked('get') - before).toBe(1);
  });

  test.each<[string, string, string, string]>([
    ['a wrong value', sail('<ship>Ada</ship><speed>61</speed>'), '61', '/fleet:sail/speed'],
    ['an unknown leaf', sail('<ship>Ada</ship><colour>red</colour>'), 'colour', ''],
    ['a missing leaf', sail('<speed>1</speed>'), 'ship', ''],
    ['an unknown rpc', `<dive ${FLEET}/>`, 'dive', ''],
    ['an unknown module', '<dive xmlns="urn:nobody"/>', 'urn:nobody', ''],
    ['no XML', '<sail', '', ''],
  ])('with %s is not sent', async (_, content, text, path) => {
    const { client, server } = await checked();
    const before = server.asked.length;
    const result = await client.rpc(content);
    expect(result).toMatchObject({ ok: false, failure: { kind: 'invalid', where: 'request' } });
    if (result.ok || result.failure.kind !== 'invalid') throw new Error('expected a failure');
    expect(result.failure.message).toContain('and was not sent');
    expect(result.failure.message).toContain(text);
    if (path !== '') expect(result.failure.errors[0]!.path).toBe(path);
    expect(server.asked).toHaveLength(before);
  });
});

describe('an edit', () => {
  test.each<[string, string]>([
    ['of a part, whose leafref leads elsewhere', fleet('<flagship>elsewhere</flagship>')],
    ['that deletes an entry', fleet('<ship nc:operation="delete"><name>Ada</name></ship>')],
    ['that deletes a leaf without its value', fleet('<ship><name>Ada</name><speed nc:operation="remove"/></ship>')],
    ['of a submodule', `<drivers ${FLEET}><name>Ben</name></drivers>`],
    ['of a feature that the server has', fleet('<ship><name>Ada</name><flagged/></ship>')],
    ['of nothing', ''],
  ])('%s is sent', async (_, config) => {
    const { client, asked } = await checked();
    unwrap(await client.editConfig({ config }));
    expect(asked('edit-config')).toBe(1);
  });

  test.each<[string, string, string]>([
    ['a wrong value', fleet('<ship><name>Ada</name><speed>fast</speed></ship>'), 'fast'],
    ['an entry without its key', fleet('<ship><speed>1</speed></ship>'), 'name'],
    ['an unknown node', fleet('<submarine/>'), 'submarine'],
    ['state', fleet('<count>4</count>'), 'count'],
    ['another module', '<x xmlns="urn:nobody"/>', 'urn:nobody'],
    [
      'a wrong value beside a deletion',
      fleet('<ship><name>Ada</name><speed>99</speed></ship><flagship nc:operation="delete"/>'),
      '99',
    ],
  ])('with %s is not sent', async (_, config, text) => {
    const { client, asked } = await checked();
    const result = await client.editConfig({ config });
    expect(result).toMatchObject({ ok: false, failure: { kind: 'invalid', message: expect.stringContaining(text) } });
    expect(asked('edit-config')).toBe(0);
  });
});

describe('a reply', () => {
  test('that keeps the schemas comes through', async () => {
    const { client } = await checked(({ operation }) =>
      operation.name === 'sail' ? { kind: 'data', xml: `<days ${FLEET}>4</days>` } : undefined,
    );
    expect(unwrap(await client.rpc(sail('<ship>Ada</ship>'))).xml).toContain('>4<');
  });

  test.each<[string, string, string]>([
    ['an rpc', sail('<ship>Ada</ship>'), `<days ${FLEET}>400</days>`],
    [
      'a get',
      `<get><filter type="subtree"><fleet ${FLEET}/></filter></get>`,
      `<data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${fleet('<count>-1</count>')}</data>`,
    ],
  ])('to %s that does not is told as such', async (_, content, xml) => {
    const { client } = await checked(({ operation, text }) =>
      operation.name === 'sail' || text.includes('urn:example:fleet') ? { kind: 'data', xml } : undefined,
    );
    expect(await client.rpc(content)).toMatchObject({
      ok: false,
      failure: { kind: 'invalid', where: 'reply', message: expect.stringContaining('breaks the schemas it announces') },
    });
  });
});

test('a notification that breaks the schemas is told, and handled all the same', async () => {
  const { client, server, bad } = await checked();
  const seen: string[] = [];
  client.listen(({ content }) => void seen.push(content.name));
  server.notify(`<sunk ${FLEET}><ship>Ada</ship></sunk>`);
  server.notify(`<sunk ${FLEET}><boat>Ada</boat></sunk>`);
  await vi.waitFor(() => expect(seen).toEqual(['sunk', 'sunk']));
  expect(bad).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('boat'), expect.stringContaining('<boat>'));
});

test('modules that libyang does not take are named, and the others stay', async () => {
  const { schemas, client } = await checked(undefined, {
    ...TEXTS,
    'fleet@2026-02-01': TEXTS['fleet@2026-02-01']!.replace('type empty;', 'type nonsense;'),
  });
  expect(schemas.refused).toMatchObject([{ name: 'fleet', why: expect.stringContaining('nonsense') }]);
  expect(schemas.context.schema().some(({ name, implemented }) => name === 'fleet' && implemented)).toBe(false);
  // Of what is not known, nothing is said.
  expect((await client.rpc(sail(''))).ok).toBe(true);
});

test('XML becomes RFC 7951 JSON, and back', async () => {
  const { schemas } = await checked();
  const { context } = schemas;
  const xml = `<fleet ${FLEET}><ship><name>Ada</name><speed>12</speed></ship></fleet>`;
  const json = unwrap(xmlToJson(context, xml));
  expect(JSON.parse(json)).toEqual({ 'fleet:fleet': { ship: [{ name: 'Ada', speed: 12 }] } });
  expect(unwrap(jsonToXml(context, json))).toBe(xml);
  expect(unwrap(rpcToXml(context, '{"fleet:sail":{"ship":"Ada"}}'))).toBe(sail('<ship>Ada</ship>'));
  const notification = `<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><eventTime>2026-01-01T00:00:00Z</eventTime><sunk ${FLEET}><ship>Ada</ship></sunk></notification>`;
  expect(JSON.parse(unwrap(notificationToJson(context, notification)))).toEqual({ 'fleet:sunk': { ship: 'Ada' } });
  expect(jsonToXml(context, '{"fleet:fleet":{"ship":[{"name":"Ada","speed":99}]}}')).toMatchObject({
    failure: { kind: 'invalid', errors: [{ path: "/fleet:fleet/ship[name='Ada']/speed" }] },
  });
});
