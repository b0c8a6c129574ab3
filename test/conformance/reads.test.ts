// Reading, by our client of our server, every reply proved by the schema before it leaves: RFC 6241 §7.1 and §7.7,
// RFC 6243, RFC 8526.
import { duplexPair } from 'node:stream';
import { ok, silentLog, unwrap } from '@sublane/basics';
import { childElements, writeXml } from '@sublane/netconf';
import { attach, type NetconfClient } from 'netconf-client';
import { createNetconfServer, type Datastores, type NetconfServer, UNRESTRICTED } from 'netconf-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  inRouter,
  ROUTER,
  routerContext,
  routerDatastores,
} from '../../shared/netconf-server/src/testing/router-lab.ts';

const CONFIG = '<name>edge</name><port><name>a</name><mtu>9000</mtu></port>';
const STATE = '<port><name>a</name><state><up>true</up></state></port><port><name>lo</name><mtu>65000</mtu></port>';
const EXPLICIT = { withDefaults: 'explicit' } as const;
const PORT_A = { xpath: "/r:router/r:port[r:name='a']", namespaces: { r: ROUTER } };
const ROUTER_ONLY = { subtree: `<router xmlns="${ROUTER}"/>` };

let datastores: Datastores;
let server: NetconfServer;
let client: NetconfClient;

beforeAll(async () => {
  datastores = await routerDatastores(CONFIG);
  server = createNetconfServer({
    ...{ schema: routerContext, access: UNRESTRICTED, log: silentLog, datastores, revalidateReplies: true },
    operational: [{ module: 'router', name: 'router', read: () => ok(inRouter(STATE)) }],
  });
  const [ours, theirs] = duplexPair();
  server.accept(ours, { identity: { user: 'ann', role: 'operator' }, transport: 'ssh' });
  client = unwrap(await attach(theirs));
});

afterAll(async () => {
  await client.close();
  await server.close();
});

type Asked = Parameters<NetconfClient['getData']>[0];
const data = async (options: Asked) =>
  childElements(unwrap(await client.getData(options)).data)
    .map(writeXml)
    .join('');

test.each<[string, Asked, string]>([
  ['running', { datastore: 'running' }, CONFIG],
  ['candidate', { datastore: 'candidate' }, CONFIG],
  ['intended', { datastore: 'intended' }, CONFIG],
  [
    'operational',
    { filter: ROUTER_ONLY, ...EXPLICIT },
    '<name>edge</name><port><name>a</name><mtu>9000</mtu><state><up>true</up></state></port><port><name>lo</name><mtu>65000</mtu></port>',
  ],
  [
    'by XPath',
    { filter: PORT_A, ...EXPLICIT },
    '<port><name>a</name><mtu>9000</mtu><state><up>true</up></state></port>',
  ],
  [
    'state alone',
    { filter: PORT_A, configFilter: false, ...EXPLICIT },
    '<port><name>a</name><state><up>true</up></state></port>',
  ],
  [
    'of the system alone',
    { filter: ROUTER_ONLY, configFilter: true, origins: { only: ['system'] }, ...EXPLICIT },
    '<port><name>lo</name><mtu>65000</mtu></port>',
  ],
  [
    'but of the system',
    { filter: ROUTER_ONLY, configFilter: true, origins: { except: ['system'] }, ...EXPLICIT },
    CONFIG,
  ],
  ['so deep', { filter: PORT_A, maxDepth: 1, ...EXPLICIT }, '<port><name>a</name></port>'],
])('get-data: %s', async (_what, options, expected) => {
  expect(await data(options)).toBe(inRouter(expected));
});

test('get-data: with origins', async () => {
  const all = await data({ filter: ROUTER_ONLY, withOrigin: true });
  expect(all).toMatch(/or:origin="or:intended"><name>edge/);
  expect(all).toMatch(/<mtu-all or:origin="or:default">1500/);
});

test('what a datastore does not have is refused', async () => {
  expect(await client.getData({ datastore: 'startup' })).toMatchObject({
    ok: false,
    failure: { errors: [{ tag: 'invalid-value' }] },
  });
});

test.each(['trim', 'report-all', 'report-all-tagged'] as const)(
  'get-config and get with-defaults %s',
  async (withDefaults) => {
    for (const read of [client.get({ withDefaults }), client.getConfig({ source: 'running', withDefaults })]) {
      const shown = writeXml(unwrap(await read).data);
      expect(shown.includes('>info</level>')).toBe(withDefaults !== 'trim');
      expect(shown.includes('wd:default="true"')).toBe(withDefaults === 'report-all-tagged');
    }
  },
);

test('edit-data', async () => {
  unwrap(await client.editData({ datastore: 'candidate', config: inRouter('<name>core</name>') }));
  expect(await data({ datastore: 'candidate', filter: { xpath: '/r:router/r:name', namespaces: { r: ROUTER } } })).toBe(
    inRouter('<name>core</name>'),
  );
  unwrap(await client.discardChanges());
  expect(await data({ datastore: 'candidate' })).toBe(inRouter(CONFIG));
});
