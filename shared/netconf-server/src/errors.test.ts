import { BASE_NAMESPACE, CAPABILITY, rpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { OK, type RpcHandler, refused } from './rpc-table.ts';
import { attach, connect, LAB, recorder, running, serve } from './testing/harness.ts';
import { errorsOf, infoOf, isOk } from './testing/test-client.ts';

describe('errors of the protocol', () => {
  test.each([
    ['an operation nobody has', '<commit/>', 'protocol', 'operation-not-supported', {}],
    ['an rpc without a handler', `<fail ${LAB}/>`, 'protocol', 'operation-not-supported', {}],
    ['lock', '<lock><target><candidate/></target></lock>', 'protocol', 'operation-not-supported', {}],
    [
      'an unknown namespace',
      '<x xmlns="urn:nobody"/>',
      'protocol',
      'unknown-namespace',
      { 'bad-element': 'x', 'bad-namespace': 'urn:nobody' },
    ],
    [
      'a parameter too much',
      '<close-session><now/></close-session>',
      'protocol',
      'unknown-element',
      { 'bad-element': 'now' },
    ],
    [
      'kill-session without a number',
      '<kill-session/>',
      'protocol',
      'missing-element',
      { 'bad-element': 'session-id' },
    ],
    [
      'kill-session of itself',
      '<kill-session><session-id>1</session-id></kill-session>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'kill-session of nobody',
      '<kill-session><session-id>99</session-id></kill-session>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'kill-session of nonsense',
      '<kill-session><session-id>-1</session-id></kill-session>',
      'protocol',
      'invalid-value',
      {},
    ],
    ['get-config without a source', '<get-config/>', 'protocol', 'missing-element', { 'bad-element': 'source' }],
    [
      'get-config of an empty source',
      '<get-config><source/></get-config>',
      'protocol',
      'missing-element',
      { 'bad-element': 'running' },
    ],
    [
      'get-config of what is not there',
      '<get-config><source><candidate/></source></get-config>',
      'protocol',
      'operation-not-supported',
      {},
    ],
    [
      'an attribute of no module',
      '<copy-config><target><running/></target><source><config><lab xmlns="urn:example:lab" xmlns:z="urn:z" z:made="1"/></config></source></copy-config>',
      'application',
      'unknown-attribute',
      { 'bad-attribute': 'made', 'bad-element': 'config' },
    ],
    ['a prefix of nothing', '<get><filter type="xpath" select="/x:lab"/></get>', 'protocol', 'invalid-value', {}],
    ['an XPath that gives a number', '<get><filter type="xpath" select="1+1"/></get>', 'protocol', 'invalid-value', {}],
    [
      'an XPath filter without one',
      '<get><filter type="xpath"/></get>',
      'protocol',
      'missing-attribute',
      { 'bad-attribute': 'select', 'bad-element': 'filter' },
    ],
    [
      'a filter of no type',
      '<get><filter type="regex"/></get>',
      'protocol',
      'bad-attribute',
      { 'bad-attribute': 'type', 'bad-element': 'filter' },
    ],
    ['a parameter twice', '<get><filter/><filter/></get>', 'protocol', 'bad-element', { 'bad-element': 'filter' }],
    [
      'edit-config without a target',
      '<edit-config><config/></edit-config>',
      'protocol',
      'missing-element',
      { 'bad-element': 'target' },
    ],
    [
      'edit-config without a config',
      '<edit-config><target><running/></target></edit-config>',
      'protocol',
      'missing-element',
      { 'bad-element': 'config' },
    ],
    [
      'edit-config from a URL',
      '<edit-config><target><running/></target><url>file:///x</url></edit-config>',
      'protocol',
      'operation-not-supported',
      {},
    ],
    [
      'edit-config of startup',
      '<edit-config><target><startup/></target><config/></edit-config>',
      'protocol',
      'operation-not-supported',
      {},
    ],
    [
      'a leaf twice',
      `<edit-config><target><running/></target><config><lab ${LAB}><name>a</name><name>b</name></lab></config></edit-config>`,
      'application',
      'bad-element',
      { 'bad-element': 'name' },
    ],
    [
      'a wrong default-operation',
      '<edit-config><target><running/></target><default-operation>create</default-operation><config/></edit-config>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'a wrong test-option',
      '<edit-config><target><running/></target><test-option>guess</test-option><config/></edit-config>',
      'protocol',
      'invalid-value',
      {},
    ],
    [
      'a wrong error-option',
      '<edit-config><target><running/></target><error-option>ignore</error-option><config/></edit-config>',
      'protocol',
      'invalid-value',
      {},
    ],
    ['a missing leaf', `<echo ${LAB}/>`, 'application', 'missing-element', { 'bad-element': 'text' }],
    [
      'an unknown leaf',
      `<echo ${LAB}><text>a</text><more/></echo>`,
      'application',
      'unknown-element',
      { 'bad-element': 'more' },
    ],
    [
      'a leaf of an unknown namespace',
      `<echo ${LAB}><text>a</text><more xmlns="urn:nobody"/></echo>`,
      'application',
      'unknown-namespace',
      { 'bad-namespace': 'urn:nobody' },
    ],
    [
      'an unknown attribute',
      `<echo ${LAB}><text xmlns:l="urn:example:lab" l:bold="1">a</text></echo>`,
      'application',
      'unknown-attribute',
      { 'bad-attribute': 'bold' },
    ],
    ['a wrong value', `<echo ${LAB}><text>a</text><times>11</times></echo>`, 'application', 'invalid-value', {}],
    [
      'a missing key',
      `<echo ${LAB}><text>a</text><item><note>x</note></item></echo>`,
      'application',
      'missing-element',
      { 'bad-element': 'id' },
    ],
    [
      'the same entry twice',
      `<echo ${LAB}><text>a</text><item><id>1</id></item><item><id>1</id></item></echo>`,
      'application',
      'bad-element',
      { 'bad-element': 'item' },
    ],
    [
      'a must',
      `<echo ${LAB}><text>a</text><times>2</times><item><id>1</id></item></echo>`,
      'application',
      'operation-failed',
      {},
    ],
  ])('%s: refused with type, tag and error-info', async (_, operation, type, tag, info) => {
    const client = await connect(serve({ datastores: await running() }));
    const [error] = await client.errors(operation);
    expect([error?.type, error?.tag]).toEqual([type, tag]);
    expect(infoOf(error!)).toMatchObject(info);
    expect(error?.message).toBeTruthy();
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test('a must says its own sentence, tag and place', async () => {
    const client = await connect(serve());
    const [error] = await client.errors(`<echo ${LAB}><text>a</text><times>2</times><item><id>1</id></item></echo>`);
    expect(error).toMatchObject({ appTag: 'once', message: 'items are echoed once' });
    const [missing] = await client.errors(`<echo ${LAB}><text>a</text><times>11</times></echo>`);
    expect(missing?.path).toEqual({ xpath: '/lab:echo/lab:times', namespaces: { lab: 'urn:example:lab' } });
  });

  test('what the peer sent is quoted back in part only', async () => {
    const client = await connect(serve({ datastores: await running() }));
    const long = 'x'.repeat(1_000_000);
    for (const operation of [
      `<echo ${LAB}><text>${long}</text></echo>`,
      `<echo ${LAB}><text>a</text>${long}</echo>`,
      `<echo ${LAB}><text>a</text><item><id>1</id><note>${long}</note></item><item><id>1</id></item></echo>`,
      `<edit-config><target><running/></target><config><lab ${LAB}><name>${long}</name></lab></config></edit-config>`,
      `<edit-config><target><running/></target><config><lab ${LAB}><rule><name>${long}</name><action>fly</action></rule></lab></config></edit-config>`,
    ]) {
      const [error] = await client.errors(operation);
      expect(error?.message?.length).toBeLessThan(600);
      expect(JSON.stringify(error).length).toBeLessThan(2000);
    }
  });

  test('no message-id: missing-attribute (RFC 6241 §4.1)', async () => {
    const client = await connect(serve());
    client.sendRaw(`<rpc xmlns="${BASE_NAMESPACE}"><get/></rpc>`);
    const event = await client.next();
    if (event?.kind !== 'reply' && event?.kind !== 'discarded') throw new Error('expected an answer');
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test.each([
    ['in the body of an rpc', `<echo ${LAB}><text>a</echo>`],
    ['in the body of an operation of the standard', '<get><filter></get>'],
  ])('malformed XML %s: malformed-message, and the session goes on', async (_, operation) => {
    const client = await connect(serve());
    const [error] = await client.errors(operation);
    expect([error?.type, error?.tag]).toEqual(['rpc', 'malformed-message']);
    expect(isOk(await client.rpc('<close-session/>'))).toBe(true);
  });

  test('malformed XML with base:1.0 ends the session (RFC 6241 §3)', async () => {
    const seen = recorder();
    const client = attach(serve({ events: seen.events }), 'ann', 'host', [CAPABILITY.base10]);
    await client.open();
    client.send(`<echo ${LAB}><text>a</echo>`);
    await client.closed;
    expect(seen.closed.map(([, { kind }]) => kind)).toEqual(['other']);
  });

  test('a handler that throws is our bug: operation-failed, without its words', async () => {
    const bugs: RpcHandler[] = [
      () => {
        throw new Error('secret of the house');
      },
      () => Promise.reject(new Error('secret of the house')),
    ];
    for (const bug of bugs) {
      const client = await connect(serve({ rpcs: { 'lab:fail': bug } }));
      const [error] = await client.errors(`<fail ${LAB}/>`);
      expect(error?.tag).toBe('operation-failed');
      expect(JSON.stringify(error)).not.toContain('secret');
    }
  });

  test('what a handler refuses arrives whole', async () => {
    const error = rpcError.resourceDenied('application', { appTag: 'pool-empty', message: 'no address is left' });
    const client = await connect(serve({ rpcs: { 'lab:fail': () => refused(error, rpcError.inUse('application')) } }));
    expect(await client.errors(`<fail ${LAB}/>`)).toEqual([error, rpcError.inUse('application')]);
  });

  test('an rpc of no module is refused at the start', () => {
    expect(() => serve({ rpcs: { 'lab:nothing': () => OK } })).toThrow(/"lab:nothing" is no rpc/);
    expect(() => serve({ rpcs: { 'nobody:echo': () => OK } })).toThrow(/"nobody:echo" is no rpc/);
  });
});

describe('replies proved before they leave', () => {
  const wrong: RpcHandler = () => ({ kind: 'data', xml: `<times ${LAB}>many</times>` });

  test('a wrong one is not sent', async () => {
    const client = await connect(serve({ rpcs: { 'lab:echo': wrong }, revalidateReplies: true }));
    expect((await client.errors(`<echo ${LAB}><text>a</text></echo>`)).map(({ tag }) => tag)).toEqual([
      'operation-failed',
    ]);
  });

  test('a right one is; and unproved, both are', async () => {
    const proved = await connect(serve({ revalidateReplies: true }));
    expect(errorsOf(await proved.rpc(`<echo ${LAB}><text>a</text></echo>`))).toEqual([]);
    const unproved = await connect(serve({ rpcs: { 'lab:echo': wrong } }));
    expect(errorsOf(await unproved.rpc(`<echo ${LAB}><text>a</text></echo>`))).toEqual([]);
  });
});
