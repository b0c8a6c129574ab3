import { readlinkSync } from 'node:fs';
import { type Clock, systemClock } from '@sublane/basics';
import type { Engine, EngineOptions } from '../lanes/engine.ts';
import { ownershipIn } from '../lanes/journal.ts';
import type { Kernel, Ownership } from '../lanes/kernel.ts';
import { LanesEngine, ownershipOf } from '../lanes/lanes-engine.ts';
import { currentScope } from './capability-probe.ts';
import { JournalFile } from './journal-file.ts';
import { LinuxKernel } from './linux-kernel.ts';

/**
 * The engine over this machine's kernel. `wrap` puts something between the two: tests use it to fail a step or to end
 * the process at one.
 */
export function openLinuxEngine(
  options: EngineOptions,
  { clock = systemClock, wrap = (kernel: Kernel) => kernel }: { clock?: Clock; wrap?: (kernel: Kernel) => Kernel } = {},
): Engine {
  const journal = new JournalFile(options.stateDir);
  const scope = currentScope((path) => readlinkSync(path));
  const read = journal.read();
  const remembered = read.ok ? ownershipIn(read.value, scope) : undefined;
  const ownership = (options.asRemembered && remembered) || ownershipOf(options);
  const kernelOf = (own: Ownership) => wrap(new LinuxKernel(own));
  return new LanesEngine({
    kernel: kernelOf(ownership),
    journal,
    scope,
    clock,
    ownership,
    options,
    ...(remembered !== undefined &&
      JSON.stringify(remembered) !== JSON.stringify(ownership) && {
        predecessor: { kernel: kernelOf(remembered), ownership: remembered },
      }),
  });
}
