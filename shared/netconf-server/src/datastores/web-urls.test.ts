import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { milliseconds } from '@sublane/basics';
import { BASE_NAMESPACE } from '@sublane/netconf';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copy, deleteConfig, labOf, said, validate } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';
import { webUrls } from './web-urls.ts';

const A = '<name>a</name>';

let web: Server;
let origin: string;
let documents: Map<string, string>;
let seen: string[];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  seen.push(`${method} ${url}${headers.authorization ? ` ${headers.authorization}` : ''}`);
  if (url === '/elsewhere') response.writeHead(302, { location: '/a.xml' }).end();
  else if (url === '/mine' && headers.authorization !== `Basic ${btoa('ann:h:sh')}`) response.writeHead(401).end('no');
  else if (url === '/never') return;
  else if (method === 'PUT') {
    documents.set(url, await text(request));
    response.writeHead(201).end();
  } else if (!documents.has(url)) response.writeHead(404).end();
  else if (method === 'DELETE') response.writeHead(documents.delete(url) ? 204 : 404).end();
  else response.end(documents.get(url));
}

beforeEach(async () => {
  documents = new Map([['/a.xml', `<config xmlns="${BASE_NAMESPACE}">${inLab('<name>web</name>')}</config>`]]);
  seen = [];
  web = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(web, 'listening');
  origin = `127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterEach(() => {
  web.close();
  web.closeAllConnections();
});

async function open(more = {}) {
  const http = webUrls({ allow: ({ host, pathname }) => host === origin && pathname !== '/kept', ...more });
  const datastores = await running(inLab(A), { candidate: true, url: { http } });
  return connect(serve({ datastores }));
}

const at = (path: string, user = '') => `<url>http://${user}${origin}${path}</url>`;

describe('documents of the web', () => {
  test('are read, written and deleted', async () => {
    const client = await open();
    expect(await said(client, copy('<running/>', at('/b.xml')))).toBe('ok');
    expect(documents.get('/b.xml')).toContain(inLab(A));
    expect(await said(client, copy(at('/a.xml'), '<running/>'))).toBe('ok');
    expect(await labOf(client, 'running')).toBe('<name>web</name>');
    expect(await said(client, validate(at('/b.xml')))).toBe('ok');
    expect(await said(client, deleteConfig(at('/b.xml')))).toBe('ok');
    expect(await said(client, deleteConfig(at('/b.xml')))).toBe('data-missing');
    expect(await said(client, copy(at('/b.xml'), '<running/>'))).toBe('data-missing');
  });

  test('are asked for only where that is allowed, and no redirection leads elsewhere', async () => {
    const client = await open();
    expect(await said(client, copy(at('/kept'), '<running/>'))).toBe('access-denied');
    expect(await said(client, copy('<running/>', '<url>http://127.0.0.1:9/x</url>'))).toBe('access-denied');
    expect(seen).toEqual([]);
    expect(await said(client, copy(at('/elsewhere'), '<running/>'))).toBe('operation-failed');
    expect(seen).toEqual(['GET /elsewhere']);
  });

  test('get the name and password of the URL, which are told to nobody else', async () => {
    documents.set('/mine', documents.get('/a.xml')!);
    const client = await open();
    expect(await said(client, copy(at('/mine', 'ann:h%3Ash@'), '<running/>'))).toBe('ok');
    const errors = await client.errors(copy(at('/mine', 'ann:hush@'), '<candidate/>'));
    expect(errors.map(({ tag }) => tag)).toEqual(['access-denied']);
    expect(JSON.stringify(errors)).not.toContain('hush');
  });

  test('are no larger than they may be, and no slower', async () => {
    const client = await open({ largest: 20 });
    expect(await said(client, copy(at('/a.xml'), '<running/>'))).toBe('too-big');
    const hasty = await open({ timeout: milliseconds(50) });
    expect(await said(hasty, copy(at('/never'), '<running/>'))).toBe('operation-failed');
    web.close();
    web.closeAllConnections();
    expect(await said(client, copy(at('/a.xml'), '<running/>'))).toBe('operation-failed');
    expect(await labOf(client, 'running')).toBe(A);
  });
});
