// Debian's ncclient against the real headend: as a subscriber's host, and as an operator's script.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeData, encodeRpc, moduleSources, type RpcInput } from '@sublane/yang';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ALL_FILES, OUR_FILES, yanglint } from '../conformance/yanglint.ts';
import { HeadendProcess, hostKey, twoClasses } from '../programs/index.ts';
import { type NcclientError, type NcclientStep, ncclientMissing, ncclientSession } from './ncclient.ts';

const missing =
  ncclientMissing() ??
  (existsSync('/usr/bin/yanglint') ? undefined : 'yanglint missing: apt-get install libyang2-tools');
if (missing !== undefined) console.warn(`skipped: ncclient against the headend: ${missing}`);

const HEADEND = 'urn:sublane:params:xml:ns:yang:sublane-headend';
const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
const HOST_ID = 'laptop-7f';
const keys = { host: hostKey(HOST_ID), operator: hostKey('olga'), auditor: hostKey('otto') };

let headend: HeadendProcess;

beforeAll(async () => {
  if (missing !== undefined) return;
  headend = await HeadendProcess.init();
  await headend.start();
  await using operator = await headend.operator();
  await operator.configure(
    twoClasses({ calls: ['192.0.2.0/24', '2001:db8:1::/64'], bulk: ['198.51.100.0/24', '2001:db8:2::/64'] }),
  );
  await operator.call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
  const key = { subscriber: 'alice', 'public-key': keys.host.public };
  await operator.call('sublane-headend:add-host', { 'host-id': HOST_ID, ...key });
  for (const [name, role] of [
    ['olga', 'operator'],
    ['otto', 'auditor'],
  ] as const) {
    const { public: line } = role === 'operator' ? keys.operator : keys.auditor;
    await operator.call('sublane-headend:add-operator', { name, role, 'public-key': line });
  }
});
afterAll(() => headend?.[Symbol.asyncDispose]());
beforeEach(({ skip }) => {
  if (missing !== undefined) skip(missing);
});

const asHost = (...steps: NcclientStep[]) =>
  ncclientSession({ ...headend.address, user: HOST_ID, privateKey: keys.host.private }, steps);
const asOperator = (...steps: NcclientStep[]) =>
  ncclientSession({ ...headend.address, user: 'olga', privateKey: keys.operator.private }, steps);
const asAuditor = (...steps: NcclientStep[]) =>
  ncclientSession({ ...headend.address, user: 'otto', privateKey: keys.auditor.private }, steps);

const dispatch = (rpc: string): NcclientStep => ({ method: 'dispatch', arguments: { rpc } });
const getConfig: NcclientStep = {
  method: 'get_config',
  arguments: { source: 'running', filter: `<headend xmlns="${HEADEND}"/>` },
};
const edit = (config: string): NcclientStep => ({
  method: 'edit_config',
  arguments: { target: 'running', config: `<config xmlns="${BASE}">${config}</config>` },
});

const MESSAGE = 'ietf-subscriber-service-message:subscriber-service-message';
type Groups = RpcInput<typeof MESSAGE>['application-group'];
const request = (groups: Groups, hostId = HOST_ID) =>
  encodeRpc(MESSAGE, { 'host-id': hostId, location: 'auto', 'application-group': groups });
const CALLS: Groups = [
  { id: 1, direction: 'upld', bandwidth: 2000, priority: 'H', 'application-list': ['calls'] },
  { id: 1, direction: 'dnld', bandwidth: 4000, priority: 'H' },
  { id: 2, direction: 'dnld', bandwidth: 8000, priority: 'L' },
];

/** The replies of a session in which nothing was refused. */
function replies({ results }: ReturnType<typeof ncclientSession>): string[] {
  return results.map((result) => {
    if ('reply' in result) return result.reply;
    throw new Error(`refused: ${JSON.stringify(result.errors)}`);
  });
}

/** The errors of a session whose last step was refused. */
function refusals({ results }: ReturnType<typeof ncclientSession>): readonly NcclientError[] {
  const last = results.at(-1);
  if (last === undefined || 'reply' in last) throw new Error(`not refused: ${last?.reply}`);
  return last.errors;
}

/** What Debian's yanglint says of a reply to this request; nothing where it is valid. */
function complaint(rpc: string, reply: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ncclient-reply-'));
  try {
    const [asked, answered] = [join(folder, 'rpc.xml'), join(folder, 'reply.xml')];
    writeFileSync(asked, `<rpc xmlns="${BASE}" message-id="1">${rpc}</rpc>`);
    writeFileSync(answered, reply);
    const interfaces = ALL_FILES.filter((file) => file.includes('/iana-if-type@'));
    const { status, said } = yanglint('-t', 'nc-reply', '-R', asked, ...OUR_FILES, ...interfaces, answered);
    return status === 0 ? '' : said || `exit code ${status}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('ncclient as a host', () => {
  test('sends the subscriber message, and its reply is valid to yanglint', () => {
    const session = asHost(dispatch(request(CALLS)));
    expect(session.capabilities).toEqual(
      expect.arrayContaining(['urn:ietf:params:netconf:base:1.0', 'urn:ietf:params:netconf:base:1.1']),
    );
    const [reply = ''] = replies(session);
    expect(reply).toContain('<ip>192.0.2.');
    expect(reply).toContain('<ip>2001:db8:1::');
    expect(reply).toContain('<dscp>46</dscp>');
    expect(complaint(request(CALLS), reply)).toBe('');
  });

  test('of which yanglint would not take a bad one', () => {
    const [reply = ''] = replies(asHost(dispatch(request(CALLS))));
    for (const bad of [
      reply.replace('<dscp>46<', '<dscp>64<'),
      reply.replace(/<lease>.*?<\/lease>/s, ''),
      reply.replace('propVirtual', 'propVirtuel'),
    ]) {
      expect(bad).not.toBe(reply);
      expect(complaint(request(CALLS), bad)).not.toBe('');
    }
  });

  test('asks again in another session, and has the same leases', () => {
    const ask = () => replies(asHost(dispatch(request(CALLS))))[0] ?? '';
    const facts = (reply: string) => reply.match(/<(ip|id|dscp|rate)>[^<]*/g);
    expect(facts(ask())).toEqual(facts(ask()));
  });

  test('renews, reads and releases: each reply is valid', () => {
    const rpcs = [
      request(CALLS),
      encodeRpc('sublane-service:get-available-services', { 'host-id': HOST_ID }),
      encodeRpc('sublane-service:renew-service', { 'host-id': HOST_ID }),
      encodeRpc('sublane-service:get-service', { 'host-id': HOST_ID }),
      encodeRpc('sublane-service:release-service', { 'host-id': HOST_ID }),
      encodeRpc('sublane-service:get-service', { 'host-id': HOST_ID }),
    ];
    const given = replies(asHost(...rpcs.map(dispatch)));
    expect(given.map((reply, index) => complaint(rpcs[index] ?? '', reply))).toEqual(rpcs.map(() => ''));
    expect(given[3]).toContain('<application-group>');
    expect(given[4]).toMatch(/<ok[ /]/);
    expect(given[5]).not.toContain('<application-group>');
  });

  test('a refusal is an RPCError with tag, app-tag, the leaf to blame and what to do', () => {
    const [error, ...more] = refusals(
      asHost(dispatch(request([{ id: 3, direction: 'upld', bandwidth: 2_000_000, priority: 'H' }]))),
    );
    expect(more).toEqual([]);
    expect(error).toMatchObject({
      type: 'application',
      tag: 'access-denied',
      app_tag: 'over-ceiling',
      severity: 'error',
      path: expect.stringContaining("application-group[ssm:id='3']/ssm:bandwidth"),
      info: expect.stringMatching(/refusal.*group-id>3<.*rule>calls</s),
      message: expect.stringContaining('1000000'),
    });
  });

  test('each refused group has an RPCError of its own, and none of them is granted', () => {
    const groups = [3, 4].map((id) => ({ id, direction: 'upld', bandwidth: 2_000_000, priority: 'H' }) as const);
    const errors = refusals(
      asHost(dispatch(request([...groups, { id: 5, direction: 'upld', bandwidth: 1, priority: 'H' }]))),
    );
    expect(errors.map(({ app_tag, info }) => [app_tag, /group-id>(\d+)/.exec(info ?? '')?.[1]])).toEqual([
      ['over-ceiling', '3'],
      ['over-ceiling', '4'],
    ]);
    const [held] = replies(asHost(dispatch(encodeRpc('sublane-service:get-service', { 'host-id': HOST_ID }))));
    expect(held).not.toMatch(/<id>[345]</);
  });

  test.each([
    ['another host-id', request(CALLS, 'laptop-8'), 'access-denied', 'host-id-mismatch'],
    ['a value that the schema has not', request(CALLS).replace('>2000<', '>much<'), 'invalid-value', null],
    ['a leaf that the schema has not', request(CALLS).replace('<location>', '<x/><location>'), 'unknown-element', null],
    ['a missing leaf', request(CALLS).replace('<location>auto</location>', ''), 'missing-element', null],
    ["an operator's rpc", encodeRpc('sublane-headend:list-leases', {}), 'access-denied', null],
  ])('is refused %s', (_, rpc, tag, appTag) => {
    const [error] = refusals(asHost(dispatch(rpc)));
    expect(error).toMatchObject({ tag, severity: 'error', ...(appTag !== null && { app_tag: appTag }) });
    expect(error?.message).toBeTruthy();
  });

  test('sees nothing of the configuration, and changes nothing', () => {
    const { results } = asHost(getConfig, edit(encodeData({ 'sublane-headend:headend': { 'time-zone': 'UTC' } })));
    const [read, changed] = results;
    expect(JSON.stringify(read)).not.toContain('192.0.2');
    expect(changed).toMatchObject({ errors: [{ tag: 'access-denied' }] });
  });
});

describe('ncclient as an operator', () => {
  const pool = {
    name: 'films',
    class: 'streaming',
    prefix: ['203.0.113.0/25', '2001:db8:3::/64'],
    gateway: ['203.0.113.1'],
  };

  test('reads the configuration, adds a pool, and finds it', () => {
    const [before = '', added = '', after = ''] = replies(
      asOperator(getConfig, edit(encodeData({ 'sublane-headend:headend': { pool: [pool] } })), getConfig),
    );
    expect(before).toContain('<name>calls</name>');
    expect(before).not.toContain('<name>films</name>');
    expect(added).toMatch(/<ok[ /]/);
    expect(after).toContain('<prefix>203.0.113.0/25</prefix>');
    const [pools] = replies(asOperator(dispatch(encodeRpc('sublane-headend:list-pools', { pool: 'films' }))));
    expect(pools).toMatch(/<held>0<\/held>/);
  });

  test('reads modules, word for word', () => {
    const names = ['sublane-headend', 'ietf-subscriber-service-message', 'ietf-portal-backend-message'];
    const texts = replies(
      asOperator(...names.map((identifier): NcclientStep => ({ method: 'get_schema', arguments: { identifier } }))),
    );
    const sources = moduleSources();
    for (const [index, name] of names.entries())
      expect(texts[index]).toBe(sources.find((source) => source.name === name)?.text);
  });

  test('is refused what would break a promise, and what contradicts itself', () => {
    replies(asHost(dispatch(request(CALLS))));
    const remove = `<headend xmlns="${HEADEND}" xmlns:nc="${BASE}"><pool nc:operation="delete"><name>calls</name></pool></headend>`;
    expect(refusals(asOperator(edit(remove)))[0]).toMatchObject({ tag: 'in-use', severity: 'error' });
    const absent = remove.replace('>calls<', '>nowhere<');
    expect(refusals(asOperator(edit(absent)))[0]).toMatchObject({ tag: 'data-missing' });
    for (const prefix of [['203.0.113.0/25', '203.0.113.128/25'], ['192.0.2.128/25']]) {
      const again = encodeData({ 'sublane-headend:headend': { pool: [{ ...pool, name: 'again', prefix }] } });
      expect(refusals(asOperator(edit(again)))[0]).toMatchObject({
        tag: 'invalid-value',
        app_tag: expect.any(String),
        path: expect.stringContaining("pool[slh:name='again']"),
      });
    }
    const [config] = replies(asOperator(getConfig));
    expect(config).toContain('<name>calls</name>');
    expect(config).not.toContain('<name>again</name>');
  });

  test('as an auditor it may look, and not touch', () => {
    const { results } = asAuditor(getConfig, edit(encodeData({ 'sublane-headend:headend': { 'time-zone': 'UTC' } })));
    expect(results[0]).toMatchObject({ reply: expect.stringContaining('<name>calls</name>') });
    expect(results[1]).toMatchObject({ errors: [{ tag: 'access-denied' }] });
  });
});

test('a key that nobody was enrolled with does not come in', () => {
  const stranger = { ...headend.address, user: HOST_ID, privateKey: hostKey('stranger').private };
  expect(() => ncclientSession(stranger, [])).toThrow(/AuthenticationError|Authentication failed/);
});
