import { type Log, type Milliseconds, milliseconds } from '@sublane/basics';
import type { Refusal } from '../refusal/refusal.ts';
import { refusalFacts } from '../refusal/refusal-facts.ts';
import type { Store } from '../store/store.ts';
import { NotedOnce } from './noted-once.ts';
import type { Caller } from './service.ts';

/** An agent that is refused asks again: the same refusal of the same host is noted once in this time. */
const NOTED_ONCE_IN = milliseconds(60_000);

/** Logs, counts and audits what was refused. */
export class RefusalTrail {
  readonly #store: Store;
  readonly #log: Log;
  readonly #noted = new NotedOnce(NOTED_ONCE_IN);

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
  }

  /** Notes the refusal of one operation; answers its stable code. Does not wait for the store. */
  note(operation: string, refusal: Refusal, caller: Caller, at: Milliseconds): string {
    const { code, tag, groupId, rule, pool } = refusalFacts(refusal);
    const facts = { ...(rule !== undefined && { rule }), ...(pool !== undefined && { pool }) };
    this.#log.info(
      { host: caller.hostId, operation, code, tag, ...(groupId !== undefined && { group: groupId }), ...facts },
      'refused',
    );
    if (this.#noted.note(`${caller.hostId} ${operation} ${code} ${groupId ?? ''}`, at) !== undefined) {
      void this.#store.audit.append([
        {
          at,
          event: 'request-refused',
          actor: caller.hostId,
          hostId: caller.hostId,
          ...(groupId !== undefined && { groupId }),
          // The kind tells an unknown subscriber from a wrong password, which the code does not.
          detail: { operation, code, kind: refusal.kind, ...facts },
        },
      ]);
    }
    return code;
  }
}
