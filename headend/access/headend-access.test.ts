import { ManualClock, silentLog, unwrap } from '@sublane/basics';
import { openContext } from '@sublane/yang';
import { accessAt, type DataOperation, type Identity, SchemaIndex, stepsOf } from 'netconf-server';
import { describe, expect, it } from 'vitest';
import { loadLibyang } from '../configuration/libyang.ts';
import { openRunning } from '../configuration/running.ts';
import { enrolIdentity, hostIdentity, LOCAL_IDENTITY, operatorIdentity } from '../northbound/roles.ts';
import { openSqliteStore } from '../store/index.ts';
import { configured } from './access.fixture.ts';
import { adoptRules, createAccess, type HeadendAccess } from './headend-access.ts';
import { INITIAL_RULES } from './rules-xml.ts';

const context = openContext(unwrap(loadLibyang()), 'headend');
const schema = new SchemaIndex(context);
const over = (xml: string) => createAccess(context, configured(context, xml));
const initial = over(INITIAL_RULES);

const host = hostIdentity('laptop-7f');
const newcomer = enrolIdentity('i1', new Uint8Array());
const operator = operatorIdentity('olga', 'operator');
const auditor = operatorIdentity('aron', 'auditor');
const administrator = operatorIdentity('ada', 'administrator');

const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
const PERMISSIVE = ['read', 'write', 'exec'].map((one) => `<${one}-default>permit</${one}-default>`).join('');
/** Everything to everybody, in every way there is. */
const LAVISH = [
  `<nacm ${NACM}><enable-nacm>false</enable-nacm></nacm>`,
  `<nacm ${NACM}>${PERMISSIVE}</nacm>`,
  `<nacm ${NACM}><groups><group><name>administrator</name><user-name>laptop-7f</user-name></group></groups><rule-list>` +
    '<name>all</name><group>*</group><rule><name>all</name><action>permit</action></rule></rule-list></nacm>',
];

describe('a host', () => {
  it.each([
    'ietf-subscriber-service-message:subscriber-service-message',
    'sublane-service:renew-service',
    'ietf-netconf:close-session',
    'ietf-netconf-monitoring:get-schema',
  ])('may call %s', (name) => expect(invoke(initial, host, name)).toBe('permitted'));

  describe.each([INITIAL_RULES, ...LAVISH])('whatever /nacm says (%#)', (rules) => {
    const access = over(rules);

    it.each([
      'sublane-headend:list-hosts',
      'sublane-headend:get-status',
      'sublane-headend:release-quarantine',
      'sublane-service:enrol-host',
      'ietf-netconf:edit-config',
      'ietf-netconf:get-config',
      'ietf-netconf:kill-session',
      'another:rpc',
    ])('may not call %s', (name) => expect(invoke(access, host, name)).toBe('fixed-host/hosts-ask-for-service-only'));

    it.each([
      ['/sublane-service:headend-keys', true],
      ["/sublane-service:headend-keys/host-key[fingerprint='SHA256:x']", true],
      ['/sublane-service:hosts', true],
      ["/sublane-service:hosts/host[host-id='laptop-7f']/subscriber", true],
      ["/sublane-service:hosts/host[host-id='laptop-7']", false],
      ["/sublane-service:hosts/host[host-id='laptop-7f0']", false],
      ['/sublane-headend:headend', false],
      ['/ietf-netconf-acm:nacm', false],
      ['/ietf-netconf-monitoring:netconf-state', false],
    ])('reading %s: %s', (path, permitted) => {
      // What /nacm does not grant is not granted either.
      if (!permitted || rules === INITIAL_RULES) expect(may(access, host, path, 'read')).toBe(permitted);
    });

    it('configures nothing', () => {
      for (const path of ['/sublane-headend:headend', '/ietf-netconf-acm:nacm'])
        expect(may(access, host, path, 'create')).toBe(false);
    });

    it('hears of nothing but its service', () => {
      expect(access.mayReceive(host, 'sublane-service', 'service-withdrawn').permit).toBe(true);
      expect(access.mayReceive(host, 'nc-notifications', 'replayComplete').permit).toBe(true);
      expect(access.mayReceive(host, 'ietf-netconf-notifications', 'netconf-session-start').permit).toBe(false);
    });

    it('is not told what refused it', () => expect(access.mayKnow?.(host)).toBe(false));

    it('a newcomer enrols and does nothing else', () => {
      expect(invoke(access, newcomer, 'sublane-service:enrol-host')).toBe('permitted');
      expect(invoke(access, newcomer, 'ietf-netconf:get')).toBe('fixed-enrol/newcomers-only-enrol');
      expect(may(access, newcomer, '/sublane-service:headend-keys', 'read')).toBe(false);
      expect(access.mayReceive(newcomer, 'sublane-service', 'service-withdrawn').permit).toBe(false);
    });

    it('nobody else asks for service', () => {
      for (const identity of [operator, auditor, administrator, LOCAL_IDENTITY])
        expect(invoke(access, identity, 'ietf-subscriber-service-message:subscriber-service-message')).toBe(
          'fixed-staff/service-rpcs-are-for-hosts',
        );
    });
  });

  it('can be given less than that', () => {
    const access = over(
      `<nacm ${NACM}>${PERMISSIVE}<rule-list><name>no</name><group>host</group><rule><name>no-schema</name>` +
        '<rpc-name>get-schema</rpc-name><action>deny</action></rule></rule-list></nacm>',
    );
    expect(invoke(access, host, 'ietf-netconf-monitoring:get-schema')).toBe('no/no-schema');
    expect(invoke(access, host, 'sublane-service:get-service')).toBe('permitted');
  });
});

describe('an operator', () => {
  it('sees and configures all but rights', () => {
    expect(invoke(initial, operator, 'sublane-headend:add-subscriber')).toBe('permitted');
    expect(invoke(initial, operator, 'ietf-netconf:kill-session')).toBe('permitted');
    expect(may(initial, operator, '/sublane-headend:headend', 'read')).toBe(true);
    expect(may(initial, operator, '/sublane-headend:headend', 'delete')).toBe(true);
    expect(may(initial, operator, '/ietf-netconf-acm:nacm', 'read')).toBe(true);
    expect(may(initial, operator, '/ietf-netconf-acm:nacm/enable-nacm', 'update')).toBe(false);
    expect(may(initial, administrator, '/ietf-netconf-acm:nacm/enable-nacm', 'update')).toBe(true);
  });

  it('does not make operators: an administrator does', () => {
    expect(invoke(initial, operator, 'sublane-headend:add-operator')).toBe('operator/administrators-add-operators');
    expect(invoke(initial, administrator, 'sublane-headend:add-operator')).toBe('permitted');
    expect(invoke(initial, LOCAL_IDENTITY, 'sublane-headend:add-operator')).toBe('permitted');
  });

  it('may know what refused it', () => {
    for (const identity of [operator, auditor, administrator, LOCAL_IDENTITY])
      expect(initial.mayKnow?.(identity)).toBe(true);
  });
});

describe('an auditor', () => {
  it('looks', () => {
    expect(invoke(initial, auditor, 'sublane-headend:list-audit')).toBe('permitted');
    expect(may(initial, auditor, '/sublane-headend:headend', 'read')).toBe(true);
  });
  it('changes nothing', () => {
    expect(invoke(initial, auditor, 'sublane-headend:release-lease')).toBe('nacm:default-deny-all');
    expect(invoke(initial, auditor, 'ietf-netconf:edit-config')).toBe('exec-default');
    expect(may(initial, auditor, '/sublane-headend:headend', 'update')).toBe(false);
  });
});

it('a person can be put into groups by /nacm', () => {
  const night =
    `<nacm ${NACM}><exec-default>deny</exec-default><groups><group><name>night</name><user-name>aron</user-name></group>` +
    '</groups><rule-list><name>night</name><group>night</group><rule><name>release</name>' +
    '<rpc-name>release-lease</rpc-name><action>permit</action></rule></rule-list></nacm>';
  expect(invoke(over(night), auditor, 'sublane-headend:release-lease')).toBe('permitted');
  expect(over(night).nacm.groupsOf(auditor)).toEqual(['night', 'auditor']);
});

it('wrong rules lock nobody out of the machine: the Unix socket is the recovery session', () => {
  const locked = over(
    `<nacm ${NACM}><read-default>deny</read-default><exec-default>deny</exec-default><rule-list><name>all</name>` +
      '<group>*</group><rule><name>no</name><action>deny</action></rule></rule-list></nacm>',
  );
  expect(invoke(locked, administrator, 'ietf-netconf:edit-config')).toBe('all/no');
  expect(invoke(locked, LOCAL_IDENTITY, 'ietf-netconf:edit-config')).toBe('permitted');
  expect(may(locked, LOCAL_IDENTITY, '/ietf-netconf-acm:nacm', 'delete')).toBe(true);
  // Somebody who only has the same name is not it.
  expect(invoke(locked, operatorIdentity('local', 'administrator'), 'ietf-netconf:edit-config')).toBe('all/no');
});

it('where there is no /nacm, the initial rules hold', () => {
  const access = over('');
  expect(invoke(access, auditor, 'sublane-headend:add-operator')).toBe('nacm:default-deny-all');
  expect(invoke(access, operator, 'sublane-headend:add-subscriber')).toBe('permitted');
});

describe('the configuration of a store', () => {
  const clock = new ManualClock();
  const open = async (store: Awaited<ReturnType<typeof emptyStore>>) =>
    unwrap(await openRunning({ schema: context, store, clock, log: silentLog, initial: INITIAL_RULES })).datastores
      .running;
  const emptyStore = async () => unwrap(await openSqliteStore({ path: ':memory:' }));

  it('has the initial rules from its beginning', async () => {
    const store = await emptyStore();
    const running = await open(store);
    expect(running.read().xml).toContain('<name>administrator</name>');
    unwrap(await adoptRules(running, silentLog));
    expect(await store.configuration.latest()).toBeUndefined();
  });

  it('gets them where it is older than they are, as a commit', async () => {
    const store = await emptyStore();
    const old = unwrap(await openRunning({ schema: context, store, clock, log: silentLog })).datastores.running;
    const zone = '<headend xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"><time-zone>UTC</time-zone></headend>';
    unwrap(await old.commit(() => ({ ok: true, value: zone })));
    const running = await open(store);
    expect(running.read().xml).not.toContain('rule-list');
    unwrap(await adoptRules(running, silentLog));
    expect(running.read().xml).toContain('rule-list');
    expect(running.read().xml).toContain('<time-zone>UTC</time-zone>');
    expect(await store.configuration.latest()).toMatchObject({ version: 2, actor: 'headend' });
    unwrap(await adoptRules(running, silentLog));
    expect(await store.configuration.latest()).toMatchObject({ version: 2 });
  });

  it('takes no rule whose path cannot be read', async () => {
    const running = await open(await emptyStore());
    const wrong =
      `<nacm ${NACM}><rule-list><name>a</name><rule><name>r</name><path>/nacm[1]</path><action>deny</action></rule>` +
      '</rule-list></nacm>';
    const done = await running.commit(() => ({ ok: true, value: wrong }));
    expect(done).toMatchObject({
      ok: false,
      failure: [{ tag: 'invalid-value', message: expect.stringContaining('needs a prefix at its first name') }],
    });
  });
});

it.each([INITIAL_RULES, ...LAVISH])('who is none of ours gets nothing, whatever /nacm says (%#)', (rules) => {
  const access = over(rules);
  for (const identity of [
    { user: 'x', role: 'guest' },
    { user: 'x', role: 'operator' },
    { user: 'ada', role: 'operator', claims: { operatorRole: 'king' } },
    { user: 'ada', role: 'operator', claims: { operatorRole: 'host' } },
  ]) {
    expect(invoke(access, identity, 'ietf-netconf:get')).toBe('exec-default');
    expect(may(access, identity, '/sublane-service:headend-keys', 'read')).toBe(false);
    expect(may(access, identity, '/sublane-headend:headend', 'create')).toBe(false);
    expect(access.mayReceive(identity, 'sublane-service', 'service-withdrawn').permit).toBe(false);
  }
});

function invoke(access: HeadendAccess, identity: Identity, name: string): string {
  const [module = '', rpc = ''] = name.split(':');
  const verdict = access.mayInvoke(identity, module, rpc);
  return verdict.permit ? 'permitted' : verdict.rule;
}

/** Also all above it, where it is read. */
function may(access: HeadendAccess, identity: Identity, path: string, operation: DataOperation): boolean {
  const steps = unwrap(stepsOf(path, schema));
  const above = operation === 'read' ? steps.map((_, depth) => steps.slice(0, depth + 1)) : [steps];
  return above.every((part) => accessAt(access, identity, part).verdict(operation).permit);
}
