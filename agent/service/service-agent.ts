import {
  type Clock,
  failed,
  type Log,
  type Milliseconds,
  milliseconds,
  ok,
  type Result,
  type Seconds,
  toMilliseconds,
} from '@sublane/basics';
import type { AgentConfig, GroupConfig } from '../config/agent-config.ts';
import { chooseGroups, type UnknownGroup } from '../config/choose-groups.ts';
import type { AgentState, HeldLane, StateFailure, StateFile } from './agent-state.ts';
import type { Answer, GroupReport, HeadendLink, LinkFailure, Refusal } from './headend-link.ts';
import type { HostFailure, HostStep, LaneHost } from './lane-host.ts';
import { isOver, renewAt, validUntil } from './lane-terms.ts';
import { requestMessage } from './request-message.ts';
import { type AgentStatus, statusOf } from './status.ts';
import { Turnstile } from './turnstile.ts';

export type AgentFailure =
  | LinkFailure
  | HostFailure
  | StateFailure
  | UnknownGroup
  | { readonly kind: 'password'; readonly reason: string };

/** Why a wanted group has no lane, and when the daemon will ask again. */
export interface Setback {
  readonly kind: 'refused' | 'failed';
  readonly reason: string;
  readonly refusal?: Refusal;
  readonly tries: number;
  readonly retryAt: Milliseconds;
}

export interface ServiceAgentParts {
  readonly config: AgentConfig;
  readonly link: HeadendLink;
  readonly host: LaneHost;
  readonly stateFile: StateFile;
  readonly clock: Clock;
  readonly log: Log;
  /** `user-password` for a message, encrypted to the headend's key; undefined where no password is configured. */
  readonly userPassword: () => Promise<Result<string | undefined, AgentFailure>>;
}

/** The longest pause between two tries for a refused group. */
const LONGEST_PAUSE = milliseconds(15 * 60_000);
const FIRST_PAUSE = milliseconds(5_000);

/**
 * What the host wants, what it holds and what stands on its kernel, kept the same. Owns no timer: the daemon calls
 * `tick` when `nextDue` says so, and the one-shot commands call what they are for.
 */
export class ServiceAgent {
  readonly #parts: ServiceAgentParts;
  readonly #turnstile = new Turnstile();
  readonly #setbacks = new Map<number, Setback>();
  #state: AgentState;
  #synchronised = false;

  static open(parts: ServiceAgentParts): Result<ServiceAgent, AgentFailure> {
    const state = parts.stateFile.read();
    return state.ok ? ok(new ServiceAgent(parts, state.value)) : state;
  }

  private constructor(parts: ServiceAgentParts, state: AgentState) {
    this.#parts = parts;
    this.#state = state;
    parts.link.onChange(() => {
      this.#synchronised = false;
    });
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
      return written.ok ? this.#request(groups) : written;
    });
  }

  /** Extends the leases of the groups that hold one. */
  renew(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    return this.#turnstile.pass(() => this.#renew(groups.map(({ id }) => id)));
  }

  /** Takes the lanes off the host, then gives the addresses back: nobody else may get one that is still in use here. */
  release(groups: readonly GroupConfig[]): Promise<Result<undefined, AgentFailure>> {
    return this.#turnstile.pass(async () => {
      const ids = groups.map(({ id }) => id);
      const released = [...new Set([...this.#state.released, ...ids])];
      for (const id of ids) this.#setbacks.delete(id);
      const written = this.#write({ ...this.#state, released });
      if (!written.ok) return written;
      const gone = await this.#hold(this.#state.lanes.filter(({ groupId }) => !ids.includes(groupId)));
      return gone.ok ? this.#parts.link.release(ids) : gone;
    });
  }

  /** Does whatever is due by now. Failures are logged, kept for `status` and tried again; none stops the daemon. */
  tick(): Promise<void> {
    return this.#turnstile.pass(async () => {
      const { clock, link } = this.#parts;
      if (this.#state.lanes.some((lane) => isOver(lane, clock))) this.#note('lease-end', await this.#expire());
      if (!link.state().connected) return;
      if (!this.#synchronised) this.#note('synchronise', await this.#synchronise());
      if (!this.#synchronised) return;
      const now = clock.sinceBoot();
      const due = this.#state.lanes.filter((lane) => this.#renewDue(lane) <= now).map(({ groupId }) => groupId);
      if (due.length > 0) this.#note('renew', await this.#renew(due));
      const missing = this.#missing(now);
      if (missing.length > 0) this.#note('request', await this.#request(missing));
    });
  }

  /** When `tick` has something to do next, in time since boot; undefined: only when the link changes or someone asks. */
  nextDue(): Milliseconds | undefined {
    const { connected } = this.#parts.link.state();
    const now = this.#parts.clock.sinceBoot();
    const times = this.#state.lanes.map(validUntil);
    if (connected) {
      if (!this.#synchronised) times.push(milliseconds(now + FIRST_PAUSE));
      times.push(...this.#state.lanes.map((lane) => this.#renewDue(lane)));
      times.push(...this.#wanted().flatMap(({ id }) => this.#setbacks.get(id)?.retryAt ?? []));
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
      now: clock.sinceBoot(),
    });
  }

  plan(): Promise<Result<readonly HostStep[], AgentFailure>> {
    const held = this.#state.lanes.filter((lane) => !isOver(lane, this.#parts.clock));
    return this.#turnstile.pass(() => this.#parts.host.plan(held));
  }

  /** Every trace off the host; the leases stay the headend's to end. */
  undo(): Promise<Result<undefined, AgentFailure>> {
    return this.#turnstile.pass(async () => {
      const undone = await this.#parts.host.undo();
      return undone.ok ? this.#write({ ...this.#state, lanes: [] }) : undone;
    });
  }

  /** A renewal that was refused is tried again later, not at once. */
  #renewDue(lane: HeldLane): Milliseconds {
    return milliseconds(Math.max(renewAt(lane), this.#setbacks.get(lane.groupId)?.retryAt ?? 0));
  }

  #wanted(): readonly GroupConfig[] {
    return this.#parts.config.groups.filter(({ id }) => !this.#state.released.includes(id));
  }

  /** Wanted groups that hold no lane, or one asked for in other words, and whose time to ask has come. */
  #missing(now: Milliseconds): readonly GroupConfig[] {
    return this.#wanted().filter((group) => {
      const held = this.#state.lanes.find(({ groupId }) => groupId === group.id);
      const setback = this.#setbacks.get(group.id);
      const asked = held !== undefined && held.asked === this.#wording(group) && setback?.kind !== 'failed';
      return !asked && (setback?.retryAt ?? now) <= now;
    });
  }

  #wording(group: GroupConfig): string {
    return JSON.stringify(requestMessage(this.#parts.config, [group])['application-group']);
  }

  async #request(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    const { config, link } = this.#parts;
    const refusals: Refusal[] = [];
    let asking = groups;
    while (asking.length > 0) {
      const password = await this.#parts.userPassword();
      if (!password.ok) return password;
      const answer = await link.request(requestMessage(config, asking, password.value));
      if (answer.ok) {
        const applied = await this.#accept(asking, answer.value);
        return applied.ok ? ok(refusals) : applied;
      }
      if (answer.failure.kind !== 'refused') return answer;
      // The headend grants all groups of a message or none: ask again without those it refused.
      const refused = new Map(answer.failure.refusals.map((refusal) => [refusal.groupId, refusal]));
      refusals.push(...answer.failure.refusals);
      const named = asking.filter(({ id }) => refused.has(id));
      const blamed = named.length > 0 ? named : asking;
      for (const { id } of blamed) {
        const refusal = refused.get(id) ?? answer.failure.refusals[0];
        this.#setBack(id, 'refused', refusal?.message ?? 'refused', refusal);
      }
      asking = asking.filter((group) => !blamed.includes(group));
    }
    return ok(refusals);
  }

  async #accept(asked: readonly GroupConfig[], answer: Answer): Promise<Result<undefined, AgentFailure>> {
    const granted = asked.flatMap((group) => this.#laneOf(answer, group) ?? []);
    if (granted.length < asked.length) {
      return failed({ kind: 'malformed', reason: 'the headend answered without a lane for every group asked' });
    }
    const others = this.#state.lanes.filter(({ groupId }) => !granted.some((lane) => lane.groupId === groupId));
    const applied = await this.#hold([...others, ...granted]);
    const outcome: Pick<GroupReport, 'state' | 'reason'> = applied.ok
      ? { state: 'applied' }
      : { state: 'failed', reason: reasonOf(applied.failure).slice(0, 1024) };
    for (const { groupId } of granted) {
      if (applied.ok) this.#setbacks.delete(groupId);
      else this.#setBack(groupId, 'failed', reasonOf(applied.failure));
    }
    const reported = await this.#parts.link.report(granted.map(({ groupId }) => ({ groupId, ...outcome })));
    if (!reported.ok) this.#note('report', reported);
    return applied;
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
      if (renewed.failure.kind !== 'refused') return renewed;
      // Not held there any more, or not to be renewed: the lane lives to its end, and a new request tells the rest.
      for (const { groupId } of held) this.#setBack(groupId, 'refused', reasonOf(renewed.failure));
      this.#synchronised = false;
      return ok(renewed.failure.refusals);
    }
    const { renewals, sentAt } = renewed.value;
    const lanes = this.#state.lanes.map((lane): HeldLane => {
      const renewal = renewals.find(
        ({ groupId, leaseId }) => groupId === lane.groupId && leaseId === lane.answer.lease.id,
      );
      if (renewal === undefined) return lane;
      const lease = {
        id: renewal.leaseId,
        'valid-lifetime': renewal.validLifetime,
        'renew-after': renewal.renewAfter,
      };
      return { ...lane, sentAt, answer: { ...lane.answer, lease } };
    });
    for (const { groupId } of renewals) this.#setbacks.delete(groupId);
    const applied = await this.#hold(lanes);
    return applied.ok ? ok([]) : applied;
  }

  /** After every connection: the headend's word on what this host holds, made so. */
  async #synchronise(): Promise<Result<undefined, AgentFailure>> {
    const answer = await this.#parts.link.service();
    if (!answer.ok) return answer;
    const wanted = this.#wanted();
    const strange = answer.value.groups.map(({ id }) => id).filter((id) => !wanted.some((group) => group.id === id));
    if (strange.length > 0) {
      // Taken out of the configuration, or given back while the headend was away.
      const released = await this.#parts.link.release(strange);
      if (!released.ok) return released;
    }
    const lanes = wanted.flatMap((group) => {
      const known = this.#state.lanes.find(({ groupId }) => groupId === group.id);
      const lane = this.#laneOf(answer.value, group);
      return lane === undefined ? [] : [{ ...lane, asked: known?.asked ?? '' }];
    });
    this.#synchronised = true;
    return this.#hold(lanes);
  }

  async #expire(): Promise<Result<undefined, AgentFailure>> {
    const over = this.#state.lanes.filter((lane) => isOver(lane, this.#parts.clock));
    for (const { groupId } of over) this.#parts.log.warn({ group: groupId }, 'lease ended; the lane is taken away');
    return this.#hold(this.#state.lanes.filter((lane) => !over.includes(lane)));
  }

  /** Known durably first, so that a crash between the two is repaired by the next start; then made to stand. */
  async #hold(lanes: readonly HeldLane[]): Promise<Result<undefined, AgentFailure>> {
    const written = this.#write({ ...this.#state, lanes });
    return written.ok ? this.#parts.host.apply(lanes) : written;
  }

  #write(state: AgentState): Result<undefined, AgentFailure> {
    const written = this.#parts.stateFile.write(state);
    if (written.ok) this.#state = state;
    return written;
  }

  #setBack(groupId: number, kind: Setback['kind'], reason: string, refusal?: Refusal): void {
    const tries = (this.#setbacks.get(groupId)?.tries ?? 0) + 1;
    const pause: Milliseconds = refusal?.retryAfter
      ? toMilliseconds(refusal.retryAfter as Seconds)
      : milliseconds(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tries - 1)));
    const retryAt = milliseconds(this.#parts.clock.sinceBoot() + pause);
    this.#setbacks.set(groupId, { kind, reason, tries, retryAt, ...(refusal && { refusal }) });
  }

  #note(what: string, result: Result<unknown, AgentFailure>): void {
    if (!result.ok) this.#parts.log.warn({ what, failure: result.failure }, reasonOf(result.failure));
  }
}

/** The failure in a sentence, for the person. */
export function reasonOf(failure: AgentFailure): string {
  switch (failure.kind) {
    case 'unreachable':
      return `the headend ${failure.headend} cannot be reached: ${failure.reason}`;
    case 'refused':
      return failure.refusals.map(({ message }) => message).join('; ');
    case 'malformed':
      return `the headend's answer cannot be used: ${failure.reason}`;
    case 'host':
      return failure.reason;
    case 'state':
      return `${failure.file}: ${failure.reason}`;
    case 'unknown-group':
      return `no group ${failure.group} in the configuration; there are: ${failure.known.join(', ') || 'none'}`;
    case 'password':
      return `the subscriber's password cannot be sent: ${failure.reason}`;
  }
}
