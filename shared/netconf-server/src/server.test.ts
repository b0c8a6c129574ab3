import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { BASE_NAMESPACE, CAPABILITY, childElement, elementText, writeXml } from '@sublane/netconf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OK, type RpcHandler } from './rpc-table.ts';
import { ANN, attach, connect, LAB, recorder, running, serve } from './testing/harness.ts';
import { errorsOf, isOk, TestClient } from './testing/test-client.ts';

describe('a session', () => {
  test('begins with a hello that says what is here', async () => {
    const client = attach(serve({ datastores: await running(), capabilities: ['urn:example:more'] }));
    const { capabilities, sessionId, base } = await client.open();
    expect(sessionId).toBe(1);
    expect(base).toBe('1.1');
    for (const uri of [CAPABILITY.base10, CAPABILITY.base11, CAPABILITY.writableRunning, CAPABILITY.rollbackOnError]) {
      expect(capabilities).toContain(uri);
    }
    expect(capabilities).toContain('urn:example:more');
    expect(capabilities).toContain('urn:example:lab?module=lab&revision=2026-11-20');
    expect(capabilities.some((uri) => uri.startsWith(`${CAPABILITY.yangLibrary11}?revision=`))).toBe(true);
  });

  test('answers requests, with their attributes', async () => {
    const client = await connect(serve());
    const reply = await client.rpc(`<echo ${LAB}><text>hello</text></echo>`);
    expect(writeXml(reply)).toContain(
      '<text xmlns="urn:example:lab">hello</text><times xmlns="urn:example:lab">1</times>',
    );
    client.sendRaw(
      `<rpc xmlns="${BASE_NAMESPACE}" message-id="x&amp;y" xmlns:e="urn:e" e:mark="1"><echo ${LAB}><text>hi</text></echo></rpc>`,
    );
    const event = await client.next();
    expect(event).toMatchObject({ kind: 'discarded' }); // no request of ours has this id
  });

  test('answers in the old framing where the peer knows no other', async () => {
    const client = attach(serve(), 'ann', 'host', [CAPABILITY.base10]);
    expect((await client.open()).base).toBe('1.0');
    expect(writeXml(await client.rpc(`<echo ${LAB}><text>old</text></echo>`))).toContain('old');
  });

  test('answers pipelined requests in order, one after another', async () => {
    const order: string[] = [];
    let inHand = 0;
    const slow: RpcHandler = async ({ input }) => {
      expect(++inHand).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inHand--;
      order.push(String(input.text));
      return { kind: 'data', xml: `<text ${LAB}>${input.text}</text>` };
    };
    const client = await connect(serve({ rpcs: { 'lab:echo': slow }, limits: { outstandingRpcs: 4 } }));
    const texts = Array.from({ length: 100 }, (_, number) => `n${number}`);
    for (const text of texts) client.send(`<echo ${LAB}><text>${text}</text></echo>`);
    const replies: string[] = [];
    for (const _ of texts) replies.push(elementText(childElement(await client.reply(), 'text')!));
    expect(order).toEqual(texts);
    expect(replies).toEqual(texts);
  });

  test('ends by close-session, after the replies', async () => {
    const seen = recorder();
    const client = await connect(serve({ events: seen.events }));
    client.send(`<echo ${LAB}><text>first</text></echo>`);
    client.send('<close-session/>');
    client.send(`<echo ${LAB}><text>too late</text></echo>`);
    expect(writeXml(await client.reply())).toContain('first');
    expect(isOk(await client.reply())).toBe(true);
    await client.closed;
    expect(await client.next()).toBeUndefined();
    expect(seen.closed).toEqual([[1, { kind: 'closed' }]]);
    expect(seen.opened.map(({ id }) => id)).toEqual([1]);
  });

  test('is ended by kill-session of another', async () => {
    const seen = recorder();
    const server = serve({ events: seen.events });
    const [one, two] = [await connect(server), await connect(server)];
    expect(isOk(await two.rpc('<kill-session><session-id>1</session-id></kill-session>'))).toBe(true);
    await one.closed;
    expect(seen.closed).toEqual([[1, { kind: 'killed', by: 2 }]]);
    expect(server.sessions().map(({ id }) => id)).toEqual([2]);
  });

  test('is answered to the last request where the peer closes its side', async () => {
    const client = await connect(
      serve({ rpcs: { 'lab:wait': () => new Promise((resolve) => setImmediate(() => resolve(OK))) } }),
    );
    client.send(`<wait ${LAB}/>`);
    client.stream.end();
    expect(isOk(await client.reply())).toBe(true);
    await client.closed;
  });

  test('tells its handler when it is gone', async () => {
    const aborted = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const wait: RpcHandler = ({ signal }) =>
      new Promise((resolve) => {
        begun.resolve();
        signal.addEventListener('abort', () => {
          aborted.resolve();
          resolve(OK);
        });
      });
    const server = serve({ rpcs: { 'lab:wait': wait } });
    const net = createServer((socket) => void server.accept(socket, { identity: ANN, transport: 'other' }));
    await new Promise<void>((resolve) => net.listen(0, '127.0.0.1', resolve));
    const client = new TestClient(connectSocket((net.address() as AddressInfo).port, '127.0.0.1'));
    await client.open();
    client.send(`<wait ${LAB}/>`);
    await begun.promise;
    client.stream.destroy();
    await aborted.promise;
    await expect.poll(() => server.sessions()).toEqual([]);
    net.close();
  });

  test('may be refused, or put an end to older ones', async () => {
    const seen = recorder();
    const server = serve({
      events: seen.events,
      admit: ({ identity }, sessions) =>
        identity.user === 'nobody'
          ? { admit: false, reason: 'unknown host' }
          : {
              admit: true,
              replaces: sessions.filter((one) => one.identity.user === identity.user),
              reason: 'a newer one',
            },
    });
    const first = await connect(server);
    await connect(server, 'bob');
    await connect(server);
    await first.closed;
    expect(seen.closed).toEqual([[1, { kind: 'other', detail: 'a newer one' }]]);
    expect(server.sessions().map(({ id }) => id)).toEqual([2, 3]);
    const refusedOne = server.accept(duplexPair()[0], {
      identity: { user: 'nobody', role: 'host' },
      transport: 'other',
    });
    expect(refusedOne).toEqual({ ok: false, failure: { kind: 'not-admitted', message: 'unknown host' } });
  });
});

describe('the end of a server', () => {
  test('lets what is in hand be answered, takes nothing new', async () => {
    const release = Promise.withResolvers<void>();
    const server = serve({ rpcs: { 'lab:wait': () => release.promise.then(() => OK) } });
    const idle = await connect(server);
    const busy = await connect(server);
    busy.send(`<wait ${LAB}/>`);
    await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close();
    await idle.closed;
    expect(
      server.accept(duplexPair()[0], { identity: { user: 'ann', role: 'host' }, transport: 'other' }),
    ).toMatchObject({
      ok: false,
      failure: { kind: 'closing' },
    });
    release.resolve();
    expect(isOk(await busy.reply())).toBe(true);
    await busy.closed;
    await closed;
  });

  test('does not wait for ever', async () => {
    const server = serve({ rpcs: { 'lab:wait': () => new Promise(() => {}) } });
    const client = await connect(server);
    client.send(`<wait ${LAB}/>`);
    await new Promise((resolve) => setImmediate(resolve));
    await server.close({ drain: 20 });
    await client.closed;
  });
});

test('events tell what was done, and a listener that throws disturbs nobody', async () => {
  const seen = recorder();
  const client = await connect(
    serve({
      events: {
        ...seen.events,
        sessionOpened: () => {
          throw new Error('listener');
        },
      },
    }),
  );
  await client.rpc(`<echo ${LAB}><text>a</text></echo>`);
  await client.rpc(`<echo ${LAB}/>`);
  await client.rpc('<nobody/>');
  expect(
    seen.done.map(({ module, name, messageId, outcome, errors }) => [module, name, messageId, outcome, errors.length]),
  ).toEqual([
    ['lab', 'echo', '1', 'data', 0],
    ['lab', 'echo', '2', 'refused', 1],
    [undefined, undefined, '3', 'refused', 1],
  ]);
  for (const { duration } of seen.done) expect(duration).toBeGreaterThanOrEqual(0);
});

test('whatever a peer sends, the others are served', async () => {
  const server = serve({ datastores: await running() });
  const witness = await connect(server, 'witness');
  const pieces = fc.constantFrom(
    '<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1">',
    '</rpc>',
    '<get>',
    '</get>',
    '<filter type="subtree">',
    '</filter>',
    '<edit-config><target><running/></target><config>',
    '</config></edit-config>',
    `<lab ${LAB}>`,
    '</lab>',
    '<box><id>1</id></box>',
    '<echo xmlns="urn:example:lab"><text>a</text></echo>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '&#x0;',
    '&lt;',
    '<?pi?>',
    '<!DOCTYPE a>',
    '\u0000',
    '\ud800',
  );
  const message = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 5 }), fc.boolean(), async (messages, framed) => {
      const client = await connect(server, 'noise');
      for (const one of messages) {
        if (framed) client.sendRaw(one);
        else client.stream.write(one);
      }
      client.stream.end();
      await client.closed;
      expect(errorsOf(await witness.rpc(`<echo ${LAB}><text>still here</text></echo>`))).toEqual([]);
    }),
    { numRuns: 150 },
  );
  expect(server.sessions().length).toBe(1);
});
