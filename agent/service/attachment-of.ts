import { failed, ok, type Result } from '@sublane/basics';
import type { AccessInterfaceCfg, AccessInterfaceCfgTunnel } from '@sublane/yang';
import type { Attachment, Tunnel } from '../lanes/wish.ts';

/** IANA's ports for VXLAN (RFC 7348 §8) and, by custom, WireGuard. */
const VXLAN_PORT = 4789;
const WIREGUARD_PORT = 51_820;
const LARGEST_VNI = 0xffffff;

/** How the lane reaches the host, from the interface's type. Refuses, with the reason, what this agent does not do. */
export function attachmentOf(access: AccessInterfaceCfg, wireguardKeyFile: string): Result<Attachment, string> {
  switch (access.type) {
    case 'iana-if-type:propVirtual':
      return ok({ type: 'on-link' });
    case 'iana-if-type:softwareLoopback':
      return ok({ type: 'routed' });
    case 'iana-if-type:l2vlan': {
      const id = access['vlan-id'];
      return id === undefined ? failed('a VLAN without vlan-id') : ok({ type: 'vlan', id });
    }
    case 'iana-if-type:tunnel': {
      if (access.tunnel === undefined) return failed('a tunnel of which nothing is said');
      const tunnel = tunnelOf(access.tunnel, wireguardKeyFile);
      return tunnel.ok ? ok({ type: 'tunnel', ...tunnel.value }) : tunnel;
    }
    default: {
      const known = 'propVirtual (on-link), softwareLoopback (routed), l2vlan and tunnel';
      return failed(`an interface of type ${access.type}; this agent does ${known}`);
    }
  }
}

function tunnelOf(tunnel: AccessInterfaceCfgTunnel, keyFile: string): Result<Tunnel, string> {
  const { encapsulation, 'remote-address': remote, 'remote-port': port, key, 'public-key': peerKey } = tunnel;
  switch (encapsulation) {
    case 'gre':
      return ok({ encapsulation, remote, ...(key !== undefined && { key }) });
    case 'ipip':
      return ok({ encapsulation, remote });
    case 'vxlan':
      if (key === undefined) return failed('a VXLAN tunnel without key, its network identifier');
      if (key > LARGEST_VNI) return failed(`a VXLAN tunnel whose network identifier ${key} has more than 24 bits`);
      return ok({ encapsulation, remote, port: port ?? VXLAN_PORT, identifier: key });
    case 'wireguard':
      if (peerKey === undefined) return failed('a WireGuard tunnel without public-key, the edge’s');
      return ok({ encapsulation, remote, port: port ?? WIREGUARD_PORT, peerKey, keyFile });
  }
}
