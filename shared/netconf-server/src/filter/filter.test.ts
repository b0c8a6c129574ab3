import { ok } from '@sublane/basics';
import type { XmlElement } from '@sublane/netconf';
import { writeXml } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { type AccessControl, type DataAccess, PERMITTED, UNRESTRICTED } from '../access.ts';
import { requestedValues } from '../subtree-filter.ts';
import { connect, serve } from '../testing/harness.ts';
import { element } from '../testing/lab.ts';
import { dataOf, inRouter, ROUTER, routerContext, routerDatastores, routerSchema } from '../testing/router-lab.ts';
import type { DataFilter } from './data-filter.ts';
import { subtreeFilter } from './read-filter.ts';
import { xpathFilter } from './xpath-filter.ts';

const CONFIG =
  '<name>edge</name><port><name>a</name><kind>fast-ethernet</kind><mtu>9000</mtu><address>2001:db8::1</address></port>' +
  '<port><name>b</name><kind>tunnel</kind><address>192.0.2.1</address></port>';
const KIND = ` xmlns:r="${ROUTER}"`;
const STATE = inRouter('<port><name>b</name><state><up>true</up></state></port>');

async function client(access: AccessControl = UNRESTRICTED) {
  const asked: (readonly XmlElement[] | undefined)[] = [];
  const server = serve({
    ...{ schema: routerContext, rpcs: {}, access, datastores: await routerDatastores(CONFIG) },
    operational: [
      {
        module: 'router',
        name: 'router',
        read: ({ filters }) => {
          asked.push(filters);
          return ok(STATE);
        },
      },
      { module: 'router', name: 'load', read: () => ok(`<load xmlns="${ROUTER}"><average>3</average></load>`) },
    ],
  });
  return { client: await connect(server), asked, server };
}

const get = (select: string, declarations = KIND) =>
  `<get><filter type="xpath"${declarations} select="${select.replaceAll('"', '&quot;').replaceAll('<', '&lt;')}"/></get>`;

async function selected(select: string, declarations = KIND) {
  const { client: one } = await client();
  return dataOf(await one.rpc(get(select, declarations)));
}

describe('an XPath filter (RFC 6241 §8.9)', () => {
  test('is announced', async () => {
    const { server } = await client();
    expect(server.capabilities).toContain('urn:ietf:params:netconf:capability:xpath:1.0');
  });

  test.each([
    ['/r:router/r:name', inRouter('<name>edge</name>')],
    // An entry keeps its keys, and every node its ancestors.
    ['/r:router/r:port/r:mtu', inRouter('<port><name>a</name><mtu>9000</mtu></port>')],
    ["/r:router/r:port[r:name='b']/r:state/r:up", inRouter('<port><name>b</name><state><up>true</up></state></port>')],
    [
      "/r:router/r:port[r:name='b']/r:address/text()",
      inRouter('<port><name>b</name><address>192.0.2.1</address></port>'),
    ],
    [
      '//r:average | /r:router/r:name',
      `${inRouter('<name>edge</name>')}<load xmlns="${ROUTER}"><average>3</average></load>`,
    ],
    ['/r:load', `<load xmlns="${ROUTER}"><average>3</average></load>`],
    ['/r:nobody', ''],
    ['//r:port[r:mtu > 1500]/r:name', inRouter('<port><name>a</name></port>')],
    // RFC 7950 §10.4
    ["//r:port[derived-from(r:kind, 'r:ethernet')]/r:name", inRouter('<port><name>a</name></port>')],
    ["//r:port[derived-from-or-self(r:kind, 'r:tunnel')]/r:name", inRouter('<port><name>b</name></port>')],
    ["//r:port[derived-from(r:kind, 'r:tunnel')]/r:name", ''],
    // Without a prefix: that name in any namespace.
    ['/router/port/mtu', inRouter('<port><name>a</name><mtu>9000</mtu></port>')],
    ['/', undefined],
  ])('%s', async (select, expected) => {
    const { client: one } = await client();
    // Two servers, begun at two times.
    const timeless = (text: string) => text.replace(/>\d{4}-[\d-]+T[\d:]+Z</g, '><');
    const all = dataOf(await one.rpc('<get/>'));
    expect(timeless(await selected(select))).toBe(timeless(expected ?? all));
  });

  const MORE =
    `<name>edge</name><port><name>a</name><backup>b</backup><priority>high</priority></port>` +
    `<port><name>b</name><mtu>9000</mtu><priority>low</priority><uplink>b</uplink>` +
    `<watched xmlns:r="${ROUTER}">/r:router/r:port[r:name='a']/r:priority</watched></port>`;

  test.each([
    // RFC 7950 §10.3.1
    ["deref(//r:port[r:name='a']/r:backup)/../r:mtu", '<port><name>b</name><mtu>9000</mtu></port>'],
    ['//r:port[deref(r:uplink)/../r:mtu = 9000]/r:name', '<port><name>b</name></port>'],
    ['deref(//r:watched)', '<port><name>a</name><priority>high</priority></port>'],
    ['deref(//r:name)', ''],
    // §10.5.1
    ['//r:port[enum-value(r:priority) > 15]/r:name', '<port><name>a</name></port>'],
    ['//r:port[enum-value(r:mtu) > 15]/r:name', ''],
    // §10.2.1
    ["//r:port[re-match(r:priority, 'l.*')]/r:name", '<port><name>b</name></port>'],
    ["//r:port[re-match(r:priority, 'l')]/r:name", ''],
    ["//r:port[re-match(r:priority, '[')]/r:name", ''],
  ])('with a function of RFC 7950: %s', async (select, expected) => {
    const server = serve({ schema: routerContext, rpcs: {}, datastores: await routerDatastores(MORE) });
    const one = await connect(server);
    expect(dataOf(await one.rpc(get(select)))).toBe(expected && inRouter(expected));
  });

  test('that makes libyang match for ever is stopped', async () => {
    const server = serve({ schema: routerContext, rpcs: {}, datastores: await routerDatastores(MORE) });
    const one = await connect(server);
    const evil = `//r:port[re-match('${'a'.repeat(200)}', '(a|aa)+(a|aa)+(a|aa)+[bc]')]`;
    expect(dataOf(await one.rpc(get(evil)))).toBe('');
    expect(dataOf(await one.rpc(get('/r:router/r:name')))).toBe(inRouter('<name>edge</name>'));
  });

  test('keeps configuration apart from state in get-config', async () => {
    const { client: one } = await client();
    const operation = `<get-config><source><running/></source><filter type="xpath"${KIND} select="//r:port[r:name='b']/*"/></get-config>`;
    expect(dataOf(await one.rpc(operation))).toBe(
      inRouter(`<port><name>b</name><kind xmlns:r="${ROUTER}">r:tunnel</kind><address>192.0.2.1</address></port>`),
    );
  });

  test('has the prefixes of its element: those above, and its own before them', async () => {
    const { client: one } = await client();
    const outer = `<get xmlns:x="${ROUTER}"><filter type="xpath" select="/x:router/x:name"/></get>`;
    expect(dataOf(await one.rpc(outer))).toBe(inRouter('<name>edge</name>'));
    const shadowed = `<get xmlns:x="urn:nobody"><filter type="xpath" xmlns:x="${ROUTER}" select="/x:router/x:name"/></get>`;
    expect(dataOf(await one.rpc(shadowed))).toBe(inRouter('<name>edge</name>'));
    const qualified = `<nc:get xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><nc:filter nc:type="xpath"${KIND} nc:select="/r:router/r:name"/></nc:get>`;
    expect(dataOf(await one.rpc(qualified))).toBe(inRouter('<name>edge</name>'));
  });

  test.each([
    ['/q:router', 'character 2: the prefix q of q:router is not declared: expected xmlns:q="…"'],
    ['/router:router', 'character 2: the prefix router of router:router is not declared: expected xmlns:router="…"'],
    ['/r:router[', 'character 11: expected the name of a node instead of the end'],
    ['count(//r:port)', 'the expression gives a value; expected nodes'],
    ["'text'", 'the expression gives a value; expected nodes'],
    ['//r:port = 1', 'the expression gives a value; expected nodes'],
    ['document(//r:port)', 'character 1: there is no function document()'],
  ])('%s is refused: %s', async (select, message) => {
    const { client: one } = await client();
    const [error] = await one.errors(get(select));
    expect(error).toMatchObject({ type: 'protocol', tag: 'invalid-value', message: `XPath: ${message}` });
  });

  test('names of modules are prefixes where the caller says so (RFC 8639 §2.2)', () => {
    const options = { element: element('<filter/>'), moduleNames: true };
    const filter = xpathFilter('/router:router/router:name', routerSchema, options);
    if (!filter.ok) throw new Error(filter.failure.message);
    const data = [element(inRouter(CONFIG))];
    const found = filter.value.select(data);
    expect(found.ok && found.value.map(writeXml).join('')).toBe(inRouter('<name>edge</name>'));
    // What the element declares stands before.
    const other = element('<filter xmlns:router="urn:other"/>');
    const shadowed = xpathFilter('/router:router', routerSchema, { element: other, moduleNames: true });
    expect(shadowed.ok && shadowed.value.select(data)).toEqual({ ok: true, value: [] });
  });

  test('that would take too long is refused, and the server goes on', async () => {
    const { client: one } = await client();
    const slow = '//node()[count(//node()[count(//node()[count(//node()[count(//node())>0])>0])>0])>0]';
    const [error] = await one.errors(get(slow.replaceAll('>', '&gt;')));
    expect(error).toMatchObject({ tag: 'too-big' });
    expect(dataOf(await one.rpc(get('/r:router/r:name')))).toBe(inRouter('<name>edge</name>'));
  });

  test('may cost what befits the data: little of it keeps nobody busy for long', () => {
    const select = (ports: number) => {
      const filter = xpathFilter('//*[//*[//*]]', routerSchema, { element: element('<filter/>') });
      if (!filter.ok) throw new Error(filter.failure.message);
      const data = element(inRouter('<port><name>x</name></port>'.repeat(ports)));
      const found = filter.value.select([data]);
      return found.ok ? 'done' : found.failure.message;
    };
    expect(select(5)).toBe('done');
    expect(select(100)).toMatch(/^XPath: it looks at more than 50\d00 nodes/);
  });

  test('does not find out what its reader may not read', async () => {
    const node = (path: string): DataAccess => ({
      verdict: () => (path === '/router/port/mtu' ? { permit: false, rule: 'no-mtu' } : PERMITTED),
      throughout: () => undefined,
      child: ({ name }) => node(`${path}/${name}`),
    });
    const { client: one } = await client({ ...UNRESTRICTED, data: () => node('') });
    for (const select of [
      '//r:port[r:mtu = 9000]',
      '//r:mtu',
      '//r:name[../r:mtu]',
      "/r:router[contains(., '9000')]",
    ]) {
      expect(dataOf(await one.rpc(get(select)))).toBe('');
    }
  });
});

describe('what a provider is asked for', () => {
  test.each([
    ["/r:router/r:port[r:name='b']/r:state", ['<router><port><name>b</name><state/></port></router>']],
    [
      "/r:router/r:port[r:name='b' and r:mtu='1'][r:kind='x']",
      ['<router><port><name>b</name><mtu>1</mtu><kind>x</kind></port></router>'],
    ],
    ['/r:router/r:port[position() = 1]/r:name', ['<router><port/></router>']],
    ['/r:router//r:name', undefined],
    ['/r:router', undefined],
    ['//r:port', undefined],
    ['/*', undefined],
    ['/r:router/r:port/../r:name', undefined],
    ["/r:load[/r:router/r:name = 'x']", ['<router><name/></router>']],
    ['/r:router/r:name | /r:router/r:port', ['<router><name/></router>', '<router><port/></router>']],
  ])('%s', async (select, expected) => {
    const { client: one, asked } = await client();
    await one.rpc(get(select));
    const plain = asked[0]?.map((filter) => writeXml(filter).replace(/ xmlns="[^"]*"/g, ''));
    expect([asked.length, plain]).toEqual([1, expected]);
  });

  test.each([
    ["/r:router/r:port[r:name='b']", ['b']],
    ['/r:router/r:port[r:name=\'b\']/r:state | /r:router/r:port[r:name="a"]', ['b', 'a']],
    ["/r:router/r:port[r:name='b'][count(r:mtu) = 0]", undefined],
    ["/r:router/r:port[r:name != 'b']", undefined],
    ["/r:router/r:port[r:name='b' or r:name='a']", undefined],
  ])('by key: %s', async (select, expected) => {
    const { client: one, asked } = await client();
    await one.rpc(get(select));
    const [filters] = asked;
    expect(filters && requestedValues(filters, ['port', 'name'])).toEqual(expected);
  });

  test('is nothing, where the filter speaks of something else', async () => {
    const { client: one, asked } = await client();
    await one.rpc(get('/r:load/r:average'));
    await one.rpc(get("/r:load[r:average = '3']"));
    expect(asked).toEqual([]);
  });
});

describe('a subtree filter', () => {
  const subtree = async (inside: string) => {
    const { client: one } = await client();
    return dataOf(await one.rpc(`<get-config><source><running/></source><filter>${inside}</filter></get-config>`));
  };

  test.each([['2001:DB8::1'], ['2001:db8:0:0::1'], [' 2001:0db8::0001 ']])(
    'finds 2001:db8::1 by %s',
    async (address) => {
      expect(await subtree(inRouter(`<port><address>${address}</address><mtu/></port>`))).toBe(
        inRouter('<port><name>a</name><mtu>9000</mtu><address>2001:db8::1</address></port>'),
      );
    },
  );

  test('of too many parts for too much data is refused', () => {
    const wide = element(inRouter('<port><name>x</name></port>'.repeat(400)));
    const filter = element(`<filter>${inRouter('<port><mtu>1</mtu></port>'.repeat(400))}</filter>`);
    const refused = subtreeFilter(filter, routerSchema, 100_000).select([wide]);
    expect(refused).toMatchObject({ ok: false, failure: { tag: 'too-big' } });
    expect(subtreeFilter(filter, routerSchema).select([wide])).toEqual({ ok: true, value: [] });
  });

  test('that asks for no address finds none', async () => {
    expect(await subtree(inRouter('<port><address>nonsense</address></port>'))).toBe('');
  });
});

describe('a filter of notifications', () => {
  const event = element(
    `<link xmlns="${ROUTER}" xmlns:x="${ROUTER}"><address>2001:db8::1</address><kind>x:fast-ethernet</kind>` +
      '<peer><name>p</name><up>true</up></peer></link>',
  );
  const shown = (found: ReturnType<DataFilter['select']>) => (found.ok ? found.value.map(writeXml).join('') : found);

  test.each([
    [
      '<address>2001:DB8:0::1</address><peer><up/></peer>',
      /<address>2001:db8::1<\/address><peer><name>p<\/name><up>true/,
    ],
    ['<kind xmlns:y="urn:example:router">y:fast-ethernet</kind>', /<kind>x:fast-ethernet<\/kind>/],
    ['<address>2001:db8::2</address>', /^$/],
  ])('knows the types of what is in them: %s', (inside, expected) => {
    const filter = element(`<filter><link xmlns="${ROUTER}">${inside}</link></filter>`);
    expect(shown(subtreeFilter(filter, routerSchema).select([event]))).toMatch(expected);
  });

  test.each([
    ["/r:link[derived-from(r:kind, 'r:ethernet')]/r:peer/r:up", /<peer><name>p<\/name><up>true/],
    ["/r:link[derived-from(r:kind, 'r:tunnel')]", /^$/],
  ])('and by XPath: %s', (expression, expected) => {
    const filter = xpathFilter(expression, routerSchema, { element: element(`<filter xmlns:r="${ROUTER}"/>`) });
    if (!filter.ok) throw new Error(filter.failure.message);
    expect(shown(filter.value.select([event]))).toMatch(expected);
  });
});
