import { ok } from '@sublane/basics';
import { expect, test } from 'vitest';
import { UNRESTRICTED } from '../access.ts';
import { connect, serve } from '../testing/harness.ts';
import { elements } from '../testing/lab.ts';
import { dataOf, inRouter, ROUTER, routerContext, routerDatastores, routerSchema } from '../testing/router-lab.ts';
import { trimDefaults } from './trim-defaults.ts';

const NS = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"';
const WD = 'urn:ietf:params:xml:ns:netconf:default:1.0';

// mtu 1500 and ratio 1.50 are what the schema has by default: somebody said so.
const CONFIG = '<name>edge</name><port><name>a</name><mtu>1500</mtu><tuning><ratio>1.50</ratio></tuning></port>';

async function router() {
  const server = serve({ schema: routerContext, rpcs: {}, datastores: await routerDatastores(CONFIG) });
  return connect(server);
}

async function read(mode: string | undefined, filter = '', operation = 'get-config') {
  const client = await router();
  const source = operation === 'get-config' ? '<source><running/></source>' : '';
  const parameter = mode === undefined ? '' : `<with-defaults ${NS}>${mode}</with-defaults>`;
  return dataOf(await client.rpc(`<${operation}>${source}${filter}${parameter}</${operation}>`));
}

const ROUTER_ONLY = `<filter><router xmlns="${ROUTER}"/></filter>`;

test('the capability says the basic mode and the others (RFC 6243 §4.3)', async () => {
  const server = serve({ schema: routerContext, rpcs: {} });
  expect(server.capabilities).toContain(
    'urn:ietf:params:netconf:capability:with-defaults:1.0?basic-mode=explicit&also-supported=trim,report-all,report-all-tagged',
  );
});

test('without the module there is neither the capability nor the parameter', async () => {
  const server = serve();
  expect(server.capabilities.join()).not.toContain('with-defaults');
  const [error] = await (await connect(server)).errors(`<get><with-defaults ${NS}>trim</with-defaults></get>`);
  expect(error?.tag).toBe('unknown-namespace');
});

test.each(['get', 'get-config'])('explicit is what was set, and is what %s gives (§3.3)', async (operation) => {
  const explicit = inRouter(CONFIG.replace('1.50', '1.5'));
  expect(await read(undefined, ROUTER_ONLY, operation)).toBe(explicit);
  expect(await read('explicit', ROUTER_ONLY, operation)).toBe(explicit);
});

test('trim leaves out what equals its default, whoever said so (§3.2)', async () => {
  expect(await read('trim', ROUTER_ONLY)).toBe(inRouter('<name>edge</name><port><name>a</name></port>'));
});

test('report-all gives every default (§3.1)', async () => {
  const all = await read('report-all', ROUTER_ONLY);
  expect(all).toContain('<mtu-all>1500</mtu-all>');
  expect(all).toContain('<log><level>info</level><to>disk</to><to>net</to></log>');
  expect(all).toMatch(/<kind[^>]*>(?:\w+:)?ethernet<\/kind>/);
  expect(all).toContain('<enabled>true</enabled>');
  expect(all).not.toContain('default=');
  // get-config has no state, and so none by default.
  expect(all).not.toContain('speed');
});

test('report-all-tagged tags what nobody set, in the namespace of §6', async () => {
  const [tree] = elements(await read('report-all-tagged', ROUTER_ONLY));
  const seen = new Map<string, string | undefined>();
  const walk = (element: typeof tree & object) => {
    seen.set(element.name, element.attributes.find(({ namespace }) => namespace === WD)?.value);
    for (const child of element.children) if (typeof child !== 'string') walk(child);
  };
  walk(tree!);
  expect(Object.fromEntries(seen)).toMatchObject({ 'mtu-all': 'true', enabled: 'true', level: 'true', to: 'true' });
  for (const name of ['router', 'port', 'name', 'mtu', 'ratio'])
    expect([name, seen.get(name)]).toEqual([name, undefined]);
});

test('a filter finds defaults where they are reported, and only there', async () => {
  const filter = `<filter><router xmlns="${ROUTER}"><port><enabled>true</enabled><name/></port></router></filter>`;
  expect(await read('report-all', filter)).toBe(inRouter('<port><name>a</name><enabled>true</enabled></port>'));
  expect(await read(undefined, filter)).toBe('');
  const xpath = `<filter type="xpath" xmlns:r="${ROUTER}" select="//r:port/r:enabled"/>`;
  expect(await read('report-all', xpath)).toBe(inRouter('<port><name>a</name><enabled>true</enabled></port>'));
});

test('a default that may not be read is not there', async () => {
  const access = {
    ...UNRESTRICTED,
    data: () => {
      const here: ReturnType<typeof UNRESTRICTED.data> = {
        verdict: () => ({ permit: true }),
        throughout: () => undefined,
        child: (node) =>
          node.name === 'enabled'
            ? { verdict: () => ({ permit: false, rule: 'no' }), throughout: () => undefined, child: () => here }
            : here,
      };
      return here;
    },
  };
  const server = serve({ schema: routerContext, rpcs: {}, access, datastores: await routerDatastores(CONFIG) });
  const client = await connect(server);
  const all = dataOf(await client.rpc(`<get><with-defaults ${NS}>report-all</with-defaults>${ROUTER_ONLY}</get>`));
  expect(all).toContain('mtu-all');
  expect(all).not.toContain('enabled');
});

test('state has its defaults too, in get', async () => {
  const state = inRouter('<port><name>a</name><state><up>true</up></state></port>');
  const provider = { module: 'router', name: 'router', read: () => ok(state) };
  const server = serve({
    ...{ schema: routerContext, rpcs: {}, operational: [provider] },
    datastores: await routerDatastores(CONFIG),
  });
  const client = await connect(server);
  const all = dataOf(await client.rpc(`<get><with-defaults ${NS}>report-all</with-defaults></get>`));
  expect(all).toContain('<state><up>true</up><speed>10</speed></state>');
  const trimmed = dataOf(await client.rpc(`<get><with-defaults ${NS}>trim</with-defaults>${ROUTER_ONLY}</get>`));
  expect(trimmed).toContain('<state><up>true</up></state>');
});

test('what is no mode is refused', async () => {
  const client = await router();
  const [error] = await client.errors(`<get><with-defaults ${NS}>some</with-defaults></get>`);
  expect(error).toMatchObject({ tag: 'invalid-value' });
  expect(error?.message).toContain('explicit, trim, report-all, report-all-tagged');
});

test('state that is not of the schema is the server’s fault, and said so', async () => {
  const provider = { module: 'router', name: 'load', read: () => ok(`<load xmlns="${ROUTER}"><nonsense/></load>`) };
  const client = await connect(serve({ schema: routerContext, rpcs: {}, operational: [provider] }));
  const [error] = await client.errors(`<get><with-defaults ${NS}>report-all</with-defaults></get>`);
  expect(error).toMatchObject({ tag: 'operation-failed' });
});

test.each([
  ['<port><name>a</name><kind xmlns:x="urn:example:router">x:ethernet</kind></port>', '<port><name>a</name></port>'],
  ['<log><to>disk</to><to>net</to></log><name>x</name>', '<name>x</name>'],
  ['<log><to>disk</to></log>', '<log><to>disk</to></log>'],
  ['<log><to>net</to><to>disk</to></log><name>x</name>', '<name>x</name>'],
  [
    '<port><name>a</name><mtu>+1500</mtu><enabled>false</enabled></port>',
    '<port><name>a</name><enabled>false</enabled></port>',
  ],
])('trimmed: %s', (inside, expected) => {
  const [tree] = trimDefaults(elements(inRouter(inside)), routerSchema);
  const [wanted] = elements(inRouter(expected));
  const plain = (element: typeof tree): unknown =>
    element && [element.name, ...element.children.map((child) => (typeof child === 'string' ? child : plain(child)))];
  expect(plain(tree)).toEqual(plain(wanted));
});
