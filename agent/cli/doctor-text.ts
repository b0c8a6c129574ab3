import type { Capability } from '../lanes/capability.ts';

/** `service-agent doctor` for a terminal: whether lanes can be made here, then by what they need. */
export function doctorText(capabilities: readonly Capability[]): string {
  return [
    summary(capabilities),
    ...AREAS.flatMap(({ title, names, words = WORDS }) => {
      const members = capabilities.filter(({ name }) => (names ?? restOf(capabilities)).includes(name));
      return members.length === 0 ? [] : ['', title, ...areaLines(members, words)];
    }),
  ].join('\n');
}

/** Lanes need all that nothing replaces. */
export const canMakeLanes = (capabilities: readonly Capability[]): boolean =>
  capabilities.every(({ present, instead }) => present || instead !== undefined);

interface Area {
  readonly title: string;
  /** Of its capabilities; absent: what is in no other area. */
  readonly names?: readonly string[];
  readonly words?: Words;
}

/** Of what is there, and of what is not. */
interface Words {
  readonly there: string;
  readonly lacking: string;
}
const WORDS: Words = { there: 'there', lacking: 'missing' };

/** What the names belong to, for people. */
const AREAS: readonly Area[] = [
  { title: 'What every lane needs', names: ['root', 'tool:nft', 'nft-lanes', 'ipv6'] },
  {
    title: 'Kinds of lanes',
    names: [
      ...['ipvlan', 'macvlan', 'dummy', 'vlan', 'gre', 'ip6gre', 'sit', 'ip6tnl', 'vxlan'],
      ...['wireguard', 'wireguard-go'],
    ],
  },
  {
    title: 'Rates',
    names: ['htb', 'fq_codel', 'police', 'basic', 'matchall', 'flower', 'u32', 'cls_bpf', 'ifb'],
  },
  {
    title: 'Applications and their names on the network',
    names: ['cgroup-mark', 'dns-redirect', 'name-lookup', 'end-connections'],
  },
  {
    title: 'Other programs that manage this host’s network',
    names: ['systemd-networkd', 'NetworkManager'],
    words: { there: 'let lanes be', lacking: 'to be told' },
  },
  { title: 'Besides' },
];
const restOf = (capabilities: readonly Capability[]) => {
  const known = AREAS.flatMap(({ names = [] }) => names);
  return capabilities.map(({ name }) => name).filter((name) => !known.includes(name));
};

function summary(capabilities: readonly Capability[]): string {
  const missing = capabilities.filter(({ present }) => !present);
  const fatal = missing.filter(({ instead }) => instead === undefined);
  if (fatal.length > 0) {
    const names = fatal.map(({ name }) => name).join(', ');
    const verb = fatal.length === 1 ? 'is missing and nothing replaces it' : 'are missing and nothing replaces them';
    return `Lanes cannot be made here: ${names} ${verb}.`;
  }
  if (missing.length === 0) return 'Lanes can be made here, and nothing is missing.';
  const are = missing.length === 1 ? 'is' : 'are';
  const count = `${missing.length} of ${capabilities.length} things ${are} not as they could be`;
  return `Lanes can be made here. ${count}; what is done instead, and what you could do, is said with each.`;
}

function areaLines(members: readonly Capability[], words: Words): string[] {
  const there = members.filter(({ present }) => present);
  return [
    ...(there.length === 0
      ? []
      : [`  ${words.there}: ${there.map(({ name, detail }) => (detail ? `${name} (${detail})` : name)).join(', ')}`]),
    ...members.filter(({ present }) => !present).flatMap((one) => missingLines(one, words)),
  ];
}

function missingLines({ name, purpose, instead, remedy, detail }: Capability, { lacking }: Words): string[] {
  return [
    `  ${instead === undefined ? lacking.toUpperCase() : lacking}: ${name}: ${purpose}`,
    ...(detail ? [`    found: ${detail}`] : []),
    ...(instead === undefined ? [] : [`    instead: ${instead}`]),
    ...(remedy === undefined ? [] : [`    you could: ${remedy}`]),
  ];
}
