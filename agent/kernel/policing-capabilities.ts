import type { Capability } from '../lanes/capability.ts';

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
  {
    name: 'cls_bpf',
    purpose: 'holds the rates to the host where there is no act_police: an eBPF program that counts',
    remedy: 'a kernel of 5.2 or later with CONFIG_NET_CLS_BPF, on x86-64 or arm64',
    instead: 'act_police, else a detour over an ifb link',
  },
];
