import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { childElement, elementText } from '@sublane/netconf';
import { encodeRpc } from '@sublane/yang';
import { connectUnix, type NetconfClient } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Host, type KeyPair, lanesOf, newKey, refusalInfo } from './headend-host.ts';
import { eventually, HeadendProgram } from './headend-program.ts';

const GOLD = `name: gold
classes:
  calls: { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
  films: { dscp: 34, priority: M, dnld: { ceiling: 25000 } }
  tiny:  { dscp: 10, priority: L, upld: { ceiling: 1000 } }
  orphan: { dscp: 8, priority: L, dnld: { ceiling: 1000 } }
rules:
  - { name: calls, when: { priority: H }, class: calls }
  - { name: films, when: { priority: M, direction: dnld }, class: films, over-ceiling: lower }
  - { name: no-torrents, when: { priority: L, bandwidth-max: 10 }, refuse: "not on this plan" }
  - { name: nowhere, when: { priority: L, bandwidth-max: 20 }, class: orphan }
  - { name: tiny, when: { priority: L }, class: tiny }
groups-max: 3
`;

const SSM = 'urn:ietf:params:xml:ns:yang:ietf-subscriber-service-message';
const SL = 'urn:sublane:params:xml:ns:yang:sublane-service';
const call = { id: 1, direction: 'upld', bandwidth: 100, priority: 'H' } as const;

/** What a host is told, on the wire: tag, stable code, the group and the rule or pool, and a sentence. */
describe('the headend refuses on the wire', () => {
  const program = new HeadendProgram();
  const keys: Record<string, KeyPair> = {};
  let port = 0;
  let hostKey = '';
  const passwordFile = () => program.file('password');

  /** Every host has its own addresses to lose: one test does not take another's. */
  const enrol = async (hostId: string, subscriber = 'alice'): Promise<Host> => {
    keys[hostId] = newKey(hostId);
    writeFileSync(program.file(`${hostId}.pub`), keys[hostId].public);
    await program.must('host', 'enrol', hostId, '--subscriber', subscriber, '--key', program.file(`${hostId}.pub`));
    return Host.open(port, hostId, keys[hostId], hostKey);
  };

  beforeAll(async () => {
    hostKey = /SHA256:\S{43}/.exec(await program.must('init', '--listen', '127.0.0.1:0', '--name', 'edge'))![0];
    // Every reply is held against the schema once more: an invalid one would come as operation-failed.
    const settings = program.settings().replace('revalidate-replies: false', 'revalidate-replies: true');
    writeFileSync(join(program.folder, 'headend.yaml'), settings);
    port = await program.serve();
    writeFileSync(program.file('gold.yaml'), GOLD);
    writeFileSync(passwordFile(), 'correct horse\n');
    for (const pool of [
      ['calls', '192.0.2.0/26'],
      ['films', '198.51.100.0/24'],
      ['tiny', '203.0.113.0/30'],
    ] as const)
      await program.must('pool', 'add', pool[0], '--class', pool[0], '--prefix', pool[1], '--check', '192.0.2.1');
    await program.must('security-profile', 'add', 'strict');
    await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
    await program.must('subscriber', 'add', 'alice', '--plan', 'gold');
    await program.run(['subscriber', 'add', 'bob', '--plan', 'gold', '--password-stdin'], 'correct horse\n');
    expect(program.settings()).toContain('revalidate-replies: true');
  });
  afterAll(() => program.dispose());

  it('what another host may ask', async () => {
    const host = await enrol('one');
    expect(await host.request([call], { 'host-id': 'two' })).toMatchObject({
      codes: ['access-denied host-id-mismatch'],
    });
    for (const name of ['renew-service', 'release-service', 'get-service', 'get-available-services'] as const)
      expect(await host.call(`sublane-service:${name}`, { 'host-id': 'two' })).toMatchObject({
        codes: ['access-denied host-id-mismatch'],
      });
    await host.client.close();
  });

  it('a host nobody enrolled, and a key that is not the host’s', async () => {
    expect(await Host.connect(port, 'unknown', newKey('x'), hostKey)).toMatchObject({ kind: 'authentication-refused' });
    const host = await enrol('thief');
    expect(await Host.connect(port, 'one', keys.thief!, hostKey)).toMatchObject({ kind: 'authentication-refused' });
    await host.client.close();
  });

  it('everything that is an operator’s', async () => {
    const host = await enrol('curious');
    const tags = async (answer: Promise<unknown>) =>
      ((await answer) as { codes: string[] }).codes.map((code) => code.split(' ')[0]);
    expect(await tags(host.call('sublane-headend:list-hosts', {}))).toEqual(['access-denied']);
    expect(await tags(host.call('sublane-headend:add-subscriber', { name: 'x', plan: 'gold' }))).toEqual([
      'access-denied',
    ]);
    const base = 'urn:ietf:params:xml:ns:netconf:base:1.0';
    for (const operation of [
      `<get-config xmlns="${base}"><source><running/></source></get-config>`,
      `<edit-config xmlns="${base}"><target><running/></target><config/></edit-config>`,
      `<kill-session xmlns="${base}"><session-id>1</session-id></kill-session>`,
    ])
      expect(await tags(host.send(operation))).toEqual(['access-denied']);
    await host.client.close();
  });

  it('the sight of anyone but itself', async () => {
    const host = await enrol('modest');
    const all = unwrap(await host.client.get());
    expect(all.data.children.map((child) => (typeof child === 'string' ? '' : child.name)).sort()).toEqual([
      'headend-keys',
      'hosts',
      'netconf', // the streams of events
    ]);
    expect(all.xml).toContain('<host-id>modest</host-id>');
    expect(all.xml).not.toContain('<host-id>one</host-id>');
    expect(all.xml).toContain(`<fingerprint>${hostKey}</fingerprint>`);
    const filter = { subtree: `<hosts xmlns="${SL}"><host><host-id>one</host-id></host></hosts>` };
    expect(unwrap(await host.client.get({ filter })).xml).not.toContain('alice');
    expect(unwrap(await host.client.getSchema({ identifier: 'sublane-service' }))).toBeTruthy();
    await host.client.close();
  });

  it('subscribers and passwords that do not fit', async () => {
    const host = await enrol('guest');
    const bobs = () => host.password('bob', passwordFile());
    expect(await host.request([call], { 'user-name': 'bob' })).toMatchObject({
      codes: ['missing-element password-required'],
    });
    expect(await host.request([call], await host.password('nobody', passwordFile()))).toMatchObject({
      codes: ['access-denied authentication-failed'],
    });
    writeFileSync(program.file('wrong'), 'wrong horse');
    expect(await host.request([call], await host.password('bob', program.file('wrong')))).toMatchObject({
      codes: ['access-denied authentication-failed'],
    });
    expect(await host.request([call], await host.password('bob', passwordFile(), 'other'))).toMatchObject({
      codes: [expect.stringContaining('password-misdirected')],
    });
    const once = await bobs();
    expect(await host.request([call], once)).toHaveProperty('1');
    expect(await host.request([call], once)).toMatchObject({ codes: ['access-denied password-replayed'] });
    const broken = { ...once, 'user-password': once['user-password']!.replace(/\.[^.]+$/, '.AAAAAAAAAAAAAAAAAAAAAA') };
    expect(await host.request([call], broken)).toMatchObject({
      codes: [expect.stringContaining('password-unreadable')],
    });
    await program.must('subscriber', 'set', 'bob', '--suspend');
    // The session that held a lane of bob's was closed with it.
    const again = await Host.open(port, 'guest', keys.guest!, hostKey);
    const suspended = await again.request([call], await again.password('bob', passwordFile()));
    expect(suspended).toMatchObject({ codes: ['access-denied subscriber-suspended'] });
    await program.must('subscriber', 'set', 'bob', '--resume');
    expect(program.stderr).not.toContain('horse');
    await again.client.close();
  });

  it('what the plan does not allow, by the rule’s name', async () => {
    const host = await enrol('greedy');
    const refused = async (...groups: Parameters<Host['request']>[0]) => {
      const answer = await host.request(groups);
      if (!('errors' in answer)) throw new Error(JSON.stringify(answer));
      const errors = answer.errors as Parameters<typeof refusalInfo>[0][];
      return errors.map((error) => ({
        code: `${error.tag} ${error.appTag}`,
        ...refusalInfo(error),
        text: error.message,
      }));
    };
    expect(await refused({ ...call, bandwidth: 6000 })).toEqual([
      {
        code: 'access-denied over-ceiling',
        'group-id': '1',
        rule: 'calls',
        text: expect.stringContaining('at most 5000'),
      },
    ]);
    expect(await refused({ ...call, priority: 'L', bandwidth: 10 })).toMatchObject([
      { code: 'access-denied rule-refuses', rule: 'no-torrents', text: expect.stringContaining('not on this plan') },
    ]);
    expect(await refused({ ...call, priority: 'M' })).toMatchObject([{ code: 'access-denied no-rule' }]);
    expect(await refused({ ...call, direction: 'dnld', priority: 'L' })).toMatchObject([
      { code: 'access-denied direction-not-offered', rule: 'tiny' },
    ]);
    expect(await refused({ ...call, priority: 'L', bandwidth: 15 })).toMatchObject([
      { code: 'access-denied direction-not-offered', rule: 'nowhere' },
    ]);
    expect(await refused({ ...call, direction: 'dnld', priority: 'L', bandwidth: 15 })).toMatchObject([
      { code: 'resource-denied no-pool', text: expect.stringContaining('class orphan') },
    ]);
    expect(await refused({ ...call, security: 'paranoid' })).toMatchObject([
      { code: expect.stringContaining('security-profile-unknown'), 'group-id': '1' },
    ]);
    // One error for each group refused, and none of the groups is granted.
    expect(
      await refused({ ...call, id: 1 }, { ...call, id: 2, bandwidth: 6000 }, { ...call, id: 3, priority: 'M' }),
    ).toMatchObject([
      { code: 'access-denied over-ceiling', 'group-id': '2' },
      { code: 'access-denied no-rule', 'group-id': '3' },
    ]);
    expect(await program.json('lease', 'list', '--host', 'greedy')).toEqual([]);
    // Lowered, where the rule says so.
    expect(await host.request([{ ...call, direction: 'dnld', bandwidth: 99_000, priority: 'M' }])).toHaveProperty('1');
    expect(await program.json('lease', 'list', '--host', 'greedy')).toMatchObject([{ dnld: { rate: 25_000 } }]);
    expect(await refused(...[1, 2, 3, 4].map((id) => ({ ...call, id })))).toMatchObject([
      { code: 'access-denied too-many-groups', 'group-id': '4' },
    ]);
    await host.client.close();
  });

  it('two directions that do not agree, and a direction twice', async () => {
    const host = await enrol('confused');
    const both = (upld: object, dnld: object) =>
      host.request([
        { ...call, ...upld },
        { ...call, direction: 'dnld', ...dnld },
      ]);
    expect(await both({ 'application-list': ['zoom'] }, { 'application-list': ['firefox'] })).toMatchObject({
      codes: [expect.stringContaining('conflicting-directions')],
    });
    expect(await both({ security: 'strict' }, { security: 'other' })).toMatchObject({
      codes: [expect.stringContaining('conflicting-directions')],
    });
    expect(await both({ security: 'strict' }, {})).toHaveProperty('1');
    const twice = await host.request([call, call]);
    expect(twice).toMatchObject({ codes: [expect.any(String)] });
    await host.client.close();
  });

  it('an empty pool, with when to ask again', async () => {
    const [first, second, third] = [await enrol('e1'), await enrol('e2'), await enrol('e3')];
    const tiny = { ...call, priority: 'L' } as const;
    expect(await first.request([tiny])).toMatchObject({ 1: { ipv4: '203.0.113.1' } });
    expect(await second.request([tiny])).toMatchObject({ 1: { ipv4: '203.0.113.2' } });
    const refused = await third.request([tiny]);
    expect(refused).toMatchObject({ codes: ['resource-denied pool-empty'] });
    expect(refusalInfo((refused as unknown as { errors: never[] }).errors[0]!)).toMatchObject({
      'group-id': '1',
      pool: 'tiny',
      'retry-after': expect.stringMatching(/^\d+$/),
    });
    // An address given back is given again.
    await first.call('sublane-service:release-service', { 'host-id': 'e1' });
    expect(await third.request([tiny])).toMatchObject({ 1: { ipv4: '203.0.113.1' } });
    for (const host of [first, second, third]) await host.client.close();
  });

  it('fields that are not as they should be, by the element to blame', async () => {
    const host = await enrol('clumsy');
    const message = (inside: string) =>
      host.send(`<subscriber-service-message xmlns="${SSM}">${inside}</subscriber-service-message>`);
    const group = (inside: string) =>
      message(`<host-id>clumsy</host-id><location>auto</location><application-group>${inside}</application-group>`);
    const whole = '<id>1</id><direction>upld</direction><bandwidth>10</bandwidth><priority>H</priority>';
    const tags = async (answer: Promise<unknown>) =>
      ((await answer) as { codes?: string[] }).codes?.map((code) => code.split(' ')[0]);
    expect(await tags(group(whole.replace('>10<', '>0<')))).toEqual([
      expect.stringMatching(/invalid-value|bad-element/),
    ]);
    expect(await tags(group(whole.replace('>H<', '>high<')))).toEqual([
      expect.stringMatching(/invalid-value|bad-element/),
    ]);
    expect(await tags(group(whole.replace('<bandwidth>10</bandwidth>', '')))).toEqual(['missing-element']);
    expect(await tags(group(`${whole}<colour>red</colour>`))).toEqual(['unknown-element']);
    expect(await tags(message('<host-id>clumsy</host-id><location>auto</location>'))).toHaveLength(1);
    expect(await tags(host.send('<make-coffee xmlns="urn:example:coffee"/>'))).toHaveLength(1);
    // The session has lived through all of it.
    expect(await tags(group(whole))).toBeUndefined();
    await host.client.close();
  });

  it('nothing that is asked for rightly: renewal, report, service, release', async () => {
    const host = await enrol('proper');
    const granted = await host.request([call]);
    expect(await host.request([call])).toEqual(granted); // the same lease, however often
    const renewed = await host.call('sublane-service:renew-service', { 'host-id': 'proper' });
    if ('codes' in renewed) throw new Error(renewed.codes.join());
    const group = childElement(renewed, 'application-group', SL)!;
    expect(elementText(childElement(group, 'lease-id')!)).toBe(
      (granted as Record<string, { lease: string }>)[1]!.lease,
    );
    const report = [{ id: 1, state: 'applied' as const, 'in-octets': '18446744073709551615' }];
    expect(
      await host.call('sublane-service:report-service', { 'host-id': 'proper', 'application-group': report }),
    ).not.toHaveProperty('codes');
    expect(await program.json('lease', 'list', '--host', 'proper')).toMatchObject([
      { report: { state: 'applied', 'in-octets': '18446744073709551615' } },
    ]);
    expect(
      await host.call('sublane-service:report-service', {
        'host-id': 'proper',
        'application-group': [{ id: 9, state: 'applied' }],
      }),
    ).toMatchObject({ codes: [expect.stringContaining('lease-unknown')] });
    const service = await host.call('sublane-service:get-service', { 'host-id': 'proper' });
    if ('codes' in service) throw new Error(service.codes.join());
    expect(lanesOf(service)).toEqual(granted);
    const offered = await host.call('sublane-service:get-available-services', { 'host-id': 'proper' });
    if ('codes' in offered) throw new Error(offered.codes.join());
    expect(elementText(childElement(offered, 'groups-max', SL)!)).toBe('3');
    const release = { 'host-id': 'proper', 'group-id': [1] };
    expect(await host.call('sublane-service:release-service', release)).not.toHaveProperty('codes');
    expect(await host.call('sublane-service:release-service', release)).not.toHaveProperty('codes'); // no error
    expect(await program.json('lease', 'list', '--host', 'proper')).toEqual([]);
    await host.client.close();
  });

  it('a host that asks too often, until it has waited; the limit is what headend.yaml says now', async () => {
    const [hasty, patient] = [await enrol('hasty'), await enrol('patient')];
    const settings = program.settings();
    const reload = async (text: string) => {
      const told = () => program.stderr.split('headend.yaml read again').length;
      const before = told();
      writeFileSync(join(program.folder, 'headend.yaml'), text);
      program.signal('SIGHUP');
      await eventually(() => told() > before);
    };
    // Two at once, and one more every ten seconds.
    await reload(settings.replace('requests-per-minute: 600', 'requests-per-minute: 6'));
    expect(await hasty.request([call])).toHaveProperty('1');
    const renew = () => hasty.call('sublane-service:renew-service', { 'host-id': 'hasty' });
    const answers = [await renew(), await renew(), await renew()];
    const refused = answers.flatMap((answer) => ('codes' in answer ? [answer] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.at(-1)?.codes).toEqual(['resource-denied too-many-requests']);
    const { 'retry-after': retryAfter } = refusalInfo(refused.at(-1)!.errors[0]!);
    expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(Number(retryAfter)).toBeLessThanOrEqual(10);
    expect(await patient.request([call])).toHaveProperty('1');
    expect(await program.json('lease', 'list', '--host', 'hasty')).toHaveLength(1);
    await reload(settings);
    expect(await eventually(async () => !('codes' in (await renew())))).toBe(true);
    const { requests } = await program.json<{ requests: { outcome: string }[] }>('status');
    expect(requests.map(({ outcome }) => outcome)).toContain('too-many-requests');
    for (const host of [hasty, patient]) await host.client.close();
  });

  it('unkeyed reads of hosts, to operators too', async () => {
    const opened = await Host.open(port, 'olga', await operatorKey(), hostKey);
    const { client } = opened;
    expect(await client.get()).toMatchObject({ ok: false, failure: { kind: 'refused', errors: [{ tag: 'too-big' }] } });
    const named = await client.get({
      filter: { subtree: `<hosts xmlns="${SL}"><host><host-id>one</host-id></host></hosts>` },
    });
    expect(unwrap(named).xml).toContain('<subscriber>alice</subscriber>');
    expect(await opened.request([call])).toMatchObject({ codes: [expect.stringMatching(/^access-denied/)] });
    await client.close();
  });

  it('new leases while the store is full, and keeps what it has', async () => {
    const host = await enrol('late');
    await host.client.close();
    expect(await program.stop()).toBe(0);
    const file = join(program.folder, 'headend.yaml');
    const settings = readFileSync(file, 'utf8');
    writeFileSync(file, settings.replace('# size-limit: 1000', 'size-limit: 1'));
    port = await program.serve();
    const before = await program.json<unknown[]>('lease', 'list');
    const again = await Host.open(port, 'late', keys.late!, hostKey);
    const operator = unwrap(await connectUnix(join(program.folder, 'headend.sock')));
    const refused = await eventually(async () => {
      await fillStore(operator);
      // More than what the last page may still have room for.
      const applications = Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(200)}`);
      const answer = await again.request([{ ...call, 'application-list': applications }]);
      return 'codes' in answer ? answer : undefined;
    });
    await operator.close();
    expect(refused).toMatchObject({ codes: ['resource-denied store-full'] });
    expect((await program.json<{ 'host-id': string }[]>('lease', 'list')).length).toBeGreaterThanOrEqual(before.length);
    const { requests } = await program.json<{ requests: { outcome: string }[] }>('status');
    expect(requests.map(({ outcome }) => outcome)).toContain('store-full');
    await again.client.close();
  });

  let fillers = 0;
  /** Adds subscribers with long names until the store takes no more. */
  async function fillStore(operator: NetconfClient): Promise<void> {
    for (;;) {
      const added = Array.from({ length: 64 }, () => {
        const name = `filler-${fillers++}-${'x'.repeat(200)}`;
        return operator.rpc(encodeRpc('sublane-headend:add-subscriber', { name, plan: 'gold' }));
      });
      const full = (await Promise.all(added)).find((answer) => !answer.ok);
      if (full === undefined) continue;
      expect(full).toMatchObject({ failure: { errors: [{ tag: 'resource-denied', appTag: 'store-full' }] } });
      return;
    }
  }

  async function operatorKey(): Promise<KeyPair> {
    const key = newKey('olga');
    writeFileSync(program.file('olga.pub'), key.public);
    await program.must('operator', 'add', 'olga', '--key', program.file('olga.pub'));
    return key;
  }
});
