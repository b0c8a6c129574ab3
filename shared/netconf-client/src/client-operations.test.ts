import { duplexPair } from 'node:stream';
import { seconds, unwrap } from '@sublane/basics';
import { CAPABILITY, xmlElement } from '@sublane/netconf';
import { describe, expect, test, vi } from 'vitest';
import { attach } from './connect.ts';
import type { RpcFailure } from './failures.ts';
import type { NetconfClient } from './netconf-client.ts';
import { operation } from './operations.ts';
import { answerOk, type Script, ScriptedServer } from './testing/scripted-server.ts';

const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const NMDA = 'urn:ietf:params:xml:ns:yang:ietf-netconf-nmda';
const SUBSCRIBED = 'urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications';
const PUSH = 'urn:ietf:params:xml:ns:yang:ietf-yang-push';
const BASE_ONLY = [CAPABILITY.base10, CAPABILITY.base11];

async function pair(script: Script = answerOk, capabilities?: readonly string[]) {
  const [ours, theirs] = duplexPair();
  const server = new ScriptedServer(theirs, script, capabilities && { capabilities });
  return { client: unwrap(await attach(ours)), server };
}

type Call = (client: NetconfClient) => Promise<unknown>;

const datastore = (name: string) =>
  `<datastore xmlns="${NMDA}" xmlns:id="urn:ietf:params:xml:ns:yang:ietf-datastores">id:${name}</datastore>`;
const origin = (element: string, name: string) =>
  `<${element} xmlns:id="urn:ietf:params:xml:ns:yang:ietf-origin">id:${name}</${element}>`;
const defaults = (mode: string) =>
  `<with-defaults xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults">${mode}</with-defaults>`;
const inBase = (name: string, content = '') => `<${name} xmlns="${BASE}">${content}</${name}>`;

// What each operation looks like on the wire.
const CALLS: readonly [string, Call, string][] = [
  [
    'get',
    (client) => client.get({ filter: { subtree: '<a xmlns="urn:a"/>' }, withDefaults: 'trim' }),
    inBase('get', `<filter type="subtree"><a xmlns="urn:a"/></filter>${defaults('trim')}`),
  ],
  [
    'get with an XPath',
    (client) => client.get({ filter: { xpath: '/a:b[c="<"]', namespaces: { a: 'urn:a' } } }),
    inBase('get', '<filter xmlns:a="urn:a" type="xpath" select="/a:b[c=&quot;&lt;&quot;]"/>'),
  ],
  [
    'get-config',
    (client) => client.getConfig({ source: 'startup' }),
    inBase('get-config', '<source><startup/></source>'),
  ],
  [
    'edit-config',
    (client) =>
      client.editConfig({
        target: 'candidate',
        config: xmlElement('a', 'urn:a'),
        defaultOperation: 'none',
        testOption: 'test-only',
        errorOption: 'rollback-on-error',
      }),
    inBase(
      'edit-config',
      '<target><candidate/></target><default-operation>none</default-operation><test-option>test-only</test-option><error-option>rollback-on-error</error-option><config><a xmlns="urn:a"/></config>',
    ),
  ],
  [
    'edit-config of a file',
    (client) => client.editConfig({ url: 'file:///a&b.xml' }),
    inBase('edit-config', '<target><running/></target><url>file:///a&amp;b.xml</url>'),
  ],
  [
    'copy-config',
    (client) =>
      client.copyConfig({ source: 'running', target: { url: 'https://backup/a' }, withDefaults: 'report-all' }),
    inBase(
      'copy-config',
      `<target><url>https://backup/a</url></target><source><running/></source>${defaults('report-all')}`,
    ),
  ],
  [
    'copy-config of what is given',
    (client) => client.copyConfig({ source: { config: '<a xmlns="urn:a"/>' }, target: 'startup' }),
    inBase('copy-config', '<target><startup/></target><source><config><a xmlns="urn:a"/></config></source>'),
  ],
  ['delete-config', (client) => client.deleteConfig('startup'), inBase('delete-config', '<target><startup/></target>')],
  ['lock', (client) => client.lock('candidate'), inBase('lock', '<target><candidate/></target>')],
  [
    'lock of a datastore of NMDA',
    (client) => client.lock({ datastore: 'running' }),
    inBase('lock', `<target>${datastore('running')}</target>`),
  ],
  ['unlock', (client) => client.unlock('running'), inBase('unlock', '<target><running/></target>')],
  ['validate', (client) => client.validate('candidate'), inBase('validate', '<source><candidate/></source>')],
  [
    'validate of what is given',
    (client) => client.validate({ config: '<a xmlns="urn:a"/>' }),
    inBase('validate', '<source><config><a xmlns="urn:a"/></config></source>'),
  ],
  ['commit', (client) => client.commit(), inBase('commit')],
  [
    'commit to be confirmed',
    (client) => client.commit({ confirmed: true, confirmTimeout: seconds(30), persist: 'a<b' }),
    inBase('commit', '<confirmed/><confirm-timeout>30</confirm-timeout><persist>a&lt;b</persist>'),
  ],
  [
    'commit that confirms',
    (client) => client.commit({ persistId: 'a' }),
    inBase('commit', '<persist-id>a</persist-id>'),
  ],
  ['cancel-commit', (client) => client.cancelCommit(), inBase('cancel-commit')],
  [
    'cancel-commit of another session',
    (client) => client.cancelCommit({ persistId: 'a' }),
    inBase('cancel-commit', '<persist-id>a</persist-id>'),
  ],
  ['discard-changes', (client) => client.discardChanges(), inBase('discard-changes')],
  ['kill-session', (client) => client.killSession(7), inBase('kill-session', '<session-id>7</session-id>')],
  ['close-session', (client) => client.closeSession(), inBase('close-session')],
  ['get-data', (client) => client.getData(), `<get-data xmlns="${NMDA}">${datastore('operational')}</get-data>`],
  [
    'get-data with everything',
    (client) =>
      client.getData({
        datastore: { name: 'own', namespace: 'urn:o&o' },
        filter: { xpath: '/a:b', namespaces: { a: 'urn:a' } },
        configFilter: false,
        origins: { only: ['learned', { name: 'own', namespace: 'urn:own' }] },
        maxDepth: 3,
        withOrigin: true,
        withDefaults: 'report-all',
      }),
    `<get-data xmlns="${NMDA}"><datastore xmlns="${NMDA}" xmlns:id="urn:o&amp;o">id:own</datastore><xpath-filter xmlns:a="urn:a">/a:b</xpath-filter><config-filter>false</config-filter>${origin('origin-filter', 'learned')}<origin-filter xmlns:id="urn:own">id:own</origin-filter><max-depth>3</max-depth><with-origin/><with-defaults>report-all</with-defaults></get-data>`,
  ],
  [
    'get-data without some origins',
    (client) =>
      client.getData({ filter: { subtree: '<a xmlns="urn:a"/>' }, origins: { except: ['default', 'system'] } }),
    `<get-data xmlns="${NMDA}">${datastore('operational')}<subtree-filter><a xmlns="urn:a"/></subtree-filter>${origin('negated-origin-filter', 'default')}${origin('negated-origin-filter', 'system')}</get-data>`,
  ],
  [
    'edit-data',
    (client) => client.editData({ datastore: 'running', config: '<a xmlns="urn:a"/>', defaultOperation: 'replace' }),
    `<edit-data xmlns="${NMDA}">${datastore('running')}<default-operation>replace</default-operation><config><a xmlns="urn:a"/></config></edit-data>`,
  ],
  [
    'edit-data of a file',
    (client) => client.editData({ datastore: 'candidate', url: 'file:///a' }),
    `<edit-data xmlns="${NMDA}">${datastore('candidate')}<url>file:///a</url></edit-data>`,
  ],
  [
    'get-schema',
    (client) => client.getSchema({ identifier: 'a', version: '2026-01-01', format: 'yin' }),
    '<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><identifier>a</identifier><version>2026-01-01</version><format>yin</format></get-schema>',
  ],
  [
    'create-subscription',
    (client) =>
      client.subscribe(() => {}, {
        stream: 'A',
        filter: { xpath: '/x' },
        startTime: '2026-01-01T00:00:00Z',
        stopTime: '2027-01-01T00:00:00Z',
      }),
    '<create-subscription xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0"><stream>A</stream><filter type="xpath" select="/x"/><startTime>2026-01-01T00:00:00Z</startTime><stopTime>2027-01-01T00:00:00Z</stopTime></create-subscription>',
  ],
  [
    'establish-subscription to a stream',
    (client) =>
      client.establishSubscription({
        stream: 'NETCONF',
        filter: { subtree: '<a xmlns="urn:a"/>' },
        replayStartTime: '2026-01-01T00:00:00Z',
        stopTime: '2027-01-01T00:00:00Z',
        dscp: 46,
        weighting: 2,
        dependency: 3,
        encoding: 'encode-xml',
      }),
    `<establish-subscription xmlns="${SUBSCRIBED}"><stream>NETCONF</stream><stream-subtree-filter><a xmlns="urn:a"/></stream-subtree-filter><replay-start-time>2026-01-01T00:00:00Z</replay-start-time><stop-time>2027-01-01T00:00:00Z</stop-time><dscp>46</dscp><weighting>2</weighting><dependency>3</dependency><encoding xmlns:id="${SUBSCRIBED}">id:encode-xml</encoding></establish-subscription>`,
  ],
  [
    'establish-subscription by the name of a filter',
    (client) => client.establishSubscription({ stream: 'NETCONF', filter: { named: 'mine' } }),
    `<establish-subscription xmlns="${SUBSCRIBED}"><stream>NETCONF</stream><stream-filter-name>mine</stream-filter-name></establish-subscription>`,
  ],
  [
    'establish-subscription to a datastore, now and again',
    (client) =>
      client.establishSubscription({
        datastore: 'operational',
        filter: { xpath: '/a:b', namespaces: { a: 'urn:a' } },
        periodic: { period: 500, anchorTime: '2026-01-01T00:00:00Z' },
      }),
    `<establish-subscription xmlns="${SUBSCRIBED}"><datastore xmlns="${PUSH}" xmlns:id="urn:ietf:params:xml:ns:yang:ietf-datastores">id:operational</datastore><datastore-xpath-filter xmlns="${PUSH}" xmlns:a="urn:a">/a:b</datastore-xpath-filter><periodic xmlns="${PUSH}"><period>500</period><anchor-time>2026-01-01T00:00:00Z</anchor-time></periodic></establish-subscription>`,
  ],
  [
    'establish-subscription to a datastore, on change',
    (client) =>
      client.establishSubscription({
        datastore: 'running',
        filter: { subtree: '<a xmlns="urn:a"/>' },
        onChange: { dampeningPeriod: 100, syncOnStart: false, excludedChanges: ['move', 'insert'] },
      }),
    `<establish-subscription xmlns="${SUBSCRIBED}"><datastore xmlns="${PUSH}" xmlns:id="urn:ietf:params:xml:ns:yang:ietf-datastores">id:running</datastore><datastore-subtree-filter xmlns="${PUSH}"><a xmlns="urn:a"/></datastore-subtree-filter><on-change xmlns="${PUSH}"><dampening-period>100</dampening-period><sync-on-start>false</sync-on-start><excluded-change>move</excluded-change><excluded-change>insert</excluded-change></on-change></establish-subscription>`,
  ],
  [
    'modify-subscription',
    (client) => client.modifySubscription({ id: 4, filter: { xpath: '/a' }, stopTime: '2027-01-01T00:00:00Z' }),
    `<modify-subscription xmlns="${SUBSCRIBED}"><id>4</id><stream-xpath-filter>/a</stream-xpath-filter><stop-time>2027-01-01T00:00:00Z</stop-time></modify-subscription>`,
  ],
  [
    'modify-subscription to a datastore',
    (client) =>
      client.modifySubscription({ id: 4, datastore: 'running', filter: { named: 'mine' }, periodic: { period: 9 } }),
    `<modify-subscription xmlns="${SUBSCRIBED}"><id>4</id><datastore xmlns="${PUSH}" xmlns:id="urn:ietf:params:xml:ns:yang:ietf-datastores">id:running</datastore><selection-filter-ref xmlns="${PUSH}">mine</selection-filter-ref><periodic xmlns="${PUSH}"><period>9</period></periodic></modify-subscription>`,
  ],
  [
    'delete-subscription',
    (client) => client.deleteSubscription(4),
    `<delete-subscription xmlns="${SUBSCRIBED}"><id>4</id></delete-subscription>`,
  ],
  [
    'kill-subscription',
    (client) => client.killSubscription(4),
    `<kill-subscription xmlns="${SUBSCRIBED}"><id>4</id></kill-subscription>`,
  ],
  [
    'resync-subscription',
    (client) => client.resyncSubscription(4),
    `<resync-subscription xmlns="${PUSH}"><id>4</id></resync-subscription>`,
  ],
];

describe('on the wire', () => {
  test.each(CALLS)('%s', async (_, call, xml) => {
    const { client, server } = await pair();
    await call(client);
    expect(server.asked[0]?.text.replace(/^<rpc[^>]*>/, '').replace(/<\/rpc>$/, '')).toBe(xml);
    client.destroy();
  });

  test('every operation there is', () => {
    const sent = new Set(CALLS.map(([, , xml]) => /^<([\w-]+)/.exec(xml)![1]));
    const known = Object.keys(operation).map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    expect([...sent].sort()).toEqual(known.sort());
  });
});

describe('what a reply has', () => {
  test('get-data: its data', async () => {
    const { client } = await pair(() => ({ kind: 'data', xml: `<data xmlns="${NMDA}"><a xmlns="urn:a"/></data>` }));
    expect(unwrap(await client.getData()).data.children).toMatchObject([{ name: 'a' }]);
    client.destroy();
  });

  test('establish-subscription: its id, and the later start of what is replayed', async () => {
    const { client } = await pair(() => ({
      kind: 'data',
      xml: `<id xmlns="${SUBSCRIBED}">22</id><replay-start-time-revision xmlns="${SUBSCRIBED}">2026-02-02T00:00:00Z</replay-start-time-revision>`,
    }));
    expect(unwrap(await client.establishSubscription({ stream: 'NETCONF' }))).toMatchObject({
      id: 22,
      replayStartTimeRevision: '2026-02-02T00:00:00Z',
    });
    client.destroy();
  });

  test('establish-subscription that was given up: deleted when it comes', async () => {
    const { client, server } = await pair(({ operation: { name } }) =>
      name === 'establish-subscription' ? undefined : { kind: 'ok' },
    );
    const stop = new AbortController();
    const given = client.establishSubscription({ stream: 'NETCONF', signal: stop.signal });
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    stop.abort();
    expect(await given).toMatchObject({ failure: { kind: 'aborted' } });
    server.answer(server.asked[0]!, { kind: 'data', xml: `<id xmlns="${SUBSCRIBED}">22</id>` });
    await vi.waitFor(() => expect(server.asked[1]?.text).toContain('<delete-subscription'));
    expect(server.asked[1]!.text).toContain('<id>22</id>');
    client.destroy();
  });

  test('or the reply is malformed', async () => {
    const { client } = await pair();
    expect(await client.getData()).toMatchObject({ failure: { kind: 'malformed' } });
    expect(await client.establishSubscription({ stream: 'NETCONF' })).toEqual({
      ok: false,
      failure: { kind: 'malformed', message: 'The reply of the peer lacks <id>.' },
    });
    client.destroy();
  });
});

const CANDIDATE = [...BASE_ONLY, CAPABILITY.candidate];

describe('what the server does not announce is not sent', () => {
  test.each<[string, Call, string, readonly string[]]>([
    ['the candidate', (client) => client.lock('candidate'), CAPABILITY.candidate, BASE_ONLY],
    ['commit', (client) => client.commit(), CAPABILITY.candidate, BASE_ONLY],
    ['discard-changes', (client) => client.discardChanges(), CAPABILITY.candidate, BASE_ONLY],
    ['the startup configuration', (client) => client.deleteConfig('startup'), CAPABILITY.startup, BASE_ONLY],
    ['running, to be written', (client) => client.editConfig({ config: '' }), CAPABILITY.writableRunning, CANDIDATE],
    [
      'running, to be replaced',
      (client) => client.copyConfig({ source: 'candidate', target: 'running' }),
      CAPABILITY.writableRunning,
      CANDIDATE,
    ],
    ['validate', (client) => client.validate('running'), CAPABILITY.validate, BASE_ONLY],
    [
      'a tested edit',
      (client) => client.editConfig({ target: 'candidate', config: '', testOption: 'set' }),
      CAPABILITY.validate,
      CANDIDATE,
    ],
    [
      'an edit only to be tested, by :validate:1.0',
      (client) => client.editConfig({ target: 'candidate', config: '', testOption: 'test-only' }),
      CAPABILITY.validate,
      [...CANDIDATE, CAPABILITY.validate.replace('1.1', '1.0')],
    ],
    [
      'an edit to be rolled back',
      (client) => client.editConfig({ target: 'candidate', config: '', errorOption: 'rollback-on-error' }),
      CAPABILITY.rollbackOnError,
      CANDIDATE,
    ],
    ['a confirmed commit', (client) => client.commit({ confirmed: true }), CAPABILITY.confirmedCommit, CANDIDATE],
    [
      'a persistent commit, by :confirmed-commit:1.0',
      (client) => client.commit({ confirmed: true, persist: 'a' }),
      CAPABILITY.confirmedCommit,
      [...CANDIDATE, CAPABILITY.confirmedCommit.replace('1.1', '1.0')],
    ],
    ['cancel-commit', (client) => client.cancelCommit(), CAPABILITY.confirmedCommit, CANDIDATE],
    [
      'a URL',
      (client) => client.copyConfig({ source: 'running', target: { url: 'file:///a' } }),
      'urn:ietf:params:netconf:capability:url:1.0?scheme=file',
      BASE_ONLY,
    ],
    [
      'a URL of another scheme',
      (client) => client.validate({ url: 'ftp://a' }),
      'urn:ietf:params:netconf:capability:url:1.0?scheme=ftp',
      [...BASE_ONLY, CAPABILITY.validate, 'urn:ietf:params:netconf:capability:url:1.0?scheme=file,http'],
    ],
    ['an XPath', (client) => client.getConfig({ filter: { xpath: '/a' } }), CAPABILITY.xpath, BASE_ONLY],
    ['with-defaults', (client) => client.get({ withDefaults: 'trim' }), CAPABILITY.withDefaults, BASE_ONLY],
    [
      'another mode of with-defaults',
      (client) => client.get({ withDefaults: 'trim' }),
      CAPABILITY.withDefaults,
      [...BASE_ONLY, `${CAPABILITY.withDefaults}?basic-mode=explicit&also-supported=report-all`],
    ],
    ['get-data', (client) => client.getData(), CAPABILITY.yangLibrary11, BASE_ONLY],
    [
      'edit-data',
      (client) => client.editData({ datastore: 'running', config: '' }),
      CAPABILITY.yangLibrary11,
      BASE_ONLY,
    ],
    ['a subscription', (client) => client.subscribe(() => {}), CAPABILITY.notification, BASE_ONLY],
  ])('%s', async (_, call, capability, capabilities) => {
    const { client, server } = await pair(answerOk, capabilities);
    const result = (await call(client)) as { ok: false; failure: RpcFailure };
    expect(result).toMatchObject({ ok: false, failure: { kind: 'unsupported', capability } });
    expect(result.failure.message).toContain(`the peer does not announce ${capability}, which it would need to`);
    expect(server.asked).toEqual([]);
    client.destroy();
  });

  test('unless it is sent by rpc()', async () => {
    const { client, server } = await pair(answerOk, BASE_ONLY);
    unwrap(await client.rpc(operation.commit()));
    expect(server.asked).toHaveLength(1);
    client.destroy();
  });
});

test('what the capabilities come to', async () => {
  const nothing = await pair(answerOk, BASE_ONLY);
  expect(nothing.client.supports).toEqual({
    writableRunning: false,
    candidate: false,
    confirmedCommit: undefined,
    rollbackOnError: false,
    validate: undefined,
    startup: false,
    url: [],
    xpath: false,
    notification: false,
    interleave: false,
    withDefaults: undefined,
    nmda: false,
  });
  nothing.client.destroy();
  const { client } = await pair();
  expect(client.supports).toEqual({
    writableRunning: true,
    candidate: true,
    confirmedCommit: '1.1',
    rollbackOnError: true,
    validate: '1.1',
    startup: true,
    url: ['file', 'https'],
    xpath: true,
    notification: true,
    interleave: true,
    withDefaults: { basic: 'explicit', modes: ['explicit', 'report-all', 'report-all-tagged', 'trim'] },
    nmda: true,
  });
  client.destroy();
});
