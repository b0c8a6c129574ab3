import type { Ownership } from '../lanes/kernel.ts';
import type { SeenFilter } from './netlink/tc-filters.ts';
import { readMirrorName } from './netlink/tc-mirror.ts';
import { readPoliceProgramName } from './police-program.ts';

/** By which numbers and names the filters of the lanes are known, and their ingress qdisc. */

type Handle = Pick<Ownership, 'handle'>;

/** In the filter that says that an ingress qdisc is ours. */
export const signOf = ({ handle }: Handle): number => ((handle << 16) | 1) >>> 0;

/** Of the police action of a filter: one for each preference. */
export const policeIndex = ({ handle }: Handle, preference: number): number => ((handle << 16) | preference) >>> 0;

/** First and last of the preferences that lanes have. */
const PREFERENCES = { first: 0x4000, last: 0xbfff } as const;

export const isOwnPreference = (preference: number): boolean =>
  preference >= PREFERENCES.first && preference <= PREFERENCES.last;

/** Whether the lanes' engine made the filter; `nameOf` tells the name of a link by its index. */
export function isOwnFilter(
  { preference, police, selector, redirectedTo }: SeenFilter,
  own: Handle,
  nameOf: (link: number) => string | undefined,
): boolean {
  if (!isOwnPreference(preference)) return false;
  if (police !== undefined) return police.index >>> 16 === (own.handle & 0xffff);
  if (redirectedTo !== undefined) return readMirrorName(nameOf(redirectedTo) ?? '') !== undefined;
  return selector?.kind === 'bpf' && readPoliceProgramName(selector.name)?.owner === (own.handle & 0xffff);
}
