import { failed, ok, type Result, type Seconds, type Turns } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';
import type { ConfigEdit, ConfigSnapshot } from '../datastore.ts';
import type { Candidate, CandidateCommit, CandidateEdit, DatastoreName } from '../datastores.ts';
import type { Session } from '../session.ts';
import type { CommitEngine } from './commit-engine.ts';
import type { ConfigReader } from './config-reader.ts';
import type { ConfirmedCommits } from './confirmed-commits.ts';

export interface CandidateParts {
  readonly engine: CommitEngine;
  readonly reader: ConfigReader;
  readonly turns: Turns;
  readonly confirmed: ConfirmedCommits;
  readonly longestTrial: Seconds;
  /** Why the session may not change the datastore now. */
  readonly refusal: (name: DatastoreName, session: Session | undefined) => RpcError | undefined;
}

type Committed = Promise<Result<ConfigSnapshot, readonly RpcError[]>>;

/** RFC 6241 §8.3. */
export class SharedCandidate implements Candidate {
  readonly longestTrial: Seconds;
  readonly #parts: CandidateParts;
  /** What it became, and what running was when they were last equal; undefined while it follows running. */
  #draft: { readonly base: ConfigSnapshot; readonly content: ConfigSnapshot } | undefined;

  constructor(parts: CandidateParts) {
    this.longestTrial = parts.longestTrial;
    this.#parts = parts;
  }

  read(): ConfigSnapshot {
    return this.#draft?.content ?? this.#parts.engine.held.running;
  }

  get modified(): boolean {
    return this.#draft !== undefined;
  }

  edit(edit: ConfigEdit, { session, testOnly = false, validate = false }: CandidateEdit = {}): Committed {
    const { engine, reader, refusal, turns } = this.#parts;
    return turns.take(async () => {
      const refused = testOnly ? undefined : refusal('candidate', session);
      if (refused !== undefined) return failed([refused]);
      const before = this.read();
      const wanted = edit(before);
      if (!wanted.ok) return wanted;
      if (testOnly || validate) {
        const whole = reader.validAfter(engine.held.running, wanted.value);
        if (!whole.ok) return whole;
        const valid = await engine.validate(whole.value, session);
        if (!valid.ok) return valid;
      }
      const content = reader.draft(wanted.value);
      if (!content.ok) return content;
      if (testOnly) return ok(before);
      const base = this.#draft?.base ?? engine.held.running;
      this.#draft = reader.same(base, content.value) ? undefined : { base, content: content.value };
      return ok(this.read());
    });
  }

  discard({ session }: { readonly session?: Session } = {}): Promise<Result<undefined, readonly RpcError[]>> {
    return this.#parts.turns.take(() => {
      const refused = this.#parts.refusal('candidate', session);
      if (refused !== undefined) return failed([refused]);
      this.follow();
      return ok();
    });
  }

  /** In a turn: its changes are gone. */
  follow(): void {
    this.#draft = undefined;
  }

  commit(options: CandidateCommit = {}): Committed {
    return this.#parts.turns.take(() => this.#commit(options));
  }

  cancel({ session, persistId }: Parameters<Candidate['cancel']>[0] = {}): ReturnType<Candidate['cancel']> {
    return this.#parts.turns.take(async () => {
      const refused = this.#parts.refusal('running', session);
      return refused === undefined ? this.#parts.confirmed.cancel(session, persistId) : failed([refused]);
    });
  }

  async #commit({ session, testOnly, confirmed, persistId, permit }: CandidateCommit): Committed {
    const { engine, reader, refusal, confirmed: waiting } = this.#parts;
    // "If the running or candidate configuration is currently locked by a different session, the <commit> operation MUST
    // fail with an <error-tag> value of "in-use"." (§8.3.4.1)
    const refused = refusal('running', session) ?? refusal('candidate', session) ?? waiting.refusal(session, persistId);
    if (refused !== undefined) return failed([refused]);
    const { running, revertTo } = engine.held;
    const wanted = this.#draft === undefined ? ok(running) : reader.validAfter(running, this.#draft.content.xml);
    if (!wanted.ok) return wanted;
    const permitted = permit?.(running, wanted.value) ?? ok();
    if (!permitted.ok) return permitted;
    if (testOnly) {
      const valid = await engine.validate(wanted.value, session);
      return valid.ok ? ok(running) : valid;
    }
    const purpose = confirmed !== undefined ? 'confirmed' : waiting.waiting ? 'confirm' : 'edit';
    const next = { running: wanted.value, revertTo: confirmed === undefined ? undefined : (revertTo ?? running) };
    const done = await engine.commit(next, { purpose, session });
    if (!done.ok) return done;
    this.follow();
    if (confirmed === undefined) waiting.completed(session);
    else waiting.begun(session, confirmed.timeout, confirmed.persist);
    return done;
  }
}
