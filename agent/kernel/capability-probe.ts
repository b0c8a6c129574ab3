import { readFileSync } from 'node:fs';
import type { Capability } from '../lanes/capability.ts';
import { ATTACHMENT_FEATURES, ATTACHMENT_TRIALS } from './attachment-capabilities.ts';
import { closeDescriptor, listMarks, loadMark } from './bpf.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { dnsCapabilities } from './dns-capabilities.ts';
import { canEndConnections } from './leaving-sockets.ts';
import { markProgramName } from './mark-program.ts';
import { POLICING_FEATURES, POLICING_TRIALS, policingProgram } from './policing-capabilities.ts';
import { runTool } from './tool.ts';

/** Finds out by trying, in a network namespace of its own: nothing of the host's is touched. */
export async function probeCapabilities(): Promise<readonly Capability[]> {
  const root = process.geteuid?.() === 0;
  const tried = root ? await tryInNamespace() : new Map<string, Trial>();
  const tool = (name: string, debianPackage: string, purpose: string, instead?: string): Capability => ({
    name: `tool:${name}`,
    present: root ? tried.get(`tool:${name}`)?.ok === true : true,
    purpose,
    ...(instead !== undefined && { instead }),
    remedy: `apt-get install ${debianPackage}`,
    ...detailOf(tried.get(`tool:${name}`)),
  });
  const feature = (name: string, purpose: string, remedy: string, instead?: string): Capability => {
    const { ok = false, message = '' } = tried.get(name) ?? {};
    return {
      name,
      present: ok,
      purpose,
      ...(instead !== undefined && { instead }),
      remedy,
      ...(!ok && message !== '' && { detail: message }),
    };
  };
  return [
    {
      name: 'root',
      present: root,
      purpose: 'changes of links, routes and firewall are root’s',
      remedy: 'run as root, or with sudo',
    },
    tool('ip', 'iproute2', 'makes links, addresses, routes and rules'),
    tool('nft', 'nftables', 'marks DSCP, drops what leaves with a wrong address, ends lanes with their lease'),
    tool('tc', 'iproute2', 'holds the rates from the host', 'rates from the host are not held'),
    feature(
      'nft-lanes',
      'verdict maps of mark and address that time out',
      'a kernel of 4.15 or later with nf_tables, and nftables 0.9.1 or later',
    ),
    feature('ipv6', 'lanes with IPv6 addresses', 'boot without ipv6.disable=1', 'IPv6 addresses are not used'),
    feature(
      'ipvlan',
      'a link of the lane’s own that shares the uplink’s MAC address (also on Wi-Fi)',
      'a kernel with CONFIG_IPVLAN (Debian’s has it: modprobe ipvlan)',
      'macvlan on a wired uplink, else the uplink itself',
    ),
    feature(
      'macvlan',
      'a link of the lane’s own on a wired uplink',
      'a kernel with CONFIG_MACVLAN (Debian’s has it: modprobe macvlan)',
      'ipvlan, else the uplink itself',
    ),
    ...ATTACHMENT_FEATURES.map(({ name, purpose, remedy, instead }) => feature(name, purpose, remedy, instead)),
    feature(
      'htb',
      'holds the rates from the host',
      'a kernel with CONFIG_NET_SCH_HTB (Debian’s has it: modprobe sch_htb)',
      'rates from the host are not held',
    ),
    feature(
      'fq_codel',
      'keeps delay low within a rate',
      'a kernel with CONFIG_NET_SCH_FQ_CODEL (Debian’s has it: modprobe sch_fq_codel)',
      'a short first-in first-out queue',
    ),
    ...POLICING_FEATURES.map(({ name, purpose, remedy, instead }) => feature(name, purpose, remedy, instead)),
    policingProgram(root, tried.get('cls_bpf')?.ok === true),
    cgroupMark(root),
    ...dnsCapabilities(root),
    {
      name: 'end-connections',
      present: !root || canEndConnections(),
      purpose: 'ends the connections of a lane that goes, so that applications open new ones at once',
      instead: 'connections of a lane that goes wait for their timeouts',
      remedy: 'a kernel with CONFIG_INET_DIAG_DESTROY',
    },
  ];
}

const APPLICATIONS = {
  name: 'cgroup-mark',
  purpose: 'leads unmodified applications to their lane: cgroup2 and an eBPF program',
  instead: 'lanes are made, but only applications that bind to their address themselves use them',
} as const;

function cgroupMark(root: boolean): Capability {
  const tree = CgroupTree.find();
  if (tree === undefined)
    return {
      ...APPLICATIONS,
      present: false,
      remedy: 'mount -t cgroup2 none /sys/fs/cgroup',
      detail: 'no cgroup2 mounted',
    };
  if (!root) return { ...APPLICATIONS, present: true, detail: tree.root };
  const listed = listMarks(tree.root);
  const loaded = listed.ok ? loadMark(0, markProgramName(0)) : listed;
  if (loaded.ok) {
    closeDescriptor(loaded.value);
    return { ...APPLICATIONS, present: true, detail: tree.root };
  }
  return {
    ...APPLICATIONS,
    present: false,
    remedy: 'a kernel of 4.15 or later with CONFIG_CGROUP_BPF, on x86-64 or arm64',
    detail: loaded.message,
  };
}

interface Trial {
  readonly ok: boolean;
  readonly message: string;
}

const detailOf = (trial: Trial | undefined) =>
  trial?.ok === true && trial.message !== '' ? { detail: trial.message } : {};

/** Each line of the answer: name, exit status, message. */
async function tryInNamespace(): Promise<ReadonlyMap<string, Trial>> {
  const run = await runTool('unshare', ['--net', 'sh', '-s'], SCRIPT);
  const trials = new Map<string, Trial>();
  for (const line of run.stdout.split('\n')) {
    const match = /^(\S+) (\d+) (.*)$/.exec(line);
    if (match === null) continue;
    const [, name = '', status, message = ''] = match;
    // Asked to make a link without the link below it, a kernel that has the type complains of that, not of the type.
    const typeKnown = ABOVE_ANOTHER.has(name) && !/unknown device type|not supported/i.test(message);
    trials.set(name, { ok: status === '0' || typeKnown, message: message.trim() });
  }
  return trials;
}

const ABOVE_ANOTHER = new Set(['ipvlan', 'macvlan', 'vlan']);

const SCRIPT = `
try() { name=$1; shift; said=$("$@" 2>&1); echo "$name $? $(echo $said)"; }
try tool:ip ip -V
try tool:tc tc -V
try tool:nft nft --version
try ipvlan ip link add slprobe type ipvlan
try macvlan ip link add slprobe type macvlan
${ATTACHMENT_TRIALS}
try htb tc qdisc add dev lo root handle 1: htb
tc class add dev lo parent 1: classid 1:1 htb rate 1mbit 2>/dev/null
try fq_codel tc qdisc add dev lo parent 1:1 fq_codel
${POLICING_TRIALS}
try ipv6 test -d /proc/sys/net/ipv6/conf/all
try nft-lanes nft 'add table inet t; add chain inet t c; add map inet t m { type mark . ipv4_addr : verdict; flags timeout; }; add element inet t m { 0x1 . 192.0.2.1 timeout 1000ms : goto c }; add rule inet t c ip dscp set 46 comment "x"'
`;

/** The boot and the network namespace this process is in. */
export function currentScope(readLink: (path: string) => string): { boot: string; namespace: string } {
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    namespace: readLink('/proc/self/ns/net'),
  };
}
