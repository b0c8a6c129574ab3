import { type Milliseconds, milliseconds } from '@sublane/basics';
import type { HeldLane } from './agent-state.ts';
import type { Holdings } from './holdings.ts';
import type { HostKeeper } from './host-keeper.ts';
import { renewAt, validUntil } from './lane-terms.ts';
import { pauseAfter, type Setbacks } from './setbacks.ts';

export interface DueInput {
  readonly held: Pick<Holdings, 'lanes' | 'off' | 'blocked' | 'wanted'>;
  readonly host: Pick<HostKeeper, 'failing' | 'lookAt'>;
  readonly setbacks: Pick<Setbacks, 'get'>;
  readonly connected: boolean;
  /** What the headend holds for this host is known. */
  readonly synchronised: boolean;
  readonly now: Milliseconds;
}

/** When there is something to do next, in time since boot; undefined: only when something happens. */
export function nextDue({ held, host, setbacks, connected, synchronised, now }: DueInput): Milliseconds | undefined {
  const times = held.lanes.map(validUntil);
  if (!held.off) {
    if (held.lanes.length + held.blocked.size > 0 || host.failing) times.push(host.lookAt);
    if (connected) {
      if (!synchronised) times.push(milliseconds(now + pauseAfter(1)));
      times.push(...held.lanes.map((lane) => renewDue(lane, setbacks)));
      times.push(...held.wanted.flatMap(({ id }) => setbacks.get('request', id)?.retryAt ?? []));
    }
  }
  return times.length === 0 ? undefined : milliseconds(Math.min(...times));
}

/** A renewal that failed is tried again later, not at once. */
export const renewDue = (lane: HeldLane, setbacks: Pick<Setbacks, 'get'>): Milliseconds =>
  milliseconds(Math.max(renewAt(lane), setbacks.get('renewal', lane.groupId)?.retryAt ?? 0));
