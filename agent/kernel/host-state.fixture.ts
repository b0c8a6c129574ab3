import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { CgroupTree } from './cgroup-tree.ts';

/**
 * All that an engine changes in the network namespace of this process, in a canonical text: links are numbered anew and
 * get another MAC address when they are made again; all else must be equal.
 */
export function hostState(slice: string): string {
  const run = (program: string, args: readonly string[], input = '') =>
    execFileSync(program, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
  const family = (one: string) => run('ip', [one, '-batch', '-'], 'rule show\nroute show table all\n');
  const views = [
    run('ip', ['-details', '-oneline', '-batch', '-'], 'link show\naddress show\n').replace(/link\/ether \S+/g, ''),
    family('-4'),
    family('-6'),
    run('tc', ['qdisc']),
    queues(),
    run('nft', ['--stateless', 'list', 'ruleset']).replace(/timeout \S+/g, ''),
    ...['arp_ignore', 'arp_announce'].map((name) => readFileSync(`/proc/sys/net/ipv4/conf/uplink/${name}`, 'utf8')),
    cgroups(slice),
  ];
  return views
    .join('\n')
    .replace(/^\d+: /gm, '')
    .replace(/ (?:expires|valid_lft|preferred_lft|used|age) \S+/g, '')
    .replace(/qdisc (pfifo|fq_codel) \w+:/g, 'qdisc $1')
    .replace(/direct_packets_stat \d+|qlen \d+/g, '')
    .split('\n')
    .filter((line) => !/fe80:|ff00:/.test(line))
    .map((line) => line.trim())
    .sort()
    .join('\n');
}

/** Rates, both ways: by number they are made anew, and programs with them. */
function queues(): string {
  const views = 'class show dev uplink\nfilter show dev uplink ingress\n';
  // Where there is no ingress queue, there are no filters to show.
  const { stdout } = spawnSync('tc', ['-force', '-batch', '-'], { input: views, encoding: 'utf8' });
  return stdout.replace(/ leaf \w+:/g, ' leaf').replace(/ (?:id \d+|tag \w+|name \S+|jited)/g, '');
}

function cgroups(slice: string): string {
  try {
    return readdirSync((CgroupTree.find() as CgroupTree).directory(slice))
      .filter((name) => name.startsWith('g'))
      .join(' ');
  } catch {
    return 'none';
  }
}

export const differences = (is: string, was: string) => {
  const [before, after] = [was.split('\n'), is.split('\n')];
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
};
