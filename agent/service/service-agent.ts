import { type Clock, failed, type Log, type Milliseconds, ok, type Result, Turns } from '@sublane/basics';
import type { AgentConfig, GroupConfig } from '../config/agent-config.ts';
import { chooseGroups } from '../config/choose-groups.ts';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import { type AgentFailure, reasonOf } from './agent-failure.ts';
import type { HeldLane, StateFile } from './agent-state.ts';
import { askEach } from './ask-each.ts';
import { type Declined, grantsIn, type Judge, notAccepted } from './grants.ts';
import type { Answer, HeadendLink, Refusal } from './headend-link.ts';
import { Holdings } from './holdings.ts';
import type { HostIdentity } from './host-identity.ts';
import { HostKeeper } from './host-keeper.ts';
import type { HostStep, LaneHost } from './lane-host.ts';
import { LaneReporter } from './lane-reporter.ts';
import { hasEnded } from './lane-terms.ts';
import type { NetworkMemory } from './network-file.ts';
import { nextDue } from './next-due.ts';
import { Renewals } from './renewals.ts';
import { requestedGroup, requestMessage } from './request-message.ts';
import { Setbacks } from './setbacks.ts';
import { type AgentStatus, statusOf } from './status.ts';

export interface ServiceAgentParts {
  readonly config: AgentConfig;
  readonly link: HeadendLink;
  readonly host: LaneHost;
  readonly stateFile: StateFile;
  readonly clock: Clock;
  readonly log: Log;
  /** `user-password` for a message, encrypted to the headend's key; undefined where no password is configured. */
  readonly userPassword: () => Promise<Result<string | undefined, AgentFailure>>;
  /** What a request says of the host beside its wishes. */
  readonly identity: () => HostIdentity;
  /** Which of the lanes granted this host makes. */
  readonly judge: Judge;
  /** How it is known that a login page stands before the network the host is in; undefined: none does. */
  readonly portal?: () => string | undefined;
  readonly network: NetworkMemory;
}

/**
 * What the host wants, what it holds and what stands on its kernel, kept the same. Owns no timer: the daemon calls
 * `tick` when `nextDue` says so, and the one-shot commands call what they are for.
 */
export class ServiceAgent {
  readonly #parts: ServiceAgentParts;
  readonly #turns = new Turns();
  readonly #setbacks: Setbacks;
  readonly #host: HostKeeper;
  readonly #held: Holdings;
  readonly #renewals: Renewals;
  readonly #reporter: LaneReporter;
  #synchronised = false;
  /** After `undo` nothing is done any more that was not asked for. */
  #over = false;

  static open(parts: ServiceAgentParts): Result<ServiceAgent, AgentFailure> {
    const held = Holdings.open(parts);
    return held.ok ? ok(new ServiceAgent(parts, held.value)) : held;
  }

  private constructor(parts: ServiceAgentParts, held: Holdings) {
    this.#parts = parts;
    this.#held = held;
    this.#setbacks = new Setbacks(parts.clock);
    const { host, clock, log, config, link, portal, network } = parts;
    const setbacks = this.#setbacks;
    this.#renewals = new Renewals({ link, setbacks, accept: config.accept });
    this.#reporter = new LaneReporter({ link, host, clock, setbacks, held: () => this.#held.lanes });
    const keeping = {
      host,
      clock,
      log,
      setbacks,
      network,
      uplink: config.uplink,
      surroundings: config.surroundings,
      // Where the headend is reached, no login page stands before it.
      portal: () => (link.state().connected ? undefined : portal?.()),
    };
    this.#host = new HostKeeper(keeping, held.lanes);
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

  /** Groups that reach nothing while they have no lane. */
  get blocked(): ReadonlySet<number> {
    return this.#held.blocked;
  }

  /** Puts back what an earlier run held: the host as it should be, before any word with the headend. */
  restore(): Promise<Result<undefined, AgentFailure>> {
    return this.#turns.take(() => this.#restore());
  }

  /** Everything goes by the host's own way, until `on`: also after a restart. Leases are left to end. */
  off(): Promise<Result<undefined, AgentFailure>> {
    return this.#turns.take(async () => {
      const written = this.#held.switch(true);
      if (!written.ok) return written;
      const gone = await this.#host.hold([]);
      return this.#host.isClean(gone) ? ok() : gone;
    });
  }

  /** Puts back the lanes whose leases have not ended; `tick` asks for the others. */
  on(): Promise<Result<undefined, AgentFailure>> {
    return this.#turns.take(async () => {
      const written = this.#held.switch(false);
      if (!written.ok) return written;
      this.#doubt();
      return this.#restore();
    });
  }

  /** Asks for the groups and applies what is granted. Groups refused are left out; the others go on. */
  request(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    return this.#turns.take(async () => {
      if (this.#held.off) return failed({ kind: 'off' });
      const written = this.#held.want(groups.map(({ id }) => id));
      if (!written.ok) return written;
      const known = await this.#knowWhatIsHeld();
      return known.ok ? this.#request(groups) : known;
    });
  }

  /** Extends the leases of the groups that hold one; what the headend does not renew any more is requested again. */
  renew(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    return this.#turns.take(async () => {
      if (this.#held.off) return failed({ kind: 'off' });
      const known = await this.#knowWhatIsHeld();
      if (!known.ok) return known;
      this.#note('report', await this.#reporter.tellTraffic(this.#held.lanes));
      const renewed = await this.#renew(groups.map(({ id }) => id));
      const again = groups.filter(({ id }) => this.#renewals.again.has(id));
      if (!renewed.ok || again.length === 0) return renewed;
      const requested = await this.#request(again);
      return requested.ok ? ok([...renewed.value, ...requested.value]) : requested;
    });
  }

  /** Takes the lanes off the host, then gives the addresses back: nobody else may get one that is still in use here. */
  release(groups: readonly GroupConfig[]): Promise<Result<undefined, AgentFailure>> {
    return this.#turns.take(async () => {
      const ids = groups.map(({ id }) => id);
      for (const id of ids) this.#setbacks.clear('request', id);
      const written = this.#held.release(ids);
      if (!written.ok) return written;
      const going = this.#held.lanes.filter(({ groupId }) => ids.includes(groupId));
      if (this.#parts.link.state().connected) this.#note('report', await this.#reporter.tellTraffic(going));
      const rest = await this.#hold(this.#held.lanes.filter(({ groupId }) => !ids.includes(groupId)));
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
    return this.#turns.take(async () => {
      const { clock, link } = this.#parts;
      if (this.#over) return;
      if (this.#held.lanes.some((lane) => hasEnded(lane, this.#parts))) this.#note('lease-end', await this.#expire());
      if (this.#held.off) return;
      if (this.#host.lookAt <= clock.sinceBoot()) await this.look();
      if (!link.state().connected) return;
      const news = this.#host.takeNews();
      const changed = this.#held.lanes.filter(({ groupId }) => news.has(groupId));
      if (changed.length > 0) this.#note('report', await this.#reporter.tell(changed));
      await this.#settleConflicts();
      if (!this.#synchronised) this.#note('synchronise', await this.#synchronise());
      if (!this.#synchronised) return;
      const now = clock.sinceBoot();
      const due = this.#renewals.due(this.#held.lanes, now);
      // First what lanes have carried: the headend decides by it, and judges it by the rates they had.
      if (due.length > 0 || this.#reporter.trafficAt <= now)
        this.#note('report', await this.#reporter.tellTraffic(this.#held.lanes));
      if (due.length > 0) this.#note('renew', await this.#renew(due));
      const missing = this.#lacking().filter(({ id }) => (this.#setbacks.get('request', id)?.retryAt ?? now) <= now);
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
    if (ask) this.#parts.link.reopen();
    return changed || ask;
  }

  /** When the host is to be looked at without a cause, in time since boot. */
  get lookAt(): Milliseconds {
    return this.#host.lookAt;
  }

  /** The machine stood still for a while: lanes may have ended, and the headend may have changed its mind. */
  async resume(): Promise<void> {
    this.#parts.link.reopen();
    await this.look();
  }

  /** Tells of changes in the kernel that may concern the lanes, until closed. */
  watch(listener: (event: KernelEvent) => void): Watch {
    return this.#parts.host.watch(listener);
  }

  /** When `tick` has something to do next, in time since boot; undefined: only when the link changes or someone asks. */
  nextDue(): Milliseconds | undefined {
    const { link, clock } = this.#parts;
    const { connected } = link.state();
    const standing = { held: this.#held, lacking: this.#lacking(), host: this.#host, setbacks: this.#setbacks };
    const asking = { renewals: this.#renewals, reporter: this.#reporter, synchronised: this.#synchronised };
    return nextDue({ ...standing, ...asking, connected, now: clock.sinceBoot() });
  }

  async status(): Promise<AgentStatus> {
    const { config, link, clock, host } = this.#parts;
    return statusOf({
      config,
      link: link.state(),
      state: this.#held.state,
      setbacks: this.#setbacks,
      blocked: this.blocked,
      traffic: await host.traffic(),
      means: await host.means(),
      host: this.#host.status(),
      now: clock.sinceBoot(),
    });
  }

  /** What this host may ask for, here and now. */
  services = () => this.#parts.link.services(this.#parts.identity());

  plan(): Promise<Result<readonly HostStep[], AgentFailure>> {
    return this.#turns.take(() => this.#host.plan(this.#held.off ? [] : this.#held.living));
  }

  /** Every trace off the host, and no group blocked any more; the leases stay the headend's to end. */
  undo(): Promise<Result<undefined, AgentFailure>> {
    return this.#turns.take(async () => {
      const undone = await this.#host.undo();
      this.#over ||= undone.ok;
      return undone.ok ? this.#held.forget() : undone;
    });
  }

  /** What was held before, as far as the configuration of now accepts it. */
  #restore(): Promise<Result<undefined, AgentFailure>> {
    const living = this.#held.living;
    const groups = living.map(({ answer }) => answer);
    const { refused } = this.#parts.judge({ groups, standing: [], isNew: () => false });
    for (const [groupId, refusals] of refused) this.#decline({ groupId, ...notAccepted(refusals) });
    return this.#hold(living.filter(({ groupId }) => !refused.has(groupId)));
  }

  #decline(refusal: Declined): void {
    this.#parts.log.warn({ group: refusal.groupId }, refusal.message);
    this.#setbacks.add('request', refusal.groupId, refusal.message, refusal);
  }

  /** Wanted groups that hold no lane, one asked for in other words, or one to be asked for again. */
  #lacking(): readonly GroupConfig[] {
    return this.#held.wanted.filter((group) => {
      const held = this.#held.lanes.find(({ groupId }) => groupId === group.id);
      return held?.asked !== this.#wording(group) || this.#renewals.again.has(group.id);
    });
  }

  #wording(group: GroupConfig): string {
    return JSON.stringify(requestedGroup(group));
  }

  #request(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    return askEach(groups, this.#setbacks, (asking) => this.#ask(asking));
  }

  /** One message, and what it grants put on the host; returned is what of it this host does not accept. */
  async #ask(groups: readonly GroupConfig[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    const { config, link, identity } = this.#parts;
    const password = await this.#parts.userPassword();
    if (!password.ok) return password;
    const answer = await link.request(requestMessage(config, groups, identity(), password.value));
    return answer.ok ? this.#accept(groups, answer.value) : answer;
  }

  async #accept(asked: readonly GroupConfig[], answer: Answer): Promise<Result<readonly Refusal[], AgentFailure>> {
    const by = { judge: this.#parts.judge, asked: (group: GroupConfig) => this.#wording(group) };
    const { lanes, declined, missing } = grantsIn(answer, asked, this.#held.lanes, by);
    if (missing.length > 0) {
      this.#synchronised = false;
      return failed({ kind: 'malformed', reason: 'the headend answered without a lane for every group asked' });
    }
    const others = this.#held.lanes.filter(({ groupId }) => !asked.some(({ id }) => id === groupId));
    const applied = await this.#hold([...others, ...lanes], 'heard');
    if (!applied.ok && applied.failure.kind === 'state') return applied;
    const granted = lanes.filter(({ groupId }) => !declined.some((one) => one.groupId === groupId));
    for (const { groupId } of granted) {
      // Whoever gets another address after a conflict, and again after the next, waits longer each time.
      if (this.#setbacks.get('host', groupId)?.conflict === undefined) this.#setbacks.clear('request', groupId);
      this.#renewals.granted(groupId);
    }
    for (const one of declined) this.#decline(one);
    const failing = granted.some(({ groupId }) => this.#setbacks.get('host', groupId));
    this.#note('report', await this.#reporter.tell(granted, declined));
    await this.#settleConflicts();
    // Another group's lane that fails is not what was asked about.
    return failing && !applied.ok ? applied : ok(declined);
  }

  async #renew(groupIds: readonly number[]): Promise<Result<readonly Refusal[], AgentFailure>> {
    const { lanes, refusals, renewed, unknown, failure } = await this.#renewals.renew(this.#held.lanes, groupIds);
    if (unknown) this.#synchronised = false;
    const applied = renewed ? await this.#hold(lanes, 'heard') : ok();
    if (failure !== undefined) return failed(failure);
    return applied.ok ? ok(refusals) : applied;
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
    const wanted = this.#held.wanted;
    const { lanes, declined } = grantsIn(answer.value, wanted, this.#held.lanes, { judge: this.#parts.judge });
    for (const one of declined) this.#decline(one);
    // A host that never had a lane is left alone until it gets one.
    const untouched = lanes.length === 0 && this.#held.lanes.length === 0 && !this.#host.failing;
    const applied = untouched ? ok() : await this.#hold(lanes, 'heard');
    const strange = answer.value.groups.map(({ id }) => id).filter((id) => !wanted.some((group) => group.id === id));
    if (strange.length > 0) {
      // Taken out of the configuration, or given back while the headend was away: given back once they are off the host.
      if (!this.#host.isClean(applied)) return applied;
      const released = await this.#parts.link.release(strange);
      if (!released.ok) return released;
    }
    this.#synchronised = true;
    this.#renewals.heard(lanes);
    this.#note('report', await this.#reporter.tell([], declined));
    await this.#settleConflicts();
    return applied;
  }

  async #expire(): Promise<Result<undefined, AgentFailure>> {
    const over = this.#held.lanes.filter((lane) => hasEnded(lane, this.#parts));
    for (const { groupId } of over) this.#parts.log.warn({ group: groupId }, 'lease ended; the lane is taken away');
    return this.#hold(this.#held.lanes.filter((lane) => !over.includes(lane)));
  }

  /** Known durably first, so that a crash between the two is repaired by the next start; then made to stand. */
  async #hold(lanes: readonly HeldLane[], heard?: 'heard'): Promise<Result<undefined, AgentFailure>> {
    const written = this.#held.hold(await this.#reporter.begin(lanes, this.#held.lanes));
    if (!written.ok) return written;
    return this.#host.hold(this.#held.off ? [] : this.#held.lanes, heard);
  }

  /**
   * Addresses that somebody else on the segment uses: told to the headend, which keeps them from everyone, and given up.
   * The group asks for others after a pause that grows while that goes on.
   */
  async #settleConflicts(): Promise<void> {
    const told = await this.#reporter.tellConflicts();
    this.#note('report', told);
    // Unheard, the lease goes on; the next attempt to make the lane tells again.
    if (!told.ok || told.value.length === 0) return;
    for (const { groupId, setback } of told.value)
      this.#setbacks.add('request', groupId, setback.reason, undefined, setback.conflict);
    const rest = this.#held.lanes.filter(({ groupId }) => !told.value.some((one) => one.groupId === groupId));
    this.#note('host', await this.#hold(rest));
  }

  #note(what: string, result: Result<unknown, AgentFailure>): void {
    if (!result.ok) this.#parts.log.warn({ what, failure: result.failure }, reasonOf(result.failure));
  }
}
