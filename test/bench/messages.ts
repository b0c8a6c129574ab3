import { encodeRpc, type SubscriberServiceMessageOutput } from '@sublane/yang';

/** A request of two groups in both directions, as a host sends it. */
export const requestOf = (hostId: string, bandwidth = 2000) =>
  encodeRpc('ietf-subscriber-service-message:subscriber-service-message', {
    'host-id': hostId,
    location: 'auto',
    'application-group': [
      { id: 1, direction: 'upld', bandwidth, priority: 'H', 'application-list': ['calls', 'meetings'] },
      { id: 1, direction: 'dnld', bandwidth: 4000, priority: 'H' },
      { id: 2, direction: 'upld', bandwidth: 3000, priority: 'L', 'application-list': ['backup', 'updates'] },
      { id: 2, direction: 'dnld', bandwidth: 8000, priority: 'L' },
    ],
  });

/** The request of one group: one lease, both families. */
export const oneGroupOf = (hostId: string, groupId: number) =>
  encodeRpc('ietf-subscriber-service-message:subscriber-service-message', {
    'host-id': hostId,
    location: 'auto',
    'application-group': [
      { id: groupId, direction: 'upld', bandwidth: 2000, priority: 'H', 'application-list': ['calls'] },
    ],
  });

export const REQUEST = requestOf('host-1');

const group = (id: number) =>
  ({
    id,
    'access-interface-cfg': {
      interface: `sl${id}`,
      type: 'iana-if-type:propVirtual',
      ipv4: { address: [{ ip: `198.51.100.${id}`, 'prefix-length': 32 }] },
      ipv6: { address: [{ ip: `2001:db8:100::${id}`, 'prefix-length': 128 }] },
    },
    'routing-cfg': {
      'ipv4-route': [{ 'destination-prefix': '0.0.0.0/0', 'next-hop-address': '198.51.100.254' }],
      'ipv6-route': [{ 'destination-prefix': '::/0', 'next-hop-address': '2001:db8:100::fffe' }],
    },
    'qos-cfg': { dscp: 46, upld: { rate: 2000, priority: 'H' }, dnld: { rate: 4000, priority: 'H' } },
    lease: { id: `lease-${id}`, 'valid-lifetime': 3600, 'renew-after': 1800 },
  }) as const;

export const REPLY: SubscriberServiceMessageOutput = {
  'ietf-portal-backend-message:sp-service-message': { 'host-id': 'host-1', 'application-group': [group(1), group(2)] },
};
