import { duplexPair } from 'node:stream';
import { silentLog } from '@sublane/basics';
import {
  BASE_NAMESPACE,
  childElement,
  elementText,
  MONITORING_NAMESPACE,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UNRESTRICTED } from './access.ts';
import { createNetconfServer, type NetconfServer } from './server.ts';
import { openLab } from './testing/lab.ts';
import { LAB_MODULE } from './testing/lab-module.ts';
import { standardModule } from './testing/standard-modules.ts';
import { TestClient } from './testing/test-client.ts';

const UNIX_MODULE = `
module lab-transports {
  namespace "urn:example:transports";
  prefix t;
  import ietf-netconf-monitoring { prefix ncm; }
  revision 2026-11-20;
  identity netconf-unix { base ncm:transport; }
}`;

let context: Context;
let server: NetconfServer;
let client: TestClient;

beforeAll(async () => {
  context = openLab([
    standardModule('ietf-netconf-monitoring'),
    standardModule('ietf-netconf'),
    standardModule('ietf-netconf-acm'),
    { name: 'lab-transports', revision: '2026-11-20', text: UNIX_MODULE },
  ]);
  server = createNetconfServer({ schema: context, access: UNRESTRICTED, log: silentLog, revalidateReplies: true });
  for (const transport of ['unix', 'ssh'] as const) {
    const [ours, theirs] = duplexPair();
    server.accept(ours, {
      identity: { user: 'ann', role: 'operator' },
      peer: { address: '192.0.2.7', port: 1 },
      transport,
    });
    client = new TestClient(theirs);
    await client.open();
  }
});

afterAll(async () => {
  await server.close();
  context.dispose();
});

async function state(): Promise<XmlElement> {
  const reply = await client.rpc(`<get><filter><netconf-state xmlns="${MONITORING_NAMESPACE}"/></filter></get>`);
  const data = childElement(reply, 'data', BASE_NAMESPACE);
  const found = data && childElement(data, 'netconf-state');
  if (found === undefined) throw new Error(writeXml(reply));
  return found;
}

test('the state of the server is valid by its module', async () => {
  await client.rpc('<unknown-operation/>');
  const xml = writeXml(await state());
  const parsed = context.parseData(xml, 'xml');
  expect(parsed).toMatchObject({ ok: true });
  if (parsed.ok) parsed.value.dispose();
  expect(xml).toContain('<username>ann</username><source-host>192.0.2.7</source-host>');
  expect(xml).toContain('<transport>netconf-ssh</transport>');
  expect(xml).toContain('>t:netconf-unix</transport>');
  expect(xml).toContain('<out-rpc-errors>1</out-rpc-errors>');
});

test('the schemas announced are the schemas served', async () => {
  const schemas = childElement(await state(), 'schemas');
  const listed = schemas?.children.filter((child) => typeof child !== 'string') ?? [];
  const text = (element: XmlElement, name: string) => elementText(childElement(element, name)!);
  const names = listed.map((one) => text(one, 'identifier'));
  expect(names).toContain('lab');
  expect(names).toContain('ietf-inet-types');
  for (const one of listed) {
    const [name, revision] = [text(one, 'identifier'), text(one, 'version')];
    const reply = await client.rpc(
      `<get-schema xmlns="${MONITORING_NAMESPACE}"><identifier>${name}</identifier><version>${revision}</version></get-schema>`,
    );
    const served = childElement(reply, 'data', MONITORING_NAMESPACE);
    expect(served && elementText(served)).toMatch(new RegExp(`module\\s+"?${name}"?\\s*{`));
  }
});

test('a schema arrives as it was written', async () => {
  const reply = await client.rpc(
    `<get-schema xmlns="${MONITORING_NAMESPACE}"><identifier>lab</identifier></get-schema>`,
  );
  expect(elementText(childElement(reply, 'data', MONITORING_NAMESPACE)!)).toBe(LAB_MODULE);
});

test.each([
  ['<identifier>nobody</identifier>', 'invalid-value'],
  ['<identifier>lab</identifier><version>1999-01-01</version>', 'invalid-value'],
  ['<identifier>lab</identifier><format>yin</format>', 'invalid-value'],
  ['', 'missing-element'],
])('get-schema of %s is refused: %s', async (parameters, tag) => {
  const [error] = await client.errors(`<get-schema xmlns="${MONITORING_NAMESPACE}">${parameters}</get-schema>`);
  expect(error?.tag).toBe(tag);
});

test('the YANG library is there, and its content-id is the one announced', async () => {
  const announced = server.capabilities.find((uri) => uri.includes('yang-library:1.1'));
  const id = /content-id=(\w+)/.exec(announced ?? '')?.[1];
  const reply = writeXml(
    await client.rpc(
      '<get><filter><yang-library xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"/></filter></get>',
    ),
  );
  expect(reply).toContain(`<content-id>${id}</content-id>`);
  expect(reply).toContain('<name>lab</name>');
});

test('get without a filter gives all of it', async () => {
  const reply = writeXml(await client.rpc('<get/>'));
  for (const root of ['<netconf-state', '<yang-library', '<modules-state']) expect(reply).toContain(root);
});
