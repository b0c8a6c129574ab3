import type { Milliseconds, Result } from '@sublane/basics';
import type { Capability } from './capability.ts';
import type { Inspection } from './inspection.ts';
import type { KernelEvent, Watch } from './kernel-event.ts';
import type { Plan } from './plan.ts';
import type { Wish } from './wish.ts';

/**
 * Makes the host's kernel what a wish says, and back. Touches only what it owns; what it must change of others (a
 * sysctl of the uplink) it records and puts back. Works in the network namespace of the process.
 */
export interface Engine {
  /** What is there now, as far as it is ours. */
  observe(): Promise<Result<LanesReport, EngineFailure>>;
  /** What others have changed of it since, and the host around it. Changes nothing; cheap enough for every event. */
  inspect(): Promise<Result<Inspection, EngineFailure>>;
  /** What `converge` would do, step by step, and what undoes each step. Changes nothing. */
  plan(wish: Wish): Promise<Result<Plan, EngineFailure>>;
  /**
   * Makes it so, and checks that it is: add before remove, journalled, all or nothing. After a failure the state is the
   * one before (`restored`), unless the failure says otherwise. Calls are served one after the other.
   */
  converge(wish: Wish): Promise<Result<LanesReport, EngineFailure>>;
  /** Moves the end of leases, atomically for the packets; `ends` by group id. Lanes not named keep theirs. */
  extend(ends: ReadonlyMap<number, Milliseconds>): Promise<Result<LanesReport, EngineFailure>>;
  /**
   * After a start: where a predecessor died half-way, goes back to the last state it had reached (without the lanes
   * whose leases have ended since). `undefined`: there was nothing to repair.
   */
  repair(): Promise<Result<LanesReport | undefined, EngineFailure>>;
  /**
   * Removes every trace and puts back what was borrowed. Works without a memory of what was done, and where the state
   * directory cannot be read or written: what then stays is in the report.
   */
  undo(): Promise<Result<UndoReport, EngineFailure>>;
  /** Bytes and packets of every lane since it was made; cheap. */
  counters(): Promise<Result<readonly LaneCounters[], EngineFailure>>;
  /** What this kernel and these tools offer, what is missing, and what is done instead. */
  capabilities(): Promise<readonly Capability[]>;
  /** The last wish reached, also by a predecessor on this boot and in this network namespace. */
  current(): Wish | undefined;
  /** Moves a process (not its open sockets: they keep their old address) into the group's cgroup. */
  enter(groupId: number, pid: number): Result<undefined, EngineFailure>;
  /** Process ids in the group's cgroup. */
  members(groupId: number): readonly number[];
  /** Tells of changes that may concern what is ours, our own included. Costs nothing while nothing happens. */
  watch(listener: (event: KernelEvent) => void): Watch;
}

/** The state reached, not the one hoped for. */
export interface LanesReport {
  readonly uplink: string | undefined;
  readonly lanes: readonly LaneReport[];
  /** What a person should know: a fallback taken, something left alone. One sentence each. */
  readonly notes: readonly string[];
  /** Steps this call took; 0: it was so already. */
  readonly steps: number;
}

export interface UndoReport {
  /** What could not be put back, or forgotten. One sentence each; usually none. */
  readonly notes: readonly string[];
}

export interface LaneReport {
  readonly groupId: number;
  /** What the addresses stand on: a link of the lane's own, the uplink itself, or a tunnel; `none`: it has no address. */
  readonly means: 'ipvlan' | 'macvlan' | 'uplink' | 'dummy' | 'loopback' | 'tunnel' | 'none';
  readonly interface: string;
  readonly addresses: readonly string[];
  readonly table: number;
  readonly mark: number;
  /** Path of the group's cgroup directory. */
  readonly cgroup: string;
  /** Where the rate from the host is held. */
  readonly shaping: 'uplink' | 'lane' | 'none';
  /** How the rate to the host is held. */
  readonly policing: 'police' | 'bpf' | 'ifb' | 'none';
  /** Whom the group's applications ask for names: its own servers, these only by `exec`, or the host's. */
  readonly dns: 'redirected' | 'exec' | 'host';
}

export interface LaneCounters {
  readonly groupId: number;
  readonly upld: Count;
  readonly dnld: Count;
  /** Packets the lane's mark or address did not cover: another source, or after the lease's end. */
  readonly dropped: Count;
}

export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

export interface EngineOptions {
  /** Where journal and lock are kept; made if missing. */
  readonly stateDir: string;
  /** Names and numbers as the journal has them, where it has some: for undoing without a configuration. Default false. */
  readonly asRemembered?: boolean;
  /** Directory in the cgroup2 tree, which is one for all network namespaces of the machine. Default `sublane.slice`. */
  readonly slice?: string;
  /** nftables table `inet NAME`. Default `sublane`. */
  readonly table?: string;
  /** Marks are `mark | groupId`; the upper 16 bits are ours. Default 0x5b000000. */
  readonly mark?: number;
  /** Routing tables are `tables + groupId`. Default 510000. */
  readonly tables?: number;
  /** First of the three rule preferences used. Default 30000. */
  readonly preference?: number;
  /** Our rules come before those of others (a VPN's), wherever these are. Default false. */
  readonly beforeOthers?: boolean;
  /** Number of our routes and rules in `ip route … proto N`. Default 151. */
  readonly protocol?: number;
  /** Link group of our links. Default 0x5b1a. */
  readonly linkGroup?: number;
  /** Major number of our HTB. Default 0x5b1a. */
  readonly handle?: number;
  /** A lane with more routes is refused. Default 1,000. */
  readonly mostRoutes?: number;
  /** Hold the lanes' rates from the host. Default true. */
  readonly shaping?: boolean;
  /** What the uplink carries; where known, H, M and L share it by precedence when all want more than there is. kbit/s. */
  readonly capacity?: number;
  /**
   * How long the neighbours are asked by ARP and neighbour solicitation whether someone else has a new address, before
   * it is used; `false`: not at all. Default three times, 200 ms apart.
   */
  readonly probe?: ProbeWindow | false;
}

/** So many questions, each followed by so many milliseconds of listening. */
export interface ProbeWindow {
  readonly times: number;
  readonly interval: Milliseconds;
}

export type EngineFailure =
  /** The wish itself cannot be: names what and why. */
  | { readonly kind: 'invalid'; readonly groupId?: number; readonly message: string }
  /** No uplink by that name, or no default route to find one by. */
  | { readonly kind: 'no-uplink'; readonly message: string }
  /** A tool or a kernel feature that nothing replaces is missing. */
  | {
      readonly kind: 'unsupported';
      readonly capability: string;
      /** The one lane that needs it; absent: all do. */
      readonly groupId?: number;
      readonly message: string;
      readonly remedy: string;
    }
  /** Somebody else on the segment answers for addresses that were granted. */
  | {
      readonly kind: 'conflict';
      readonly groupId: number;
      readonly addresses: readonly string[];
      readonly message: string;
    }
  /** Something that is not ours stands where ours should: left alone. */
  | { readonly kind: 'occupied'; readonly what: string; readonly message: string }
  /** The kernel refused a step. `restored`: the state before is back. */
  | {
      readonly kind: 'refused';
      readonly step: string;
      readonly message: string;
      readonly restored: boolean;
    }
  /** All steps went well, yet the state differs from the wish. */
  | { readonly kind: 'unverified'; readonly differences: readonly string[]; readonly restored: boolean }
  /** Another engine works on the same state directory. */
  | { readonly kind: 'busy'; readonly message: string }
  | { readonly kind: 'not-root'; readonly message: string }
  /** The journal cannot be written: nothing was touched. */
  | { readonly kind: 'journal'; readonly message: string };
