import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ok } from '@sublane/basics';
import type { Capability } from '../lanes/capability.ts';
import { ATTACHMENT_FEATURES } from './attachment-capabilities.ts';
import { closeDescriptor, listMarks, loadMark } from './bpf.ts';
import { type Trials, tryCapabilities } from './capability-trials.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { dnsCapabilities } from './dns-capabilities.ts';
import { canEndConnections } from './leaving-sockets.ts';
import { markProgramName } from './mark-program.ts';
import { loadNftLibrary } from './nft-library.ts';
import { probeOtherPrograms } from './other-programs.ts';
import { POLICING_FEATURES } from './policing-capabilities.ts';
import { inScratchNamespace } from './scratch-namespace.ts';
import { complaint, runTool, SEARCH, type ToolRun } from './tool.ts';

let found: Promise<readonly Capability[]> | undefined;

/** Finds out by trying, in a network namespace of its own: nothing of the host's is touched. Once in this process. */
export function probeCapabilities(): Promise<readonly Capability[]> {
  found ??= probe();
  return found;
}

async function probe(): Promise<readonly Capability[]> {
  const root = process.geteuid?.() === 0;
  const trials = root ? tryCapabilities() : ok<Trials>(new Map());
  const tried: Trials = new Map([...(trials.ok ? trials.value : []), ...(root ? await tryPrograms() : [])]);
  const untried = trials.ok ? undefined : trials.failure;
  const feature = (name: string, purpose: string, remedy: string, instead?: string): Capability => {
    const present = tried.has(name) && tried.get(name) === undefined;
    const detail = tried.has(name) ? tried.get(name) : untried;
    return {
      name,
      present,
      purpose,
      ...(instead !== undefined && { instead }),
      remedy,
      ...(detail !== undefined && { detail }),
    };
  };
  return [
    {
      name: 'root',
      present: root,
      purpose: 'changes of links, routes and firewall are root’s',
      remedy: 'run as root, or with sudo',
    },
    {
      ...feature(
        'tool:nft',
        'marks DSCP, drops what leaves with a wrong address, ends lanes with their lease: libnftables, or the program nft',
        'apt-get install nftables',
      ),
      // Who is not root cannot try.
      ...(!root && { present: true }),
    },
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
    cgroupMark(root),
    ...dnsCapabilities(root),
    {
      name: 'end-connections',
      present: !root || canEndConnections(),
      purpose: 'ends the connections of a lane that goes, so that applications open new ones at once',
      instead:
        'connections of a lane that goes wait for their timeouts, and IPv6 ones try on by the host’s way with its address',
      remedy: 'a kernel with CONFIG_INET_DIAG_DESTROY',
    },
    ...probeOtherPrograms(),
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

/** What is a matter of programs beside the kernel. */
async function tryPrograms(): Promise<Trials> {
  const nft = loadNftLibrary() !== null || isProgram('nft');
  return new Map([
    ['tool:nft', nft ? undefined : 'there is neither libnftables nor a program nft'],
    ['nft-lanes', await tryFirewall()],
    ['wireguard-go', isProgram('wireguard-go') ? userTunnels() : 'there is no program wireguard-go'],
  ]);
}

async function tryFirewall(): Promise<string | undefined> {
  const library = loadNftLibrary();
  if (library === null) return outcome(await runTool('unshare', ['--net', 'nft', FIREWALL]));
  const tried = inScratchNamespace(() => library(FIREWALL, false));
  return tried.ok ? outcome(tried.value) : tried.failure;
}

const outcome = (run: ToolRun) => (run.status === 0 ? undefined : complaint(run));

const FIREWALL =
  'add table inet t; add chain inet t c; add map inet t m { type mark . ipv4_addr : verdict; flags timeout; }; add element inet t m { 0x1 . 192.0.2.1 timeout 1000ms : goto c }; add rule inet t c ip dscp set 46 comment "x"';

const isProgram = (name: string) => SEARCH.split(delimiter).some((folder) => existsSync(join(folder, name)));

const userTunnels = () => (existsSync('/dev/net/tun') ? undefined : 'there is no /dev/net/tun');

/** The boot and the network namespace this process is in. */
export function currentScope(readLink: (path: string) => string): { boot: string; namespace: string } {
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    namespace: readLink('/proc/self/ns/net'),
  };
}
