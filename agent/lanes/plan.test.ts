import { expect, test } from 'vitest';
import type { KernelObject } from './kernel-object.ts';
import { plan } from './plan.ts';

const segment = (mtu: number): KernelObject => ({
  kind: 'link',
  name: 'sl-v7',
  device: { type: 'vlan', parent: 'eth0', id: 7 },
  group: 1,
  mtu,
});
const above = (type: 'ipvlan' | 'macvlan', mtu: number): KernelObject => ({
  kind: 'link',
  name: 'sl1',
  device: { type, parent: 'sl-v7' },
  group: 1,
  mtu,
});

test('an ipvlan takes its segment’s new MTU with it, and is given its own again', () => {
  const operations = plan([segment(1400), above('ipvlan', 1300)], [segment(1500), above('ipvlan', 1300)]);
  expect(operations).toEqual([
    { verb: 'change', object: segment(1500), from: segment(1400) },
    { verb: 'change', object: above('ipvlan', 1300), from: above('ipvlan', 1500) },
  ]);
  const together = plan([segment(1400), above('ipvlan', 1400)], [segment(1500), above('ipvlan', 1500)]);
  expect(together).toEqual([{ verb: 'change', object: segment(1500), from: segment(1400) }]);
});

test('a macvlan keeps its own', () => {
  expect(plan([segment(1400), above('macvlan', 1300)], [segment(1500), above('macvlan', 1300)])).toHaveLength(1);
});

test('a link that is replaced takes along what stands on it, and routes with its addresses elsewhere', () => {
  const dummy: KernelObject = { kind: 'link', name: 'sl1', device: { type: 'dummy' }, group: 1, mtu: 1500 };
  const address: KernelObject = {
    kind: 'address',
    family: 4,
    link: 'sl1',
    address: '192.0.2.5',
    validUntil: 1 as never,
  };
  const route: KernelObject = {
    kind: 'route',
    family: 4,
    table: 510_001,
    destination: 'default',
    type: 'unicast',
    metric: 0,
    link: 'eth0',
    source: '192.0.2.5',
  };
  const wanted = [segment(1500), above('ipvlan', 1500), address, { ...route, link: 'sl1' }];
  const verbs = plan([dummy, address, route], wanted).map(({ verb, object }) => `${verb} ${object.kind}`);
  expect(verbs.indexOf('remove route')).toBeLessThan(verbs.indexOf('remove link'));
  expect(verbs.indexOf('remove link')).toBeLessThan(verbs.indexOf('add link'));
  expect(verbs.indexOf('add address')).toBeLessThan(verbs.indexOf('add route'));
});
