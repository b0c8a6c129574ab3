import { ok, type Result } from '@sublane/basics';
import type { LibyangFailure, YangError } from './failure.ts';
import { LiveContext } from './live-context.ts';
import { isError, yangError } from './log-record.ts';
import type { Machine } from './machine.ts';

/** The text of a module or submodule. */
export interface ModuleSource {
  readonly name: string;
  readonly revision?: string;
  readonly text: string;
  /** Default `yang`. */
  readonly format?: 'yang' | 'yin';
}

export interface ImplementedModule {
  readonly name: string;
  /** Default: the newest among the sources. */
  readonly revision?: string;
  /** Default: none. */
  readonly features?: readonly string[] | 'all';
}

/** All that a context is made of, so that it can be made again. */
export interface ContextRecipe {
  /** Where imports and includes are found, besides the modules that libyang brings itself. */
  readonly sources: readonly ModuleSource[];
  /** Modules whose nodes data may have. */
  readonly implement: readonly ImplementedModule[];
}

const NO_YANG_LIBRARY = 0x04;
const YANG_LIBRARY = '2019-01-04';

/** Makes the context in an instance, with the warnings of its modules. */
export function build(
  machine: Machine,
  recipe: ContextRecipe,
): Result<{ live: LiveContext; warnings: YangError[] }, LibyangFailure> {
  return machine.guard(() => {
    const { wasm } = machine;
    // libyang brings this revision, and then takes no other.
    const yangLibrary = recipe.implement.some(
      ({ name, revision = YANG_LIBRARY }) => name === 'ietf-yang-library' && revision === YANG_LIBRARY,
    );
    const address = wasm.lyw_context_new(yangLibrary ? 0 : NO_YANG_LIBRARY) >>> 0;
    if (address === 0) return machine.failure(1, 0);
    const live = new LiveContext(machine, address);
    const warnings: YangError[] = [];
    for (const step of stepsOf(recipe)) {
      const done = take(live, step, warnings);
      if (done.ok) continue;
      live.close();
      return done;
    }
    return ok({ live, warnings });
  });
}

/** Texts to place, and what to call with their addresses. */
interface Step {
  readonly texts: readonly string[];
  call(live: LiveContext, addresses: readonly number[]): number;
}

function* stepsOf({ sources, implement }: ContextRecipe): Generator<Step> {
  for (const { name, revision = '', text, format } of sources) {
    yield {
      texts: [name, revision, text],
      call: ({ machine, address }, [name = 0, revision = 0, text = 0]) =>
        machine.wasm.lyw_context_add(address, name, revision, text, format === 'yin' ? 1 : 0),
    };
  }
  for (const { name, revision = '', features = [] } of implement) {
    yield {
      texts: [name, revision, features === 'all' ? '*' : features.join(' ')],
      call: ({ machine, address }, [name = 0, revision = 0, features = 0]) =>
        machine.wasm.lyw_context_implement(address, name, revision, features),
    };
  }
  yield { texts: [], call: ({ machine, address }) => machine.wasm.lyw_context_compile(address) };
}

function take(live: LiveContext, step: Step, warnings: YangError[]): Result<undefined, LibyangFailure> {
  const { machine, address } = live;
  const placed = machine.placeAll(step.texts);
  if (!placed.ok) return placed;
  const code = step.call(live, placed.value);
  if (code !== 0) return machine.failure(code, address);
  for (const record of machine.log(address)) if (!isError(record)) warnings.push(yangError(record));
  return ok();
}
