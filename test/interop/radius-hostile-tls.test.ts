// What a server inside TLS may do to a client: stall, cut, break off, send what is no answer.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { ManualClock } from '@sublane/basics';
import { attribute, createRadiusClient, milliseconds, type RadiusClient } from '@sublane/radius';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OPENSSL, throwawayCertificates } from './throwaway-certificates.ts';

const missing = existsSync(OPENSSL) ? undefined : 'openssl missing: apt-get install --no-install-recommends openssl';
if (missing !== undefined) console.warn(`skipped: a hostile RADIUS server inside TLS: ${missing}`);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hostile-tls-'));
  if (missing === undefined) throwawayCertificates(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pem = (name: string) => readFileSync(join(folder, name));

/** Connections in the order they came, each with the packets that came over it. */
let connections: { readonly socket: TLSSocket; readonly packets: Buffer[] }[];
let server: Server;
let port: number;
let client: RadiusClient;
/** What the server does with a packet. */
let onPacket: (socket: TLSSocket, packet: Buffer) => void;

beforeEach(async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  connections = [];
  server = createServer({ key: pem('server.key'), cert: pem('server.pem') }, (socket) => {
    const connection = { socket, packets: [] as Buffer[] };
    connections.push(connection);
    socket.on('error', () => {});
    socket.on('data', (packet: Buffer) => {
      connection.packets.push(packet);
      onPacket(socket, packet);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  ({ port } = server.address() as AddressInfo);
  client = createRadiusClient({
    transport: 'tls',
    servers: [{ name: 'hostile', host: 'localhost', authenticationPort: port }],
    tls: { ca: pem('ca.pem') },
    timeout: milliseconds(1_000),
    limits: { connections: 4 },
  });
});
afterEach(async () => {
  await client?.close();
  for (const { socket } of connections ?? []) socket.destroy();
  await new Promise((closed) => (server === undefined ? closed(undefined) : server.close(closed)));
});

/** An Accounting-Response as it should be: in it nothing but the MD5 of itself and `radsec`. */
function answerTo(request: Buffer): Buffer {
  const answer = Buffer.from([5, request[1]!, 0, 20, ...request.subarray(4, 20)]);
  answer.set(createHash('md5').update(answer).update('radsec').digest(), 4);
  return answer;
}

const account = () => client.account([attribute('Acct-Status-Type', 7)]);
const unreachable = { ok: false, failure: { kind: 'unreachable' } };

describe('a server inside TLS that', () => {
  test('sends its answer byte by byte is understood', async () => {
    onPacket = (socket, packet) => {
      for (const byte of answerTo(packet)) socket.write(Uint8Array.of(byte));
    };
    expect(await account()).toEqual({ ok: true });
    expect(await account()).toEqual({ ok: true });
    expect(connections.length).toBe(1);
  });

  test('is slow gets one request at a time on each connection, and no more connections than allowed', async () => {
    const waiting: (() => void)[] = [];
    onPacket = (socket, packet) => void waiting.push(() => socket.write(answerTo(packet)));
    const results = Array.from({ length: 12 }, account);
    for (let answered = 0; answered < 12; ) {
      while (waiting.length === 0) await new Promise((turn) => setImmediate(turn));
      for (const answer of waiting.splice(0)) {
        answer();
        answered++;
      }
    }
    for (const result of results) expect(await result).toEqual({ ok: true });
    expect(connections.length).toBeLessThanOrEqual(4);
    expect(connections.reduce((sum, { packets }) => sum + packets.length, 0)).toBe(12);
  });

  test('breaks off under a request is asked again on another connection, and not for ever', async () => {
    onPacket = (socket, packet) => {
      if (connections.length < 3) socket.destroy();
      else socket.write(answerTo(packet));
    };
    expect(await account()).toEqual({ ok: true });
    expect(connections.length).toBe(3);
    onPacket = (socket) => void socket.destroy();
    expect(await account()).toMatchObject(unreachable);
    expect(connections.length).toBeLessThanOrEqual(6);
  });

  test('says nothing is given up, and its connection with it', async () => {
    onPacket = () => {};
    expect(await account()).toMatchObject(unreachable);
    expect(client.status()).toMatchObject([{ state: 'dead', timeouts: 1 }]);
    while (!connections.every(({ socket }) => socket.destroyed)) await new Promise((turn) => setImmediate(turn));
  });

  test.each([
    ['noise', () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a length that cannot be', () => Buffer.from([5, 0, 0, 3])],
    ['an endless packet', () => Buffer.from([5, 0, 0xff, 0xff])],
    ['an answer to something else', (packet: Buffer) => answerTo(packet).fill(packet[1]! ^ 1, 1, 2)],
    ['an answer that is not signed', (packet: Buffer) => answerTo(packet).fill(0, 4, 20)],
  ])('sends %s is not believed, and the connection ends', async (_, made) => {
    onPacket = (socket, packet) => void socket.write(made(packet));
    expect(await account()).toMatchObject(unreachable);
    expect(client.status()[0]?.rejectedReplies).toBeGreaterThan(0);
    while (!connections.every(({ socket }) => socket.destroyed)) await new Promise((turn) => setImmediate(turn));
  });

  test('was not spoken to for long is connected to anew', async () => {
    const clock = new ManualClock();
    await client.close();
    client = createRadiusClient({
      transport: 'tls',
      servers: [{ name: 'hostile', host: 'localhost', authenticationPort: port }],
      tls: { ca: pem('ca.pem') },
      clock,
    });
    onPacket = (socket, packet) => void socket.write(answerTo(packet));
    expect(await account()).toEqual({ ok: true });
    expect(await account()).toEqual({ ok: true });
    expect(connections.length).toBe(1);
    await clock.advance(milliseconds(31_000));
    expect(await account()).toEqual({ ok: true });
    expect(connections.length).toBe(2);
    while (!connections[0]!.socket.destroyed) await new Promise((turn) => setImmediate(turn));
  });

  test('speaks without having been asked is left', async () => {
    onPacket = (socket, packet) => {
      const answer = answerTo(packet);
      socket.write(Buffer.concat([answer, answer]));
    };
    expect(await account()).toEqual({ ok: true });
    while (client.status()[0]!.rejectedReplies === 0) await new Promise((turn) => setImmediate(turn));
    onPacket = (socket, packet) => void socket.write(answerTo(packet));
    expect(await account()).toEqual({ ok: true });
    expect(connections.length).toBe(2);
  });
});

test.each(['ca', 'certificate', 'key'] as const)(
  'a %s that is no PEM is said to be, and nothing is thrown',
  async (which) => {
    const own = { ca: pem('ca.pem'), certificate: pem('client.pem'), key: pem('client.key') };
    const secret = 'MHcCAQEEIKeepOut';
    const broken = `-----BEGIN CERTIFICATE-----\n${secret}\n-----END CERTIFICATE-----\n`;
    await client.close();
    client = createRadiusClient({
      transport: 'tls',
      servers: [{ name: 'hostile', host: 'localhost', authenticationPort: port }],
      tls: { ...own, [which]: broken },
    });
    const result = await account();
    expect(result).toMatchObject(unreachable);
    // What is no certificate among the CA's is left out: then there is none that the server's could come from.
    expect(JSON.stringify(result)).toMatch(which === 'ca' ? /certificate/ : /cannot be used/);
    expect(JSON.stringify(result)).not.toContain(secret);
  },
);
