import type { Commit, Persistence, Saved } from '../datastore.ts';

/** What would outlive the process, for tests that let it end. */
export class MemoryPersistence implements Persistence {
  saved: Saved | undefined;
  readonly purposes: string[] = [];
  /** Refuses every save while it is set. */
  full = false;

  async load(): Promise<Saved | undefined> {
    return this.saved;
  }

  async save(saved: Saved, { datastore, purpose }: Commit): Promise<void> {
    await Promise.resolve();
    if (this.full) throw new Error('disk full');
    this.saved = saved;
    this.purposes.push(`${datastore} ${purpose}`);
  }
}
