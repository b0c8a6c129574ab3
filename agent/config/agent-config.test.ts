import { faultText } from '@sublane/basics';
import { expect, test } from 'vitest';
import { parseAgentConfig } from './agent-config.ts';

const RIGHT = `
host-id: laptop-7f
headends: [ { address: 192.0.2.1, host-keys: ["SHA256:${'A'.repeat(43)}"] } ]
subscriber: { user-name: alice, password-file: password }
groups:
  - id: 1
    name: calls
    upld: { bandwidth: 2000, priority: H }
    dnld: { bandwidth: 4000, priority: H }
    applications: [ /usr/bin/zoom, "unit:jitsi.service" ]
  - { id: 2, name: films, dnld: { bandwidth: 20000, priority: M } }
`;
const parse = (text: string) => parseAgentConfig(text, 'agent.yaml', '/etc/lanes');
const faults = (text: string) => {
  const read = parse(text);
  if (read.ok) return [];
  return read.failure.kind === 'wrong' ? read.failure.faults.map(faultText) : [read.failure.kind];
};

test('a right file is read, paths from its folder on', () => {
  const read = parse(RIGHT);
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  expect(read.value).toMatchObject({
    hostId: 'laptop-7f',
    location: 'auto',
    uplink: 'auto',
    headends: [{ address: '192.0.2.1', port: 830, user: 'laptop-7f', keyFile: '/etc/lanes/id_ed25519' }],
    subscriber: { userName: 'alice', passwordFile: '/etc/lanes/password' },
    host: { cgroupSlice: 'sublane.slice', shaping: true, addressProbes: true },
  });
  expect(read.value.groups[1]).toEqual({
    id: 2,
    name: 'films',
    dnld: { bandwidth: 20_000, priority: 'M' },
    applications: [],
    whenDown: 'host',
  });
});

test.each([
  ['an unknown member', RIGHT.replace('host-id', 'hostid'), 'hostid'],
  ['a priority that is none', RIGHT.replace('priority: M', 'priority: X'), 'agent.yaml:11:'],
  [
    'a bandwidth of nothing',
    RIGHT.replace('bandwidth: 2000', 'bandwidth: 0'),
    'agent.yaml:8:24: groups[0].upld.bandwidth: expected a whole number',
  ],
  ['a fingerprint that is none', RIGHT.replace('SHA256:', 'MD5:'), 'SHA256:… as ssh-keygen'],
  ['two groups of one id', RIGHT.replace('id: 2', 'id: 1'), 'an id of its own'],
  ['two groups of one name', RIGHT.replace('name: films', 'name: calls'), 'a name of its own'],
  [
    'a group without direction',
    RIGHT.replace(', dnld: { bandwidth: 20000, priority: M }', ''),
    'expected upld, dnld or both',
  ],
  ['no headend', RIGHT.replace(/headends: .*/, 'headends: []'), 'at least one headend'],
  [
    'a direct prefix that is none',
    `${RIGHT}direct: [ connected, 10.0.0.0/33 ]\n`,
    'direct[1]: expected connected, or a prefix',
  ],
  [
    'a when-down that is none',
    RIGHT.replace('priority: M }', 'priority: M }, when-down: stop'),
    'groups[1].when-down: expected block or host',
  ],
  ['probes neither on nor off', `${RIGHT}address-probes: maybe\n`, 'address-probes: expected on or off'],
  ['an uplink that carries nothing', `${RIGHT}uplink-capacity: 0\n`, 'uplink-capacity: expected a whole number'],
  ['a slice that is none', `${RIGHT}cgroup-slice: ../system\n`, 'ends in .slice'],
])('%s is refused with its place', (_what, text, expected) => {
  expect(faults(text).join('\n')).toContain(expected);
});
