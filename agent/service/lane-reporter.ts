import { type Clock, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { HeldLane } from './agent-state.ts';
import type { Declined } from './grants.ts';
import type { HeadendLink, LinkFailure } from './headend-link.ts';
import type { LaneHost } from './lane-host.ts';
import { type Conflict, ConflictLedger, conflictReports, laneReports } from './lane-reports.ts';
import { OctetLedger, type Octets } from './octets.ts';
import type { Setbacks } from './setbacks.ts';

/** The longest that the headend does not know what lanes carry. */
const TRAFFIC_EVERY = milliseconds(5 * 60_000);

export interface LaneReporterParts {
  readonly link: Pick<HeadendLink, 'report'>;
  readonly host: Pick<LaneHost, 'traffic'>;
  readonly clock: Clock;
  readonly setbacks: Pick<Setbacks, 'get'>;
  /** All lanes held. */
  readonly held: () => readonly HeldLane[];
}

/** Tells the headend what became of lanes and what they have carried: one message for all groups. */
export class LaneReporter {
  readonly #parts: LaneReporterParts;
  readonly #octets: OctetLedger;
  readonly #conflicts = new ConflictLedger();
  #trafficAt: Milliseconds;

  constructor(parts: LaneReporterParts) {
    this.#parts = parts;
    this.#octets = new OctetLedger(parts.host);
    this.#trafficAt = milliseconds(parts.clock.sinceBoot() + TRAFFIC_EVERY);
  }

  /** When what lanes carry is to be told of next, in time since boot. */
  get trafficAt(): Milliseconds {
    return this.#trafficAt;
  }

  /** Lanes whose leases are new count from now. */
  begin(lanes: readonly HeldLane[], before: readonly HeldLane[]): Promise<readonly HeldLane[]> {
    return this.#octets.begin(lanes, before);
  }

  /** What became of these lanes, with what they have carried: as counted a moment ago, or else now. */
  async tell(
    lanes: readonly HeldLane[],
    declined: readonly Declined[] = [],
    counted?: ReadonlyMap<number, Octets>,
  ): Promise<Result<undefined, LinkFailure>> {
    const reports = laneReports(lanes, declined, this.#parts.setbacks);
    if (reports.length === 0) return ok();
    const counts = counted ?? (await this.#octets.count(lanes));
    const told = await this.#parts.link.report(
      reports.map((report) => {
        const octets = report.state === 'applied' ? counts.get(report.groupId) : undefined;
        return octets === undefined ? report : { ...report, octets };
      }),
    );
    if (told.ok) {
      const heard = reports.filter(({ state }) => state === 'applied').map(({ groupId }) => groupId);
      const standing = lanes.filter(({ groupId }) => heard.includes(groupId));
      this.#octets.told(standing, counts, this.#parts.held());
    }
    return told;
  }

  /** What lanes have carried, of those where the headend does not know it. Unheard, the next time tells. */
  async tellTraffic(lanes: readonly HeldLane[]): Promise<Result<undefined, LinkFailure>> {
    const counts = await this.#octets.count(lanes);
    this.#trafficAt = milliseconds(this.#parts.clock.sinceBoot() + TRAFFIC_EVERY);
    const news = lanes.filter((lane) => {
      const octets = counts.get(lane.groupId);
      return octets !== undefined && this.#octets.isNews(lane, octets);
    });
    return this.tell(news, [], counts);
  }

  /** Conflicts that the headend does not know of; they count as told, whether or not they are heard. Answers them. */
  async tellConflicts(): Promise<Result<readonly Conflict[], LinkFailure>> {
    const found = this.#conflicts.take(this.#parts.held(), this.#parts.setbacks);
    if (found.length === 0) return ok(found);
    const told = await this.#parts.link.report(conflictReports(found));
    return told.ok ? ok(found) : told;
  }
}
