import { failed, type Milliseconds, milliseconds, ok, type Result, Turns } from '@sublane/basics';
import type { Drift } from '../lanes/inspection.ts';
import { type Surroundings, sameNetwork } from '../lanes/surroundings.ts';
import type { HeldLane } from './agent-state.ts';
import { type Contest, DriftTally, type RepairCount } from './drift-tally.ts';
import type { HostFailure, HostStep, HostView, LaneHost } from './lane-host.ts';
import { pauseAfter, type Setbacks } from './setbacks.ts';
import { standEach } from './stand-each.ts';
import { Whereabouts, type WhereaboutsParts } from './whereabouts.ts';

/** How often the host is looked at, whatever else happens: of sysctls nobody is told. */
const LOOK_EVERY = milliseconds(60_000);

export interface HostKeeperParts extends WhereaboutsParts {
  readonly host: Pick<LaneHost, 'apply' | 'plan' | 'look' | 'undo'>;
  /** Where it is noted which lanes this host cannot make. */
  readonly setbacks: Setbacks;
}

/** What `status` says of the host around the lanes. */
export interface HostStatus {
  readonly surroundings?: { readonly state: Surroundings['state']; readonly reason?: string; readonly text: string };
  readonly repairs: readonly RepairCount[];
  /** What others change again and again; left alone for `retryIn` milliseconds. */
  readonly contests: readonly { readonly object: string; readonly repair: string; readonly retryIn: Milliseconds }[];
}

/** What came of a look at the host. */
export interface Looked {
  readonly stands: Result<undefined, HostFailure>;
  /** Something was put right, taken away or given back. */
  readonly changed: boolean;
  /** The host is in another network than the headend has last spoken over: it is to be asked. */
  readonly ask: boolean;
}

type Away = Surroundings & { readonly state: 'away' };

const UNCHANGED: Looked = { stands: ok(), changed: false, ask: false };

/**
 * Keeps this host at the lanes it is told: makes what can be made, tries the rest again in its own time, puts right what
 * others change, and takes the lanes away where they cannot be. Owns no timer. Its jobs wait for each other, and for
 * nothing else: not for a headend that does not answer.
 */
export class HostKeeper {
  readonly #parts: HostKeeperParts;
  readonly #turns = new Turns();
  readonly #tally: DriftTally;
  readonly #where: Whereabouts;
  #lanes: readonly HeldLane[];
  /** Not after `undo`: then nothing is to stand, and nobody minds. */
  #keeping = true;
  /** The groups whose lanes stood last. */
  #standing: ReadonlySet<number>;
  /** What is no longer to stand is gone; a lane that could not be made may be missing. */
  #reached = true;
  /** In a row. */
  #failures = 0;
  #lookAt: Milliseconds;
  /** What there was to do at the last look: where that failed, the same is not tried again before its time. */
  #work: string | undefined;
  readonly #news = new Set<number>();

  /** `held`: the lanes an earlier run left standing. */
  constructor(parts: HostKeeperParts, held: readonly HeldLane[]) {
    this.#parts = parts;
    this.#tally = new DriftTally(parts.clock, parts.surroundings.drift);
    this.#where = new Whereabouts(parts, held.length > 0);
    this.#lanes = held;
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

  /**
   * Makes other lanes stand than before: all that can be. Of several failures the first is returned. `heard`: the
   * headend has just said so, and thereby that they are of the network the host is in now.
   */
  hold(lanes: readonly HeldLane[], heard?: 'heard'): Promise<Result<undefined, HostFailure>> {
    return this.#turns.take(async () => {
      this.#lanes = lanes;
      this.#keeping = true;
      this.#failures = 0;
      const seen = await this.#see(heard);
      if (!seen.ok) return this.#stand();
      const { around } = this.#where;
      return around?.state === 'away' ? this.#goAway(around) : this.#stand();
    });
  }

  /**
   * The host put right where it is not as it should be, by whatever cause. `hint`: something has happened, and there may
   * be nothing to do; else everything is gone through.
   */
  look(hint?: 'hint'): Promise<Looked> {
    return this.#turns.take(async () => {
      if (!this.#keeping) return UNCHANGED;
      const before = this.#where.around;
      const seen = await this.#see();
      // What cannot be seen can often not be changed either: trying says why.
      if (!seen.ok)
        return hint ? { ...UNCHANGED, stands: seen } : { ...UNCHANGED, stands: await this.#stand(), changed: true };
      const { around } = this.#where;
      if (around?.state === 'away') return this.#lookAway(around, before, seen.value, hint);
      return this.#lookRight(before, seen.value, hint);
    });
  }

  /** After `held` came back: lanes that are not held any more are off the host, whatever else failed. */
  isClean(held: Result<undefined, { readonly kind: string }>): boolean {
    return held.ok || (held.failure.kind === 'host' && this.#reached);
  }

  /** What would be done now for these lanes. */
  plan(lanes: readonly HeldLane[]): Promise<Result<readonly HostStep[], HostFailure>> {
    return this.#turns.take(async () => {
      await this.#see();
      return this.#parts.host.plan(this.#where.around?.state === 'away' ? [] : lanes);
    });
  }

  /** Every trace off the host. Nothing is put right any more. */
  undo(): Promise<Result<undefined, HostFailure>> {
    return this.#turns.take(async () => {
      this.#keeping = false;
      return this.#parts.host.undo();
    });
  }

  /** Groups whose lanes came or went without anybody asking, since this was asked last: the headend is to hear of it. */
  takeNews(): ReadonlySet<number> {
    const news = new Set(this.#news);
    this.#news.clear();
    return news;
  }

  status(): HostStatus {
    const { around } = this.#where;
    const now = this.#parts.clock.sinceBoot();
    return {
      ...(around && {
        surroundings: {
          state: around.state,
          ...(around.state === 'away' && { reason: around.reason }),
          text: around.text,
        },
      }),
      repairs: this.#tally.counts,
      contests: this.#tally.contests.map(({ drift, retryAt }) => ({
        object: drift.object,
        repair: drift.repair,
        retryIn: milliseconds(Math.max(0, retryAt - now)),
      })),
    };
  }

  /** Looks at the host, and where it is. */
  async #see(heard?: 'heard'): Promise<Result<HostView, HostFailure>> {
    const view = await this.#parts.host.look();
    if (!view.ok) return view;
    this.#where.follow(view.value, heard === 'heard');
    const until = this.#where.waitingUntil;
    if (until !== undefined) this.#lookAt = milliseconds(Math.min(this.#lookAt, until));
    return view;
  }

  async #lookAway(
    around: Away,
    before: Surroundings | undefined,
    { drift, stale }: HostView,
    hint: 'hint' | undefined,
  ): Promise<Looked> {
    const entered = before?.state !== 'away' || before.reason !== around.reason;
    const elsewhere =
      before?.network === undefined || around.network === undefined || !sameNetwork(before.network, around.network);
    const ask = around.reason === 'other-network' && (entered || elsewhere);
    const { due } = this.#sort(drift);
    if (hint && !entered && !this.#hasWork(due, stale)) return { ...UNCHANGED, ask };
    if (entered) for (const { groupId } of this.#lanes) this.#news.add(groupId);
    await this.#goAway(around);
    if (!this.failing && !entered) this.#putRight(due);
    // That lanes are away is no failure of this look.
    return { stands: ok(), changed: entered || due.length > 0, ask };
  }

  async #lookRight(
    before: Surroundings | undefined,
    { drift, stale }: HostView,
    hint: 'hint' | undefined,
  ): Promise<Looked> {
    const { setbacks } = this.#parts;
    // Without an uplink nothing can be made; what stands may stand a moment longer.
    if (this.#where.waitingUntil !== undefined) return UNCHANGED;
    if (drift.length === 0) this.#where.settled();
    const { flapped } = this.#where;
    const { due, calmed } = flapped ? { due: drift, calmed: false } : this.#sort(drift);
    const back = before?.state === 'away';
    const periodic = hint === undefined && drift.length === due.length;
    if (!back && !calmed && !this.#hasWork(due, stale) && !periodic) {
      this.#lookLater();
      return UNCHANGED;
    }
    const failing = this.#lanes.filter(({ groupId }) => setbacks.get('host', groupId));
    const stands = await this.#stand();
    if (stands.ok && !flapped) this.#putRight(due);
    if (stands.ok) this.#where.settled();
    const made = failing.filter(({ groupId }) => setbacks.get('host', groupId) === undefined);
    for (const { groupId } of made) this.#news.add(groupId);
    return { stands, changed: back || due.length > 0 || made.length > 0, ask: false };
  }

  /** What of the drift is to be put right now. `calmed`: something that was given up is as it should be. */
  #sort(drift: readonly Drift[]): { readonly due: readonly Drift[]; readonly calmed: boolean } {
    const before = this.#tally.contests.length;
    const { due, givenUp } = this.#tally.sort(drift);
    const calmed = this.#tally.contests.length < before + givenUp.length;
    for (const contest of givenUp) {
      const reason = this.#noteContest(contest);
      this.#parts.log.error({ repair: contest.drift.repair }, reason);
      // Told once, not after every pause.
      if (contest.pauses === 1) for (const { groupId } of this.#concerned(contest)) this.#news.add(groupId);
    }
    return { due, calmed };
  }

  /** A change that fails is an event itself, and must not be the cause of the next. */
  #hasWork(due: readonly Drift[], stale: boolean): boolean {
    const work = due.length > 0 || stale ? JSON.stringify([due.map(({ object }) => object), stale]) : undefined;
    const before = this.#work;
    this.#work = work;
    if (!this.failing) return work !== undefined;
    return this.#lookAt <= this.#parts.clock.sinceBoot() || (work !== undefined && work !== before);
  }

  /** The lanes off the host, but held: they come back with the surroundings. */
  async #goAway(around: Away): Promise<Result<undefined, HostFailure>> {
    const { host, clock, setbacks } = this.#parts;
    const gone = await host.apply([]);
    this.#reached = gone.ok;
    this.#failures = gone.ok ? 0 : this.#failures + 1;
    const pause = gone.ok ? LOOK_EVERY : pauseAfter(this.#failures);
    this.#lookAt = milliseconds(clock.sinceBoot() + pause);
    if (gone.ok) this.#standing = new Set();
    const reason = gone.ok ? around.text : `${around.text}; the lanes could not be taken away: ${gone.failure.reason}`;
    setbacks.keepOnly(new Set(this.#lanes.map(({ groupId }) => groupId)));
    for (const { groupId } of this.#lanes)
      setbacks.set('host', groupId, { reason, tries: 0, retryAt: this.#lookAt, away: around.reason });
    return failed({ kind: 'host', reason, everyLane: true });
  }

  async #stand(): Promise<Result<undefined, HostFailure>> {
    const { host, clock, setbacks } = this.#parts;
    const ids = this.#lanes.map(({ groupId }) => groupId);
    const { failures, reached, failure } = await standEach(host, this.#lanes, this.#standing);
    this.#failures = failure === undefined ? 0 : this.#failures + 1;
    this.#lookAt = milliseconds(clock.sinceBoot() + (failure === undefined ? LOOK_EVERY : pauseAfter(this.#failures)));
    this.#reached = reached;
    if (reached) this.#standing = new Set(ids.filter((id) => !failures.has(id)));
    setbacks.keepOnly(new Set(ids));
    for (const id of ids) {
      const why = failures.get(id);
      if (why === undefined) setbacks.clear('host', id);
      else {
        const { reason, conflict } = why;
        const setback = { reason, tries: this.#failures, retryAt: this.#lookAt, ...(conflict && { conflict }) };
        setbacks.set('host', id, setback);
      }
    }
    for (const contest of this.#tally.contests) this.#noteContest(contest);
    return failure === undefined ? ok() : failed(failure);
  }

  #putRight(drift: readonly Drift[]): void {
    if (drift.length === 0) return;
    this.#tally.repaired(drift);
    const { log } = this.#parts;
    log.warn({ repairs: drift.map(({ repair }) => repair) }, 'another program changed what is the lanes’; put right');
  }

  #noteContest(contest: Contest): string {
    const { drift, pauses, retryAt } = contest;
    const reason = `another program changes ${drift.object} again and again; it is left so for now (what puts it right: ${drift.repair})`;
    this.#lookAt = milliseconds(Math.min(this.#lookAt, retryAt));
    for (const { groupId } of this.#concerned(contest))
      if (this.#parts.setbacks.get('host', groupId) === undefined)
        this.#parts.setbacks.set('host', groupId, { reason, tries: pauses, retryAt });
    return reason;
  }

  #concerned({ drift }: Contest): readonly HeldLane[] {
    return this.#lanes.filter(({ groupId }) => drift.groupId === undefined || drift.groupId === groupId);
  }

  /** Nothing to do now: later, and in time for what is left alone for a while. */
  #lookLater(): void {
    const now = this.#parts.clock.sinceBoot();
    if (this.#lookAt <= now) this.#lookAt = milliseconds(now + LOOK_EVERY);
    for (const { retryAt } of this.#tally.contests) this.#lookAt = milliseconds(Math.min(this.#lookAt, retryAt));
  }
}
