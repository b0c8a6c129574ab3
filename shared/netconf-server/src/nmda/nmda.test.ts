import { failed, ok } from '@sublane/basics';
import { rpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { connect, serve } from '../testing/harness.ts';
import { dataOf, inRouter, ROUTER, routerContext, routerDatastores } from '../testing/router-lab.ts';
import { isOk } from '../testing/test-client.ts';

const NMDA = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda';
const DS = 'xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"';
const OR = 'xmlns:or="urn:ietf:params:xml:ns:yang:ietf-origin"';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';

const CONFIG = '<name>edge</name><port><name>a</name><mtu>9000</mtu></port>';
// The system knows the state of a port, has one that nobody configured, and set its mtu itself.
const STATE = inRouter(
  '<port><name>a</name><mtu>9000</mtu><state><up>true</up></state></port>' +
    '<port><name>lo</name><mtu>65000</mtu><state><up>false</up></state></port>',
);

async function router() {
  const datastores = await routerDatastores(CONFIG);
  const asked: boolean[] = [];
  const server = serve({
    ...{ schema: routerContext, rpcs: {}, datastores },
    operational: [
      {
        module: 'router',
        name: 'router',
        read: ({ filters }) => {
          asked.push(filters !== undefined);
          return ok(STATE);
        },
      },
      { module: 'router', name: 'load', read: () => ok(`<load xmlns="${ROUTER}"><average>3</average></load>`) },
    ],
  });
  return { server, client: await connect(server), datastores, asked };
}

const request = (datastore: string, more = '') =>
  `<get-data xmlns="${NMDA}" ${DS}><datastore>${datastore}</datastore>${more}</get-data>`;
const ROUTER_ONLY = `<subtree-filter><router xmlns="${ROUTER}"/></subtree-filter>`;
const EXPLICIT = '<with-defaults>explicit</with-defaults>';

async function getData(datastore: string, more = '') {
  const { client } = await router();
  return dataOf(await client.rpc(request(datastore, more)), NMDA);
}

async function refusal(operation: string) {
  const { client } = await router();
  const [error] = await client.errors(operation);
  return error;
}

describe('get-data', () => {
  test.each(['ds:running', 'ds:candidate', 'ds:intended'])('of %s is configuration', async (datastore) => {
    expect(await getData(datastore)).toBe(inRouter(CONFIG));
  });

  test('of operational is intended with the state, and all values in use (RFC 8342 §5.3)', async () => {
    const all = await getData('ds:operational');
    expect(all).toContain('<average>3</average>');
    expect(all).toContain('<mtu-all>1500</mtu-all>');
    expect(all).toContain('<name>lo</name>');
    expect(await getData('ds:operational', `${ROUTER_ONLY}${EXPLICIT}`)).toBe(
      inRouter(
        '<name>edge</name><port><name>a</name><mtu>9000</mtu><state><up>true</up></state></port>' +
          '<port><name>lo</name><mtu>65000</mtu><state><up>false</up></state></port>',
      ),
    );
  });

  test('the prefix does not matter', async () => {
    const text = `<g:get-data xmlns:g="${NMDA}" xmlns:x="urn:ietf:params:xml:ns:yang:ietf-datastores"><g:datastore> x:running </g:datastore></g:get-data>`;
    const { client } = await router();
    expect(dataOf(await client.rpc(text), NMDA)).toBe(inRouter(CONFIG));
  });

  test.each(['running', 'ds:startup', 'ds:dynamic', 'ds:nothing', 'or:running', ''])(
    'of %j is refused with invalid-value (RFC 8526 §4)',
    async (datastore) => {
      const error = await refusal(request(datastore));
      expect(error).toMatchObject({ tag: 'invalid-value' });
      expect(error?.message).toContain('expected one of ds:running, ds:candidate, ds:intended, ds:operational');
    },
  );

  test('by XPath, with the prefixes of the filter’s element', async () => {
    const filter = `<xpath-filter xmlns:r="${ROUTER}">/r:router/r:port[r:mtu &gt; 10000]/r:state</xpath-filter>`;
    expect(await getData('ds:operational', filter + EXPLICIT)).toBe(
      inRouter('<port><name>lo</name><state><up>false</up></state></port>'),
    );
  });

  test.each([
    ['true', inRouter(`${CONFIG}<port><name>lo</name><mtu>65000</mtu></port>`)],
    [
      'false',
      `${inRouter('<port><name>a</name><state><up>true</up></state></port><port><name>lo</name><state><up>false</up></state></port>')}<load xmlns="${ROUTER}"><average>3</average></load>`,
    ],
  ])('config-filter %s', async (wanted, expected) => {
    const { client } = await router();
    const filter = `<subtree-filter><router xmlns="${ROUTER}"/><load xmlns="${ROUTER}"/></subtree-filter>`;
    const more = `${filter}<config-filter>${wanted}</config-filter>${EXPLICIT}`;
    expect(dataOf(await client.rpc(request('ds:operational', more)), NMDA)).toBe(expected);
  });

  test.each([
    ['1', ROUTER_ONLY, `<router xmlns="${ROUTER}"/>`],
    ['2', ROUTER_ONLY, inRouter('<name>edge</name><port><name>a</name></port>')],
    ['3', ROUTER_ONLY, inRouter(CONFIG)],
    ['unbounded', ROUTER_ONLY, inRouter(CONFIG)],
    // "For each node selected by the filters": counted from there.
    ['1', `<xpath-filter xmlns:r="${ROUTER}">/r:router/r:port</xpath-filter>`, inRouter('<port><name>a</name></port>')],
    ['1', '', `<router xmlns="${ROUTER}"/>`],
  ])('max-depth %s', async (depth, filter, expected) => {
    expect(await getData('ds:running', `${filter}<max-depth>${depth}</max-depth>`)).toBe(expected);
  });

  test('with-origin says where configuration comes from, where it changes', async () => {
    const all = await getData('ds:operational', `${ROUTER_ONLY}<with-origin/>`);
    expect(all).toMatch(/<router [^>]*or:origin="or:intended"><name>edge<\/name>/);
    expect(all).toMatch(/<mtu-all [^>]*or:origin="or:default">1500/);
    // configured and as the system has it: the configuration's
    expect(all).toMatch(/<port><name>a<\/name>.*<mtu>9000<\/mtu>/);
    expect(all).toMatch(/<port [^>]*or:origin="or:system"><name>lo<\/name>.*<mtu>65000<\/mtu>/);
    // state has none
    expect(all).toMatch(/<state><up>true<\/up>/);
  });

  test.each([
    ['<origin-filter ORIGINS>or:system</origin-filter>', '<port><name>lo</name><mtu>65000</mtu></port>'],
    ['<origin-filter ORIGINS>or:intended</origin-filter>', CONFIG],
    [
      '<origin-filter ORIGINS>or:intended</origin-filter><origin-filter ORIGINS>or:system</origin-filter>',
      `${CONFIG}<port><name>lo</name><mtu>65000</mtu></port>`,
    ],
    ['<origin-filter ORIGINS>or:origin</origin-filter>', `${CONFIG}<port><name>lo</name><mtu>65000</mtu></port>`],
    ['<negated-origin-filter ORIGINS>or:system</negated-origin-filter>', CONFIG],
    ['<origin-filter ORIGINS>or:learned</origin-filter>', undefined],
  ])('%s', async (filter, expected) => {
    const more = `${ROUTER_ONLY}<config-filter>true</config-filter>${filter.replaceAll('ORIGINS', OR)}${EXPLICIT}`;
    expect(await getData('ds:operational', more)).toBe(expected === undefined ? '' : inRouter(expected));
  });

  test('a provider may say what it has learned', async () => {
    const xml = inRouter('<port><name>p</name></port>');
    const provider = { module: 'router', name: 'router', origin: 'learned', read: () => ok(xml) } as const;
    const client = await connect(serve({ schema: routerContext, rpcs: {}, operational: [provider] }));
    const reply = await client.rpc(request('ds:operational', `${ROUTER_ONLY}<with-origin/>${EXPLICIT}`));
    expect(dataOf(reply, NMDA)).toMatch(/<router [^>]*or:origin="or:learned"><port><name>p/);
  });

  test('origin-filter leaves the state in', async () => {
    const more = `${ROUTER_ONLY}<origin-filter ${OR}>or:learned</origin-filter>`;
    expect(await getData('ds:operational', more)).toContain('<state><up>false</up>');
  });

  test('report-all-tagged with origins', async () => {
    const more = `${ROUTER_ONLY}<with-origin/><with-defaults>report-all-tagged</with-defaults>`;
    expect(await getData('ds:operational', more)).toMatch(
      /<mtu-all (?=[^>]*or:origin="or:default")[^>]*wd:default="true"/,
    );
  });

  test('providers that nobody asks for are not read', async () => {
    const { client, asked } = await router();
    await client.rpc(request('ds:operational', `<subtree-filter><load xmlns="${ROUTER}"/></subtree-filter>`));
    await client.rpc(request('ds:operational', `<xpath-filter xmlns:r="${ROUTER}">/r:load</xpath-filter>`));
    expect(asked).toEqual([]);
    const one = `<xpath-filter xmlns:r="${ROUTER}">/r:router/r:port[r:name='lo']</xpath-filter>`;
    await client.rpc(request('ds:operational', one));
    expect(asked).toEqual([true]);
  });

  test('state that cannot be configuration is not read for config-filter true', async () => {
    const provider = {
      ...{ module: 'router', name: 'load' },
      read: () => failed([rpcError.tooBig('application', { message: 'ask for less' })]),
    };
    const client = await connect(serve({ schema: routerContext, rpcs: {}, operational: [provider] }));
    expect(
      dataOf(await client.rpc(request('ds:operational', `<config-filter>true</config-filter>${EXPLICIT}`)), NMDA),
    ).toBe('');
    expect((await client.errors(request('ds:operational'))).map(({ tag }) => tag)).toEqual(['too-big']);
  });

  test.each([
    ['ds:running', '<with-origin/>', 'invalid-value'],
    ['ds:running', `<origin-filter ${OR}>or:system</origin-filter>`, 'unknown-element'],
    ['ds:operational', '<origin-filter>system</origin-filter>', 'invalid-value'],
    [
      'ds:operational',
      `<origin-filter ${OR}>or:system</origin-filter><negated-origin-filter ${OR}>or:system</negated-origin-filter>`,
      'bad-element',
    ],
    ['ds:running', '<max-depth>0</max-depth>', 'invalid-value'],
    ['ds:running', '<max-depth>deep</max-depth>', 'invalid-value'],
    ['ds:running', '<config-filter>yes</config-filter>', 'invalid-value'],
    ['ds:running', '<with-defaults>some</with-defaults>', 'invalid-value'],
    ['ds:running', '<subtree-filter/><xpath-filter>/x</xpath-filter>', 'bad-element'],
    ['ds:running', '<xpath-filter>/x:y</xpath-filter>', 'invalid-value'],
    ['ds:running', '<xpath-filter>1 + 1</xpath-filter>', 'invalid-value'],
    ['ds:running', '<nonsense/>', 'unknown-element'],
  ])('of %s with %s is refused: %s', async (datastore, more, tag) => {
    expect(await refusal(request(datastore, more))).toMatchObject({ tag });
  });

  test('without a datastore is refused', async () => {
    expect(await refusal(`<get-data xmlns="${NMDA}"/>`)).toMatchObject({ tag: 'missing-element' });
  });

  test('is not there where the schema does not have it', async () => {
    const client = await connect(serve());
    const [error] = await client.errors(request('ds:running'));
    expect(error?.tag).toBe('operation-not-supported');
  });
});

describe('edit-data', () => {
  const edit = (datastore: string, inside: string, more = '') =>
    `<edit-data xmlns="${NMDA}" ${DS}><datastore>${datastore}</datastore>${more}<config ${NC}>${inRouter(inside)}</config></edit-data>`;

  test.each(['running', 'candidate'] as const)('changes %s', async (name) => {
    const { client, datastores } = await router();
    const remove = edit(`ds:${name}`, '<name nc:operation="delete"/>', '<default-operation>none</default-operation>');
    expect(isOk(await client.rpc(remove))).toBe(true);
    expect(isOk(await client.rpc(edit(`ds:${name}`, '<port><name>b</name></port>')))).toBe(true);
    expect(datastores[name]?.read().json).toEqual({
      'router:router': { port: [{ name: 'a', mtu: 9000 }, { name: 'b' }] },
    });
    if (name === 'candidate') expect(datastores.running.read().xml).toContain('edge');
  });

  test('all or nothing', async () => {
    const { client, datastores } = await router();
    const [error] = await client.errors(edit('ds:running', '<name>x</name><mtu-all>nine</mtu-all>'));
    expect(error?.tag).toBe('invalid-value');
    expect(datastores.running.read().xml).toBe(inRouter(CONFIG));
  });

  test.each(['ds:operational', 'ds:intended', 'ds:startup', 'nothing'])('of %s is refused', async (datastore) => {
    expect(await refusal(edit(datastore, '<name>x</name>'))).toMatchObject({ tag: 'invalid-value' });
  });

  test.each([
    [`<edit-data xmlns="${NMDA}" ${DS}><datastore>ds:running</datastore></edit-data>`, 'missing-element'],
    [edit('ds:running', '', '<default-operation>create</default-operation>'), 'invalid-value'],
    [edit('ds:running', '', '<url>file:///x</url>'), 'bad-element'],
    [
      `<edit-data xmlns="${NMDA}" ${DS}><datastore>ds:running</datastore><url>file:///x</url></edit-data>`,
      'operation-not-supported',
    ],
  ])('%s: %s', async (operation, tag) => {
    expect(await refusal(operation)).toMatchObject({ tag });
  });
});

describe('the datastore of lock, unlock and validate', () => {
  const named = (operation: string, role: string, datastore: string) =>
    `<${operation}><${role}><datastore xmlns="${NMDA}" ${DS}>${datastore}</datastore></${role}></${operation}>`;

  test.each(['running', 'candidate'] as const)('%s is locked and unlocked', async (name) => {
    const { client, datastores } = await router();
    expect(isOk(await client.rpc(named('lock', 'target', `ds:${name}`)))).toBe(true);
    expect(datastores.locks.holder(name)?.session.identity.user).toBe('ann');
    expect(isOk(await client.rpc(named('unlock', 'target', `ds:${name}`)))).toBe(true);
    expect(datastores.locks.holder(name)).toBeUndefined();
  });

  test.each(['ds:running', 'ds:candidate', 'ds:intended'])('%s is validated', async (datastore) => {
    const { client } = await router();
    expect(isOk(await client.rpc(named('validate', 'source', datastore)))).toBe(true);
  });

  test.each([
    ['lock', 'target', 'ds:operational'],
    ['lock', 'target', 'ds:intended'],
    ['unlock', 'target', 'ds:startup'],
    ['validate', 'source', 'ds:operational'],
    ['validate', 'source', 'nothing'],
  ])('%s of a %s %s is refused', async (operation, role, datastore) => {
    expect(await refusal(named(operation, role, datastore))).toMatchObject({ tag: 'invalid-value' });
  });
});

test('the capabilities and the YANG library have the datastores (RFC 8525 §3)', async () => {
  const { client, server } = await router();
  expect(server.capabilities).toContain(
    'urn:ietf:params:netconf:capability:with-operational-defaults:1.0?basic-mode=report-all&also-supported=explicit,trim,report-all-tagged',
  );
  const library = dataOf(
    await client.rpc(
      '<get><filter><yang-library xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"/></filter></get>',
    ),
  );
  expect(Array.from(library.matchAll(/>ds:(\w+)<\/name><schema>complete</g), ([, name]) => name)).toEqual([
    ...['running', 'candidate', 'intended', 'operational'],
  ]);
});
