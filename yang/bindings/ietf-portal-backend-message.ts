// Generated from yang/modules by "npm run generate"; not to be edited.
import type { InterfaceType } from './identities.ts';

export type AccessInterfaceCfgTunnel = {
  /** The encapsulation. */
  readonly encapsulation: 'gre' | 'ipip' | 'vxlan' | 'wireguard';
  /** The edge's end of the tunnel. */
  readonly 'remote-address': string;
  /** The edge's UDP port, for vxlan and wireguard. 0..65535. */
  readonly 'remote-port'?: number;
  /** The key of GRE, or the network identifier of VXLAN. */
  readonly key?: number;
  /** The edge's WireGuard key: 32 bytes in base64. */
  readonly 'public-key'?: string;
};

export type AccessInterfaceCfgIpv4Address = {
  /** The address. */
  readonly ip: string;
  /** The length of the subnet's prefix; 32 where the address is routed to the host. 0..32. */
  readonly 'prefix-length': number;
  /**
   * Present: kept for connections that are open, not for new ones; another address takes its place (make before break).
   */
  readonly deprecated?: readonly [null];
};

export type AccessInterfaceCfgIpv4 = {
  /** The addresses of the group. */
  readonly address?: readonly AccessInterfaceCfgIpv4Address[];
};

export type AccessInterfaceCfgIpv6Address = {
  /** The address. */
  readonly ip: string;
  /** The length of the subnet's prefix; 128 where the address is routed to the host. 0..128. */
  readonly 'prefix-length': number;
  /**
   * Present: kept for connections that are open, not for new ones; another address takes its place (make before break).
   */
  readonly deprecated?: readonly [null];
};

export type AccessInterfaceCfgIpv6 = {
  /** The addresses of the group. */
  readonly address?: readonly AccessInterfaceCfgIpv6Address[];
  /** Prefixes routed to the host, for containers behind it. */
  readonly 'delegated-prefix'?: readonly string[];
};

export type AccessInterfaceCfg = {
  /** The name of the interface on the host. 1..15 characters. */
  readonly interface: string;
  /**
   * The kind of interface, which says how the address reaches the host: propVirtual, on the access link, where the host
   * answers ARP and ND for it; softwareLoopback, routed to the host's access address; l2vlan, on a VLAN of the access
   * link; tunnel, through a tunnel to the edge. All four are identities of iana-if-type.
   */
  readonly type: InterfaceType;
  /** The largest IP packet of the interface. Absent: that of the link below. 1280..65535; bytes. */
  readonly mtu?: number;
  /** The VLAN on the access link. 1..4094. */
  readonly 'vlan-id'?: number;
  /** The tunnel to the provider's edge. */
  readonly tunnel?: AccessInterfaceCfgTunnel;
  /** IPv4 on this interface. No address: the group has no IPv4. */
  readonly ipv4?: AccessInterfaceCfgIpv4;
  /** IPv6 on this interface. No address: the group has no IPv6. */
  readonly ipv6?: AccessInterfaceCfgIpv6;
  /** The resolvers of the group's applications, best first. */
  readonly 'dns-server'?: readonly string[];
  /** Addresses that must be reachable from the lane before the host confirms it. */
  readonly 'check-address'?: readonly string[];
};

export type RoutingCfgRoute = {
  /** Where to. */
  readonly 'destination-prefix': string;
  /** By which router. Absent: the uplink's own next hop. */
  readonly 'next-hop-address'?: string;
};

export type RoutingCfg = {
  /** The IPv4 routes. */
  readonly 'ipv4-route'?: readonly RoutingCfgRoute[];
  /** The IPv6 routes. */
  readonly 'ipv6-route'?: readonly RoutingCfgRoute[];
  /** Where packets go whose destination no route above matches. Default host. */
  readonly unmatched?: 'host' | 'unreachable';
};

export type QosCfgRate = {
  /** The rate granted: the group gets no more. At least 1; kbit/s. */
  readonly rate: number;
  /**
   * How much may be sent at once above the rate; at least one full Ethernet frame. Absent: the enforcer's choice.
   *
   * At least 1514; bytes.
   */
  readonly burst?: number;
  /** The precedence granted. */
  readonly priority: 'H' | 'M' | 'L';
};

export type QosCfg = {
  /** The mark of the packets that the group sends. 0..63. */
  readonly dscp: number;
  /** From the host; the host and the edge enforce it. */
  readonly upld?: QosCfgRate;
  /** To the host; the edge enforces it. */
  readonly dnld?: QosCfgRate;
};

export type SecurityPermit = {
  /** The name of the entry. 1..64 characters. */
  readonly name: string;
  /** The destination's prefix. Absent: any. */
  readonly destination?: string;
  /** The IP protocol number. Absent: any. */
  readonly protocol?: number;
  /** The first destination port. Absent: any. 0..65535. */
  readonly 'lower-port'?: number;
  /** The last destination port. Absent: the first. 0..65535. */
  readonly 'upper-port'?: number;
};

export type SecurityCfg = {
  /** The name of the profile. 1..64 characters. */
  readonly profile: string;
  /** True: nothing passes between this group and the other groups of the same host. Default false. */
  readonly isolated?: boolean;
  /** What happens to the group's applications while there is no lane for them. Default block. */
  readonly 'when-down'?: 'block' | 'host';
  /**
   * The destinations permitted; all others are dropped. No entry: every destination is permitted. What is absent in an
   * entry matches anything.
   */
  readonly permit?: readonly SecurityPermit[];
};

export type ApplicationGroupLease = {
  /** The lease, as the headend names it. 1..64 characters. */
  readonly id: string;
  /** After this time the lane must not be used. At least 1; seconds. */
  readonly 'valid-lifetime': number;
  /** After this time the host asks for an extension with renew-service of module sublane-service. Seconds. */
  readonly 'renew-after': number;
};

export type ApplicationGroup = {
  /** The group. 1..65535. */
  readonly id: number;
  /** The group's interface. Its addresses are given to no other group of any host. */
  readonly 'access-interface-cfg': AccessInterfaceCfg;
  /**
   * The routes of the group's own routing table. No route at all: a default route in each family that has an address.
   */
  readonly 'routing-cfg'?: RoutingCfg;
  /** How the group's packets are marked and how fast they go. */
  readonly 'qos-cfg': QosCfg;
  /** The security profile of the group, spelled out for whoever enforces it. */
  readonly 'security-cfg'?: SecurityCfg;
  /** The applications of the group, as the host named them. 1..255 characters. */
  readonly 'application-list'?: readonly string[];
  /**
   * For how long the configuration holds. Times count from the moment the host sent its request, by a clock that runs
   * on while the host sleeps; hosts' calendars are not trusted.
   */
  readonly lease: ApplicationGroupLease;
};

export type SpServiceMessage = {
  /** The host. 1..64 characters. */
  readonly 'host-id': string;
  /** The groups, each with both its directions. */
  readonly 'application-group'?: readonly ApplicationGroup[];
};

export type EdgeApplicationGroup = {
  /** The group. 1..65535. */
  readonly id: number;
  /** The host's access address: the next hop towards the lane, where the lane's address is routed. */
  readonly 'attachment-address'?: string;
  /** The group's interface. Its addresses are given to no other group of any host. */
  readonly 'access-interface-cfg': AccessInterfaceCfg;
  /**
   * The routes of the group's own routing table. No route at all: a default route in each family that has an address.
   */
  readonly 'routing-cfg'?: RoutingCfg;
  /** How the group's packets are marked and how fast they go. */
  readonly 'qos-cfg': QosCfg;
  /** The security profile of the group, spelled out for whoever enforces it. */
  readonly 'security-cfg'?: SecurityCfg;
  /** The applications of the group, as the host named them. 1..255 characters. */
  readonly 'application-list'?: readonly string[];
};

export type EdgeServiceMessage = {
  /** The host. 1..64 characters. */
  readonly 'host-id': string;
  /** The groups of the host. */
  readonly 'application-group'?: readonly EdgeApplicationGroup[];
};
