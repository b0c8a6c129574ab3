import { unreachable } from '@sublane/basics';
import { familyOf } from '../../lanes/ip-address.ts';
import type { Device } from '../../lanes/kernel-object.ts';
import { addressBytes, addressText } from './address-bytes.ts';
import type { Attributes, MessageWriter } from './message.ts';

/** IFLA_INFO_KIND and IFLA_INFO_DATA inside IFLA_LINKINFO (linux/if_link.h, if_tunnel.h). */
const KIND = 1;
const DATA = 2;

const IPVLAN_MODE = 1;
const MACVLAN_MODE = 1;
const VLAN_ID = 1;
const VXLAN = { id: 1, group: 2, port: 15, group6: 16 } as const;
const GRE = {
  inFlags: 2,
  outFlags: 3,
  inKey: 4,
  outKey: 5,
  local: 6,
  remote: 7,
  ttl: 8,
  encapLimit: 11,
  flags: 13,
} as const;
const TUNNEL = { local: 2, remote: 3, ttl: 4, encapLimit: 6, flags: 8, protocol: 9 } as const;

const L2 = 0;
const BRIDGE = 4;
/** GRE_KEY, in network byte order. */
const WITH_KEY = 0x2000;
/** IP6_TNL_F_IGN_ENCAP_LIMIT: without the destination option that many ways do not let through. */
const NO_ENCAP_LIMIT = 1;
const TTL = 64;

/** What `ip link add … type …` sends for a device. */
export function writeDevice(information: MessageWriter, device: Device): void {
  information.string(KIND, device.type);
  switch (device.type) {
    case 'ipvlan':
      information.nest(DATA, (data) => data.u16(IPVLAN_MODE, L2));
      return;
    case 'macvlan':
      information.nest(DATA, (data) => data.u32(MACVLAN_MODE, BRIDGE));
      return;
    case 'vlan':
      information.nest(DATA, (data) => data.u16(VLAN_ID, device.id));
      return;
    case 'gre':
    case 'ip6gre':
      information.nest(DATA, (data) => {
        data.bytes(GRE.remote, addressBytes(device.remote)).u8(GRE.ttl, TTL);
        if (device.type === 'ip6gre')
          data.bytes(GRE.local, addressBytes(device.local)).u8(GRE.encapLimit, 0).u32(GRE.flags, NO_ENCAP_LIMIT);
        if (device.key !== undefined)
          data
            .u16be(GRE.inFlags, WITH_KEY)
            .u16be(GRE.outFlags, WITH_KEY)
            .u32be(GRE.inKey, device.key)
            .u32be(GRE.outKey, device.key);
      });
      return;
    case 'sit':
    case 'ip6tnl':
      information.nest(DATA, (data) => {
        // Protocol 0 carries both families.
        data.bytes(TUNNEL.remote, addressBytes(device.remote)).u8(TUNNEL.ttl, TTL).u8(TUNNEL.protocol, 0);
        if (device.type === 'ip6tnl')
          data
            .bytes(TUNNEL.local, addressBytes(device.local))
            .u8(TUNNEL.encapLimit, 0)
            .u32(TUNNEL.flags, NO_ENCAP_LIMIT);
      });
      return;
    case 'vxlan':
      information.nest(DATA, (data) =>
        data
          .u32(VXLAN.id, device.identifier)
          .u16be(VXLAN.port, device.port)
          .bytes(familyOf(device.remote) === 6 ? VXLAN.group6 : VXLAN.group, addressBytes(device.remote)),
      );
      return;
    // Its peer is told by another family of netlink.
    case 'wireguard':
    case 'dummy':
      return;
    default:
      unreachable(device);
  }
}

export const kindOf = (information: Attributes | undefined): string => information?.string(KIND) ?? '';

/**
 * The device that was asked for, as far as it can be seen here; undefined for a kind that is never ours. Other modes of
 * the same kind are other devices: their parameters are then none that anyone could have wanted.
 */
export function readDevice(information: Attributes | undefined, parent: string): Device | undefined {
  const type = kindOf(information);
  const data = information?.nested(DATA);
  switch (type) {
    case 'ipvlan':
    case 'macvlan':
      return { type, parent };
    case 'dummy':
      return { type };
    case 'vlan':
      return { type, parent, id: data?.u16(VLAN_ID) ?? 0 };
    case 'gre':
    case 'ip6gre': {
      const keyed = ((data?.u16be(GRE.outFlags) ?? 0) & WITH_KEY) !== 0;
      const key = keyed ? data?.u32be(GRE.outKey) : undefined;
      const remote = addressText(data?.bytes(GRE.remote)) ?? '';
      const more = key === undefined ? {} : { key };
      if (type === 'gre') return { type, remote, ...more };
      return { type, remote, local: addressText(data?.bytes(GRE.local)) ?? '', ...more };
    }
    case 'sit':
    case 'ip6tnl': {
      const any = data?.u8(TUNNEL.protocol) === 0;
      const remote = any ? (addressText(data?.bytes(TUNNEL.remote)) ?? '') : '';
      if (type === 'sit') return { type, remote };
      return { type, remote, local: addressText(data?.bytes(TUNNEL.local)) ?? '' };
    }
    case 'vxlan':
      return {
        type,
        remote: text(data, data?.has(VXLAN.group6) ? VXLAN.group6 : VXLAN.group),
        port: data?.u16be(VXLAN.port) ?? 0,
        identifier: data?.u32(VXLAN.id) ?? 0,
      };
    case 'wireguard':
    case 'tun':
      return { type: 'wireguard', remote: '', port: 0, peerKey: '', keyFile: '' };
    default:
      return undefined;
  }
}

const text = (data: Attributes | undefined, type: number): string => addressText(data?.bytes(type)) ?? '';
