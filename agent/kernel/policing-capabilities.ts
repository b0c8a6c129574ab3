import type { Capability } from '../lanes/capability.ts';
import { closeDescriptor, createMap, loadProgram } from './bpf-syscall.ts';
import { CLASSIFIER, policeProgram } from './police-program.ts';

/** By what means the rates of what arrives can be held here, as `doctor` lists them: the first there is, is used. */
export const POLICING_FEATURES: readonly Omit<Required<Capability>, 'present' | 'detail'>[] = [
  {
    name: 'police',
    purpose: 'holds the rates to the host, and of ports (act_police)',
    remedy: 'a kernel with CONFIG_NET_ACT_POLICE (Debian’s has it: modprobe act_police)',
    instead: 'an eBPF program that counts',
  },
  {
    name: 'basic',
    purpose: 'leads all that arrives at a link to its rate',
    remedy: 'a kernel with CONFIG_NET_CLS_BASIC (Debian’s has it: modprobe cls_basic)',
    instead: 'an eBPF program that counts',
  },
  {
    name: 'u32',
    purpose: 'leads what arrives for a lane’s addresses to its rate, and marks what is ours on a link of the host’s',
    remedy: 'a kernel with CONFIG_NET_CLS_U32 (Debian’s has it: modprobe cls_u32)',
    instead: 'rates to the host are held for lanes with a link of their own only',
  },
  {
    name: 'ifb',
    purpose: 'holds the rates to the host where neither act_police nor cls_bpf can: a queue (TBF) behind a detour',
    remedy: 'a kernel with CONFIG_IFB, CONFIG_NET_ACT_MIRRED and CONFIG_NET_SCH_TBF',
    instead: 'act_police or cls_bpf; without any of them rates to the host are not held',
  },
];

/** Lines for a shell that knows `try NAME COMMAND…`, and `can MODULE LINK…` for kinds of links. HTB stands on lo. */
export const POLICING_TRIALS = `
tc qdisc add dev lo handle ffff: ingress
arriving="tc filter add dev lo parent ffff: protocol all"
all="u32 match u32 0 0"
detour() { $arriving prio 4 $all action mirred egress redirect dev lo && tc class add dev lo parent 1: classid 1:2 htb rate 1mbit && tc qdisc add dev lo parent 1:2 tbf rate 1mbit burst 10k limit 10k && can ifb slprobe9 type ifb; }
try u32 $arriving prio 1 $all flowid 1:1
try basic $arriving prio 2 basic flowid 1:1
try police $arriving prio 3 $all police rate 1mbit burst 10k drop
try ifb detour
try cls_bpf $arriving prio 5 bpf bytecode "1,6 0 0 0," flowid 1:1
`;

/** The kernel must take the filter (`filter`: whether it does) and the program in it. */
export function policingProgram(root: boolean, filter: boolean): Capability {
  const capability = {
    name: 'cls_bpf',
    purpose: 'holds the rates to the host where there is no act_police: an eBPF program that counts',
    remedy: 'a kernel of 5.2 or later with CONFIG_NET_CLS_BPF, on x86-64 or arm64',
    instead: 'act_police, else a detour over an ifb link',
  };
  if (!root || !filter) return { ...capability, present: !root };
  const loaded = tryLoading();
  return loaded === undefined ? { ...capability, present: true } : { ...capability, present: false, detail: loaded };
}

function tryLoading(): string | undefined {
  const map = createMap({ type: 2, name: 'probe', valueSize: 24, entries: 1, flags: 0 });
  if (!map.ok) return map.message;
  const settings = {
    rate: 1e6,
    burst: 1e6,
    addresses: ['192.0.2.1', '2001:db8::1'],
    linkHeader: 14,
    conform: 'pass',
  } as const;
  const code = policeProgram(settings, map.value);
  const program = loadProgram({ type: CLASSIFIER, attachType: 0, name: 'probe', code });
  closeDescriptor(map.value);
  if (!program.ok) return program.message;
  closeDescriptor(program.value);
  return undefined;
}
