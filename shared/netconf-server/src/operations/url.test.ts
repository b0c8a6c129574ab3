import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, ok } from '@sublane/basics';
import { BASE_NAMESPACE, rpcError } from '@sublane/netconf';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileUrls } from '../datastores/file-urls.ts';
import { copy, deleteConfig, edit, labOf, said, validate } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';

const A = '<name>a</name>';
const document = (inside: string) => `<config xmlns="${BASE_NAMESPACE}">${inLab(inside)}</config>`;
const url = (name: string) => `<url>file:///${name}</url>`;
const editFrom = (name: string, target = 'running') =>
  `<edit-config><target><${target}/></target>${url(name)}</edit-config>`;

let outside: string;
let folder: string;
beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'urls-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(outside, 'folder-'));
});
afterAll(() => rm(outside, { recursive: true }));

async function open(more = {}) {
  const datastores = await running(inLab(A), { candidate: true, url: { file: fileUrls(folder) }, ...more });
  const server = serve({ datastores });
  return { datastores, server, client: await connect(server) };
}

describe('a URL', () => {
  test('is announced with its schemes (RFC 6241 §8.8.3)', async () => {
    const http = { read: async () => ok(''), write: async () => ok(), delete: async () => ok() };
    const { server } = await open({ url: { file: fileUrls(folder), http } });
    expect(server.capabilities).toContain('urn:ietf:params:netconf:capability:url:1.0?scheme=file,http');
    expect(serve({ datastores: await running() }).capabilities.join()).not.toContain('capability:url');
  });

  test('is the target of a copy, and the source of another', async () => {
    const { client } = await open();
    expect(await said(client, copy('<running/>', url('a.xml')))).toBe('ok');
    expect(await readFile(join(folder, 'a.xml'), 'utf8')).toContain(document(A));
    expect((await stat(join(folder, 'a.xml'))).mode & 0o777).toBe(0o600);
    expect(await said(client, edit('running', '<name>b</name><level>3</level>'))).toBe('ok');
    expect(await said(client, copy('<running/>', url('b.xml')))).toBe('ok');
    expect(await said(client, copy(url('a.xml'), '<running/>'))).toBe('ok');
    expect(await labOf(client, 'running')).toBe(A);
    expect(await said(client, copy(url('b.xml'), url('a.xml')))).toBe('ok');
    expect(await said(client, copy(url('a.xml'), '<candidate/>'))).toBe('ok');
    expect(await labOf(client, 'candidate')).toBe('<name>b</name><level>3</level>');
    expect(await said(client, copy(url('a.xml'), url('a.xml')))).toBe('invalid-value');
    expect(await readdir(folder)).toEqual(['a.xml', 'b.xml']);
  });

  test('is what edit-config applies, with its operations (§8.8.5.1)', async () => {
    const { client } = await open();
    await writeFile(
      join(folder, 'e.xml'),
      document(`<name xmlns:x="${BASE_NAMESPACE}" x:operation="delete"/><level>4</level>`),
    );
    expect(await said(client, editFrom('e.xml'))).toBe('ok');
    expect(await labOf(client, 'running')).toBe('<level>4</level>');
    expect(await said(client, editFrom('e.xml', 'candidate'))).toBe('data-missing');
    const both = `<edit-config><target><running/></target>${url('e.xml')}<config/></edit-config>`;
    expect(await said(client, both)).toBe('bad-element');
  });

  test('is validated (§8.8.5.4)', async () => {
    const { client } = await open();
    await writeFile(join(folder, 'good.xml'), document(A));
    await writeFile(join(folder, 'bad.xml'), document('<first-box>3</first-box>'));
    expect(await said(client, validate(url('good.xml')))).toBe('ok');
    expect(await said(client, validate(url('bad.xml')))).toBe('data-missing');
  });

  test('is deleted (§8.8.5.3)', async () => {
    const { client } = await open();
    await writeFile(join(folder, 'a.xml'), document(A));
    expect(await said(client, deleteConfig(url('a.xml')))).toBe('ok');
    expect(await readdir(folder)).toEqual([]);
    expect(await said(client, deleteConfig(url('a.xml')))).toBe('data-missing');
  });

  test.each([
    ['no XML', '<config', 'operation-failed'],
    ['another element', '<data/>', 'operation-failed'],
    ['another namespace', `<config>${inLab(A)}</config>`, 'operation-failed'],
    ['data of nobody', `<config xmlns="${BASE_NAMESPACE}"><x xmlns="urn:nobody"/></config>`, 'unknown-namespace'],
  ])('behind which stands %s is refused', async (_, text, tag) => {
    const { client } = await open();
    await writeFile(join(folder, 'x.xml'), text);
    for (const operation of [editFrom('x.xml'), copy(url('x.xml'), '<running/>'), validate(url('x.xml'))])
      expect(await said(client, operation)).toBe(tag);
    expect(await labOf(client, 'running')).toBe(A);
  });

  test.each(['', 'nowhere', 'http://example.com/x', '//a', 'file', 'constructor:x'])(
    '"%s" is no URL of here',
    async (text) => {
      const { client } = await open();
      expect(await said(client, copy('<running/>', `<url>${text}</url>`))).toBe('invalid-value');
    },
  );

  test('keeps its password to itself', async () => {
    const refusing = async () => failed(rpcError.operationFailed('application', { message: 'url: not today' }));
    const https = { read: refusing, write: refusing, delete: refusing };
    const { client } = await open({ url: { https } });
    for (const text of ['https://user:hush@example.com/x', 'ftp://user:hush@example.com/x']) {
      const errors = await client.errors(copy(`<url>${text}</url>`, '<running/>'));
      expect(errors).toHaveLength(1);
      expect(JSON.stringify(errors)).not.toContain('hush');
    }
  });
});

describe('the scheme file', () => {
  test.each([
    'file:///..%2foutside.xml',
    'file:///sub/x.xml',
    'file:///.a.xml.next',
    'file:///..',
    'file:///',
    'file:///a%00b',
    'file://elsewhere/outside.xml',
    'file:///outside.xml?x',
    'file:///outside.xml#x',
  ])('does not leave its folder: %s', async (text) => {
    const { client } = await open();
    await writeFile(join(outside, 'outside.xml'), document(A));
    const before = await readdir(outside);
    for (const operation of [
      copy(`<url>${text}</url>`, '<running/>'),
      copy('<running/>', `<url>${text}</url>`),
      deleteConfig(`<url>${text}</url>`),
    ])
      expect(await said(client, operation)).toBe('invalid-value');
    expect(await readdir(outside)).toEqual(before);
    expect(await readFile(join(outside, 'outside.xml'), 'utf8')).toBe(document(A));
  });

  test('takes `..` for nothing: the folder is the top', async () => {
    const { client } = await open();
    await writeFile(join(outside, 'outside.xml'), document(A));
    for (const text of ['file:///../outside.xml', 'file:///%2e%2e/outside.xml']) {
      expect(await said(client, copy(`<url>${text}</url>`, '<running/>'))).toBe('data-missing');
      expect(await said(client, copy('<running/>', `<url>${text}</url>`))).toBe('ok');
      expect(await said(client, deleteConfig(`<url>${text}</url>`))).toBe('ok');
    }
    expect(await readFile(join(outside, 'outside.xml'), 'utf8')).toBe(document(A));
  });

  test('follows no symbolic link, reads no folder, and nothing larger than it may', async () => {
    const { client } = await open({ url: { file: fileUrls(folder, { largest: 100 }) } });
    await writeFile(join(outside, 'secret.xml'), document(A));
    await symlink(join(outside, 'secret.xml'), join(folder, 'link.xml'));
    await symlink(outside, join(folder, 'folder'));
    await writeFile(join(folder, 'large.xml'), document(A).padEnd(101));
    expect(await said(client, copy(url('link.xml'), '<running/>'))).toBe('invalid-value');
    expect(await said(client, copy(url('folder'), '<running/>'))).toBe('invalid-value');
    expect(await said(client, copy(url('large.xml'), '<running/>'))).toBe('too-big');
    // Written, a link is replaced and what it led to is not.
    expect(await said(client, copy('<running/>', url('link.xml')))).toBe('ok');
    expect(await readFile(join(outside, 'secret.xml'), 'utf8')).toBe(document(A));
  });
});
