import { faultText } from '@sublane/basics';
import { describe, expect, test } from 'vitest';
import { prefixText } from '../lanes/ip-address.ts';
import { DEFAULT_ACCEPT_RULES } from './accept-rules.ts';
import { parseAgentConfig } from './agent-config.ts';

const read = (accept: string) =>
  parseAgentConfig(
    `host-id: laptop\nheadends: [ { address: 192.0.2.1 } ]\ngroups: []\n${accept}\n`,
    'agent.yaml',
    '/etc/sublane',
  );
const rules = (accept: string) => {
  const config = read(accept);
  if (!config.ok) throw new Error(JSON.stringify(config.failure));
  return config.value.accept;
};
const faults = (accept: string) => {
  const config = read(accept);
  return config.ok || config.failure.kind !== 'wrong' ? '' : config.failure.faults.map(faultText).join('\n');
};

test('nothing said: every kind of lane, and no route into the host’s own networks', () => {
  expect(rules('')).toEqual(DEFAULT_ACCEPT_RULES);
  expect(DEFAULT_ACCEPT_RULES).toMatchObject({
    lanes: 128,
    routes: { to: 'any', localNetworks: false },
    mtu: { from: 1280, to: 9216 },
    lease: { atLeast: 10, atMost: 2_678_400 },
    blockWhenDown: true,
  });
  expect(DEFAULT_ACCEPT_RULES.attachments.size).toBe(7);
});

test('each can be tightened alone; the rest stays', () => {
  const tightened = rules(`accept:
  attachments: [ on-link, wireguard ]
  addresses: { within: [ 203.0.113.0/24, "2001:db8::/32" ] }
  vlans: [ 7, 100-199 ]
  dscp: [ 0, 46 ]
  block-when-down: no`);
  expect([...tightened.attachments]).toEqual(['on-link', 'wireguard']);
  const { within, atMost } = tightened.addresses;
  expect([within === 'any' ? 'any' : within.map(prefixText), atMost]).toEqual([
    ['203.0.113.0/24', '2001:db8::/32'],
    16,
  ]);
  expect(tightened.vlans).toEqual([
    { from: 7, to: 7 },
    { from: 100, to: 199 },
  ]);
  expect(tightened.blockWhenDown).toBe(false);
  expect(tightened.routes).toEqual(DEFAULT_ACCEPT_RULES.routes);
});

describe('a fault is named with its place', () => {
  test.each([
    ['attachments: [ on-link, ppp ]', 'agent.yaml:5:27: accept.attachments[1]: expected some of on-link, routed'],
    ['routes: { local-networks: maybe }', 'accept.routes.local-networks: expected yes or no'],
    ['addresses: { within: [ 192.0.2.1/24 ] }', 'accept.addresses.within[0]: expected a prefix as'],
    ['addresses: { within: 192.0.2.0/24 }', 'accept.addresses.within: expected any, or a list of prefixes'],
    ['tunnels: { to: [ 192.0.2.0 ] }', 'accept.tunnels.to[0]: expected a prefix as'],
    ['vlans: [ 0-100 ]', 'accept.vlans[0]: expected any, or a list of VLANs from 1 to 4094'],
    ['vlans: [ 200-100 ]', 'a list of VLANs from 1 to 4094'],
    ['dscp: [ 64 ]', 'a list of DSCPs from 0 to 63'],
    ['mtu: { at-least: 1000 }', 'accept.mtu.at-least: expected a whole number from 1280 to 65535'],
    ['lease: { at-least: 100, at-most: 10 }', 'accept.lease: expected at-least not to be more than at-most'],
    ['everything: yes', 'accept.everything'],
  ])('%s', (line, expected) => {
    expect(faults(`accept:\n  ${line}`)).toContain(expected);
  });
});
