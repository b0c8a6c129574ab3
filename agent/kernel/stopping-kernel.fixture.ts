import { failed, type Milliseconds, type Result } from '@sublane/basics';
import type { ApplyFailure, Kernel, ObserveRequest } from '../lanes/kernel.ts';
import type { Operation } from '../lanes/operation.ts';

/** A kernel that does the first so many operations, once, and then something else happens. */
export class StoppingKernel implements Kernel {
  readonly #kernel: Kernel;
  readonly #stop: () => void;
  #left: number | undefined;

  constructor(kernel: Kernel, operations: number, stop: () => void = () => undefined) {
    this.#kernel = kernel;
    this.#left = operations;
    this.#stop = stop;
  }

  async apply(operations: readonly Operation[], now: Milliseconds): Promise<Result<undefined, ApplyFailure>> {
    const left = this.#left;
    // What is asked about on the segment is made first, in an apply of its own.
    this.#left = left === undefined || left <= operations.length ? undefined : left - operations.length;
    if (left === undefined || this.#left !== undefined) return this.#kernel.apply(operations, now);
    const some = await this.#kernel.apply(operations.slice(0, left), now);
    this.#stop();
    return some.ok ? failed({ index: left, message: 'stopped by the test' }) : some;
  }

  capabilities = () => this.#kernel.capabilities();
  observe = (request: ObserveRequest) => this.#kernel.observe(request);
  probe: Kernel['probe'] = (requests, window) => this.#kernel.probe(requests, window);
  counters = () => this.#kernel.counters();
  enter = (path: string, pid: number) => this.#kernel.enter(path, pid);
  members = (path: string) => this.#kernel.members(path);
  cgroupDirectory = (path: string) => this.#kernel.cgroupDirectory(path);
  expel = (path: string) => this.#kernel.expel(path);
  watch: Kernel['watch'] = (listener) => this.#kernel.watch(listener);
}
