import { type Milliseconds, milliseconds } from '@sublane/basics';
import type { AcceptRules } from '../config/accept-rules.ts';
import type { HeldLane } from './agent-state.ts';
import { notRenewed, type Renewed, renewedLanes } from './grants.ts';
import type { HeadendLink, LinkFailure, Refusal } from './headend-link.ts';
import { renewAt, validUntil } from './lane-terms.ts';
import type { Setbacks } from './setbacks.ts';

export interface RenewalsParts {
  readonly link: Pick<HeadendLink, 'renew'>;
  readonly setbacks: Setbacks;
  readonly accept: AcceptRules;
}

export interface RenewalOutcome {
  /** All lanes; those renewed live longer. */
  readonly lanes: readonly HeldLane[];
  readonly refusals: readonly Refusal[];
  /** Something was renewed. */
  readonly renewed: boolean;
  /** The headend holds something else than this host thinks. */
  readonly unknown: boolean;
  /** Nothing was heard, or nothing usable. */
  readonly failure?: Exclude<LinkFailure, { readonly kind: 'refused' }>;
}

/** The headend's word for a lease that it does not renew, since what it was granted by has changed. */
const REQUEST_AGAIN = 'request-again';

/** Keeps leases from ending, and knows which are not renewed any more but to be requested again. */
export class Renewals {
  readonly #parts: RenewalsParts;
  readonly #again = new Set<number>();
  readonly #urgent = new Set<number>();

  constructor(parts: RenewalsParts) {
    this.#parts = parts;
  }

  /** Groups that the headend wants requested again, and has not granted since. Their lanes stand meanwhile. */
  get again(): ReadonlySet<number> {
    return this.#again;
  }

  /**
   * What the headend says it holds, after a new connection. A lease that it wants renewed at once is: once for each time
   * it was asked, and not before the pause after an earlier attempt is over.
   */
  heard(lanes: readonly HeldLane[]): void {
    this.#again.clear();
    this.#urgent.clear();
    for (const { groupId, answer } of lanes) if (answer.lease['renew-after'] === 0) this.#urgent.add(groupId);
  }

  /** A request has granted it anew. */
  granted(groupId: number): void {
    this.#again.delete(groupId);
    this.#urgent.delete(groupId);
    this.#parts.setbacks.clear('renewal', groupId);
  }

  /** The groups whose leases are to be renewed now. */
  due(lanes: readonly HeldLane[], now: Milliseconds): readonly number[] {
    return lanes.filter((lane) => (this.dueAt(lane) ?? milliseconds(now + 1)) <= now).map(({ groupId }) => groupId);
  }

  /** In time since boot; undefined: it is requested instead. */
  dueAt(lane: HeldLane): Milliseconds | undefined {
    const { groupId, sentAt } = lane;
    if (this.#again.has(groupId)) return undefined;
    const { setbacks } = this.#parts;
    const due = this.#urgent.has(groupId) ? 0 : renewAt(lane);
    // Who is told to request again each time waits longer each time, but never until the lease is over.
    const halfway = (sentAt + validUntil(lane)) / 2;
    const again = Math.min(setbacks.get('again', groupId)?.retryAt ?? 0, halfway);
    return milliseconds(Math.max(due, setbacks.get('renewal', groupId)?.retryAt ?? 0, again));
  }

  /** Asks for these groups. The headend renews all groups of a message or none: those it refuses are left out. */
  async renew(lanes: readonly HeldLane[], groupIds: readonly number[]): Promise<RenewalOutcome> {
    const { link, accept } = this.#parts;
    let asking = lanes.filter(({ groupId }) => groupIds.includes(groupId));
    let outcome: RenewalOutcome = { lanes, refusals: [], renewed: false, unknown: false };
    while (asking.length > 0) {
      const ids = asking.map(({ groupId }) => groupId);
      for (const id of ids) this.#urgent.delete(id);
      const answer = await link.renew(ids);
      if (answer.ok) return this.#settle(outcome, renewedLanes(lanes, ids, answer.value, accept), ids);
      const { failure } = answer;
      if (failure.kind !== 'refused') return { ...this.#settle(outcome, notRenewed(asking, failure)), lanes, failure };
      const named = asking.filter(({ groupId }) => failure.refusals.some((one) => one.groupId === groupId));
      const blamed = named.length > 0 ? named : asking;
      outcome = { ...this.#settle(outcome, notRenewed(blamed, failure)), lanes };
      asking = asking.filter((lane) => !blamed.includes(lane));
    }
    return outcome;
  }

  /** Notes what came of an attempt; `ids`: those it was about, where it came to something. */
  #settle(sofar: RenewalOutcome, { lanes, failures }: Renewed, ids: readonly number[] = []): RenewalOutcome {
    const { setbacks } = this.#parts;
    const behind = new Set(failures.map(({ groupId }) => groupId));
    for (const id of ids) {
      if (behind.has(id)) continue;
      setbacks.clear('renewal', id);
      setbacks.clear('again', id);
    }
    const others = failures.filter(({ groupId, reason, refusal }) => {
      if (refusal?.code !== REQUEST_AGAIN) return true;
      this.#again.add(groupId);
      setbacks.add('again', groupId, reason, refusal);
      return false;
    });
    for (const { groupId, reason, refusal } of others) setbacks.add('renewal', groupId, reason, refusal);
    return {
      lanes,
      refusals: [...sofar.refusals, ...others.flatMap(({ refusal }) => refusal ?? [])],
      renewed: sofar.renewed || ids.length > behind.size,
      unknown: sofar.unknown || others.some(({ unknown }) => unknown),
    };
  }
}
