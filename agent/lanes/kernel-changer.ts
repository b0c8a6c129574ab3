import { type Clock, failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import { unsupportedAttachment } from './attachment-check.ts';
import { withBusyGroups } from './busy-groups.ts';
import type { CommandContext } from './command-text.ts';
import { conflictOf, NO_QUESTIONS, type Questions, questionsFor } from './conflict-check.ts';
import type { EngineFailure, EngineOptions, LanesReport, UndoReport } from './engine.ts';
import type { JournalRecord, JournalScope, Reached } from './journal.ts';
import type { JournalKeeper } from './journal-keeper.ts';
import type { JournalStore } from './journal-store.ts';
import type { Kernel, Ownership, ProbeRequest } from './kernel.ts';
import { chooseUplink, type LinkFact, type Observation, type UplinkFacts } from './observation.ts';
import { occupied, tooNarrow } from './obstacles.ts';
import type { Operation } from './operation.ts';
import { plan } from './plan.ts';
import { cgroupPath, type Rendered, render } from './render.ts';
import { remotesToAsk } from './shared-link.ts';
import { borrowedBy, stepName } from './steps.ts';
import { preferenceBefore, uplinkFacts } from './uplink-facts.ts';
import type { Wish } from './wish.ts';

export interface EngineParts {
  readonly kernel: Kernel;
  readonly journal: JournalStore;
  readonly scope: JournalScope;
  readonly clock: Clock;
  readonly ownership: Ownership;
  /** Who used this journal before by other names and numbers: what still stands by those is taken away first. */
  readonly predecessor?: { readonly kernel: Kernel; readonly ownership: Ownership };
  readonly options: Pick<EngineOptions, 'shaping' | 'capacity' | 'probe' | 'beforeOthers' | 'mostRoutes'>;
}

export const NOTHING: Wish = { uplink: 'auto', lanes: [] };
const NO_OBJECTS: Rendered = { objects: [], lanes: [], cgroups: new Map(), notes: [] };
const NOT_PUT_BACK =
  'what it says of settings that were changed on the uplink (arp_ignore, arp_announce) is not known, and they stay as they are';
const MOST_CORRECTIONS = 3;
/** Long enough for a neighbour on a busy radio link, short enough for a person. */
const PROBE = { times: 3, interval: milliseconds(200) };

/** What was observed and what follows from a wish. */
export interface Outlook {
  readonly seen: Observation;
  readonly reached: Reached | undefined;
  readonly rendered: Rendered;
  readonly operations: readonly Operation[];
}

type Removing = 'what is idle' | 'everything';

/** Changes of the kernel, one at a time: each ends in the state wished for or in the one before. */
export class KernelChanger {
  readonly #parts: EngineParts;
  readonly #journal: JournalKeeper;

  constructor(parts: EngineParts, journal: JournalKeeper) {
    this.#parts = parts;
    this.#journal = journal;
  }

  /** Observe, plan, journal, apply, verify, journal. */
  async change(wish: Wish, remove: Removing, known?: Reached): Promise<Result<LanesReport, EngineFailure>> {
    const outlook = await this.outlook(wish, known, remove);
    if (!outlook.ok) return outlook;
    const { operations, reached, rendered, seen } = outlook.value;
    const taken = occupied(operations, seen) ?? tooNarrow(rendered.objects);
    if (taken !== undefined) return failed(taken);
    // What was reached before is not asked about again.
    const questions = known === undefined ? this.#questions(outlook.value) : NO_QUESTIONS;
    const asked = await this.#ask(wish, questions.now);
    if (!asked.ok) return asked;
    const notes = [...asked.value];
    const report = this.report(outlook.value, operations.length);
    const last: JournalRecord = { kind: 'reached', reached, borrowed: borrowedBy(rendered.objects) };
    if (operations.length === 0) {
      if (JSON.stringify(reached) !== JSON.stringify(this.#journal.state.reached) || this.#journal.state.open) {
        const written = this.#journal.write(last);
        if (!written.ok) return written;
      }
      return ok(report);
    }

    const context = this.context();
    const steps = operations.map((operation) => stepName(operation, context));
    const begun = this.#journal.write({ kind: 'begin', reached, borrowed: borrowedBy(rendered.objects), steps });
    if (!begun.ok) return begun;
    this.#expelLeavers(operations);
    const prepared = await this.#applyOrRestore(questions.preparation);
    if (!prepared.ok) return prepared;
    const askedLater = await this.#ask(wish, questions.later);
    if (!askedLater.ok) {
      await this.restore();
      return askedLater;
    }
    notes.push(...askedLater.value);
    const rest = operations.filter((operation) => !questions.preparation.includes(operation));
    const applied = await this.#applyOrRestore(rest);
    if (!applied.ok) return applied;

    const after = await this.#left(wish, reached, remove);
    if (!after.ok) {
      // What cannot be checked is not kept.
      const restored = await this.restore();
      return failed(after.failure.kind === 'refused' ? { ...after.failure, restored: restored.ok } : after.failure);
    }
    if (after.value.operations.length > 0) {
      const differences = after.value.operations.map((operation) => stepName(operation, context));
      const restored = await this.restore();
      return failed({ kind: 'unverified', differences, restored: restored.ok });
    }
    const written = this.#journal.write(last);
    if (written.ok) return ok({ ...report, notes: [...report.notes, ...notes] });
    // What cannot be remembered is not kept.
    await this.restore();
    return written;
  }

  /** By the marks alone where the journal cannot be read; where it cannot be written, without it. */
  async takeAway(wrong: string[]): Promise<Result<UndoReport, EngineFailure>> {
    const notes = wrong.map((message) => `${message}; ${NOT_PUT_BACK}`);
    const outlook = await this.outlook(NOTHING, undefined, 'everything');
    if (!outlook.ok) return outlook;
    const { operations } = outlook.value;
    const context = this.context();
    const steps = operations.map((operation) => stepName(operation, context));
    if (operations.length > 0) {
      const { reached, borrowed } = this.#journal.state;
      // A change that was begun: whoever comes after a crash in the middle takes the rest away.
      this.#journal.write({ kind: 'begin', reached, borrowed: [...borrowed], steps });
      this.#expelLeavers(operations);
      const applied = await this.#parts.kernel.apply(operations, this.#now());
      const after = await this.#left(NOTHING, undefined, 'everything');
      if (!after.ok || after.value.operations.length > 0) {
        const restored = (await this.restore()).ok;
        if (!after.ok) return after;
        const differences = after.value.operations.map((operation) => stepName(operation, context));
        if (applied.ok) return failed({ kind: 'unverified', differences, restored });
        const { index, message } = applied.failure;
        return failed({ kind: 'refused', step: steps[index] ?? '', message, restored });
      }
    }
    const forgotten = this.#journal.forget();
    if (!forgotten.ok && forgotten.failure.kind === 'journal')
      notes.push(
        `${forgotten.failure.message}; it still tells of lanes that are gone: remove it when that is possible`,
      );
    return ok({ notes });
  }

  /**
   * What is left to do after a change: nothing, if all is as wished. What was otherwise is done again, a few times:
   * lifetimes are told to the kernel as a time from now, and end too late on a machine that stood still meanwhile; and
   * the kernel or somebody may have taken away, between looking and doing, what was there (an address whose lifetime
   * ended takes the source of its routes with it).
   */
  async #left(wish: Wish, reached: Reached | undefined, remove: Removing): Promise<Result<Outlook, EngineFailure>> {
    for (let corrections = 0; ; corrections++) {
      const outlook = await this.outlook(wish, reached, remove);
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
    const restored = await this.restore();
    const { index, message } = applied.failure;
    const step = operations[index] === undefined ? '' : stepName(operations[index], this.context());
    return failed({ kind: 'refused', step, message, restored: restored.ok });
  }

  /** Back to the last state reached, from wherever the kernel is now. */
  async restore(): Promise<Result<undefined, EngineFailure>> {
    const { reached } = this.#journal.state;
    const outlook = await this.outlook(reached?.wish ?? NOTHING, reached);
    if (!outlook.ok) return outlook;
    const { operations, rendered } = outlook.value;
    this.#expelLeavers(operations);
    const applied = await this.#parts.kernel.apply(operations, this.#now());
    if (!applied.ok) {
      const { index, message } = applied.failure;
      const context = this.context();
      const step = operations[index] === undefined ? '' : stepName(operations[index], context);
      return failed({ kind: 'refused', step, message, restored: false });
    }
    // Not written, the change stays open, and is taken back once more by the next start: it is so already.
    this.#journal.write({ kind: 'reached', reached, borrowed: borrowedBy(rendered.objects) });
    return ok();
  }

  /** `known`: a state that was reached before is rendered by the facts of that time. */
  async outlook(
    wish: Wish,
    known?: Reached,
    remove: Removing = 'what is idle',
  ): Promise<Result<Outlook, EngineFailure>> {
    const { kernel, ownership, options } = this.#parts;
    const { borrowed } = this.#journal.state;
    const now = this.#now();
    const observed = await kernel.observe({ now, uplink: wish.uplink, borrowed, remotes: remotesToAsk(wish.lanes) });
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
        reached = { wish, uplink: this.factsOf(uplink.value, seen) };
      }
      const capabilities = await kernel.capabilities();
      rendered = render({
        wish,
        uplink: reached.uplink,
        capabilities,
        ownership: { ...ownership, preference: reached.uplink.preference ?? ownership.preference },
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

  /** What the lanes are made by, as it is now. */
  factsOf(uplink: LinkFact, seen: Observation): UplinkFacts {
    const facts = uplinkFacts(uplink, seen, this.#journal.state.borrowed);
    if (!this.#parts.options.beforeOthers) return facts;
    return { ...facts, preference: preferenceBefore(seen, this.#parts.ownership) };
  }

  report({ reached, rendered }: Outlook, steps: number): LanesReport {
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

  #expelLeavers(operations: readonly Operation[]): void {
    for (const { verb, object } of operations)
      if (verb === 'remove' && object.kind === 'cgroup' && (object.members ?? 0) > 0)
        this.#parts.kernel.expel(object.path);
  }

  context(): CommandContext {
    const { protocol, linkGroup } = this.#parts.ownership;
    return { now: this.#now(), protocol, addressMetric: linkGroup, cgroups: this.#parts.kernel.cgroupDirectory('') };
  }

  #now(): Milliseconds {
    return this.#parts.clock.sinceBoot();
  }
}
