import { failed, ok, type Result, type Turns } from '@sublane/basics';
import type { RpcError } from '@sublane/netconf';
import type { CommitOptions, ConfigEdit, ConfigSnapshot } from '../datastore.ts';
import type { DatastoreName, Startup } from '../datastores.ts';
import type { Session } from '../session.ts';
import type { CommitEngine } from './commit-engine.ts';
import type { ConfigReader } from './config-reader.ts';

export interface StartupParts {
  readonly engine: CommitEngine;
  readonly reader: ConfigReader;
  /** What the device starts with where nothing was saved. */
  readonly initial: () => Result<ConfigSnapshot, readonly RpcError[]>;
  /** Why the session may not change the datastore now. */
  readonly refusal: (name: DatastoreName, session: Session | undefined) => RpcError | undefined;
  readonly turns: Turns;
}

/** RFC 6241 §8.7. */
export class SavedStartup implements Startup {
  readonly #parts: StartupParts;

  constructor(parts: StartupParts) {
    this.#parts = parts;
  }

  read(): ConfigSnapshot {
    const { startup, running } = this.#parts.engine.held;
    return startup ?? running;
  }

  replace(
    edit: ConfigEdit,
    { session, testOnly = false }: CommitOptions = {},
  ): Promise<Result<ConfigSnapshot, readonly RpcError[]>> {
    return this.#parts.turns.take(async () => {
      const refused = testOnly ? undefined : this.#parts.refusal('startup', session);
      if (refused !== undefined) return failed([refused]);
      const wanted = edit(this.read());
      if (!wanted.ok) return wanted;
      const startup = this.#parts.reader.valid(wanted.value);
      if (!startup.ok || testOnly) return startup;
      const done = await this.#parts.engine.commitStartup(startup.value, session);
      return done.ok ? ok(this.read()) : done;
    });
  }

  delete({ session, testOnly = false }: CommitOptions = {}): Promise<Result<undefined, readonly RpcError[]>> {
    return this.#parts.turns.take(async () => {
      const refused = testOnly ? undefined : this.#parts.refusal('startup', session);
      if (refused !== undefined) return failed([refused]);
      const initial = this.#parts.initial();
      if (!initial.ok) return initial;
      return testOnly ? ok() : this.#parts.engine.commitStartup(initial.value, session);
    });
  }
}
