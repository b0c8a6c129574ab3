import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import type { Network } from '../lanes/surroundings.ts';

/** Where a run of the agent finds in which network the lanes of an earlier one were granted. */
export interface NetworkMemory {
  /** Undefined: not known. */
  read(): Network | undefined;
  /** That it cannot be written costs a later run a question to the headend, and nothing else. */
  write(network: Network): void;
}

const byFamily = v.object({ 4: v.optional(v.string()), 6: v.optional(v.string()) });
const stored = v.object({ uplink: v.string(), nextHop: byFamily, mac: byFamily, prefixes: v.array(v.string()) });

export class NetworkFile implements NetworkMemory {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  read(): Network | undefined {
    try {
      const read = v.safeParse(stored, JSON.parse(readFileSync(this.#file, 'utf8')));
      return read.success ? (read.output as Network) : undefined;
    } catch {
      return undefined;
    }
  }

  write(network: Network): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#file}.new`, `${JSON.stringify(network)}\n`, { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      // A full disk: the next start takes the network it finds for the right one, until the headend has been asked.
    }
  }
}
