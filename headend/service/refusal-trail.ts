import { type Log, type Milliseconds, milliseconds } from '@sublane/basics';
import type { Refusal } from '../refusal/refusal.ts';
import { refusalFacts } from '../refusal/refusal-facts.ts';
import type { Store } from '../store/store.ts';
import { NotedOnce } from './noted-once.ts';
import type { Caller } from './service.ts';

/** An agent that is refused asks again: the same refusal of the same host is noted once in this time. */
const NOTED_ONCE_IN = milliseconds(60_000);
/** Of one host in this time, whatever it is refused: it may name 65,535 groups. */
const NOTED_MAX = 60;

/** Logs, counts and audits what was refused. */
export class RefusalTrail {
  readonly #store: Store;
  readonly #log: Log;
  readonly #noted = new NotedOnce(NOTED_ONCE_IN);
  readonly #hosts = new NotedOnce(NOTED_ONCE_IN, NOTED_MAX);
  readonly #limited = new NotedOnce(NOTED_ONCE_IN);

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Notes the refusal of one operation; answers its stable code. Does not wait for the store. */
  note(operation: string, refusal: Refusal, caller: Caller, at: Milliseconds): string {
    const { code, tag, groupId, rule, pool } = refusalFacts(refusal);
    const facts = { ...(rule !== undefined && { rule }), ...(pool !== undefined && { pool }) };
    const limited = refusal.kind === 'too-many-requests';
    const unnoted = limited
      ? this.#limited.note(caller.hostId, at)
      : this.#leftOut(`${caller.hostId} ${operation} ${code} ${groupId ?? ''}`, caller.hostId, at);
    // Who asks without end is not to fill the log either.
    if (limited && unnoted === undefined) return code;
    this.#log.info(
      { host: caller.hostId, operation, code, tag, ...(groupId !== undefined && { group: groupId }), ...facts },
      'refused',
    );
    if (unnoted !== undefined) {
      void this.#store.audit.append([
        {
          at,
          event: 'request-refused',
          actor: caller.hostId,
          hostId: caller.hostId,
          ...(groupId !== undefined && { groupId }),
          // The kind tells an unknown subscriber from a wrong password, which the code does not.
          detail: { operation, code, kind: refusal.kind, ...facts, ...said(refusal), ...(unnoted > 0 && { unnoted }) },
        },
      ]);
    }
    return code;
  }

  /** How many refusals of this host were left out of the trail; undefined: this one is left out too. */
  #leftOut(name: string, hostId: string, at: Milliseconds): number | undefined {
    return this.#noted.note(name, at) === undefined ? undefined : this.#hosts.note(hostId, at);
  }
}

/** What a policy server said to the subscriber. */
function said(refusal: Refusal) {
  const reason = refusal.kind === 'policy-hook-refuses' ? refusal.reason : undefined;
  return reason === undefined ? {} : { reason };
}
