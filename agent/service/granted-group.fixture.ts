import type { ApplicationGroup } from '@sublane/yang';

type Access = ApplicationGroup['access-interface-cfg'];

/** A lane as an honest headend grants it, of group `id`; `access` and `more` change it. */
export function grantedGroup(
  id: number,
  access: Partial<Access> = {},
  more: Partial<ApplicationGroup> = {},
): ApplicationGroup {
  return {
    id,
    'access-interface-cfg': {
      interface: `sl${id}`,
      type: 'iana-if-type:propVirtual',
      ipv4: { address: [{ ip: `192.0.2.${100 + id}`, 'prefix-length': 32 }] },
      ipv6: { address: [{ ip: `2001:db8:a::${id}:1`, 'prefix-length': 128 }] },
      ...access,
    },
    'qos-cfg': { dscp: 46 },
    lease: { id: `lease-${id}`, 'valid-lifetime': 600, 'renew-after': 300 },
    ...more,
  };
}
