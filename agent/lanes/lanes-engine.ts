import { type Clock, failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import { unsupportedAttachment } from './attachment-check.ts';
import { withBusyGroups } from './busy-groups.ts';
import type { Capability } from './capability.ts';
import type { CommandContext } from './command-text.ts';
import { conflictOf, NO_QUESTIONS, type Questions, questionsFor } from './conflict-check.ts';
import type { Engine, EngineFailure, EngineOptions, LaneCounters, LanesReport } from './engine.ts';
import { driftOf, type Inspection } from './inspection.ts';
import type { JournalRecord, JournalScope, Reached } from './journal.ts';
import { JournalKeeper } from './journal-keeper.ts';
import type { JournalStore } from './journal-store.ts';
import type { Kernel, Ownership, ProbeRequest } from './kernel.ts';
import type { KernelEvent, Watch } from './kernel-event.ts';
import { chooseUplink, type Observation } from './observation.ts';
import { missingCapability, notRoot, occupied } from './obstacles.ts';
import type { Operation } from './operation.ts';
import { explain, type Plan, plan } from './plan.ts';
import { cgroupPath, type Rendered, render } from './render.ts';
import { borrowedBy, stepName } from './steps.ts';
import { uplinkFacts } from './uplink-facts.ts';
import type { Wish } from './wish.ts';
import { checkWish } from './wish-check.ts';

export interface EngineParts {
  readonly kernel: Kernel;
  readonly journal: JournalStore;
  readonly scope: JournalScope;
  readonly clock: Clock;
  readonly ownership: Ownership;
  readonly options: Pick<EngineOptions, 'shaping' | 'capacity' | 'probe'>;
}

export const ownershipOf = (options: EngineOptions): Ownership => ({
  slice: options.slice ?? 'sublane.slice',
  table: options.table ?? 'sublane',
  mark: options.mark ?? 0x5b000000,
  tables: options.tables ?? 510_000,
  preference: options.preference ?? 30_000,
  protocol: options.protocol ?? 151,
  linkGroup: options.linkGroup ?? 0x5b1a,
  handle: options.handle ?? 0x5b1a,
});

const NOTHING: Wish = { uplink: 'auto', lanes: [] };
const NO_OBJECTS: Rendered = { objects: [], lanes: [], cgroups: new Map(), notes: [] };
const MOST_CORRECTIONS = 3;
/** Long enough for a neighbour on a busy radio link, short enough for a person. */
const PROBE = { times: 3, interval: milliseconds(200) };

/** What was observed and what follows from a wish. */
interface Outlook {
  readonly seen: Observation;
  readonly reached: Reached | undefined;
  readonly rendered: Rendered;
  readonly operations: readonly Operation[];
}

export class LanesEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #journal: JournalKeeper;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#journal = new JournalKeeper(parts.journal, parts.scope);
    // A journal that cannot be read is reported by the first call that needs it.
    this.#journal.load();
  }

  observe(): Promise<Result<LanesReport, EngineFailure>> {
    return this.#alone(async () => {
      const loaded = this.#journal.load();
      if (!loaded.ok) return loaded;
      const stranger = await this.#notRoot();
      if (stranger !== undefined) return failed(stranger);
      const { reached } = this.#journal.state;
      const outlook = await this.#outlook(reached?.wish ?? NOTHING, reached);
      if (!outlook.ok) return outlook;
      const { operations, rendered } = outlook.value;
      const context = this.#context();
      const drift = operations.map((operation) => `Not as it should be; missing: ${stepName(operation, context)}`);
      const report = this.#report(outlook.value, 0);
      return ok({ ...report, notes: [...rendered.notes, ...drift] });
    });
  }

  inspect(): Promise<Result<Inspection, EngineFailure>> {
    return this.#alone(async () => {
      const loaded = this.#journal.load();
      if (!loaded.ok) return loaded;
      const { reached, borrowed } = this.#journal.state;
      const wish = reached?.wish ?? NOTHING;
      const outlook = await this.#outlook(wish, reached);
      if (!outlook.ok) return outlook;
      const { operations, seen } = outlook.value;
      const drift = driftOf(operations, wish, this.#parts.ownership, this.#context());
      const uplink = chooseUplink(wish.uplink, seen);
      const moved =
        reached !== undefined &&
        uplink.ok &&
        JSON.stringify(uplinkFacts(uplink.value, seen, borrowed)) !== JSON.stringify(reached.uplink);
      return ok({ drift, stale: moved || drift.length < operations.length, seen });
    });
  }

  plan(wish: Wish): Promise<Result<Plan, EngineFailure>> {
    return this.#alone(async () => {
      const faults = checkWish(wish);
      if (faults[0] !== undefined) return failed(faults[0]);
      const missing = missingCapability(await this.#parts.kernel.capabilities());
      if (missing !== undefined) return failed(missing);
      const outlook = await this.#outlook(wish);
      if (!outlook.ok) return outlook;
      const { operations, rendered } = outlook.value;
      const context = this.#context();
      return ok({ steps: explain(operations, context), notes: rendered.notes });
    });
  }

  converge(wish: Wish): Promise<Result<LanesReport, EngineFailure>> {
    return this.#locked(() => this.#converge(wish));
  }

  extend(ends: ReadonlyMap<number, Milliseconds>): Promise<Result<LanesReport, EngineFailure>> {
    return this.#locked(() => {
      const { wish, uplink } = this.#journal.state.reached ?? { wish: NOTHING, uplink: undefined };
      const lanes = wish.lanes.map((lane) => ({ ...lane, validUntil: ends.get(lane.groupId) ?? lane.validUntil }));
      // By what is known of the uplink: a default route that is away for a moment ends no lease.
      const extended = { ...wish, lanes };
      return this.#converge(extended, uplink && { wish: extended, uplink });
    });
  }

  repair(): Promise<Result<LanesReport | undefined, EngineFailure>> {
    return this.#locked(async () => {
      const { open, reached } = this.#journal.state;
      if (!open && reached !== undefined) return ok(undefined);
      const outlook = await this.#outlook(reached?.wish ?? NOTHING, reached);
      if (!outlook.ok) return outlook;
      if (!open && outlook.value.operations.length === 0) return ok(undefined);
      const restored = await this.#restore();
      if (!restored.ok) return restored;
      return ok(this.#report(outlook.value, outlook.value.operations.length));
    });
  }

  undo(): Promise<Result<undefined, EngineFailure>> {
    return this.#locked(async () => {
      const stranger = await this.#notRoot();
      if (stranger !== undefined) return failed(stranger);
      const done = await this.#change(NOTHING, 'everything');
      return done.ok ? ok() : done;
    });
  }

  counters(): Promise<Result<readonly LaneCounters[], EngineFailure>> {
    return this.#parts.kernel.counters();
  }

  capabilities(): Promise<readonly Capability[]> {
    return this.#parts.kernel.capabilities();
  }

  current(): Wish | undefined {
    return this.#journal.state.reached?.wish;
  }

  enter(groupId: number, pid: number): Result<undefined, EngineFailure> {
    return this.#parts.kernel.enter(cgroupPath(this.#parts.ownership, groupId), pid);
  }

  members(groupId: number): readonly number[] {
    return this.#parts.kernel.members(cgroupPath(this.#parts.ownership, groupId));
  }

  watch(listener: (event: KernelEvent) => void): Watch {
    return this.#parts.kernel.watch(listener);
  }

  async #converge(wish: Wish, known?: Reached): Promise<Result<LanesReport, EngineFailure>> {
    const faults = checkWish(wish);
    if (faults[0] !== undefined) return failed(faults[0]);
    const missing = missingCapability(await this.#parts.kernel.capabilities());
    if (missing !== undefined) return failed(missing);
    return this.#change(wish, 'what is idle', known);
  }

  /** Observe, plan, journal, apply, verify, journal. */
  async #change(
    wish: Wish,
    remove: 'what is idle' | 'everything',
    known?: Reached,
  ): Promise<Result<LanesReport, EngineFailure>> {
    const outlook = await this.#outlook(wish, known, remove);
    if (!outlook.ok) return outlook;
    const { operations, reached, rendered, seen } = outlook.value;
    const taken = occupied(operations, seen);
    if (taken !== undefined) return failed(taken);
    // What was reached before is not asked about again.
    const questions = known === undefined ? this.#questions(outlook.value) : NO_QUESTIONS;
    const asked = await this.#ask(wish, questions.now);
    if (!asked.ok) return asked;
    const notes = [...asked.value];
    const report = this.#report(outlook.value, operations.length);
    const last: JournalRecord = { kind: 'reached', reached, borrowed: borrowedBy(rendered.objects) };
    if (operations.length === 0) {
      if (JSON.stringify(reached) !== JSON.stringify(this.#journal.state.reached) || this.#journal.state.open) {
        const written = this.#journal.write(last);
        if (!written.ok) return written;
      }
      return ok(report);
    }

    const context = this.#context();
    const steps = operations.map((operation) => stepName(operation, context));
    const begun = this.#journal.write({ kind: 'begin', reached, borrowed: borrowedBy(rendered.objects), steps });
    if (!begun.ok) return begun;
    this.#expelLeavers(operations);
    const prepared = await this.#applyOrRestore(questions.preparation);
    if (!prepared.ok) return prepared;
    const askedLater = await this.#ask(wish, questions.later);
    if (!askedLater.ok) {
      await this.#restore();
      return askedLater;
    }
    notes.push(...askedLater.value);
    const rest = operations.filter((operation) => !questions.preparation.includes(operation));
    const applied = await this.#applyOrRestore(rest);
    if (!applied.ok) return applied;

    const after = await this.#left(wish, reached, remove);
    if (!after.ok) {
      // What cannot be checked is not kept.
      const restored = await this.#restore();
      return failed(after.failure.kind === 'refused' ? { ...after.failure, restored: restored.ok } : after.failure);
    }
    if (after.value.operations.length > 0) {
      const differences = after.value.operations.map((operation) => stepName(operation, context));
      const restored = await this.#restore();
      return failed({ kind: 'unverified', differences, restored: restored.ok });
    }
    const written = this.#journal.write(last);
    if (written.ok) return ok({ ...report, notes: [...report.notes, ...notes] });
    // What cannot be remembered is not kept.
    await this.#restore();
    return written;
  }

  /**
   * What is left to do after a change: nothing, if all is as wished. What was otherwise is done again, a few times:
   * lifetimes are told to the kernel as a time from now, and end too late on a machine that stood still meanwhile; and
   * the kernel or somebody may have taken away, between looking and doing, what was there (an address whose lifetime
   * ended takes the source of its routes with it).
   */
  async #left(
    wish: Wish,
    reached: Reached | undefined,
    remove: 'what is idle' | 'everything',
  ): Promise<Result<Outlook, EngineFailure>> {
    for (let corrections = 0; ; corrections++) {
      const outlook = await this.#outlook(wish, reached, remove);
      if (!outlook.ok || corrections === MOST_CORRECTIONS) return outlook;
      const { operations } = outlook.value;
      if (operations.length === 0) return outlook;
      await this.#parts.kernel.apply(operations, this.#now());
    }
  }

  #questions({ operations, rendered, seen, reached }: Outlook): Questions {
    if (this.#parts.options.probe === false) return NO_QUESTIONS;
    const before = this.#journal.state.reached;
    return questionsFor({ operations, wanted: rendered.objects, seen, reached, before, now: this.#now() });
  }

  /** Notes on what could not be asked; the failure where someone else has an address. */
  async #ask(wish: Wish, requests: readonly ProbeRequest[]): Promise<Result<readonly string[], EngineFailure>> {
    if (requests.length === 0) return ok([]);
    const outcome = await this.#parts.kernel.probe(requests, this.#parts.options.probe || PROBE);
    const conflict = conflictOf(wish, outcome);
    return conflict === undefined ? ok(outcome.notes) : failed(conflict);
  }

  async #applyOrRestore(operations: readonly Operation[]): Promise<Result<undefined, EngineFailure>> {
    if (operations.length === 0) return ok();
    const applied = await this.#parts.kernel.apply(operations, this.#now());
    if (applied.ok) return applied;
    const restored = await this.#restore();
    const { index, message } = applied.failure;
    const step = operations[index] === undefined ? '' : stepName(operations[index], this.#context());
    return failed({ kind: 'refused', step, message, restored: restored.ok });
  }

  /** Back to the last state reached, from wherever the kernel is now. */
  async #restore(): Promise<Result<undefined, EngineFailure>> {
    const { reached } = this.#journal.state;
    const outlook = await this.#outlook(reached?.wish ?? NOTHING, reached);
    if (!outlook.ok) return outlook;
    const { operations, rendered } = outlook.value;
    this.#expelLeavers(operations);
    const applied = await this.#parts.kernel.apply(operations, this.#now());
    if (!applied.ok) {
      const { index, message } = applied.failure;
      const context = this.#context();
      const step = operations[index] === undefined ? '' : stepName(operations[index], context);
      return failed({ kind: 'refused', step, message, restored: false });
    }
    return this.#journal.write({ kind: 'reached', reached, borrowed: borrowedBy(rendered.objects) });
  }

  /** `known`: a state that was reached before is rendered by the facts of that time. */
  async #outlook(
    wish: Wish,
    known?: Reached,
    remove: 'what is idle' | 'everything' = 'what is idle',
  ): Promise<Result<Outlook, EngineFailure>> {
    const { kernel, ownership, options } = this.#parts;
    const { borrowed } = this.#journal.state;
    const now = this.#now();
    const observed = await kernel.observe({ now, uplink: wish.uplink, borrowed });
    if (!observed.ok) return observed;
    const seen = observed.value;

    let reached = known;
    let rendered = NO_OBJECTS;
    if (wish.lanes.length > 0) {
      if (reached === undefined) {
        const uplink = chooseUplink(wish.uplink, seen);
        if (!uplink.ok) return uplink;
        const refused = unsupportedAttachment(wish.lanes, uplink.value, seen, await kernel.capabilities());
        if (refused !== undefined) return failed(refused);
        reached = { wish, uplink: uplinkFacts(uplink.value, seen, borrowed) };
      }
      const capabilities = await kernel.capabilities();
      rendered = render({
        wish,
        uplink: reached.uplink,
        capabilities,
        ownership,
        shaping: options.shaping ?? true,
        ...(options.capacity !== undefined && { capacity: options.capacity }),
        now,
      });
    }
    const wanted = remove === 'everything' ? [] : withBusyGroups(rendered.objects, seen.objects, ownership);
    return ok({
      seen,
      reached: reached?.wish.lanes.length ? reached : undefined,
      rendered,
      operations: plan(seen.objects, wanted),
    });
  }

  #report({ reached, rendered }: Outlook, steps: number): LanesReport {
    const { kernel, ownership } = this.#parts;
    return {
      uplink: reached?.uplink.name,
      lanes: rendered.lanes.map((lane) => ({
        ...lane,
        cgroup: kernel.cgroupDirectory(cgroupPath(ownership, lane.groupId)),
      })),
      notes: rendered.notes,
      steps,
    };
  }

  async #notRoot(): Promise<EngineFailure | undefined> {
    return notRoot(await this.#parts.kernel.capabilities());
  }

  #expelLeavers(operations: readonly Operation[]): void {
    for (const { verb, object } of operations)
      if (verb === 'remove' && object.kind === 'cgroup' && (object.members ?? 0) > 0)
        this.#parts.kernel.expel(object.path);
  }

  #context(): CommandContext {
    const { protocol, linkGroup } = this.#parts.ownership;
    return { now: this.#now(), protocol, addressMetric: linkGroup, cgroups: this.#parts.kernel.cgroupDirectory('') };
  }

  #now(): Milliseconds {
    return this.#parts.clock.sinceBoot();
  }

  #locked<T>(work: () => Promise<Result<T, EngineFailure>>): Promise<Result<T, EngineFailure>> {
    return this.#alone(() => this.#journal.alone(work));
  }

  /** One call after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
