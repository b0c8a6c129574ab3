import { milliseconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import { redirectServers, renderDns, resolverServers } from './render-dns.ts';
import type { LaneWish } from './wish.ts';

const lane = (dns?: readonly string[]): LaneWish => ({
  groupId: 3,
  name: 'calls',
  interface: 'sl3',
  attachment: { type: 'on-link' },
  addresses: [{ address: '192.0.2.9', prefixLength: 24, deprecated: false }],
  routes: [],
  unmatched: 'host',
  dscp: 0,
  validUntil: milliseconds(1),
  ...(dns !== undefined && { dns }),
});
const all = ['cgroup-mark', 'dns-redirect', 'name-lookup'];
const having = (names: readonly string[]) => (name: string) => names.includes(name);
const without = (name: string) => having(all.filter((one) => one !== name));

test('with servers granted, queries go there', () => {
  const { objects, report, notes } = renderDns(lane(['2001:DB8::53', '198.51.100.53']), 's/g3', having(all));
  expect(objects).toEqual([{ kind: 'dns', path: 's/g3', servers: ['198.51.100.53', '2001:db8::53'] }]);
  expect(report).toBe('redirected');
  expect(notes).toEqual([]);
});

test('none at all is not the same as none granted', () => {
  expect(renderDns(lane([]), 's/g3', having(all)).objects).toEqual([{ kind: 'dns', path: 's/g3', servers: [] }]);
  expect(renderDns(lane(), 's/g3', having(all))).toEqual({ objects: [], report: 'host', notes: [] });
});

test('a group that reaches nothing outside asks nobody, not even on this host', () => {
  const cutOff: LaneWish = { ...lane(), addresses: [], unmatched: 'unreachable' };
  expect(renderDns(cutOff, 's/g3', having(all)).objects).toEqual([{ kind: 'dns', path: 's/g3', servers: [] }]);
  expect(resolverServers(cutOff)).toEqual([]);
  expect(renderDns({ ...cutOff, unmatched: 'host' }, 's/g3', having(all)).objects).toEqual([]);
});

test('what the host lacks is said', () => {
  const granted = lane(['198.51.100.53']);
  expect(renderDns(granted, 's/g3', without('cgroup-mark')).report).toBe('host');
  const noHooks = renderDns(granted, 's/g3', without('dns-redirect'));
  expect(noHooks).toMatchObject({ objects: [], report: 'exec', notes: [expect.stringContaining('group 3 (calls)')] });
  const byService = renderDns(granted, 's/g3', without('name-lookup'));
  expect(byService).toMatchObject({ objects: [{ kind: 'dns' }], report: 'exec', notes: [expect.any(String)] });
});

test('at most three of each family are redirected to, and three in all are named in a resolv.conf', () => {
  const six = ['2001:db8::1', '2001:db8::2', '2001:db8:0::2', '2001:db8::3', '2001:db8::4'];
  const four = ['198.51.100.1', '198.51.100.2'];
  expect(redirectServers([...six, ...four])).toEqual([...four, '2001:db8::1', '2001:db8::2', '2001:db8::3']);
  expect(resolverServers(lane([...six, ...four]))).toEqual([...four, '2001:db8::1']);
  expect(resolverServers(lane())).toBeUndefined();
});
