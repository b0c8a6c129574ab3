import { type Clock, failed, type Log, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { AgentConfig, GroupConfig } from '../config/agent-config.ts';
import { chooseGroups } from '../config/choose-groups.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import { type AgentFailure, reasonOf } from './agent-failure.ts';
import type { AgentState, HeldLane, StateFile } from './agent-state.ts';
import type { Answer, GroupReport, HeadendLink, Refusal } from './headend-link.ts';
import { HostKeeper } from './host-keeper.ts';
import type { HostStep, LaneHost } from './lane-host.ts';
import { isOver, renewAt, validUntil } from './lane-terms.ts';
import { requestMessage } from './request-message.ts';
import { pauseAfter, Setbacks } from './setbacks.ts';
import { type AgentStatus, statusOf } from './status.ts';
import { Turnstile } from './turnstile.ts';

export interface ServiceAgentParts {
  readonly config: AgentConfig;
  readonly link: HeadendLink;
  readonly host: LaneHost;
  readonly stateFile: StateFile;
  readonly clock: Clock;
  readonly log: Log;
  /** `user-password` for a message, encrypted to the headend's key; undefined where no password is configured. */
  readonly userPassword: () => Promise<Result<string | undefined, AgentFailure>>;
  /** How it is known that a login page stands before the network the host is in; undefined: none does. */
  readonly portal?: () => Promise<string | undefined>;
}

const FIRST_PAUSE = pauseAfter(1);
/** Characters of a report's reason. */
const LONGEST_REASON = 1024;

/**
 * What the host wants, what it holds and what stands on its kernel, kept the same. Owns no timer: the daemon calls
 * `tick` when `nextDue` says so, and the one-shot commands call what they are for.
 */
export class ServiceAgent {
  readonly #parts: ServiceAgentParts;
  readonly #turnstile = new Turnstile();
  readonly #setbacks: Setbacks;
  readonly #host: HostKeeper;
  #state: AgentState;
  #synchronised = false;

  static open(parts: ServiceAgentParts): Result<ServiceAgent, AgentFailure> {
    const state = parts.stateFile.read();
    return state.ok ? ok(new ServiceAgent(parts, state.value)) : state;
  }

  private constructor(parts: ServiceAgentParts, state: AgentState) {
    this.#parts = parts;
    this.#state = state;
    this.#setbacks = new Setbacks(parts.clock);
    const { host, clock, log, config, link, portal } = parts;
    const keeping = {
      host,
      clock,
      log,
      setbacks: this.#setbacks,
      uplink: config.uplink,
      surroundings: config.surroundings,
      // Where the headend is reached, no login page stands before it.
      portal: async () => (link.state().connected ? undefined : portal?.()),
    };
    this.#host = new HostKeeper(keeping, state.lanes);
    parts.link.onChange(() => this.#doubt());
  }

  /** What the headend has said is asked again. */
  #doubt(): void {
    this.#synchronised = false;
    this.#setbacks.forgetUnanswered();
  }

  /** Groups by id or by name; none named: all. */
  groups(names: readonly string[]): Result<readonly GroupConfig[], AgentFailure> {
    return chooseGroups(this.#parts.config, names);
  }

  /** Puts back what an earlier run held: the host as it should be, before any word with the headend. */
  restore(): Promise<Result<undefined, AgentFailure>> {
    return this.#turnstile.pass(() => this.#hold(this.#state.lanes.filter((lane) => !isOver(lane, this.#parts.clock))));
  }

  /** Asks for the groups and applies what is granted. Groups refused are left out; the others go on. */
  request(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    return this.#turnstile.pass(async () => {
      const wanted = new Set(groups.map(({ id }) => id));
      const released = this.#state.released.filter((id) => !wanted.has(id));
      const written = this.#write({ ...this.#state, released });
      if (!written.ok) return written;
      const known = await this.#knowWhatIsHeld();
      return known.ok ? this.#request(groups) : known;
    });
  }

  /** Extends the leases of the groups that hold one. */
  renew(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    return this.#turnstile.pass(async () => {
      const known = await this.#knowWhatIsHeld();
      return known.ok ? this.#renew(groups.map(({ id }) => id)) : known;
    });
  }

  /** Takes the lanes off the host, then gives the addresses back: nobody else may get one that is still in use here. */
  release(groups: readonly GroupConfig[]): Promise<Result<undefined, AgentFailure>> {
    return this.#turnstile.pass(async () => {
      const ids = groups.map(({ id }) => id);
      const released = [...new Set([...this.#state.released, ...ids])];
      for (const id of ids) this.#setbacks.clear('request', id);
      const written = this.#write({ ...this.#state, released });
      if (!written.ok) return written;
      const rest = await this.#hold(this.#state.lanes.filter(({ groupId }) => !ids.includes(groupId)));
      const told = this.#host.isClean(rest) ? await this.#parts.link.release(ids) : rest;
      // The next synchronisation does what did not succeed now.
      if (told.ok) return told;
      this.#synchronised = false;
      if (told.failure.kind !== 'unreachable') return told;
      const reason = `${told.failure.reason} The lanes are off this host; their addresses go back at the next connection.`;
      return failed({ ...told.failure, reason });
    });
  }

  /** Does whatever is due by now. Failures are logged, kept for `status` and tried again; none stops the daemon. */
  tick(): Promise<void> {
    return this.#turnstile.pass(async () => {
      const { clock, link } = this.#parts;
      if (this.#state.lanes.some((lane) => isOver(lane, clock))) this.#note('lease-end', await this.#expire());
      if (this.#host.lookAt <= clock.sinceBoot()) await this.look();
      if (!link.state().connected) return;
      const news = this.#host.takeNews();
      const changed = this.#state.lanes.filter(({ groupId }) => news.has(groupId));
      if (changed.length > 0) await this.#report(changed);
      if (!this.#synchronised) this.#note('synchronise', await this.#synchronise());
      if (!this.#synchronised) return;
      const now = clock.sinceBoot();
      const due = this.#state.lanes.filter((lane) => this.#renewDue(lane) <= now).map(({ groupId }) => groupId);
      if (due.length > 0) this.#note('renew', await this.#renew(due));
      const missing = this.#missing(now);
      if (missing.length > 0) this.#note('request', await this.#request(missing));
    });
  }

  /**
   * The host put right where others changed it, its lanes away or back with its surroundings. `hint`: something happened
   * that may be nothing. Does not wait for what is asked of the headend. True: `tick` has something to do.
   */
  async look(hint?: 'hint'): Promise<boolean> {
    const { stands, changed, ask } = await this.#host.look(hint);
    this.#note('host', stands);
    if (ask) this.#doubt();
    return changed || ask;
  }

  /** When the host is to be looked at without a cause, in time since boot. */
  get lookAt(): Milliseconds {
    return this.#host.lookAt;
  }

  /** The machine stood still for a while: lanes may have ended, and the headend may have changed its mind. */
  async resume(): Promise<void> {
    this.#doubt();
    await this.look();
  }

  /** Tells of changes in the kernel that may concern the lanes, until closed. */
  watch(listener: (event: KernelEvent) => void): Watch {
    return this.#parts.host.watch(listener);
  }

  /** When `tick` has something to do next, in time since boot; undefined: only when the link changes or someone asks. */
  nextDue(): Milliseconds | undefined {
    const { connected } = this.#parts.link.state();
    const now = this.#parts.clock.sinceBoot();
    const times = this.#state.lanes.map(validUntil);
    if (this.#state.lanes.length > 0 || this.#host.failing) times.push(this.#host.lookAt);
    if (connected) {
      if (!this.#synchronised) times.push(milliseconds(now + FIRST_PAUSE));
      times.push(...this.#state.lanes.map((lane) => this.#renewDue(lane)));
      times.push(...this.#wanted().flatMap(({ id }) => this.#setbacks.get('request', id)?.retryAt ?? []));
    }
    return times.length === 0 ? undefined : milliseconds(Math.min(...times));
  }

  async status(): Promise<AgentStatus> {
    const { config, link, clock, host } = this.#parts;
    return statusOf({
      config,
      link: link.state(),
      state: this.#state,
      setbacks: this.#setbacks,
      traffic: await host.traffic(),
      host: this.#host.status(),
      now: clock.sinceBoot(),
    });
  }

  plan(): Promise<Result<readonly HostStep[], AgentFailure>> {
    const held = this.#state.lanes.filter((lane) => !isOver(lane, this.#parts.clock));
    return this.#turnstile.pass(() => this.#host.plan(held));
  }

  /** Every trace off the host; the leases stay the headend's to end. */
  undo(): Promise<Result<undefined, AgentFailure>> {
    return this.#turnstile.pass(async () => {
      const undone = await this.#host.undo();
      return undone.ok ? this.#write({ ...this.#state, lanes: [] }) : undone;
    });
  }

  /** A renewal that failed is tried again later, not at once. */
  #renewDue(lane: HeldLane): Milliseconds {
    return milliseconds(Math.max(renewAt(lane), this.#setbacks.get('renewal', lane.groupId)?.retryAt ?? 0));
  }

  #wanted(): readonly GroupConfig[] {
    return this.#parts.config.groups.filter(({ id }) => !this.#state.released.includes(id));
  }

  /** Wanted groups that hold no lane, or one asked for in other words, and whose time to ask has come. */
  #missing(now: Milliseconds): readonly GroupConfig[] {
    return this.#wanted().filter((group) => {
      const held = this.#state.lanes.find(({ groupId }) => groupId === group.id);
      return held?.asked !== this.#wording(group) && (this.#setbacks.get('request', group.id)?.retryAt ?? now) <= now;
    });
  }

  #wording(group: GroupConfig): string {
    return JSON.stringify(requestMessage(this.#parts.config, [group])['application-group']);
  }

  async #request(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    const refusals: Refusal[] = [];
    let asking = groups;
    while (asking.length > 0) {
      const granted = await this.#ask(asking);
      if (granted.ok) return ok(refusals);
      if (granted.failure.kind !== 'refused') {
        if (granted.failure.kind !== 'host')
          for (const { id } of asking) this.#setbacks.add('request', id, reasonOf(granted.failure));
        return granted;
      }
      // The headend grants all groups of a message or none: ask again without those it refused.
      const refused = new Map(granted.failure.refusals.map((refusal) => [refusal.groupId, refusal]));
      refusals.push(...granted.failure.refusals);
      const named = asking.filter(({ id }) => refused.has(id));
      const blamed = named.length > 0 ? named : asking;
      for (const { id } of blamed) {
        const refusal = refused.get(id) ?? granted.failure.refusals[0];
        this.#setbacks.add('request', id, refusal?.message ?? 'refused', refusal);
      }
      asking = asking.filter((group) => !blamed.includes(group));
    }
    return ok(refusals);
  }

  /** One message, and what it grants put on the host. */
  async #ask(groups: readonly GroupConfig[]): Promise<Result<undefined, AgentFailure>> {
    const { config, link } = this.#parts;
    const password = await this.#parts.userPassword();
    if (!password.ok) return password;
    const answer = await link.request(requestMessage(config, groups, password.value));
    return answer.ok ? this.#accept(groups, answer.value) : answer;
  }

  async #accept(asked: readonly GroupConfig[], answer: Answer): Promise<Result<undefined, AgentFailure>> {
    const granted = asked.flatMap((group) => this.#laneOf(answer, group) ?? []);
    if (granted.length < asked.length) {
      this.#synchronised = false;
      return failed({ kind: 'malformed', reason: 'the headend answered without a lane for every group asked' });
    }
    const others = this.#state.lanes.filter(({ groupId }) => !granted.some((lane) => lane.groupId === groupId));
    const applied = await this.#hold([...others, ...granted], 'heard');
    if (!applied.ok && applied.failure.kind === 'state') return applied;
    for (const { groupId } of granted) {
      this.#setbacks.clear('request', groupId);
      this.#setbacks.clear('renewal', groupId);
    }
    await this.#report(granted);
    // Another group's lane that fails is not what was asked about.
    return granted.some(({ groupId }) => this.#setbacks.get('host', groupId)) ? applied : ok();
  }

  #laneOf(answer: Answer, group: GroupConfig): HeldLane | undefined {
    const granted = answer.groups.find(({ id }) => id === group.id);
    return granted && { groupId: group.id, answer: granted, sentAt: answer.sentAt, asked: this.#wording(group) };
  }

  async #renew(groupIds: readonly number[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    const held = this.#state.lanes.filter(({ groupId }) => groupIds.includes(groupId));
    if (held.length === 0) return ok([]);
    const renewed = await this.#parts.link.renew(held.map(({ groupId }) => groupId));
    if (!renewed.ok) {
      const { failure } = renewed;
      const refusals = failure.kind === 'refused' ? failure.refusals : [];
      for (const { groupId } of held) {
        const refusal = refusals.find((one) => one.groupId === groupId) ?? refusals[0];
        this.#setbacks.add('renewal', groupId, refusal?.message ?? reasonOf(failure), refusal);
      }
      if (failure.kind !== 'refused') return renewed;
      // Not held there any more, or not to be renewed: the lane lives to its end, and what the headend holds tells more.
      this.#synchronised = false;
      return ok(refusals);
    }
    const { renewals, sentAt } = renewed.value;
    const lanes = this.#state.lanes.map((lane): HeldLane => {
      if (!groupIds.includes(lane.groupId)) return lane;
      const renewal = renewals.find(
        ({ groupId, leaseId }) => groupId === lane.groupId && leaseId === lane.answer.lease.id,
      );
      if (renewal === undefined) {
        // Another lease than the one here.
        this.#setbacks.add('renewal', lane.groupId, 'the headend did not renew this lease');
        this.#synchronised = false;
        return lane;
      }
      this.#setbacks.clear('renewal', lane.groupId);
      const lease = {
        id: renewal.leaseId,
        'valid-lifetime': renewal.validLifetime,
        'renew-after': renewal.renewAfter,
      };
      return { ...lane, sentAt, answer: { ...lane.answer, lease } };
    });
    const applied = await this.#hold(lanes, 'heard');
    return applied.ok ? ok([]) : applied;
  }

  /** Before anything is asked: a lane that the headend has withdrawn meanwhile must not go on. */
  async #knowWhatIsHeld(): Promise<Result<undefined, AgentFailure>> {
    const synchronised = this.#synchronised ? ok() : await this.#synchronise();
    // That this host cannot make a lane is told of the groups asked for.
    return this.#synchronised ? ok() : synchronised;
  }

  /** After every connection: the headend's word on what this host holds, made so. */
  async #synchronise(): Promise<Result<undefined, AgentFailure>> {
    const answer = await this.#parts.link.service();
    if (!answer.ok) return answer;
    const wanted = this.#wanted();
    const lanes = wanted.flatMap((group) => {
      const known = this.#state.lanes.find(({ groupId }) => groupId === group.id);
      const lane = this.#laneOf(answer.value, group);
      return lane === undefined ? [] : [{ ...lane, asked: known?.asked ?? '' }];
    });
    // A host that never had a lane is left alone until it gets one.
    const untouched = lanes.length === 0 && this.#state.lanes.length === 0 && !this.#host.failing;
    const applied = untouched ? ok() : await this.#hold(lanes, 'heard');
    const strange = answer.value.groups.map(({ id }) => id).filter((id) => !wanted.some((group) => group.id === id));
    if (strange.length > 0) {
      // Taken out of the configuration, or given back while the headend was away: given back once they are off the host.
      if (!this.#host.isClean(applied)) return applied;
      const released = await this.#parts.link.release(strange);
      if (!released.ok) return released;
    }
    this.#synchronised = true;
    return applied;
  }

  async #expire(): Promise<Result<undefined, AgentFailure>> {
    const over = this.#state.lanes.filter((lane) => isOver(lane, this.#parts.clock));
    for (const { groupId } of over) this.#parts.log.warn({ group: groupId }, 'lease ended; the lane is taken away');
    return this.#hold(this.#state.lanes.filter((lane) => !over.includes(lane)));
  }

  /** Known durably first, so that a crash between the two is repaired by the next start; then made to stand. */
  async #hold(lanes: readonly HeldLane[], heard?: 'heard'): Promise<Result<undefined, AgentFailure>> {
    const written = this.#write({ ...this.#state, lanes });
    if (!written.ok) return written;
    return this.#host.hold(lanes, heard);
  }

  /** What became of these lanes, for the headend's operator; that nobody hears it changes nothing. */
  async #report(lanes: readonly HeldLane[]): Promise<void> {
    const reports = lanes.map(({ groupId }): GroupReport => {
      const failure = this.#setbacks.get('host', groupId);
      if (failure === undefined) return { groupId, state: 'applied' };
      return { groupId, state: 'failed', reason: failure.reason.slice(0, LONGEST_REASON) };
    });
    this.#note('report', await this.#parts.link.report(reports));
  }

  #write(state: AgentState): Result<undefined, AgentFailure> {
    const written = this.#parts.stateFile.write(state);
    if (written.ok) this.#state = state;
    return written;
  }

  #note(what: string, result: Result<unknown, AgentFailure>): void {
    if (!result.ok) this.#parts.log.warn({ what, failure: result.failure }, reasonOf(result.failure));
  }
}
