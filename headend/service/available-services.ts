import { ok } from '@sublane/basics';
import type { Grant } from '../aaa/grant.ts';
import { whyNotOffered } from '../policy/class-offer.ts';
import type { Configuration } from '../policy/configuration.ts';
import { locate, locationChain } from '../policy/locate.ts';
import type { ServiceClass } from '../policy/plan.ts';
import { DIRECTIONS, type Direction } from '../policy/wish.ts';
import { choosePools, type HostReach, poolsThere } from '../pools/choose-pools.ts';
import type { LocationLoad, PoolFill } from '../store/records.ts';
import { readHostFacts } from './host-facts.ts';
import { authenticate, identifyHost, planOf } from './identify.ts';
import type { AvailableServices, GetAvailableServices } from './messages.ts';
import { quotaOf, situationOf } from './quota.ts';
import { refused } from './refused.ts';
import type { Present } from './request-service.ts';
import type { Answer, Caller, ServiceParts } from './service.ts';

/**
 * What this host may ask for in the name of the subscriber it was enrolled for, and what of it cannot be had here and
 * now. Says what a request would be told, as far as that does not hang on its words; holds nothing.
 */
export async function getAvailableServices(
  parts: ServiceParts,
  present: Present,
  caller: Caller,
  input: GetAvailableServices,
): Answer<AvailableServices> {
  const { configuration, at } = present;
  const host = await identifyHost(parts, caller, input['host-id']);
  if (!host.ok) return refused(host.failure);
  const facts = readHostFacts(caller, factsIn(input));
  if (!facts.ok) return refused(facts.failure);
  const granted = await authenticate(parts, caller, host.value, {});
  if (!granted.ok) return refused(granted.failure);
  const grant = granted.value;
  const planned = planOf(grant, configuration.plans);
  if (!planned.ok) return refused(planned.failure);
  const plan = planned.value;

  // The host claims no place here.
  const { location } = locate(configuration, caller.peerAddress, 'auto');
  const situation = await situationOf(parts, present, grant.subscriber, plan, location);
  const quota = await quotaOf(parts.store, grant.subscriber, plan, configuration, at);
  const fill = new Map((await parts.store.leases.fill()).map((pool) => [pool.name, pool]));
  const where = { configuration, location, reach: facts.value.reach, fill };
  const full = await fullPlaces(parts, [...plan.classes.values()], configuration, location);
  const classes = [...plan.classes.values()].map((service) => {
    const unavailable =
      whyNotOffered(service, plan, grant, situation) ?? whyNoAddress(service, where) ?? whyNoRoom(service, full);
    const directions = DIRECTIONS.filter((direction) => service[direction] !== undefined);
    return {
      name: service.name,
      scope: service.scope,
      priority: service.priority,
      ...(directions.length > 0 && { direction: directions }),
      ...(unavailable !== undefined && { unavailable }),
      ...ceilings(service, grant),
    };
  });
  const profiles = [...configuration.securityProfiles.keys()];
  return ok({
    'groups-max': plan.groupsMax,
    ...(location !== undefined && { location }),
    ...(classes.length > 0 && { 'service-class': classes }),
    ...(profiles.length > 0 && { 'security-profile': profiles }),
    ...(quota && {
      quota: {
        octets: String(quota.octets),
        used: String(quota.used),
        'begins-anew': new Date(quota.anewAt).toISOString(),
      },
    }),
  });
}

/** In the words of a request. */
function factsIn({ 'wireguard-public-key': key, 'host-address': addresses }: GetAvailableServices) {
  return {
    ...(key !== undefined && { 'sublane-service:wireguard-public-key': key }),
    ...(addresses !== undefined && { 'sublane-service:host-address': addresses }),
  } satisfies Parameters<typeof readHostFacts>[1];
}

interface Where {
  readonly configuration: Configuration;
  readonly location: string | undefined;
  readonly reach: HostReach;
  readonly fill: ReadonlyMap<string, PoolFill>;
}

/** Why no lane of this class can have an address here, in words for the subscriber; undefined: it can. */
function whyNoAddress({ name }: ServiceClass, { configuration, location, reach, fill }: Where): string | undefined {
  const there = poolsThere(configuration, name, location);
  if (!there.any)
    return location === undefined ? 'there are no addresses for it' : 'there are no addresses for it here';
  const { serving, open } = choosePools(configuration, name, location, reach);
  if (serving.length === 0) {
    if (!there.wireguard) return 'a NAT is between this host and the provider, and this class has no way through one';
    const nat = reach.behindNat ? ': a NAT is between this host and the provider' : '';
    return `only through a WireGuard tunnel, for which this host has no key${nat}`;
  }
  if (open.length === 0) return 'its addresses are being taken out of use';
  return open.every((pool) => isFull(fill.get(pool))) ? 'all of its addresses are in use' : undefined;
}

/** What rests or is reserved may still be this host's: it counts as left. */
const isFull = (pool: PoolFill | undefined) => pool !== undefined && pool.held + pool.quarantined >= pool.capacity;

/** Of the places around a host, nearest first: those where nothing more can be guaranteed in a direction. */
interface FullPlace {
  readonly name: string;
  readonly directions: readonly Direction[];
}

async function fullPlaces(
  { store }: Pick<ServiceParts, 'store'>,
  classes: readonly ServiceClass[],
  configuration: Configuration,
  location: string | undefined,
): Promise<readonly FullPlace[]> {
  const chain = locationChain(configuration, location);
  if (chain.length === 0 || !classes.some(({ admission }) => admission === 'guaranteed')) return [];
  const loads = new Map((await store.locations.list()).map((load) => [load.name, load]));
  return chain.flatMap((name) => {
    const { upldCapacity, dnldCapacity, guaranteed } = loads.get(name) ?? NO_LOAD;
    const capacities = { upld: upldCapacity, dnld: dnldCapacity };
    const directions = DIRECTIONS.filter((one) => guaranteed[one] >= (capacities[one] ?? Number.POSITIVE_INFINITY));
    return directions.length > 0 ? [{ name, directions }] : [];
  });
}

const NO_LOAD: Pick<LocationLoad, 'upldCapacity' | 'dnldCapacity' | 'guaranteed'> = {
  guaranteed: { upld: 0, dnld: 0 },
};

/** A class that can be had in the other direction can be had. */
function whyNoRoom({ admission, ...service }: ServiceClass, full: readonly FullPlace[]): string | undefined {
  if (admission !== 'guaranteed') return undefined;
  const asked = DIRECTIONS.filter((direction) => service[direction] !== undefined);
  const taken = full.filter(({ directions }) => asked.some((direction) => directions.includes(direction)));
  const none = asked.every((direction) => taken.some(({ directions }) => directions.includes(direction)));
  return none && taken[0] ? `what can be guaranteed at ${taken[0].name} is taken` : undefined;
}

/** No more than the authority lets this subscriber have. Absent: none, as the message has it. */
function ceilings(service: ServiceClass, grant: Grant): { readonly [leaf in `${Direction}-ceiling`]?: number } {
  const least = (direction: Direction) => {
    const allowed = direction === 'upld' ? grant.upldCeiling : grant.dnldCeiling;
    const ceiling = service[direction]?.ceiling;
    if (ceiling === undefined) return {};
    const most = Math.min(
      ceiling === 'unlimited' ? Number.POSITIVE_INFINITY : ceiling,
      allowed ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(most) ? { [`${direction}-ceiling`]: most } : {};
  };
  return { ...least('upld'), ...least('dnld') };
}
