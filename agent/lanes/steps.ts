import { type CommandContext, commandText } from './command-text.ts';
import type { KernelObject } from './kernel-object.ts';
import type { Operation } from './operation.ts';

/** What is changed that is not ours, with its old value. */
export const borrowedBy = (objects: readonly KernelObject[]) =>
  objects.flatMap((object) =>
    object.kind === 'setting' && object.old !== undefined
      ? [[object.path, { value: object.value, old: object.old }] as const]
      : [],
  );

/** A step in one line: of a firewall, that it is one. */
export function stepName(operation: Operation, context: CommandContext): string {
  if (operation.object.kind !== 'firewall') return commandText(operation, context);
  return `nft table inet ${operation.object.table}, ${operation.verb}`;
}

/** A change of nothing but how long something stands. */
export const isOfLifetimes = (operation: Operation): boolean =>
  operation.verb === 'change' &&
  (operation.object.kind === 'address' ||
    (operation.object.kind === 'firewall' &&
      operation.from.kind === 'firewall' &&
      operation.object.shape === operation.from.shape));
