import { type Milliseconds, milliseconds } from '@sublane/basics';
import type { GroupConfig } from '../config/agent-config.ts';
import type { Holdings } from './holdings.ts';
import type { HostKeeper } from './host-keeper.ts';
import type { LaneReporter } from './lane-reporter.ts';
import { validUntil } from './lane-terms.ts';
import type { Renewals } from './renewals.ts';
import { pauseAfter, type Setbacks } from './setbacks.ts';

export interface DueInput {
  readonly held: Pick<Holdings, 'lanes' | 'off' | 'blocked'>;
  /** The groups to be asked for. */
  readonly lacking: readonly Pick<GroupConfig, 'id'>[];
  readonly host: Pick<HostKeeper, 'failing' | 'lookAt'>;
  readonly setbacks: Pick<Setbacks, 'get'>;
  readonly renewals: Pick<Renewals, 'dueAt'>;
  readonly reporter: Pick<LaneReporter, 'trafficAt'>;
  readonly connected: boolean;
  /** What the headend holds for this host is known. */
  readonly synchronised: boolean;
  readonly now: Milliseconds;
}

/** When there is something to do next, in time since boot; undefined: only when something happens. */
export function nextDue(input: DueInput): Milliseconds | undefined {
  const { held, lacking, host, setbacks, renewals, reporter, connected, synchronised, now } = input;
  const times = held.lanes.map(validUntil);
  if (!held.off) {
    if (held.lanes.length + held.blocked.size > 0 || host.failing) times.push(host.lookAt);
    // Nothing is asked for before it is known what is held.
    if (connected && !synchronised) times.push(milliseconds(now + pauseAfter(1)));
    else if (connected) {
      times.push(...held.lanes.flatMap((lane) => renewals.dueAt(lane) ?? []));
      if (held.lanes.length > 0) times.push(reporter.trafficAt);
      times.push(...lacking.flatMap(({ id }) => setbacks.get('request', id)?.retryAt ?? []));
    }
  }
  return times.length === 0 ? undefined : milliseconds(Math.min(...times));
}
