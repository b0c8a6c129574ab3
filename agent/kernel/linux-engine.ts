import { readlinkSync } from 'node:fs';
import { type Clock, systemClock } from '@sublane/basics';
import type { Engine, EngineOptions } from '../lanes/engine.ts';
import type { Kernel } from '../lanes/kernel.ts';
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
  const ownership = ownershipOf(options);
  return new LanesEngine({
    kernel: wrap(new LinuxKernel(ownership)),
    journal: new JournalFile(options.stateDir),
    scope: currentScope((path) => readlinkSync(path)),
    clock,
    ownership,
    options,
  });
}
