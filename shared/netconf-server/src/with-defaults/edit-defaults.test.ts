import { failed, ok, type Result, silentLog } from '@sublane/basics';
import { rpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { openDatastores } from '../open-datastores.ts';
import { connect, serve } from '../testing/harness.ts';
import { inRouter, routerContext } from '../testing/router-lab.ts';
import { isOk } from '../testing/test-client.ts';

const WD = 'xmlns:wd="urn:ietf:params:xml:ns:netconf:default:1.0"';
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
const NCWD = 'urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults';
const START = '<mtu-all>9000</mtu-all><port><name>a</name><mtu>1500</mtu></port>';

async function router(start = START) {
  const files = new Map<string, string>();
  const opened = await openDatastores({
    ...{ schema: routerContext, log: silentLog, initial: inRouter(start), candidate: true, startup: true },
    url: {
      mem: {
        read: async ({ href }): Promise<Result<string, ReturnType<typeof rpcError.dataMissing>>> => {
          const text = files.get(href);
          return text === undefined ? failed(rpcError.dataMissing()) : ok(text);
        },
        write: async ({ href }, text) => ok(void files.set(href, text)),
        delete: async () => ok(),
      },
    },
  });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const datastores = opened.value;
  return { client: await connect(serve({ schema: routerContext, rpcs: {}, datastores })), datastores, files };
}

const edit = (inside: string) =>
  `<edit-config><target><running/></target><config ${NC} ${WD}>${inRouter(inside)}</config></edit-config>`;

describe('wd:default in an edit (RFC 6243 §4.5.2)', () => {
  test.each([
    ['true', '<mtu-all wd:default="true">1500</mtu-all>'],
    ['1', '<mtu-all wd:default="1"> 1500 </mtu-all>'],
    ['in a replace', '<mtu-all nc:operation="replace" wd:default="true">1500</mtu-all>'],
    ['with a delete', '<mtu-all nc:operation="delete" wd:default="true">9000</mtu-all>'],
  ])('%s: the leaf is not set any more', async (_what, inside) => {
    const { client, datastores } = await router();
    expect(isOk(await client.rpc(edit(inside)))).toBe(true);
    expect(datastores.running.read().xml).toBe(inRouter('<port><name>a</name><mtu>1500</mtu></port>'));
  });

  test('false: a value like any other', async () => {
    const { client, datastores } = await router();
    expect(isOk(await client.rpc(edit('<mtu-all wd:default="false">1500</mtu-all>')))).toBe(true);
    expect(datastores.running.read().json).toMatchObject({ 'router:router': { 'mtu-all': 1500 } });
  });

  test('what report-all-tagged gave may be sent back, and changes nothing', async () => {
    const { client, datastores } = await router();
    const before = datastores.running.read().xml;
    const mode = `<with-defaults xmlns="${NCWD}">report-all-tagged</with-defaults>`;
    const reply = await client.rpc(`<get-config><source><running/></source>${mode}</get-config>`);
    const { writeXml, childElement, childElements } = await import('@sublane/netconf');
    const data = childElement(reply, 'data')!;
    const config = childElements(data).map(writeXml).join('');
    expect(config).toContain('wd:default="true"');
    const put = `<edit-config><target><running/></target><default-operation>replace</default-operation><config>${config}</config></edit-config>`;
    expect(isOk(await client.rpc(put))).toBe(true);
    expect(datastores.running.read().xml).toBe(before);
  });

  test.each([
    ['<mtu-all wd:default="true">1400</mtu-all>', 'invalid-value', 'mtu-all: expected its default 1500'],
    ['<name wd:default="true">x</name>', 'invalid-value', 'name: expected a leaf with a default'],
    ['<log><to wd:default="true">x</to></log>', 'invalid-value', 'to: expected one of its defaults disk, net'],
    ['<mtu-all wd:default="yes">1500</mtu-all>', 'bad-attribute', 'default: expected true or false'],
    ['<mtu-all nc:operation="create" wd:default="true">1500</mtu-all>', 'data-exists', 'mtu-all is there already'],
  ])('%s is refused: %s', async (inside, tag, message) => {
    const { client, datastores } = await router();
    const before = datastores.running.read();
    const [error] = await client.errors(edit(inside));
    expect(error?.tag).toBe(tag);
    expect(error?.message).toContain(message);
    expect(datastores.running.read()).toBe(before);
  });
});

describe('with-defaults in copy-config (RFC 6243 §4.5.1)', () => {
  const copy = (source: string, target: string, mode: string) =>
    `<copy-config><target>${target}</target><source>${source}</source><with-defaults xmlns="${NCWD}">${mode}</with-defaults></copy-config>`;

  test('report-all sets the defaults in the target', async () => {
    const { client, datastores } = await router();
    expect(isOk(await client.rpc(copy('<running/>', '<startup/>', 'report-all')))).toBe(true);
    expect(datastores.startup?.read().xml).toContain('<enabled>true</enabled>');
  });

  test('report-all-tagged leaves a datastore as it is, and marks in a file', async () => {
    const { client, datastores, files } = await router();
    expect(isOk(await client.rpc(copy('<running/>', '<startup/>', 'report-all-tagged')))).toBe(true);
    expect(datastores.startup?.read().xml).toBe(datastores.running.read().xml);
    expect(isOk(await client.rpc(copy('<running/>', '<url>mem:a</url>', 'report-all-tagged')))).toBe(true);
    expect(files.get('mem:a')).toMatch(/<enabled [^>]*wd:default="true">true/);
    // And back: what is marked is not set.
    const back = '<copy-config><target><running/></target><source><url>mem:a</url></source></copy-config>';
    const before = datastores.running.read().xml;
    expect(isOk(await client.rpc(back))).toBe(true);
    expect(datastores.running.read().xml).toBe(before);
  });

  test('trim drops what equals its default', async () => {
    const { client, datastores } = await router();
    expect(isOk(await client.rpc(copy('<running/>', '<startup/>', 'trim')))).toBe(true);
    expect(datastores.startup?.read().xml).toBe(inRouter('<mtu-all>9000</mtu-all><port><name>a</name></port>'));
  });

  test('a file with a wrong mark is refused', async () => {
    const { client, files } = await router();
    files.set(
      'mem:b',
      `<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" ${WD}>${inRouter('<mtu-all wd:default="true">7</mtu-all>')}</config>`,
    );
    const [error] = await client.errors(
      '<copy-config><target><candidate/></target><source><url>mem:b</url></source></copy-config>',
    );
    expect(error?.tag).toBe('invalid-value');
  });
});
