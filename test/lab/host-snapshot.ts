import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cgroupRoot } from './cgroup-root.ts';
import type { Namespace } from './namespace.ts';

/** All that an agent could have changed on a host, as text: one entry for each kind of thing. */
export type HostSnapshot = Readonly<Record<string, string>>;

const VIEWS: Readonly<Record<string, readonly string[]>> = {
  links: ['ip', '-details', '-o', 'link'],
  addresses: ['ip', '-o', 'address'],
  'IPv4 routes': ['ip', '-4', 'route', 'show', 'table', 'all'],
  'IPv6 routes': ['ip', '-6', 'route', 'show', 'table', 'all'],
  'IPv4 rules': ['ip', '-4', 'rule'],
  'IPv6 rules': ['ip', '-6', 'rule'],
  queues: ['tc', 'qdisc'],
  nftables: ['nft', '--stateless', 'list', 'ruleset'],
  sysctls: [
    'sh',
    '-c',
    'grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf /proc/sys/net/ipv4/ip_* 2>/dev/null',
  ],
};

/** What changes by itself: how long something still lasts, and how often something was used. */
const MOVING =
  /\s+(?:expires \d+sec|valid_lft \S+ preferred_lft \S+|used \d+|age \d+(?:\.\d+)?sec|users \d+|direct_packets_stat \d+)/g;

export async function snapshotHost(host: Namespace): Promise<HostSnapshot> {
  const views = await Promise.all(
    Object.entries(VIEWS).map(async ([name, argv]) => {
      const { stdout } = await host.run(argv);
      return [name, stdout.replaceAll(MOVING, '').trimEnd().split('\n').sort().join('\n')] as const;
    }),
  );
  const links = JSON.parse(await host.must(['ip', '-json', 'link'])) as { ifname: string }[];
  const classes = await Promise.all(links.map(({ ifname }) => host.must(['tc', 'class', 'show', 'dev', ifname])));
  return { ...Object.fromEntries(views), 'queue classes': classes.join(''), cgroups: cgroups(host).join('\n') };
}

/** Groups of version 2 that carry our name, at any depth, without those of other labs, which come and go. */
function cgroups(host: Namespace): string[] {
  const lab = host.name.slice(0, host.name.lastIndexOf('-'));
  const root = cgroupRoot();
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => path.includes('sublane') && (path.includes(lab) || !path.includes('sublane-lab-')))
    .sort();
}

export interface SnapshotDifference {
  readonly view: string;
  readonly gone: readonly string[];
  readonly added: readonly string[];
}

export function compareSnapshots(before: HostSnapshot, after: HostSnapshot): SnapshotDifference[] {
  return Object.keys(before).flatMap((view) => {
    const [was, is] = [before[view]!.split('\n'), (after[view] ?? '').split('\n')];
    const gone = was.filter((line) => !is.includes(line));
    const added = is.filter((line) => !was.includes(line));
    return gone.length + added.length > 0 ? [{ view, gone, added }] : [];
  });
}

/** How many single facts a snapshot holds. */
export const snapshotSize = (snapshot: HostSnapshot): number =>
  Object.values(snapshot).reduce((sum, text) => sum + text.split('\n').filter(Boolean).length, 0);
