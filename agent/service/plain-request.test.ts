import { type RpcError, rpcError } from '@sublane/netconf';
import { expect, it } from 'vitest';
import { knowsNoAdditions, plainRequest } from './plain-request.ts';

const GROUP = { id: 1, direction: 'upld', bandwidth: 2000, priority: 'H' } as const;

it('leaves out what sublane-service adds, and nothing else', () => {
  const plain = { 'host-id': 'laptop', location: 'auto', 'user-name': 'alice', 'application-group': [GROUP] };
  expect(
    plainRequest({
      ...plain,
      'sublane-service:wireguard-public-key': `${'H'.repeat(42)}A=`,
      'sublane-service:host-address': ['192.0.2.7'],
    }),
  ).toEqual(plain);
  expect(plainRequest(plain)).toEqual(plain);
});

const SERVICE = 'urn:sublane:params:xml:ns:yang:sublane-service';
const unknown = (name: string) => rpcError.unknownElement('application', name);

it.each<[string, boolean, readonly RpcError[]]>([
  ['one of the additions', true, [unknown('host-address')]],
  ['both', true, [unknown('wireguard-public-key'), unknown('host-address')]],
  ['one with a prefix', true, [unknown('ss:host-address')]],
  ['their namespace', true, [rpcError.unknownNamespace('application', 'x', SERVICE)]],
  ['another namespace', false, [rpcError.unknownNamespace('application', 'host-address', 'urn:x')]],
  ['another element', false, [unknown('application-group')]],
  ['an addition and another element', false, [unknown('host-address'), unknown('location')]],
  ['an addition whose value is wrong', false, [rpcError.badElement('application', 'host-address')]],
  ['a key that another host uses', false, [rpcError.inUse('application')]],
  ['an unknown element that is not named', false, [{ ...unknown('host-address'), info: [] }]],
  ['nothing', false, []],
])('a complaint of %s', (_, expected, errors) => {
  expect(knowsNoAdditions(errors)).toBe(expected);
});
