import { ok, type Result } from '@sublane/basics';
import { readArtefact } from './artefact.ts';
import { Context } from './context.ts';
import type { LibyangFailure } from './failure.ts';
import { Machine, type MachineLimits } from './machine.ts';
import { build, type ContextRecipe } from './recipe.ts';

export interface LoadOptions {
  /** libyang.wasm: a path, or its bytes. Default: see the README, "Where libyang.wasm comes from". */
  readonly artefact?: string | Uint8Array;
  readonly limits?: Partial<MachineLimits>;
}

const DEFAULT_LIMITS: MachineLimits = { memory: 1024 * 1024 * 1024, input: 64 * 1024 * 1024 };

/** libyang in one WebAssembly instance. Contexts of one Libyang share its memory; data does not go between two. */
export class Libyang {
  #module: WebAssembly.Module;
  #limits: MachineLimits;
  #machine: Machine;

  /** Synchronous; takes some tens of milliseconds. Throws where the artefact is missing. */
  static load(options: LoadOptions = {}): Libyang {
    const bytes = readArtefact(options.artefact);
    return new Libyang(new WebAssembly.Module(bytes), {
      ...DEFAULT_LIMITS,
      ...options.limits,
    });
  }

  private constructor(module: WebAssembly.Module, limits: MachineLimits) {
    this.#module = module;
    this.#limits = limits;
    this.#machine = new Machine(module, limits);
  }

  /** Bytes of memory that the instance has. It grows with need, and is given back only with the instance. */
  get memoryBytes(): number {
    return this.#machine.memoryBytes;
  }

  /** Reads modules and makes a context of them. Fails with the first thing that is wrong in a module. */
  createContext(recipe: ContextRecipe): Result<Context, LibyangFailure> {
    const machines = { current: () => this.#current() };
    const built = build(machines.current(), recipe);
    return built.ok ? ok(new Context(machines, recipe, built.value.live, built.value.warnings)) : built;
  }

  #current(): Machine {
    if (this.#machine.lost) this.#machine = new Machine(this.#module, this.#limits);
    return this.#machine;
  }
}
