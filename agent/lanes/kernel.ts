import type { Milliseconds, Result } from '@sublane/basics';
import type { Capability } from './capability.ts';
import type { EngineFailure, LaneCounters, ProbeWindow } from './engine.ts';
import type { Family } from './ip-address.ts';
import type { KernelEvent, Watch } from './kernel-event.ts';
import type { Observation } from './observation.ts';
import type { Operation } from './operation.ts';

/** The border to the kernel: facts come in, operations go out, nothing is decided behind it. */
export interface Kernel {
  /** Asked once and remembered. */
  capabilities(): Promise<readonly Capability[]>;
  observe(request: ObserveRequest): Promise<Result<Observation, EngineFailure>>;
  /** In order; stops at the first that fails. What precedes it in the list is done, what follows is not. */
  apply(operations: readonly Operation[], now: Milliseconds): Promise<Result<undefined, ApplyFailure>>;
  /** Asks the neighbours on a link whether someone else has an address. Changes nothing that lasts. */
  probe(requests: readonly ProbeRequest[], window: ProbeWindow): Promise<ProbeOutcome>;
  counters(): Promise<Result<readonly LaneCounters[], EngineFailure>>;
  /** Moves a process into a cgroup of ours. */
  enter(path: string, pid: number): Result<undefined, EngineFailure>;
  members(path: string): readonly number[];
  /** Where a cgroup stands in the file system. */
  cgroupDirectory(path: string): string;
  /** Tells of changes, our own included, until closed. */
  watch(listener: (event: KernelEvent) => void): Watch;
  /** Moves what still runs in a cgroup of ours to where the slice stands. */
  expel(path: string): void;
}

export interface ObserveRequest {
  readonly now: Milliseconds;
  /** As in the wish. */
  readonly uplink: string;
  /** Far ends of tunnels that need to know the host's own address towards them. */
  readonly remotes?: readonly string[];
  /** Sysctls that were borrowed, with their old values. */
  readonly borrowed: ReadonlyMap<string, { readonly value: string; readonly old: string }>;
}

export interface ProbeRequest {
  readonly link: string;
  readonly family: Family;
  /** In canonical text. */
  readonly address: string;
}

export interface ProbeOutcome {
  /** Addresses that someone else has or is about to take, each with a MAC address that says so. */
  readonly holders: ReadonlyMap<string, string>;
  /** What could not be asked, and why: for people. */
  readonly notes: readonly string[];
}

export interface ApplyFailure {
  /** Which of the operations failed. */
  readonly index: number;
  readonly message: string;
}

/** The numbers and names by which ours is known. */
export interface Ownership {
  readonly slice: string;
  readonly table: string;
  readonly mark: number;
  readonly tables: number;
  readonly preference: number;
  readonly protocol: number;
  readonly linkGroup: number;
  readonly handle: number;
}

export const OWN_LINK = /^sl[0-9a-z-]{1,13}$/;
/** The upper half of a mark says that it is ours, the lower which group's. */
export const MARK_MASK = 0xffff0000;
/** A group id is a uint16. */
export const GROUPS = 65_536;
