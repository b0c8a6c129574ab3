import { bytes, milliseconds, seconds } from '@sublane/basics';
import { expect, test } from 'vitest';
import type { AgentStatus, GroupStatus } from '../service/status.ts';
import { statusText } from './status-text.ts';
import { lastingPart, watchStatus } from './status-watch.ts';

const CALLS: GroupStatus = {
  id: 1,
  name: 'calls',
  state: 'active',
  blocked: false,
  interface: 'sl1',
  attachment: 'on-link',
  addresses: ['192.0.2.65', '2001:db8:a::1001'],
  routes: [{ destination: '0.0.0.0/0', nextHop: '192.0.2.1' }],
  dnsServers: ['198.51.100.53'],
  dscp: 46,
  upld: { rate: 2000, priority: 'H' },
  dnld: { rate: 4000, priority: 'H' },
  lease: { id: 'l1', left: seconds(590) },
  means: { means: 'macvlan', shaping: 'uplink', policing: 'bpf', dns: 'redirected' },
  traffic: { upld: bytes(1_500), dnld: bytes(20_000_000), dropped: 3 },
};
const bare = { addresses: [], routes: [], dnsServers: [] };
const status = (groups: readonly GroupStatus[], more: Partial<AgentStatus> = {}): AgentStatus => ({
  hostId: 'laptop',
  headend: { headend: '192.0.2.1:830', connected: true },
  groups,
  host: { repairs: [], contests: [] },
  off: false,
  notes: [],
  ...more,
});

test('a lane: what it is and by which means it is kept', () => {
  const text = statusText(status([CALLS]));
  expect(text).toMatch(
    /calls \(1\) +active +192\.0\.2\.65 2001:db8:a::1001 +on-link +2 Mbit\/s H +4 Mbit\/s H +46 +9 min 50 s +1\.5 kB \/ 20 MB/,
  );
  expect(text).toContain(
    'calls: routes: 0.0.0.0/0 via 192.0.2.1; on a link of its own (macvlan); rate from the host held on the uplink; ' +
      'rate to the host held by an eBPF program; DNS: 198.51.100.53, whomever its applications ask; ' +
      '3 packets with a foreign address held back',
  );
});

test.each([
  [
    'DNS only by exec',
    { ...CALLS.means!, dns: 'exec' as const },
    'by `service-agent exec` only; other applications use the host’s lane',
  ],
  [
    'DNS by the host’s lane',
    { ...CALLS.means!, dns: 'host' as const },
    'DNS: by the host’s lane; 198.51.100.53 cannot be used here',
  ],
  [
    'rates that are not held',
    { ...CALLS.means!, shaping: 'none' as const, policing: 'none' as const },
    'the rate from the host is not held here; the rate to the host is not held here',
  ],
])('%s is said', (_what, means, expected) => {
  expect(statusText(status([{ ...CALLS, means }]))).toContain(expected);
});

test('what stands in the way: a refusal, a block, a conflict', () => {
  const refused: GroupStatus = {
    ...bare,
    id: 2,
    name: 'films',
    state: 'refused',
    blocked: true,
    reason: 'no',
    code: 'pool-empty',
    retryIn: seconds(40),
  };
  const waiting: GroupStatus = {
    ...bare,
    id: 3,
    name: 'mail',
    state: 'waiting',
    blocked: false,
    reason: 'taken',
    conflict: ['192.0.2.66'],
  };
  const text = statusText(status([refused, waiting]));
  expect(text).toContain('films (2)  refused, blocked');
  expect(text).toContain(
    'films: no [pool-empty]; next try in 40 s; its applications reach nothing until it has a lane (when-down: block)',
  );
  expect(text).toContain('mail: taken; in use by another device: 192.0.2.66');
});

test('what is so with the whole host', () => {
  const contest = { object: 'the rule 30001', repair: 'ip rule add …', retryIn: milliseconds(60_000) };
  const host = {
    surroundings: { state: 'away', reason: 'vpn', text: 'a VPN takes all traffic' },
    repairs: [
      { kind: 'rule', repairs: 2 },
      { kind: 'route', repairs: 1 },
    ],
    contests: [contest],
  } as const;
  const text = statusText(status([], { off: true, host, notes: ['Lanes stand on eth0 itself.'] }));
  expect(text).toContain('lanes are switched off: everything goes by the host’s own way; `service-agent on`');
  expect(text).toContain('lanes are away: a VPN takes all traffic');
  expect(text).toContain(
    'changes the rule 30001 again and again: left so for 1 min 00 s (what puts it right: ip rule add …)',
  );
  expect(text).toContain('3 changes by other programs put right since the start');
  expect(text).toContain('Lanes stand on eth0 itself.');
});

test('times that pass and bytes that are counted are no change; all else is', () => {
  const later = { ...CALLS, lease: { id: 'l1', left: seconds(12) }, traffic: { ...CALLS.traffic!, upld: bytes(9) } };
  expect(lastingPart(status([later]))).toBe(lastingPart(status([CALLS])));
  for (const other of [
    { ...CALLS, state: 'failed' as const },
    { ...CALLS, lease: { id: 'l2', left: seconds(590) } },
  ])
    expect(lastingPart(status([other]))).not.toBe(lastingPart(status([CALLS])));
});

test.each([
  ['a line for each change', false, ['active', 'failed', 'active']],
  ['a screen for each', true, ['\x1b[H\x1b[Jactive', '\x1b[H\x1b[Jfailed', '\x1b[H\x1b[Jactive']],
])('watched: %s', async (_what, screen, expected) => {
  const states = (['active', 'active', 'failed', 'failed', 'active'] as const).map((state) =>
    status([{ ...CALLS, state }]),
  );
  const written: string[] = [];
  const watching = watchStatus({
    read: async () => states.shift() ?? Promise.reject(new Error('over')),
    text: ({ groups }) => groups[0]!.state,
    write: (text) => written.push(text),
    screen,
    pause: async () => {},
  });
  await expect(watching).rejects.toThrow('over');
  expect(written).toEqual(expected.map((text) => `${text}\n`));
});

test('a host that its provider has revoked says so, whatever came of the attempts since', () => {
  const headend = { headend: '192.0.2.1:830', connected: false, revoked: true as const, reason: 'not let in' };
  expect(statusText(status([], { headend }))).toContain(
    'not connected (the provider has revoked this host): not let in',
  );
});
