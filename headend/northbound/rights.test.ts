import { unwrap } from '@sublane/basics';
import { openContext } from '@sublane/yang';
import { accessAt, type DataOperation, type Identity, SchemaIndex, stepsOf, type Verdict } from 'netconf-server';
import { afterAll, describe, expect, it } from 'vitest';
import { configured } from '../access/access.fixture.ts';
import { createAccess } from '../access/headend-access.ts';
import { INITIAL_RULES } from '../access/rules-xml.ts';
import { loadLibyang } from '../configuration/libyang.ts';
import { hostIdentity, LOCAL_IDENTITY, operatorIdentity, type RoleGroup } from './roles.ts';

const EACH: Readonly<Record<RoleGroup, Identity>> = {
  host: hostIdentity('laptop-7f'),
  enrol: { user: 'enrol', role: 'enrol' },
  operator: operatorIdentity('olga', 'operator'),
  auditor: operatorIdentity('aron', 'auditor'),
  administrator: operatorIdentity('ada', 'administrator'),
};
const GROUPS = Object.keys(EACH) as RoleGroup[];

const HOSTS = ['host'];
const STAFF = ['operator', 'auditor', 'administrator'];
const CHANGERS = ['operator', 'administrator'];

/** Every rpc of the headend's schema, and who may call it. One that is new fails until somebody has thought about it. */
const MAY_INVOKE: Readonly<Record<string, readonly string[]>> = {
  'ietf-netconf:get-config': STAFF,
  'ietf-netconf:edit-config': CHANGERS,
  'ietf-netconf:copy-config': CHANGERS,
  'ietf-netconf:delete-config': CHANGERS,
  'ietf-netconf:lock': CHANGERS,
  'ietf-netconf:unlock': CHANGERS,
  'ietf-netconf:get': ['host', ...STAFF],
  'ietf-netconf-nmda:get-data': STAFF,
  'ietf-netconf-nmda:edit-data': CHANGERS,
  'notifications:create-subscription': ['host', ...STAFF],
  'ietf-netconf:close-session': ['host', 'enrol', ...STAFF],
  'ietf-netconf:kill-session': CHANGERS,
  'ietf-yang-push:resync-subscription': STAFF,
  'ietf-subscribed-notifications:kill-subscription': CHANGERS,
  'ietf-subscribed-notifications:establish-subscription': STAFF,
  'ietf-subscribed-notifications:modify-subscription': STAFF,
  'ietf-subscribed-notifications:delete-subscription': STAFF,
  'ietf-netconf:validate': CHANGERS,
  'ietf-netconf:commit': CHANGERS,
  'ietf-netconf:discard-changes': CHANGERS,
  'ietf-netconf:cancel-commit': CHANGERS,
  'ietf-netconf-monitoring:get-schema': ['host', ...STAFF],
  'ietf-subscriber-service-message:subscriber-service-message': HOSTS,
  'sublane-service:enrol-host': ['enrol'],
  'sublane-service:get-available-services': HOSTS,
  'sublane-service:get-service': HOSTS,
  'sublane-service:renew-service': HOSTS,
  'sublane-service:release-service': HOSTS,
  'sublane-service:report-service': HOSTS,
  'sublane-service:confirm-modification': HOSTS,
  'sublane-headend:explain-access': STAFF,
  'sublane-headend:get-status': STAFF,
  'sublane-headend:list-commits': STAFF,
  'sublane-headend:get-commit': STAFF,
  'sublane-headend:compare-configurations': STAFF,
  'sublane-headend:list-locations': STAFF,
  'sublane-headend:list-pools': STAFF,
  'sublane-headend:add-subscriber': CHANGERS,
  'sublane-headend:set-subscriber': CHANGERS,
  'sublane-headend:remove-subscriber': CHANGERS,
  'sublane-headend:list-subscribers': STAFF,
  'sublane-headend:add-host': CHANGERS,
  'sublane-headend:invite-host': CHANGERS,
  'sublane-headend:list-invitations': STAFF,
  'sublane-headend:remove-invitation': CHANGERS,
  'sublane-headend:revoke-host': CHANGERS,
  'sublane-headend:list-hosts': STAFF,
  'sublane-headend:add-operator': ['administrator'],
  'sublane-headend:remove-operator': ['administrator'],
  'sublane-headend:list-operators': STAFF,
  'sublane-headend:list-leases': STAFF,
  'sublane-headend:release-lease': CHANGERS,
  'sublane-headend:list-quarantine': STAFF,
  'sublane-headend:release-quarantine': CHANGERS,
  'sublane-headend:list-sessions': STAFF,
  'sublane-headend:test-policy-hook': CHANGERS,
  'sublane-headend:list-audit': STAFF,
};

/** Every top-level data node, and who may read it. */
const MAY_READ: Readonly<Record<string, readonly string[]>> = {
  '/ietf-yang-library:yang-library': STAFF,
  '/ietf-yang-library:modules-state': STAFF,
  '/ietf-netconf-acm:nacm': STAFF,
  '/ietf-subscribed-notifications:subscriptions': STAFF,
  '/ietf-subscribed-notifications:streams': STAFF,
  '/ietf-subscribed-notifications:filters': STAFF,
  '/nc-notifications:netconf': ['host', ...STAFF],
  '/ietf-netconf-monitoring:netconf-state': STAFF,
  '/ietf-yang-schema-mount:schema-mounts': STAFF,
  '/sublane-service:headend-keys': ['host', ...STAFF],
  // Of the list in it, a host's own entry: see roles.test.ts.
  '/sublane-service:hosts': ['host', ...STAFF],
  '/sublane-headend:headend': STAFF,
};

const at = (identity: Identity, path: string, operation: DataOperation) =>
  accessAt(access, identity, unwrap(stepsOf(path, schema))).verdict(operation);

const context = openContext(unwrap(loadLibyang()), 'headend');
const schema = new SchemaIndex(context);
/** As a new store has it. */
const access = createAccess(context, configured(context, INITIAL_RULES));
const modules = context.schema().filter(({ implemented }) => implemented);
afterAll(() => context.dispose());

describe('who may call an rpc', () => {
  const rpcs = modules.flatMap(({ name, rpcs }) => rpcs.map((rpc) => [name, rpc.name] as const));

  it('is decided for each there is, and for no other', () => {
    expect(rpcs.map((names) => names.join(':')).sort()).toEqual(Object.keys(MAY_INVOKE).sort());
  });

  it.each(rpcs)('%s:%s', (module, rpc) => {
    expect(permitted((identity) => access.mayInvoke(identity, module, rpc))).toEqual(
      inOrder(MAY_INVOKE[`${module}:${rpc}`] ?? []),
    );
  });

  it('is nobody but those who may do everything, where the headend does not know the rpc', () => {
    // What nobody knows, the server refuses to all: operators may ask.
    expect(permitted((identity) => access.mayInvoke(identity, 'sublane-headend', 'another'))).toEqual(CHANGERS);
    expect(permitted((identity) => access.mayInvoke(identity, 'another', 'list-hosts'))).toEqual(CHANGERS);
  });
});

describe('who may read and write data', () => {
  const paths = modules.flatMap(({ nodes }) => nodes.map(({ module, name }) => `/${module}:${name}`));

  it('is decided for each top-level node there is, and for no other', () => {
    expect(paths.sort()).toEqual(Object.keys(MAY_READ).sort());
  });

  it.each(paths)('%s', (path) => {
    expect(permitted((identity) => at(identity, path, 'read'))).toEqual(inOrder(MAY_READ[path] ?? []));
    for (const operation of ['create', 'update', 'delete'] as const)
      expect(permitted((identity) => at(identity, path, operation))).toEqual(
        // Who may do what is for administrators to say.
        path === '/ietf-netconf-acm:nacm' ? ['administrator'] : CHANGERS,
      );
  });
});

it('a refusal names the rule, or the default', () => {
  const rules = GROUPS.map((group) => {
    const verdict = access.mayInvoke(EACH[group], 'sublane-headend', 'add-operator');
    return verdict.permit ? 'permitted' : verdict.rule;
  });
  expect(rules).toEqual([
    'fixed-host/hosts-ask-for-service-only',
    'fixed-enrol/newcomers-only-enrol',
    'operator/administrators-add-operators',
    'nacm:default-deny-all',
    'permitted',
  ]);
});

it('who comes by the Unix socket is an administrator', () => {
  for (const names of Object.keys(MAY_INVOKE)) {
    const [module = '', rpc = ''] = names.split(':');
    expect(access.mayInvoke(LOCAL_IDENTITY, module, rpc)).toEqual(access.mayInvoke(EACH.administrator, module, rpc));
  }
});

it.each([
  { user: 'x', role: 'guest' },
  { user: 'x', role: '' },
  { user: 'x', role: 'administrator' },
  { user: 'x', role: 'operator' },
  { user: 'x', role: 'operator', claims: { operatorRole: 'king' } },
  { user: 'x', role: 'operator', claims: { operatorRole: 'host' } },
])('a role nobody knows (%j) may do nothing', (identity) => {
  for (const names of Object.keys(MAY_INVOKE)) {
    if (names === 'ietf-netconf:close-session') continue; // always permitted (RFC 8341 §3.4.4)
    const [module = '', rpc = ''] = names.split(':');
    expect(access.mayInvoke(identity, module, rpc).permit).toBe(false);
  }
  for (const path of Object.keys(MAY_READ)) {
    expect(at(identity, path, 'read').permit).toBe(false);
    expect(at(identity, path, 'create').permit).toBe(false);
  }
});

function permitted(ask: (identity: Identity) => Verdict): RoleGroup[] {
  return GROUPS.filter((group) => ask(EACH[group]).permit);
}

const inOrder = (groups: readonly string[]) => GROUPS.filter((group) => groups.includes(group));
