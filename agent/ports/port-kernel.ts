import type { Bytes, KilobitsPerSecond, Result } from '@sublane/basics';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';

/** A port as agent.yaml wants it: what arrives at an interface is held to a rate. */
export interface PortWish {
  /** By name, whether or not there is one by it now. */
  readonly interface: string;
  readonly rate: KilobitsPerSecond;
  /** The most that is let in at once. */
  readonly burst: Bytes;
  /** An ingress qdisc of others is taken away, with the filters in it. */
  readonly replace: boolean;
}

/** How a rate is held: act_police; an eBPF program that counts; a queue behind a detour. */
export type PortMeans = 'police' | 'bpf' | 'ifb';

/** A link as it is, as far as it matters to ports. */
export interface PortFact {
  readonly interface: string;
  /** Of the link: another one under the same name has another. */
  readonly index: number;
  /** Whose ingress qdisc it has; `lanes`: of the lanes that stand on it. */
  readonly owner: 'nobody' | 'ports' | 'lanes' | 'others';
  /** What of ours holds the rate there. */
  readonly held?: PortHeld;
}

export interface PortHeld {
  readonly means: PortMeans;
  /** kbit/s, and bytes. */
  readonly rate: number;
  readonly burst: number;
  /** Packets since it was made or changed. */
  readonly dropped: number;
}

/** A change of one link, each whole in itself. */
export type PortStep =
  /** `tc qdisc add dev … ingress`, then the filter. `replace`: what stands there goes first. */
  | {
      readonly do: 'bind';
      readonly fact: PortFact;
      readonly port: PortWish;
      readonly means: PortMeans;
      readonly replace: boolean;
    }
  /** The filter goes, and comes as it is wanted now. */
  | { readonly do: 'change'; readonly fact: PortFact; readonly port: PortWish; readonly means: PortMeans }
  | { readonly do: 'unbind'; readonly fact: PortFact };

/** The border to the kernel. Nothing waits: the kernel has answered when a call returns. */
export interface PortKernel {
  /** What holds a rate here, the best there is; undefined: nothing does. */
  means(): Promise<PortMeans | undefined>;
  read(): Result<readonly PortFact[], PortFailure>;
  /** Done, or nothing of it. */
  apply(step: PortStep): Result<undefined, PortFailure>;
  watch(listener: (event: KernelEvent) => void): Watch;
  close(): void;
}

export interface PortFailure {
  readonly message: string;
}
