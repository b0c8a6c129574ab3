import type { KernelObject } from './kernel-object.ts';

/** One change of the kernel. */
export type Operation =
  | { readonly verb: 'add'; readonly object: KernelObject }
  | { readonly verb: 'change'; readonly object: KernelObject; readonly from: KernelObject }
  | { readonly verb: 'remove'; readonly object: KernelObject };

export function inverse(operation: Operation): Operation {
  switch (operation.verb) {
    case 'add':
      return { verb: 'remove', object: operation.object };
    case 'remove':
      return { verb: 'add', object: operation.object };
    case 'change':
      return { verb: 'change', object: operation.from, from: operation.object };
  }
}
