/** Kinds of links that attachments stand on, as `doctor` lists them: what for, what without, what brings it. */
export const ATTACHMENT_FEATURES: readonly {
  readonly name: string;
  readonly purpose: string;
  readonly remedy: string;
  readonly instead: string;
}[] = [
  {
    name: 'dummy',
    purpose: 'a link of the lane’s own for addresses that are routed to this host',
    remedy: 'a kernel with CONFIG_DUMMY (Debian’s has it: modprobe dummy)',
    instead: 'such addresses stand on lo',
  },
  {
    name: 'vlan',
    purpose: 'lanes on a VLAN of the uplink',
    remedy: 'a kernel with CONFIG_VLAN_8021Q (Debian’s has it: modprobe 8021q)',
    instead: 'lanes on a VLAN are refused',
  },
  ...(
    [
      ['gre', 'GRE, IPv4', 'CONFIG_NET_IPGRE', 'ip_gre'],
      ['ip6gre', 'GRE, IPv6', 'CONFIG_IPV6_GRE', 'ip6_gre'],
      ['sit', 'IP in IP, IPv4', 'CONFIG_IPV6_SIT', 'sit'],
      ['ip6tnl', 'IP in IP, IPv6', 'CONFIG_IPV6_TUNNEL', 'ip6_tunnel'],
      ['vxlan', 'VXLAN, IPv4 and IPv6', 'CONFIG_VXLAN', 'vxlan'],
    ] as const
  ).map(([name, what, option, module]) => ({
    name,
    purpose: `lanes in tunnels (${what} outside)`,
    remedy: `a kernel with ${option} (Debian’s has it: modprobe ${module})`,
    instead: 'lanes in such tunnels are refused',
  })),
  {
    name: 'wireguard',
    purpose: 'lanes in WireGuard tunnels, also behind a NAT',
    remedy: 'a kernel with CONFIG_WIREGUARD (Debian’s has it: modprobe wireguard)',
    instead: 'wireguard-go, where it is installed',
  },
  {
    name: 'wireguard-go',
    purpose: 'WireGuard as a program, where the kernel has none',
    remedy: 'apt-get install wireguard-go; a kernel with CONFIG_TUN (modprobe tun)',
    instead: 'the kernel’s WireGuard; without either, lanes in WireGuard tunnels are refused',
  },
];
