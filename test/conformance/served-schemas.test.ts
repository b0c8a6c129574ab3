// The schemas that the headend announces, in each of the four places a client may look, are those that it serves; and
// Debian's yanglint takes them from these texts alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duplexPair } from 'node:stream';
import { silentLog, unwrap } from '@sublane/basics';
import {
  childElement,
  childElements,
  elementText,
  MONITORING_NAMESPACE,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import { openContext } from '@sublane/yang';
import { type Context, Libyang } from 'libyang-wasm';
import { attach, type NetconfClient } from 'netconf-client';
import { createNetconfServer, type NetconfServer, openDatastores, UNRESTRICTED } from 'netconf-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needsYanglint } from './yanglint.ts';

const LIBRARY = 'urn:ietf:params:xml:ns:yang:ietf-yang-library';
const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
let context: Context;
let server: NetconfServer;
let client: NetconfClient;

interface Announced {
  readonly name: string;
  readonly revision: string;
}

const key = ({ name, revision }: Announced) => `${name}@${revision}`;
const text = (element: XmlElement, name: string) => {
  const found = childElement(element, name);
  return found === undefined ? '' : elementText(found);
};
const all = (element: XmlElement, name: string) => childElements(element).filter((one) => one.name === name);
const named = (element: XmlElement): Announced => ({
  name: text(element, 'name'),
  revision: text(element, 'revision'),
});

beforeAll(async () => {
  context = openContext(Libyang.load(), 'headend');
  const datastores = unwrap(await openDatastores({ schema: context, log: silentLog, candidate: true }));
  server = createNetconfServer({
    ...{ schema: context, access: UNRESTRICTED, log: silentLog, datastores, notifications: {} },
    revalidateReplies: true,
  });
  const [ours, theirs] = duplexPair();
  server.accept(ours, { identity: { user: 'ann', role: 'operator' }, transport: 'ssh' });
  client = unwrap(await attach(theirs));
});

afterAll(async () => {
  await client.close();
  await server.close();
  context.dispose();
  rmSync(folder, { recursive: true });
});

async function state(name: string, namespace: string): Promise<XmlElement> {
  const { data } = unwrap(await client.get({ filter: { subtree: `<${name} xmlns="${namespace}"/>` } }));
  const found = childElement(data, name, namespace);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function inHello(): { module: Announced; features: string[] }[] {
  return client.capabilities.flatMap((uri) => {
    const query = new URLSearchParams(uri.slice(uri.indexOf('?') + 1));
    const name = query.get('module');
    if (name === null) return [];
    const features = query.get('features')?.split(',') ?? [];
    return [{ module: { name, revision: query.get('revision') ?? '' }, features }];
  });
}

async function inLibrary() {
  const library = await state('yang-library', LIBRARY);
  const sets = all(library, 'module-set');
  return {
    library,
    implemented: sets.flatMap((set) => all(set, 'module')),
    imported: sets.flatMap((set) => all(set, 'import-only-module')),
  };
}

async function served({ name, revision }: Announced): Promise<string> {
  return unwrap(await client.getSchema({ identifier: name, version: revision }));
}

describe('what is announced', () => {
  test('is the same in <hello> and in yang-library, with its features', async () => {
    const { implemented } = await inLibrary();
    const hello = inHello().map(({ module, features }) => [key(module), ...features]);
    const library = implemented.map((one) => [key(named(one)), ...all(one, 'feature').map(elementText)]);
    expect(library.toSorted()).toEqual(hello.toSorted());
    expect(hello.length).toBeGreaterThan(10);
  });

  test('is the same in modules-state, for clients of RFC 7895', async () => {
    const { implemented, imported } = await inLibrary();
    const modules = all(await state('modules-state', LIBRARY), 'module');
    const of = (type: string) =>
      modules.filter((one) => text(one, 'conformance-type') === type).map((one) => key(named(one)));
    expect(of('implement')).toEqual(implemented.map((one) => key(named(one))));
    expect(of('import')).toEqual(imported.map((one) => key(named(one))));
  });

  test('is the same in netconf-state, with submodules', async () => {
    const { implemented, imported } = await inLibrary();
    const modules = [...implemented, ...imported];
    const expected = modules.flatMap((one) => [one, ...all(one, 'submodule')]).map((one) => key(named(one)));
    const schemas = childElement(await state('netconf-state', MONITORING_NAMESPACE), 'schemas')!;
    const listed = all(schemas, 'schema').map((one) =>
      key({ name: text(one, 'identifier'), revision: text(one, 'version') }),
    );
    expect(listed.toSorted()).toEqual(expected.toSorted());
    for (const one of all(schemas, 'schema')) {
      expect([text(one, 'format'), text(one, 'location')]).toEqual(['yang', 'NETCONF']);
    }
  });

  test('has one content-id, in <hello> and in the data', async () => {
    const { library } = await inLibrary();
    const id = text(library, 'content-id');
    expect(id).not.toBe('');
    expect(client.capabilities.some((uri) => uri.endsWith(`&content-id=${id}`))).toBe(true);
    expect(client.capabilities.some((uri) => uri.endsWith(`&module-set-id=${id}`))).toBe(true);
    expect(text(await state('modules-state', LIBRARY), 'module-set-id')).toBe(id);
  });

  test('has every datastore, and a schema for each (RFC 8525 §3)', async () => {
    const { library } = await inLibrary();
    expect(all(library, 'datastore').map((one) => [text(one, 'name').replace(/.*:/, ''), text(one, 'schema')])).toEqual(
      [
        ['running', 'complete'],
        ['candidate', 'complete'],
        ['intended', 'complete'],
        ['operational', 'complete'],
      ],
    );
  });
});

test.each(['ssh', 'tls', 'unix'] as const)(
  'the state of a session over %s is valid by the schema',
  async (transport) => {
    const [ours, theirs] = duplexPair();
    const begun = unwrap(server.accept(ours, { identity: { user: 'bob', role: 'operator' }, transport }));
    const other = unwrap(await attach(theirs));
    const xml = writeXml(await state('netconf-state', MONITORING_NAMESPACE));
    expect(xml).toContain(`<session-id>${begun.id}</session-id><transport`);
    using tree = unwrap(context.parseData(xml, 'xml'));
    const [found] = unwrap(tree.find(`//ietf-netconf-monitoring:session[session-id=${begun.id}]/transport`));
    expect(found?.value).toMatch(new RegExp(`:netconf-${transport}$`));
    await other.close();
  },
);

test.each(['explicit', 'trim', 'report-all', 'report-all-tagged'] as const)(
  'all data can be read with-defaults %s, and is valid by the schema',
  async (withDefaults) => {
    const { data } = unwrap(await client.get({ withDefaults }));
    // Its counters are there with NACM, which this server does without.
    const others = childElements(data).filter(({ name }) => name !== 'nacm');
    using tree = unwrap(context.parseData(others.map(untagged).map(writeXml).join(''), 'xml'));
    expect(unwrap(tree.find('/ietf-netconf-monitoring:netconf-state')).length).toBe(1);
  },
);

/** libyang has the attribute `default` in another namespace than RFC 6243. */
function untagged(element: XmlElement): XmlElement {
  const children = element.children.map((child) => (typeof child === 'string' ? child : untagged(child)));
  return { ...element, attributes: element.attributes.filter(({ name }) => name !== 'default'), children };
}

describe('what is served', () => {
  test('is each schema announced, by its name and revision', async () => {
    const { implemented, imported } = await inLibrary();
    for (const one of [...implemented, ...imported].flatMap((module) => [module, ...all(module, 'submodule')])) {
      const { name, revision } = named(one);
      const schema = await served({ name, revision });
      expect(schema).toMatch(new RegExp(`^\\s*(?:sub)?module\\s+"?${name}"?\\s*\\{`, 'm'));
      if (revision !== '') expect(schema).toMatch(new RegExp(`^\\s*revision\\s+"?${revision}"?`, 'm'));
    }
  });

  test.each(['yang', 'ietf-yang-library-augment', 'nobody'])('and nothing else: not %s', async (name) => {
    const refused = await client.getSchema({ identifier: name });
    expect(refused).toMatchObject({ ok: false, failure: { kind: 'refused', errors: [{ tag: 'invalid-value' }] } });
  });

  test('is taken by yanglint, from these texts alone', async (call) => {
    needsYanglint(call);
    const { implemented, imported: others } = await inLibrary();
    const files: string[] = [];
    for (const one of [...implemented, ...others]) {
      for (const schema of [one, ...all(one, 'submodule')]) {
        const module = named(schema);
        const file = join(folder, `${module.name}${module.revision && `@${module.revision}`}.yang`);
        writeFileSync(file, await served(module));
        if (implemented.includes(schema)) files.push(file);
      }
    }
    const features = implemented.flatMap((one) => [
      '-F',
      `${named(one).name}:${all(one, 'feature').map(elementText).join(',')}`,
    ]);
    const yanglint = (...given: string[]) => {
      const { status, stderr } = spawnSync('yanglint', ['-D', '-p', folder, ...given], { cwd: '/', encoding: 'utf8' });
      return [status, stderr] as const;
    };
    expect(yanglint(...features, ...files)).toEqual([0, '']);
    // And it needs them: without one that others import it says so.
    const imported = files.find((file) => file.includes('/sublane-service@'))!;
    rmSync(imported);
    expect(yanglint(...files.filter((file) => file !== imported))[0]).not.toBe(0);
  });
});
