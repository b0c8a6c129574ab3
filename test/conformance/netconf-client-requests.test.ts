// What our client sends is what the modules of the standards allow: each operation, with everything it can say, read by libyang.
import { seconds, unwrap } from '@sublane/basics';
import { BASE_NAMESPACE } from '@sublane/netconf';
import { moduleSources } from '@sublane/yang';
import { type Context, Libyang } from 'libyang-wasm';
import { operation } from 'netconf-client';
import { beforeAll, expect, test } from 'vitest';

let context: Context;
beforeAll(() => {
  const modules = [
    'ietf-netconf',
    'ietf-netconf-with-defaults',
    'ietf-netconf-monitoring',
    'ietf-netconf-nmda',
    'ietf-datastores',
    'ietf-origin',
    'notifications',
    'ietf-subscribed-notifications',
    'ietf-yang-push',
  ];
  const implement = modules.map((name) => ({ name, features: 'all' as const }));
  context = unwrap(Libyang.load().createContext({ sources: moduleSources(), implement }));
});

const subtree = '<modules-state xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"/>';
const xpath = {
  xpath: "/if:interfaces/if:interface[if:name='<eth0>']",
  namespaces: { if: 'urn:ietf:params:xml:ns:yang:ietf-interfaces' },
};
const time = '2026-05-01T12:00:00Z';
const config = '<a xmlns="urn:a"><b/></a>';
const url = 'file:///saved.xml';

const REQUESTS: Readonly<Record<string, string>> = {
  get: operation.get({ filter: { subtree }, withDefaults: 'report-all-tagged' }),
  'get by XPath': operation.get({ filter: xpath }),
  'get-config': operation.getConfig({ source: 'startup', filter: xpath, withDefaults: 'trim' }),
  'edit-config': operation.editConfig({
    target: 'candidate',
    config,
    defaultOperation: 'none',
    testOption: 'test-only',
    errorOption: 'rollback-on-error',
  }),
  'edit-config of a URL': operation.editConfig({ url }),
  'copy-config': operation.copyConfig({ source: { config }, target: { url }, withDefaults: 'explicit' }),
  'copy-config of a URL': operation.copyConfig({ source: { url }, target: 'startup' }),
  'delete-config': operation.deleteConfig('startup'),
  'delete-config of a URL': operation.deleteConfig({ url }),
  lock: operation.lock('candidate'),
  'lock of NMDA': operation.lock({ datastore: 'running' }),
  unlock: operation.unlock({ datastore: 'startup' }),
  validate: operation.validate('candidate'),
  'validate inline': operation.validate({ config }),
  'validate a URL': operation.validate({ url }),
  'validate of NMDA': operation.validate({ datastore: 'intended' }),
  commit: operation.commit(),
  'confirmed commit': operation.commit({ confirmed: true, confirmTimeout: seconds(30), persist: 'a', persistId: 'b' }),
  'cancel-commit': operation.cancelCommit({ persistId: 'a' }),
  'discard-changes': operation.discardChanges(),
  'close-session': operation.closeSession(),
  'kill-session': operation.killSession(4),
  'get-schema': operation.getSchema({ identifier: 'a', version: '2026-01-01', format: 'yang' }),
  'create-subscription': operation.createSubscription({
    stream: 'NETCONF',
    filter: xpath,
    startTime: time,
    stopTime: time,
  }),
  'get-data': operation.getData({
    datastore: 'operational',
    filter: xpath,
    configFilter: true,
    origins: { only: ['learned', 'system'] },
    maxDepth: 65_535,
    withOrigin: true,
    withDefaults: 'report-all',
  }),
  'get-data without origins': operation.getData({ filter: { subtree }, origins: { except: ['default'] } }),
  'edit-data': operation.editData({ datastore: 'candidate', config, defaultOperation: 'replace' }),
  'edit-data of a URL': operation.editData({ datastore: 'running', url }),
  'establish-subscription to a stream': operation.establishSubscription({
    stream: 'NETCONF',
    filter: xpath,
    replayStartTime: time,
    stopTime: time,
    dscp: 46,
    weighting: 2,
    encoding: 'encode-xml',
  }),
  'establish-subscription with a subtree': operation.establishSubscription({ stream: 'NETCONF', filter: { subtree } }),
  'establish-subscription, periodic': operation.establishSubscription({
    datastore: 'operational',
    filter: xpath,
    periodic: { period: 500, anchorTime: time },
  }),
  'establish-subscription, on change': operation.establishSubscription({
    datastore: 'running',
    filter: { subtree },
    stopTime: time,
    onChange: { dampeningPeriod: 100, syncOnStart: false, excludedChanges: ['create', 'move'] },
  }),
  'modify-subscription': operation.modifySubscription({ id: 4, filter: { subtree }, stopTime: time }),
  'modify-subscription to a datastore': operation.modifySubscription({
    id: 4,
    datastore: 'running',
    filter: xpath,
    onChange: { dampeningPeriod: 5 },
  }),
  'delete-subscription': operation.deleteSubscription(4),
  'kill-subscription': operation.killSubscription(4),
  'resync-subscription': operation.resyncSubscription(4),
};

test.each(Object.entries(REQUESTS))('%s', (_, request) => {
  const read = context.readRpc(`<rpc xmlns="${BASE_NAMESPACE}" message-id="1">${request}</rpc>`);
  expect(read.ok ? '' : JSON.stringify(read.failure)).toBe('');
  expect(read).toMatchObject({ ok: true, value: { name: /^<([\w-]+)/.exec(request)![1] } });
});

test('every operation is among them', () => {
  const sent = new Set(Object.values(REQUESTS).map((request) => /^<([\w-]+)/.exec(request)![1]));
  expect([...sent].sort()).toEqual(
    Object.keys(operation)
      .map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))
      .sort(),
  );
});
