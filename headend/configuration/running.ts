import {
  type Clock,
  failed,
  type JsonObject,
  type Log,
  ok,
  type Result,
  seconds,
  Turns,
  unwrap,
} from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import type { Context } from 'libyang-wasm';
import {
  type Commit,
  type Datastores,
  nacmParticipant,
  openDatastores,
  type Participant,
  type Saved,
} from 'netconf-server';
import { type Configuration, EMPTY_CONFIGURATION } from '../policy/configuration.ts';
import { refusalToRpcError } from '../refusal/rpc-errors.ts';
import type { Secrets } from '../settings/secrets.ts';
import type { ConfigurationStore } from '../store/configuration-store.ts';
import type { Lease } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { adviceOn } from './advice.ts';
import { type ConfigurationFault, listPath } from './configuration-fault.ts';
import { errorPath, faultErrors } from './faults.ts';
import { readConfiguration } from './model.ts';
import { overloadAdvice } from './overload-advice.ts';
import { planFaults } from './plan-consistency.ts';
import { poolsInUse } from './pool-obstacles.ts';
import { secretFaults } from './secret-faults.ts';

/** `running` of module sublane-headend, and the model of it that the service works by. */
export interface RunningConfiguration {
  readonly datastores: Datastores;
  /** Of the newest commit. */
  current(): Configuration;
  /**
   * Does something that rests on the configuration while no commit can take it away: adding a subscriber with a plan.
   */
  holding<T>(work: (configuration: Configuration) => Promise<T>): Promise<T>;
  /** Tells after each commit from here on; `current` is the new one. */
  watch(told: () => void): void;
  /** Tells of the leases that end as a commit that nobody confirmed is taken back. */
  watchWithdrawals(told: (leases: readonly Lease[]) => void): void;
}

export interface RunningOptions {
  readonly schema: Context;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** What the configuration names must be there. Absent: it is not looked for. */
  readonly secrets?: Pick<Secrets, 'line' | 'key' | 'certificates'>;
  /** XML of the configuration where the store has none yet; nothing unless given. */
  readonly initial?: string;
}

/** Opens what the store holds. Refused where that is not valid by the present schema: with the errors. */
export async function openRunning(options: RunningOptions): Promise<Result<RunningConfiguration, readonly RpcError[]>> {
  const { schema, store, clock, log } = options;
  const participant = new Records(options);
  const opened = await openDatastores({
    schema,
    log,
    participants: [nacmParticipant(schema), participant],
    ...(options.initial !== undefined && { initial: options.initial }),
    persistence: {
      load: () => load(store.configuration),
      save: (_, commit) => participant.save(commit),
    },
    candidate: true,
    longestTrial: LONGEST_TRIAL,
    clock,
  });
  if (!opened.ok) return failed(opened.failure.errors);
  const read = readConfiguration(opened.value.running.read().json);
  if (!read.ok) return failed(faultErrors(read.failure));
  const missing = options.secrets === undefined ? [] : secretFaults(read.value, options.secrets);
  if (missing.length > 0) return failed(faultErrors(missing));
  participant.current = read.value;
  // A store of before admission control has the configuration and does not count by it yet.
  const adopted = await store.locations.adopt([...read.value.locations.values()]);
  if (!adopted.ok) return failed([refusalToRpcError(adopted.failure)]);
  // Nor does it know what its pools reserve, and for how long what is given back rests there.
  const shapes = [...read.value.pools.values()].map(({ shape }) => shape);
  const laidOut = await store.pools.adopt(shapes);
  if (!laidOut.ok) return failed([refusalToRpcError(laidOut.failure)]);
  return ok({
    datastores: opened.value,
    current: () => participant.current,
    holding: (work) => participant.turns.take(() => work(participant.current)),
    watch: (told) => void participant.watchers.push(told),
    watchWithdrawals: (told) => void participant.withdrawalWatchers.push(told),
  });
}

async function load(log: ConfigurationStore): Promise<Saved | undefined> {
  const latest = await log.latest();
  if (latest === undefined) return undefined;
  const { content: running, revertTo } = latest;
  if (revertTo === undefined) return { running };
  return { running, revertTo: (await log.version(revertTo))?.content ?? '' };
}

/** A day: nobody else commits meanwhile. */
const LONGEST_TRIAL = seconds(86_400);

/** Those that were there before, in what an earlier version committed, stand in the way of nothing else. */
function newFaults(before: Configuration, after: Configuration): readonly ConfigurationFault[] {
  const key = ({ path, code }: ConfigurationFault) => `${path} ${code}`;
  const known = new Set(planFaults(before).map(key));
  return planFaults(after).filter((fault) => !known.has(key(fault)));
}

/** Holds a commit against the records: a pool keeps the addresses of its leases, a plan that is in use does not vanish. */
class Records implements Participant {
  readonly name = 'records';
  readonly turns = new Turns();
  readonly watchers: (() => void)[] = [];
  readonly withdrawalWatchers: ((leases: readonly Lease[]) => void)[] = [];
  current: Configuration = EMPTY_CONFIGURATION;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #secrets: RunningOptions['secrets'];

  constructor({ store, clock, log, secrets }: RunningOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#secrets = secrets;
  }

  async validate({ before, after, purpose }: Commit): Promise<Result<Configuration, readonly RpcError[]>> {
    const read = readConfiguration(after.json as JsonObject);
    if (!read.ok) return failed(faultErrors(read.failure));
    // "the server MUST restore the configuration" (RFC 6241 §8.4.1): it was right, and leases that it has no place for end.
    if (purpose === 'revert') return read;
    if (this.current === EMPTY_CONFIGURATION) this.current = unwrap(readConfiguration(before.json));
    const missing = this.#secrets === undefined ? [] : secretFaults(read.value, this.#secrets);
    const faults = [...newFaults(this.current, read.value), ...missing];
    if (faults.length > 0) return failed(faultErrors(faults));
    const obstacles = [
      ...(await poolsInUse(this.#store.leases, this.current, read.value)),
      ...(await this.#plansInUse(read.value)),
    ];
    return obstacles.length > 0 ? failed(obstacles) : read;
  }

  /** The last participant: what it has done is durable, and the configuration is the new one from here on. */
  apply(commit: Commit): Promise<Result<undefined, readonly RpcError[]>> {
    // Asked once more, now that no subscriber can be given a plan and nothing else is committed.
    return this.turns.take(async () => {
      const valid = await this.validate(commit);
      if (!valid.ok) return valid;
      const committed = await this.#store.configuration.commit(
        {
          content: commit.after.xml,
          pools: [...valid.value.pools.values()].map(({ shape }) => shape),
          locations: [...valid.value.locations.values()],
          purpose: commit.purpose === 'confirm' ? 'edit' : commit.purpose,
          awaits: commit.saves.revertTo !== undefined,
        },
        this.#deed(commit),
      );
      if (!committed.ok) return failed([refusalToRpcError(committed.failure)]);
      this.current = valid.value;
      const { withdrawn } = committed.value;
      if (withdrawn.length > 0)
        this.#log.warn({ leases: withdrawn.length }, 'leases ended with the trial they rested on');
      for (const told of this.withdrawalWatchers) told(withdrawn);
      for (const location of await this.#store.locations.list())
        for (const advice of overloadAdvice(location)) this.#log.warn({ advice }, 'more is guaranteed than there is');
      return ok();
    });
  }

  /** What `apply` did not write already, in one transaction with the pools and the audit row: that nothing waits any more. */
  async save(commit: Commit): Promise<void> {
    if (commit.changes.length > 0 || commit.saves.revertTo !== undefined) return;
    const how = commit.purpose === 'revert' ? 'reverted' : 'confirmed';
    const settled = await this.#store.configuration.settle(this.#deed(commit), how);
    if (!settled.ok) throw new Error(`the store refused: ${settled.failure.kind}`);
  }

  #deed({ session }: Commit) {
    return { actor: session?.identity.user ?? 'headend', at: this.#clock.now() };
  }

  confirm({ session }: Commit): void {
    this.#log.info({ user: session?.identity.user }, 'configuration committed');
    for (const told of this.watchers) told();
    for (const { path, message } of adviceOn(this.current))
      this.#log.warn({ advice: message, path }, 'the configuration has a gap');
  }

  async #plansInUse(after: Configuration): Promise<RpcError[]> {
    const errors: RpcError[] = [];
    for (const name of this.current.plans.keys()) {
      if (after.plans.has(name)) continue;
      const subscriber = await this.#store.subscribers.findByPlan(name);
      if (subscriber === undefined) continue;
      errors.push(
        rpcError.inUse('application', {
          appTag: 'plan-in-use',
          path: errorPath(listPath('plan', name)),
          message:
            `subscriber ${subscriber.name} has plan ${name}. ` +
            `Give its subscribers another first: headend subscriber set ${subscriber.name} --plan PLAN`,
        }),
      );
    }
    return errors;
  }
}
