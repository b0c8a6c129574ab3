import type { Log, Result } from '@sublane/basics';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import type { PortFailure, PortKernel, PortMeans, PortStep, PortWish } from './port-kernel.ts';
import { type PortState, planPorts } from './port-plan.ts';

export interface PortServiceParts {
  readonly kernel: PortKernel;
  readonly ports: readonly PortWish[];
  readonly log: Log;
}

/**
 * Keeps the ports of the configuration bound: to links that are there, that come later, that come back under the same
 * name, that are renamed to or from it. What an earlier run left is known by its marks; what the configuration no longer
 * has, goes.
 */
export class PortService {
  readonly #parts: PortServiceParts;
  #means: PortMeans | undefined;
  #watch: Watch | undefined;
  #due = false;
  #closed = false;
  /** Steps that the kernel refused, by interface: not tried again until that link changes. */
  readonly #refused = new Map<string, string>();
  /** What was last said of each port. */
  readonly #said = new Map<string, string>();

  constructor(parts: PortServiceParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const { kernel } = this.#parts;
    this.#means = await kernel.means();
    if (this.#closed) return;
    this.#watch = kernel.watch((event) => this.#hear(event));
    this.look();
  }

  /** Makes it so now. Once more does nothing. */
  look(): void {
    const { kernel, log } = this.#parts;
    const read = kernel.read();
    if (!read.ok) {
      log.error({ failure: read.failure }, `ports cannot be read: ${read.failure.message}`);
      return;
    }
    const plan = planPorts(this.#parts.ports, read.value, this.#means);
    for (const step of plan.steps) this.#carryOut(step);
    for (const state of plan.ports) this.#say(state);
  }

  /** Takes away all that is ours, also what is not in the configuration; nothing is bound afterwards. */
  undo(): Result<undefined, PortFailure> {
    this.#end();
    return undoPorts(this.#parts.kernel);
  }

  /** Ends the watch; what is bound stays. */
  close(): void {
    this.#end();
    this.#parts.kernel.close();
  }

  #end(): void {
    this.#closed = true;
    this.#watch?.close();
    this.#watch = undefined;
  }

  #hear({ subject, link }: KernelEvent): void {
    if (subject !== 'link' && subject !== 'tc' && subject !== 'anything') return;
    if (subject === 'anything') this.#refused.clear();
    else if (subject === 'link') this.#refused.delete(link ?? '');
    else if (!this.#parts.ports.some((port) => port.interface === link)) return;
    if (this.#due) return;
    // Many events make one look.
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      if (!this.#closed) this.look();
    });
  }

  #carryOut(step: PortStep): void {
    const { kernel, log } = this.#parts;
    const name = step.fact.interface;
    const what = `${step.do} ${step.fact.index}`;
    if (this.#refused.get(name) === what) return;
    const done = kernel.apply(step);
    if (done.ok) {
      this.#refused.delete(name);
      const text = step.do === 'unbind' ? 'is no longer held' : `is held to ${step.port.rate} kbit/s (${step.means})`;
      log.info({ port: name, step: step.do }, `what arrives at ${name} ${text}`);
      return;
    }
    this.#refused.set(name, what);
    log.error({ port: name, step: step.do, failure: done.failure }, `port ${name}: ${done.failure.message}`);
  }

  /** Once, until it is otherwise. */
  #say({ port, state, note }: PortState): void {
    const { log } = this.#parts;
    const text = note ?? state;
    if (this.#said.get(port.interface) === text) return;
    this.#said.set(port.interface, text);
    if (note !== undefined) log.warn({ port: port.interface, state }, `port ${port.interface}: ${note}`);
  }
}

/** Takes every port's rate away, by its marks alone. */
export function undoPorts(kernel: PortKernel): Result<undefined, PortFailure> {
  const read = kernel.read();
  if (!read.ok) return read;
  let failure: Result<undefined, PortFailure> | undefined;
  for (const step of planPorts([], read.value, undefined).steps) {
    const done = kernel.apply(step);
    if (!done.ok) failure ??= done;
  }
  return failure ?? { ok: true, value: undefined };
}
