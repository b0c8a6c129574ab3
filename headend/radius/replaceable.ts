/** Something that runs until it is closed. */
export interface Running {
  start(): void;
  close(): Promise<void>;
}

/** What is wanted of a kind: one of each name. */
export interface Wanted<T> {
  readonly name: string;
  /** Of all it is made of: another digest, another one. */
  readonly digest: string;
  readonly make: () => T;
}

/** Those that run, by name. One that is wanted otherwise is closed before its successor starts. */
export class Replaceable<T extends Running> {
  readonly #running = new Map<string, Wanted<T> & { readonly one: T }>();

  async apply(wanted: readonly Wanted<T>[]): Promise<void> {
    const digests = new Map(wanted.map(({ name, digest }) => [name, digest]));
    for (const [name, { digest, one }] of this.#running) {
      if (digests.get(name) === digest) continue;
      this.#running.delete(name);
      await one.close();
    }
    for (const next of wanted) {
      if (this.#running.has(next.name)) continue;
      const one = next.make();
      this.#running.set(next.name, { ...next, one });
      one.start();
    }
  }

  /** As it is wanted now. */
  keep(name: string): readonly Wanted<T>[] {
    const running = this.#running.get(name);
    return running === undefined ? [] : [running];
  }

  all(): readonly T[] {
    return [...this.#running.values()].map(({ one }) => one);
  }

  async close(): Promise<void> {
    const all = this.all();
    this.#running.clear();
    await Promise.all(all.map((one) => one.close()));
  }
}
