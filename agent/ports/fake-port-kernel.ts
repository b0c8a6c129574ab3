import { failed, ok, type Result } from '@sublane/basics';
import type { KernelEvent, Watch } from '../lanes/kernel-event.ts';
import type { PortFact, PortFailure, PortKernel, PortMeans, PortStep } from './port-kernel.ts';

/** Links in memory, stricter than real ones: a step that does not fit what is there is refused. */
export class FakePortKernel implements PortKernel {
  readonly #links = new Map<number, PortFact>();
  readonly #listeners = new Set<(event: KernelEvent) => void>();
  readonly #means: PortMeans | undefined;
  /** Steps carried out. */
  readonly done: PortStep[] = [];
  /** Interfaces whose steps are refused. */
  readonly refuses = new Set<string>();
  #next = 1;

  constructor(means: PortMeans | undefined = 'bpf') {
    this.#means = means;
  }

  async means(): Promise<PortMeans | undefined> {
    return this.#means;
  }

  read(): Result<readonly PortFact[], PortFailure> {
    return ok([...this.#links.values()]);
  }

  apply(step: PortStep): Result<undefined, PortFailure> {
    const { index } = step.fact;
    const there = this.#links.get(index);
    if (there === undefined) return failed({ message: 'no such device' });
    if (this.refuses.has(there.interface)) return failed({ message: 'told to fail' });
    switch (step.do) {
      case 'unbind': {
        if (there.owner !== 'ports') return failed({ message: 'not ours' });
        this.#links.set(index, { interface: there.interface, index, owner: 'nobody' });
        break;
      }
      case 'bind':
        if (there.owner !== (step.replace ? 'others' : 'nobody')) return failed({ message: 'file exists' });
        this.#hold(there, step);
        break;
      case 'change':
        if (there.owner !== 'ports') return failed({ message: 'not ours' });
        this.#hold(there, step);
    }
    this.done.push(step);
    this.#tell({ subject: 'tc', link: there.interface, own: true });
    return ok();
  }

  watch(listener: (event: KernelEvent) => void): Watch {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  close(): void {
    this.#listeners.clear();
  }

  /** A link comes; the index is its own for ever. */
  plug(name: string, owner: PortFact['owner'] = 'nobody'): number {
    const index = this.#next++;
    this.#links.set(index, { interface: name, index, owner });
    this.#tell({ subject: 'link', link: name, own: false });
    return index;
  }

  unplug(index: number): void {
    const link = this.#links.get(index);
    this.#links.delete(index);
    this.#tell({ subject: 'link', link: link?.interface ?? '', own: false });
  }

  rename(index: number, name: string): void {
    const link = this.#links.get(index);
    if (link !== undefined) this.#links.set(index, { ...link, interface: name });
    this.#tell({ subject: 'link', link: name, own: false });
  }

  /** Somebody takes what holds the rate away. */
  clear(index: number): void {
    const link = this.#links.get(index);
    if (link === undefined) return;
    this.#links.set(index, { interface: link.interface, index, owner: 'nobody' });
    this.#tell({ subject: 'tc', link: link.interface, own: false });
  }

  held(name: string): number | undefined {
    return [...this.#links.values()].find((link) => link.interface === name)?.held?.rate;
  }

  #hold(link: PortFact, { port, means }: Extract<PortStep, { port: unknown }>): void {
    const held = { means, rate: port.rate, burst: port.burst, dropped: 0 };
    this.#links.set(link.index, { interface: link.interface, index: link.index, owner: 'ports', held });
  }

  #tell(event: KernelEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
