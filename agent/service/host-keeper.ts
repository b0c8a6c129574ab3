import { type Clock, failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { HeldLane } from './agent-state.ts';
import type { HostFailure, LaneHost } from './lane-host.ts';
import { pauseAfter, type Setbacks } from './setbacks.ts';
import { standEach } from './stand-each.ts';

/** How often the host is looked at, and put right where somebody else changed what is the lanes'. */
const LOOK_EVERY = milliseconds(60_000);

export interface HostKeeperParts {
  readonly host: Pick<LaneHost, 'apply'>;
  readonly clock: Clock;
  /** Where it is noted which lanes this host cannot make. */
  readonly setbacks: Setbacks;
}

/**
 * Keeps this host at the lanes it is told: makes what can be made, and tries the rest again in its own time. Owns no
 * timer.
 */
export class HostKeeper {
  readonly #parts: HostKeeperParts;
  /** The groups whose lanes stood last. */
  #standing: ReadonlySet<number>;
  /** What is no longer to stand is gone; a lane that could not be made may be missing. */
  #reached = true;
  /** In a row. */
  #failures = 0;
  #lookAt: Milliseconds;

  /** `held`: the lanes an earlier run left standing. */
  constructor(parts: HostKeeperParts, held: readonly HeldLane[]) {
    this.#parts = parts;
    this.#standing = new Set(held.map(({ groupId }) => groupId));
    this.#lookAt = milliseconds(parts.clock.sinceBoot() + LOOK_EVERY);
  }

  /** When the host is to be looked at again, in time since boot. */
  get lookAt(): Milliseconds {
    return this.#lookAt;
  }

  /** It could not be made what it was to be, and is tried again also where no lane is held. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** Makes other lanes stand than before: all that can be. Of several failures the first is returned. */
  hold(lanes: readonly HeldLane[]): Promise<Result<undefined, HostFailure>> {
    this.#failures = 0;
    return this.#stand(lanes);
  }

  /**
   * The host put right where it is not as it should be, by whatever cause. `made`: lanes that could not be made before
   * and now stand.
   */
  async look(
    lanes: readonly HeldLane[],
  ): Promise<{ readonly stands: Result<undefined, HostFailure>; readonly made: readonly HeldLane[] }> {
    const { setbacks } = this.#parts;
    const failing = lanes.filter(({ groupId }) => setbacks.get('host', groupId));
    const stands = await this.#stand(lanes);
    return { stands, made: failing.filter(({ groupId }) => setbacks.get('host', groupId) === undefined) };
  }

  /** After `held` came back: lanes that are not held any more are off the host, whatever else failed. */
  isClean(held: Result<undefined, { readonly kind: string }>): boolean {
    return held.ok || (held.failure.kind === 'host' && this.#reached);
  }

  async #stand(lanes: readonly HeldLane[]): Promise<Result<undefined, HostFailure>> {
    const { host, clock, setbacks } = this.#parts;
    const ids = lanes.map(({ groupId }) => groupId);
    const { failures, reached, failure } = await standEach(host, lanes, this.#standing);
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    this.#lookAt = milliseconds(clock.sinceBoot() + (failure === undefined ? LOOK_EVERY : pauseAfter(this.#failures)));
    this.#reached = reached;
    if (reached) this.#standing = new Set(ids.filter((id) => !failures.has(id)));
    setbacks.keepOnly(new Set(ids));
    for (const id of ids) {
      const why = failures.get(id);
      if (why === undefined) setbacks.clear('host', id);
      else setbacks.set('host', id, { reason: why.reason, tries: this.#failures, retryAt: this.#lookAt });
    }
    return failure === undefined ? ok() : failed(failure);
  }
}
