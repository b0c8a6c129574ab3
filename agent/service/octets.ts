import type { HeldLane } from './agent-state.ts';
import type { LaneHost } from './lane-host.ts';

/** What a lane has carried since its lease began, in bytes. */
export interface Octets {
  /** To the host. */
  readonly in: number;
  /** From the host. */
  readonly out: number;
}

/**
 * Counts what each lease's lane has carried, from counters that count for a group: they go on when the lane is made
 * otherwise and when the agent starts anew, begin at 0 where the lane was away, and know nothing of leases. What was
 * carried between the last report and a lane's going away is counted by nobody.
 */
export class OctetLedger {
  readonly #host: Pick<LaneHost, 'traffic'>;
  /** By lease: what the headend was told. */
  readonly #told = new Map<string, Octets>();
  /** By lease: what the counters said last, and whether they have begun anew under it. */
  readonly #seen = new Map<string, Octets & { readonly anew: boolean }>();

  constructor(host: Pick<LaneHost, 'traffic'>) {
    this.#host = host;
  }

  /** A lease that follows another one on a standing lane begins at what the lane has carried by now. */
  async begin(lanes: readonly HeldLane[], before: readonly HeldLane[]): Promise<readonly HeldLane[]> {
    const known = (lane: HeldLane) => before.find(({ groupId }) => groupId === lane.groupId);
    const follows = (lane: HeldLane) => (known(lane)?.answer.lease.id ?? lane.answer.lease.id) !== lane.answer.lease.id;
    const traffic = lanes.some(follows) ? await this.#host.traffic() : new Map();
    return lanes.map((lane) => {
      const { carried: _, ...rest } = lane;
      const counted = traffic.get(lane.groupId);
      const carried = follows(lane) ? counted && { in: counted.dnld, out: counted.upld } : known(lane)?.carried;
      return carried === undefined ? rest : { ...rest, carried };
    });
  }

  /** What each of these lanes has carried under its lease, by group; none where nothing is counted. */
  async count(lanes: readonly HeldLane[]): Promise<ReadonlyMap<number, Octets>> {
    const traffic = await this.#host.traffic();
    const counts = new Map<number, Octets>();
    for (const { groupId, carried, answer } of lanes) {
      const counted = traffic.get(groupId);
      if (counted === undefined) continue;
      const now = { in: counted.dnld, out: counted.upld };
      const seen = this.#seen.get(answer.lease.id);
      const least = seen ?? carried;
      const anew = seen?.anew === true || (least !== undefined && (now.in < least.in || now.out < least.out));
      this.#seen.set(answer.lease.id, { ...now, anew });
      const base = anew ? undefined : carried;
      counts.set(groupId, { in: now.in - (base?.in ?? 0), out: now.out - (base?.out ?? 0) });
    }
    return counts;
  }

  /** The headend does not know it: another number than it was told, or the first that is not 0. */
  isNews({ answer }: HeldLane, { in: received, out: sent }: Octets): boolean {
    const told = this.#told.get(answer.lease.id) ?? { in: 0, out: 0 };
    return told.in !== received || told.out !== sent;
  }

  /** The headend has heard these numbers of these lanes; others' leases are over. */
  told(lanes: readonly HeldLane[], counts: ReadonlyMap<number, Octets>, held: readonly HeldLane[]): void {
    for (const { groupId, answer } of lanes) {
      const octets = counts.get(groupId);
      if (octets !== undefined) this.#told.set(answer.lease.id, octets);
    }
    const leases = new Set(held.map(({ answer }) => answer.lease.id));
    for (const known of [this.#told, this.#seen]) for (const id of known.keys()) if (!leases.has(id)) known.delete(id);
  }
}
