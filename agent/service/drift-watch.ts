import { type Clock, type Log, type Milliseconds, milliseconds } from '@sublane/basics';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';

export interface DriftWatchParts {
  readonly watch: (listener: (event: KernelEvent) => void) => Watch;
  /** Looks whether anything is to be done, and does it; whether there was. `hint`: only an event says so. */
  readonly look: (hint?: 'hint') => Promise<boolean>;
  /** When it is to look without an event, in time since boot. */
  readonly lookAt: () => Milliseconds;
  /** Whether the machine stood still since this was asked last. */
  readonly stoodStill: () => boolean;
  /** It did: everything may be too late. */
  readonly resume: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A program that changes one thing mostly changes more: wait for the rest of it. */
const SETTLE = milliseconds(100);
/** Between two looks, where the first found something or the event is of what is ours. */
const GAP = milliseconds(300);
/** On a host whose routes and links always change, and never ours. */
const LONGEST_GAP = milliseconds(2_000);
const LONGEST_PAUSE = milliseconds(60_000);

/** What has happened since the last look; the more urgent, the greater. */
const Pending = { nothing: 0, foreign: 1, own: 2 } as const;
type Pending = number;

/**
 * Looks at the host soon after something has changed in its kernel, until the signal: within half a second where it is
 * ours, at most some three times a second. Changes of our own make one look that finds nothing. And looks when it is time to.
 */
export async function watchDrift(parts: DriftWatchParts): Promise<void> {
  const { look, resume, stoodStill, clock, log, signal } = parts;
  let pending: Pending = Pending.nothing;
  let woken = new AbortController();
  let asleep = false;
  const watching = parts.watch(({ own, subject }) => {
    // Before anything else is sent: what the kernel was to end by itself has not ended meanwhile.
    asleep ||= pending === Pending.nothing && stoodStill();
    const rank = own || subject === 'anything' ? Pending.own : Pending.foreign;
    if (rank <= pending && !asleep) return;
    pending = Math.max(rank, pending);
    woken.abort();
  });
  /** Until `duration` is over, something more urgent is pending, or the end. */
  const pause = async (duration: Milliseconds): Promise<void> => {
    woken = new AbortController();
    await clock.sleep(duration, AbortSignal.any([woken.signal, signal])).catch(() => {});
  };
  const job = async (what: string, work: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await work();
    } catch (error) {
      log.error({ what, err: error }, 'internal error; going on');
      return false;
    }
  };

  let gap = GAP;
  let last = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    if (asleep) {
      asleep = false;
      pending = Pending.nothing;
      await job('resume', resume);
      last = clock.sinceBoot();
    } else if (parts.lookAt() <= clock.sinceBoot() && last + GAP <= clock.sinceBoot()) {
      await job('look', () => look());
      last = clock.sinceBoot();
    } else if (pending === Pending.nothing) {
      const until = Math.max(parts.lookAt(), last + GAP) - clock.sinceBoot();
      await pause(milliseconds(Math.min(LONGEST_PAUSE, until)));
      asleep ||= stoodStill();
      if (pending !== Pending.nothing && !asleep) await clock.sleep(SETTLE, signal).catch(() => {});
    } else {
      const wait = last + (pending === Pending.own ? GAP : gap) - clock.sinceBoot();
      if (wait > 0) {
        await pause(milliseconds(wait));
        continue;
      }
      const urgent = pending === Pending.own;
      pending = Pending.nothing;
      const found = await job('look', () => look('hint'));
      last = clock.sinceBoot();
      gap = found || urgent ? GAP : milliseconds(Math.min(LONGEST_GAP, gap * 2));
    }
  }
  watching.close();
}
