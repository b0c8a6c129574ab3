import { type Clock, ok, type Result } from '@sublane/basics';
import type { AgentConfig, GroupConfig } from '../config/agent-config.ts';
import type { AgentState, HeldLane, StateFailure, StateFile } from './agent-state.ts';
import { isOver } from './lane-terms.ts';
import { whenDownOf } from './lane-wish-of.ts';

export interface HoldingsParts {
  readonly config: Pick<AgentConfig, 'groups' | 'accept'>;
  readonly stateFile: StateFile;
  readonly clock: Clock;
}

/** What this host holds, and what its owner has decided since: durable before anything is done by it. */
export class Holdings {
  readonly #parts: HoldingsParts;
  #state: AgentState;

  static open(parts: HoldingsParts): Result<Holdings, StateFailure> {
    const state = parts.stateFile.read();
    return state.ok ? ok(new Holdings(parts, state.value)) : state;
  }

  private constructor(parts: HoldingsParts, state: AgentState) {
    this.#parts = parts;
    this.#state = state;
  }

  get state(): AgentState {
    return this.#state;
  }

  get lanes(): readonly HeldLane[] {
    return this.#state.lanes;
  }

  get off(): boolean {
    return this.#state.off;
  }

  /** The lanes whose leases have not ended. */
  get living(): readonly HeldLane[] {
    return this.lanes.filter((lane) => !isOver(lane, this.#parts.clock));
  }

  /** Groups of the configuration that were not given back. */
  get wanted(): readonly GroupConfig[] {
    return this.#parts.config.groups.filter(({ id }) => !this.#state.released.includes(id));
  }

  /** Groups that reach nothing while they have no lane: the stricter of their owner's word and their profile's last one. */
  get blocked(): ReadonlySet<number> {
    const { groups, accept } = this.#parts.config;
    const { off, failClosed } = this.#state;
    const closed = groups.filter(
      ({ id, whenDown }) => whenDown === 'block' || (accept.blockWhenDown && failClosed.includes(id)),
    );
    return new Set(off ? [] : closed.map(({ id }) => id));
  }

  /** These lanes and no others; what their profiles say of the time after them is remembered. */
  hold(lanes: readonly HeldLane[]): Result<undefined, StateFailure> {
    const silent = this.#state.failClosed.filter((id) => !lanes.some(({ groupId }) => groupId === id));
    const closed = lanes.filter(({ answer }) => whenDownOf(answer['security-cfg']) === 'block');
    return this.#write({ lanes, failClosed: [...silent, ...closed.map(({ groupId }) => groupId)] });
  }

  /** The owner gives these groups' lanes back. */
  release(ids: readonly number[]): Result<undefined, StateFailure> {
    return this.#write({ released: [...new Set([...this.#state.released, ...ids])] });
  }

  /** The owner wants these groups' lanes, also where they were given back. */
  want(ids: readonly number[]): Result<undefined, StateFailure> {
    return this.#write({ released: this.#state.released.filter((id) => !ids.includes(id)) });
  }

  switch(off: boolean): Result<undefined, StateFailure> {
    return this.#write({ off });
  }

  /** Nothing is held, and no profile's word counts any more. */
  forget(): Result<undefined, StateFailure> {
    return this.#write({ lanes: [], failClosed: [] });
  }

  #write(change: Partial<AgentState>): Result<undefined, StateFailure> {
    const state = { ...this.#state, ...change };
    const written = this.#parts.stateFile.write(state);
    if (written.ok) this.#state = state;
    return written;
  }
}
