import { failed, type Milliseconds, ok, type Result } from '@sublane/basics';
import type { Capability } from './capability.ts';
import type { Engine, EngineFailure, EngineOptions, LaneCounters, LanesReport, UndoReport } from './engine.ts';
import { driftOf, type Inspection } from './inspection.ts';
import type { Reached } from './journal.ts';
import { JournalKeeper } from './journal-keeper.ts';
import type { Ownership } from './kernel.ts';
import { type EngineParts, KernelChanger, NOTHING } from './kernel-changer.ts';
import type { KernelEvent, Watch } from './kernel-event.ts';
import { chooseUplink } from './observation.ts';
import { missingCapability, notRoot } from './obstacles.ts';
import { explain, type Plan } from './plan.ts';
import { cgroupPath } from './render.ts';
import { stepName } from './steps.ts';
import type { Wish } from './wish.ts';
import { checkWish } from './wish-check.ts';

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

export class LanesEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #journal: JournalKeeper;
  readonly #changer: KernelChanger;
  #predecessor: KernelChanger | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#journal = new JournalKeeper(parts.journal, { ...parts.scope, ownership: parts.ownership });
    this.#changer = new KernelChanger(parts, this.#journal);
    if (parts.predecessor !== undefined)
      this.#predecessor = new KernelChanger({ ...parts, ...parts.predecessor }, this.#journal);
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
      const outlook = await this.#changer.outlook(reached?.wish ?? NOTHING, reached);
      if (!outlook.ok) return outlook;
      const { operations, rendered } = outlook.value;
      const context = this.#changer.context();
      const drift = operations.map((operation) => `Not as it should be; missing: ${stepName(operation, context)}`);
      const report = this.#changer.report(outlook.value, 0);
      return ok({ ...report, notes: [...rendered.notes, ...drift] });
    });
  }

  inspect(): Promise<Result<Inspection, EngineFailure>> {
    return this.#alone(async () => {
      const loaded = this.#journal.load();
      if (!loaded.ok) return loaded;
      const { reached } = this.#journal.state;
      const wish = reached?.wish ?? NOTHING;
      const outlook = await this.#changer.outlook(wish, reached);
      if (!outlook.ok) return outlook;
      const { operations, seen } = outlook.value;
      const drift = driftOf(operations, wish, this.#parts.ownership, this.#changer.context());
      const uplink = chooseUplink(wish.uplink, seen);
      const moved =
        reached !== undefined &&
        uplink.ok &&
        JSON.stringify(this.#changer.factsOf(uplink.value, seen)) !== JSON.stringify(reached.uplink);
      return ok({ drift, stale: moved || drift.length < operations.length, seen });
    });
  }

  plan(wish: Wish): Promise<Result<Plan, EngineFailure>> {
    return this.#alone(async () => {
      const faults = checkWish(wish, this.#parts.options.mostRoutes);
      if (faults[0] !== undefined) return failed(faults[0]);
      const missing = missingCapability(await this.#parts.kernel.capabilities());
      if (missing !== undefined) return failed(missing);
      const outlook = await this.#changer.outlook(wish);
      if (!outlook.ok) return outlook;
      const { operations, rendered } = outlook.value;
      const context = this.#changer.context();
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
      const outlook = await this.#changer.outlook(reached?.wish ?? NOTHING, reached);
      if (!outlook.ok) return outlook;
      if (!open && outlook.value.operations.length === 0) return ok(undefined);
      const restored = await this.#changer.restore();
      if (!restored.ok) return restored;
      return ok(this.#changer.report(outlook.value, outlook.value.operations.length));
    });
  }

  undo(): Promise<Result<UndoReport, EngineFailure>> {
    return this.#alone(() =>
      this.#journal.aloneOrAnyway(async (wrong) => {
        const stranger = await this.#notRoot();
        if (stranger !== undefined) return failed(stranger);
        const succeeded = await this.#succeed();
        return succeeded.ok ? this.#changer.takeAway(wrong) : succeeded;
      }),
    );
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
    const faults = checkWish(wish, this.#parts.options.mostRoutes);
    if (faults[0] !== undefined) return failed(faults[0]);
    const missing = missingCapability(await this.#parts.kernel.capabilities());
    if (missing !== undefined) return failed(missing);
    return this.#changer.change(wish, 'what is idle', known);
  }

  async #notRoot(): Promise<EngineFailure | undefined> {
    return notRoot(await this.#parts.kernel.capabilities());
  }

  #locked<T>(work: () => Promise<Result<T, EngineFailure>>): Promise<Result<T, EngineFailure>> {
    return this.#alone(() =>
      this.#journal.alone(async () => {
        const succeeded = await this.#succeed();
        return succeeded.ok ? work() : succeeded;
      }),
    );
  }

  async #succeed(): Promise<Result<undefined, EngineFailure>> {
    const gone = await this.#predecessor?.takeAway([]);
    if (gone?.ok === false) return gone;
    this.#predecessor = undefined;
    return ok();
  }

  /** One call after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}
