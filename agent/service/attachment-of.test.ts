import type { AccessInterfaceCfg } from '@sublane/yang';
import { expect, test } from 'vitest';
import { attachmentOf } from './attachment-of.ts';

const KEY_FILE = '/var/lib/sublane/wireguard.key';
const PEER = `${'A'.repeat(43)}=`;
const of = (access: Partial<AccessInterfaceCfg>) =>
  attachmentOf({ interface: 'sl1', type: 'iana-if-type:tunnel', ...access }, KEY_FILE);
const tunnel = (more: Partial<NonNullable<AccessInterfaceCfg['tunnel']>>) =>
  of({ tunnel: { encapsulation: 'gre', 'remote-address': '198.51.100.1', ...more } });
const remote = '198.51.100.1';

test.each([
  ['propVirtual', of({ type: 'iana-if-type:propVirtual' }), { type: 'on-link' }],
  ['softwareLoopback', of({ type: 'iana-if-type:softwareLoopback' }), { type: 'routed' }],
  ['l2vlan', of({ type: 'iana-if-type:l2vlan', 'vlan-id': 7 }), { type: 'vlan', id: 7 }],
  ['gre', tunnel({}), { type: 'tunnel', encapsulation: 'gre', remote }],
  ['gre with a key', tunnel({ key: 0 }), { type: 'tunnel', encapsulation: 'gre', remote, key: 0 }],
  ['ipip', tunnel({ encapsulation: 'ipip' }), { type: 'tunnel', encapsulation: 'ipip', remote }],
  [
    'vxlan',
    tunnel({ encapsulation: 'vxlan', key: 70 }),
    { type: 'tunnel', encapsulation: 'vxlan', remote, port: 4789, identifier: 70 },
  ],
  [
    'vxlan by another port',
    tunnel({ encapsulation: 'vxlan', key: 70, 'remote-port': 8472 }),
    { type: 'tunnel', encapsulation: 'vxlan', remote, port: 8472, identifier: 70 },
  ],
  [
    'wireguard',
    tunnel({ encapsulation: 'wireguard', 'public-key': PEER }),
    { type: 'tunnel', encapsulation: 'wireguard', remote, port: 51_820, peerKey: PEER, keyFile: KEY_FILE },
  ],
])('%s', (_what, made, expected) => {
  expect(made).toEqual({ ok: true, value: expected });
});

test.each([
  ['a VLAN without its tag', of({ type: 'iana-if-type:l2vlan' }), 'without vlan-id'],
  ['a tunnel of nothing', of({}), 'nothing is said'],
  ['VXLAN without an identifier', tunnel({ encapsulation: 'vxlan' }), 'without key'],
  ['VXLAN with too large a one', tunnel({ encapsulation: 'vxlan', key: 0x1000000 }), 'more than 24 bits'],
  ['WireGuard without a peer', tunnel({ encapsulation: 'wireguard' }), 'without public-key'],
  [
    'what is none of these',
    of({ type: 'iana-if-type:ppp' }),
    'an interface of type iana-if-type:ppp; this agent does propVirtual (on-link), softwareLoopback (routed), l2vlan and tunnel',
  ],
])('%s is refused with the reason', (_what, made, reason) => {
  expect(made).toEqual({ ok: false, failure: expect.stringContaining(reason) });
});
