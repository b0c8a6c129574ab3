import type { Machine } from './machine.ts';

/** A tree inside an instance: its address, 0 when it is empty, undefined when it is freed. */
export interface TreeHandle {
  address: number | undefined;
  /** Counts what changed the tree, so that views of its nodes know when they are stale. */
  version: number;
}

/** A context as it stands in one instance, with all that belongs to it there. */
export class LiveContext {
  readonly machine: Machine;
  readonly address: number;
  /** Modules and names of operations, by the address of their schema node. */
  readonly operations = new Map<number, { readonly module: string; readonly name: string }>();
  closed = false;
  #trees = new Set<TreeHandle>();

  constructor(machine: Machine, address: number) {
    this.machine = machine;
    this.address = address;
  }

  own(address: number): TreeHandle {
    const handle = { address, version: 0 };
    this.#trees.add(handle);
    return handle;
  }

  release(handle: TreeHandle): void {
    const address = handle.address;
    handle.address = undefined;
    this.#trees.delete(handle);
    if (address && !this.closed && !this.machine.lost) this.machine.wasm.lyw_tree_free(address);
  }

  /** Frees the context and its trees: a tree does not outlive the schema it is made of. */
  close(): void {
    if (this.closed) return;
    for (const handle of this.#trees) this.release(handle);
    this.closed = true;
    if (!this.machine.lost) this.machine.wasm.lyw_context_free(this.address);
  }
}
