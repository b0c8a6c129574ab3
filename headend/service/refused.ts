import { type Failed, failed } from '@sublane/basics';
import type { Refusal, Refusals } from '../refusal/refusal.ts';

/** A refusal of the whole request, or one for each refused group: given one by one or as the store's list. */
export function refused(...refusals: readonly (Refusal | readonly Refusal[])[]): Failed<Refusals> {
  const [first, ...more] = refusals.flat() as Refusal[];
  if (first === undefined) throw new Error('refused, but for no reason');
  return failed([first, ...more]);
}
