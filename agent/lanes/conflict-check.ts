import type { Milliseconds } from '@sublane/basics';
import type { EngineFailure } from './engine.ts';
import { canonicalAddress } from './ip-address.ts';
import type { Reached } from './journal.ts';
import type { ProbeOutcome, ProbeRequest } from './kernel.ts';
import type { AddressObject, KernelObject, LinkObject } from './kernel-object.ts';
import type { Observation } from './observation.ts';
import type { Operation } from './operation.ts';
import type { Wish } from './wish.ts';

/** What is to be asked on the segments before a change brings addresses to them. */
export interface Questions {
  /** On segments that are there. */
  readonly now: readonly ProbeRequest[];
  /** On segments that the change itself makes. */
  readonly later: readonly ProbeRequest[];
  /** The steps that make them, out of the change's. */
  readonly preparation: readonly Operation[];
}

export const NO_QUESTIONS: Questions = { now: [], later: [], preparation: [] };

/**
 * Asked about is what is new on a segment: the uplink's, a VLAN's, a VXLAN's. Not what stands there, or stood there by
 * the last state reached and was taken away by somebody; and not what is routed to this host, or is at a tunnel's end.
 */
export function questionsFor({
  operations,
  wanted,
  seen,
  reached,
  before,
  now,
}: {
  readonly operations: readonly Operation[];
  readonly wanted: readonly KernelObject[];
  readonly seen: Pick<Observation, 'objects' | 'links'>;
  readonly reached: Reached | undefined;
  readonly before: Reached | undefined;
  readonly now: Milliseconds;
}): Questions {
  if (reached === undefined) return NO_QUESTIONS;
  const uplink = reached.uplink.name;
  const linksWanted = linksByName(wanted);
  const linksSeen = linksByName(seen.objects);
  const held = heldBefore(reached, before, now);
  for (const object of seen.objects)
    if (object.kind === 'address' && segmentOf(object, linksSeen, uplink) === segmentOf(object, linksWanted, uplink))
      held.add(object.address);
  const asked = operations.flatMap(({ verb, object }): ProbeRequest[] => {
    if (verb !== 'add' || object.kind !== 'address' || held.has(object.address)) return [];
    const link = segmentOf(object, linksWanted, uplink);
    return link === undefined ? [] : [{ link, family: object.family, address: object.address }];
  });
  const made = new Set(
    operations.flatMap(({ verb, object }) => (verb === 'add' && object.kind === 'link' ? [object.name] : [])),
  );
  const later = asked.filter(({ link }) => made.has(link));
  const segments = new Set(later.map(({ link }) => link));
  const makes = ({ verb, object }: Operation) => {
    if (verb !== 'add') return false;
    if (object.kind === 'link') return segments.has(object.name);
    return (
      (object.kind === 'active' || object.kind === 'setting') && object.link !== undefined && segments.has(object.link)
    );
  };
  // Another of the same name goes first, with all that stands on it.
  const replaces = ({ verb, object }: Operation) =>
    verb === 'remove' && object.kind === 'link' && segments.has(object.name);
  const cleared = operations.some(replaces) ? operations.findIndex(({ verb }) => verb !== 'remove') : 0;
  return {
    now: asked.filter(({ link }) => !made.has(link)),
    later,
    preparation: operations.filter((operation, index) => index < cleared || makes(operation)),
  };
}

/** The failure for the first group, in the wish's order, whose address someone else has. */
export function conflictOf(wish: Wish, { holders }: ProbeOutcome): EngineFailure | undefined {
  for (const { groupId, addresses } of wish.lanes) {
    const taken = addresses.flatMap(({ address }) => {
      const mac = holders.get(canonicalAddress(address) ?? address);
      return mac === undefined ? [] : [{ address, mac }];
    });
    if (taken.length === 0) continue;
    const found = taken.map(({ address, mac }) => `${address} (${mac})`).join(', ');
    return {
      kind: 'conflict',
      groupId,
      addresses: taken.map(({ address }) => address),
      message: `someone else on the network has what was granted for group ${groupId}: ${found}; ask the provider for another address`,
    };
  }
  return undefined;
}

const linksByName = (objects: readonly KernelObject[]): ReadonlyMap<string, LinkObject> =>
  new Map(objects.flatMap((object) => (object.kind === 'link' ? [[object.name, object] as const] : [])));

/** The link whose neighbours an address meets; undefined: it meets none. */
function segmentOf(
  { link }: AddressObject,
  links: ReadonlyMap<string, LinkObject>,
  uplink: string,
): string | undefined {
  const own = links.get(link);
  if (own === undefined) return link === uplink ? link : undefined;
  switch (own.device.type) {
    case 'ipvlan':
    case 'macvlan':
      return own.device.parent;
    case 'vlan':
    case 'vxlan':
      return link;
    default:
      return undefined;
  }
}

/** Addresses of the last state reached, on the same segment and with a lease that has not ended. */
function heldBefore(reached: Reached, before: Reached | undefined, now: Milliseconds): Set<string> {
  if (before?.uplink.name !== reached.uplink.name) return new Set();
  const placesOf = ({ wish }: Reached) =>
    wish.lanes
      .filter(({ validUntil }) => validUntil > now)
      .flatMap(({ addresses, attachment }) =>
        addresses.map(({ address }) => [canonicalAddress(address) ?? address, JSON.stringify(attachment)] as const),
      );
  const places = new Map(placesOf(before));
  return new Set(placesOf(reached).flatMap(([address, place]) => (places.get(address) === place ? [address] : [])));
}
