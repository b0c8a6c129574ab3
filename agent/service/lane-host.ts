import type { Bytes, Result } from '@sublane/basics';
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
  /** Removes every trace. */
  undo(): Promise<Result<undefined, HostFailure>>;
}
