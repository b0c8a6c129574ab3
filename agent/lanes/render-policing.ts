import type { LaneReport } from './engine.ts';
import { type Prefix, parsePrefix, routeText } from './ip-address.ts';
import type { KernelObject, PoliceObject } from './kernel-object.ts';
import type { LanePlace } from './lane-place.ts';
import type { RenderInput } from './render.ts';
import type { PlacedAddress } from './render-attachment.ts';
import type { DirectionWish, LaneWish } from './wish.ts';

export interface Policing {
  readonly objects: readonly KernelObject[];
  /** By group id; absent: its rate to the host is not held. */
  readonly means: ReadonlyMap<number, Exclude<LaneReport['policing'], 'none'>>;
  readonly notes: readonly string[];
}

/**
 * Holds what arrives for each lane with a rate: all that comes in by a link of the lane's own; on a link that others
 * use too, what goes to the lane's addresses, of both families together.
 */
export function renderPolicing(
  lanes: readonly LaneWish[],
  places: readonly LanePlace[],
  addresses: ReadonlyMap<number, readonly PlacedAddress[]>,
  { uplink, shaping }: Pick<RenderInput, 'uplink' | 'shaping'>,
  has: (name: string) => boolean,
): Policing {
  if (!shaping) return { objects: [], means: new Map(), notes: [] };
  const police: PoliceObject[] = [];
  const means = new Map<number, PoliceObject['means']>();
  const notes: string[] = [];
  const unheld: number[] = [];
  const preferences = preferencesOf(lanes.map(({ groupId }) => groupId));
  for (const { groupId, dnld, attachment } of lanes) {
    const { ingress: link, own, mtu } = places.find((place) => place.groupId === groupId) as LanePlace;
    const held = (addresses.get(groupId) ?? []).map((one) => destinationOf(one, attachment)).sort();
    if (dnld === undefined || held.length === 0) continue;
    const chosen = chooseMeans(own, has);
    if (chosen === undefined) {
      unheld.push(groupId);
      continue;
    }
    means.set(groupId, chosen);
    police.push({
      kind: 'police',
      link,
      preference: preferences.get(groupId) as number,
      addresses: own ? [] : held,
      means: chosen,
      rate: dnld.rate * 1000,
      burst: arrivingBurst(dnld, mtu),
    });
  }
  if (unheld.length > 0)
    notes.push(
      `Rates to the host are not held for ${unheld.length === 1 ? 'group' : 'groups'} ${unheld.join(', ')}: this kernel has neither act_police, nor cls_bpf, nor ifb (see doctor).`,
    );
  const links = new Set(police.map(({ link }) => link));
  if (uplink.foreignIngress !== undefined && links.delete(uplink.name))
    notes.push(
      `${uplink.name} has the ${uplink.foreignIngress} qdisc of others: rates to the host are held by filters of ours in it, and what its own filters take first is not held.`,
    );
  return { objects: [...[...links].map((link) => ({ kind: 'ingress', link }) as const), ...police], means, notes };
}

/** A prefix that is routed to this host is the lane's whole; else the length is that of a subnet with others in it. */
const destinationOf = ({ address, prefixLength }: PlacedAddress, { type }: LaneWish['attachment']) =>
  type === 'routed' ? routeText(parsePrefix(`${address}/${prefixLength}`) as Prefix) : address;

/** In order of preference; nothing else holds a rate as well. On a link of others a filter of u32 marks what is ours. */
function chooseMeans(own: boolean, has: (name: string) => boolean): PoliceObject['means'] | undefined {
  if (!own && !has('u32')) return undefined;
  if (has('police') && has(own ? 'basic' : 'u32')) return 'police';
  if (has('cls_bpf')) return 'bpf';
  return has('ifb') && has('u32') ? 'ifb' : undefined;
}

/**
 * Where there is no queue, TCP rests after a loss, for 200 ms at least: what it does not use then it must be able to use
 * later. Shorter bursts leave it half of the rate; longer ones are felt by others.
 */
const BURST_SECONDS = 0.25;
const LEAST_BURST = 32_768;

/** With less than one packet nothing would come in. */
const arrivingBurst = ({ rate, burst }: DirectionWish, mtu: number) =>
  Math.max(mtu, burst ?? Math.max(LEAST_BURST, Math.ceil((rate * 1000 * BURST_SECONDS) / 8)));

/** Two for each group, one for each family. They begin here so that filters of others can stand before and behind. */
const FIRST_PREFERENCE = 0x4000;
const SLOTS = 0x4000;

/** The same group has the same preference whoever else has a lane, but where two would have one. */
function preferencesOf(groupIds: readonly number[]): ReadonlyMap<number, number> {
  const taken = new Set<number>();
  const preferences = new Map<number, number>();
  for (const groupId of [...groupIds].sort((a, b) => a - b)) {
    let slot = groupId % SLOTS;
    while (taken.has(slot)) slot = (slot + 1) % SLOTS;
    taken.add(slot);
    preferences.set(groupId, FIRST_PREFERENCE + 2 * slot);
  }
  return preferences;
}
