import type { Bytes, Result } from '@sublane/basics';
import type { LaneReport } from '../lanes/engine.ts';
import type { Inspection } from '../lanes/inspection.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import type { HostFacts } from '../lanes/surroundings.ts';
import type { HeldLane } from './agent-state.ts';

export type HostFailure = {
  readonly kind: 'host';
  /** What could not be done on this host, and why; for the person and for the headend's operator. */
  readonly reason: string;
  /** The one lane to blame, where that is known. */
  readonly groupId?: number;
  /** Addresses of that lane that somebody else on the segment uses. */
  readonly conflict?: readonly string[];
  /** No lane can be made now, whichever is asked for: leaving one out would not help. */
  readonly everyLane?: true;
};

export interface HostStep {
  readonly do: string;
  readonly undo: string;
  readonly why: string;
}

export interface LaneTraffic {
  readonly upld: Bytes;
  readonly dnld: Bytes;
  /** Packets not let out because they bore another address than the lane's. */
  readonly dropped: number;
}

/** How a lane stands on this host, and by which means what was granted is kept. */
export type LaneMeans = Pick<LaneReport, 'means' | 'shaping' | 'policing' | 'dns'>;

/** The host as it is now. */
export interface HostView extends Inspection {
  readonly facts: HostFacts;
}

/** This host's kernel, seen from the service: all lanes as one wish. */
export interface LaneHost {
  /** Makes exactly these lanes stand, or leaves everything as it was. Twice the same is once. */
  apply(lanes: readonly HeldLane[]): Promise<Result<undefined, HostFailure>>;
  /** What `apply` would do now. */
  plan(lanes: readonly HeldLane[]): Promise<Result<readonly HostStep[], HostFailure>>;
  /** What others have changed of the lanes that stand, and where the host is. Changes nothing; cheap. */
  look(): Promise<Result<HostView, HostFailure>>;
  /** Tells of changes in the kernel, our own included, until closed. */
  watch(listener: (event: KernelEvent) => void): Watch;
  traffic(): Promise<ReadonlyMap<number, LaneTraffic>>;
  /** By group; and what a person should know: fallbacks taken, what is not as it should be. */
  means(): Promise<{ readonly lanes: ReadonlyMap<number, LaneMeans>; readonly notes: readonly string[] }>;
  /** Removes every trace. */
  undo(): Promise<Result<undefined, HostFailure>>;
}
