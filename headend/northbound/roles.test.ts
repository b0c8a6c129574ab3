import { unwrap } from '@sublane/basics';
import { openContext } from '@sublane/yang';
import { accessAt, type DataOperation, type Identity, SchemaIndex, stepsOf } from 'netconf-server';
import { describe, expect, it } from 'vitest';
import { loadLibyang } from '../configuration/libyang.ts';
import { hostIdentity, LOCAL_IDENTITY, operatorIdentity, ROLES } from './roles.ts';

const schema = new SchemaIndex(openContext(unwrap(loadLibyang()), 'headend'));
const at = (identity: Identity, path: string, operation: DataOperation) =>
  accessAt(ROLES, identity, unwrap(stepsOf(path, schema))).verdict(operation);

const host = hostIdentity('laptop-7f');
const operator = operatorIdentity('olga', 'operator');
const auditor = operatorIdentity('aron', 'auditor');

describe('a host', () => {
  it.each([
    'ietf-subscriber-service-message:subscriber-service-message',
    'sublane-service:renew-service',
    'ietf-netconf:close-session',
    'ietf-netconf-monitoring:get-schema',
  ])('may call %s', (name) => expect(invoke(host, name)).toBe('permitted'));

  it.each([
    'sublane-headend:list-hosts',
    'sublane-headend:get-status',
    'sublane-headend:list-quarantine',
    'sublane-headend:release-quarantine',
    'sublane-service:enrol-host',
    'ietf-netconf:edit-config',
    'ietf-netconf:get-config',
    'ietf-netconf:kill-session',
    'another:rpc',
  ])('may not call %s', (name) => expect(invoke(host, name)).toBe('hosts-ask-for-service-only'));

  it.each([
    ['/sublane-service:headend-keys', true],
    ["/sublane-service:headend-keys/host-key[fingerprint='SHA256:x']", true],
    ['/sublane-service:hosts', true],
    ["/sublane-service:hosts/host[host-id='laptop-7f']/subscriber", true],
    ["/sublane-service:hosts/host[host-id='laptop-7']", false],
    ["/sublane-service:hosts/host[host-id='laptop-7f0']", false],
    ['/sublane-headend:headend', false],
    ['/ietf-netconf-monitoring:netconf-state', false],
  ])('reading %s: %s', (path, permitted) => expect(at(host, path, 'read').permit).toBe(permitted));

  it('configures nothing', () => expect(at(host, '/sublane-headend:headend', 'create').permit).toBe(false));
});

describe('an operator', () => {
  it('does not ask for service', () => {
    expect(invoke(operator, 'ietf-subscriber-service-message:subscriber-service-message')).toBe(
      'service-rpcs-are-for-hosts',
    );
  });
  it('sees and configures all', () => {
    expect(invoke(operator, 'sublane-headend:add-subscriber')).toBe('permitted');
    expect(at(operator, '/sublane-headend:headend', 'read').permit).toBe(true);
    expect(at(operator, '/sublane-headend:headend', 'delete').permit).toBe(true);
  });
  it('does not make operators: an administrator does', () => {
    expect(invoke(operator, 'sublane-headend:add-operator')).toBe('administrators-only');
    expect(invoke(LOCAL_IDENTITY, 'sublane-headend:add-operator')).toBe('permitted');
  });
});

describe('an auditor', () => {
  it('looks', () => {
    expect(invoke(auditor, 'sublane-headend:list-audit')).toBe('permitted');
    expect(invoke(auditor, 'sublane-headend:list-quarantine')).toBe('permitted');
    expect(at(auditor, '/sublane-headend:headend', 'read').permit).toBe(true);
  });
  it('changes nothing', () => {
    expect(invoke(auditor, 'sublane-headend:release-lease')).toBe('auditors-only-look');
    expect(invoke(auditor, 'sublane-headend:release-quarantine')).toBe('auditors-only-look');
    expect(at(auditor, '/sublane-headend:headend', 'update').permit).toBe(false);
  });
});

it('refuses a role it does not know', () => {
  expect(invoke({ user: 'x', role: 'guest' }, 'ietf-netconf:get')).toBe('role-unknown');
});

function invoke(identity: Parameters<typeof ROLES.mayInvoke>[0], name: string): string {
  const [module = '', rpc = ''] = name.split(':');
  const verdict = ROLES.mayInvoke(identity, module, rpc);
  return verdict.permit ? 'permitted' : verdict.rule;
}
