/** Names of the capabilities of the kernel in memory; what nothing replaces is needed. */
export const NEEDED: readonly string[] = ['root', 'tool:nft', 'nft-lanes'];
const DEVICES = ['ipvlan', 'macvlan', 'dummy', 'vlan', 'gre', 'ip6gre', 'sit', 'ip6tnl', 'vxlan', 'wireguard'];
const RATES = ['htb', 'fq_codel', 'police', 'basic', 'u32', 'cls_bpf', 'ifb'];
export const FEATURES: readonly string[] = [
  ...NEEDED,
  ...DEVICES,
  ...RATES,
  'ipv6',
  'cgroup-mark',
  'dns-redirect',
  'name-lookup',
];
