import { bytes, failed, type JsonObject, kilobitsPerSecond, ok, type Result, seconds } from '@sublane/basics';
import type { Configuration, Location, Permit, SecurityProfile } from '../policy/configuration.ts';
import { locationChain } from '../policy/locate.ts';
import type {
  Limit,
  Plan,
  Route,
  Rule,
  RuleConditions,
  RuleOutcome,
  ServiceClass,
  TimeWindow,
} from '../policy/plan.ts';
import { isTimeZone } from '../policy/zone-clock.ts';
import { createPool } from '../pools/create-pool.ts';
import { type AttachmentSettings, type Pool, QUARANTINE, type Reservation, WARN_AT } from '../pools/pool.ts';
import { aaaFaults } from './aaa-faults.ts';
import { aaaOf } from './aaa-model.ts';
import { type ConfigurationFault, listPath } from './configuration-fault.ts';
import type {
  ClassData,
  HeadendData,
  LimitData,
  LocationData,
  PermitData,
  PlanData,
  PoolData,
  ReservationData,
  RuleData,
  SecurityProfileData,
} from './headend-data.ts';
import { ROOT } from './headend-data.ts';
import { policyHookFaults, policyHookOf } from './policy-hook-model.ts';
import { poolFaults, successorFaults } from './pool-faults.ts';

/**
 * The immutable model of data that libyang found valid (RFC 7951; `{}` where nothing is configured). Defaults that were
 * not set are put in place here. Faults are those libyang cannot see: prefixes of one family twice, addresses outside their prefix, an
 * unknown time zone.
 */
export function readConfiguration(data: JsonObject): Result<Configuration, readonly ConfigurationFault[]> {
  const headend = (data[ROOT] ?? {}) as unknown as HeadendData;
  const faults: ConfigurationFault[] = [];
  const timeZone = headend['time-zone'] ?? 'UTC';
  for (const [path, zone] of zones(headend))
    if (!isTimeZone(zone))
      faults.push({
        path,
        code: 'time-zone-unknown',
        message: `${zone} is no time zone this machine knows; expected a name as Europe/Vienna`,
      });
  const pools = new Map<string, Pool>();
  for (const entry of headend.pool ?? []) {
    const pool = createPool({
      name: entry.name,
      class: entry.class,
      ...(entry.location !== undefined && { location: entry.location }),
      prefixes: entry.prefix,
      attachment: attachmentOf(entry),
      ...(entry.mtu !== undefined && { mtu: entry.mtu }),
      gateways: entry.gateway ?? [],
      dns: entry.dns ?? [],
      checks: entry.check ?? [],
      excludes: entry.exclude ?? [],
      adminState: entry['admin-state'] ?? 'open',
      ...(entry.successor !== undefined && { successor: entry.successor }),
      ...(entry.delegated && { delegated: entry.delegated }),
      reservations: (entry.reservation ?? []).map(reservationOf),
      rest: seconds(entry.rest ?? 60),
      warnAt: entry['warn-at'] ?? WARN_AT,
      quarantine: {
        time: entry.quarantine?.time === undefined ? QUARANTINE.time : seconds(entry.quarantine.time),
        perHost: entry.quarantine?.['per-host'] ?? QUARANTINE.perHost,
        perSubscriber: entry.quarantine?.['per-subscriber'] ?? QUARANTINE.perSubscriber,
      },
    });
    if (pool.ok) pools.set(entry.name, pool.value);
    else
      for (const { leaf, value, message } of pool.failure) {
        // Of a list, the entry; a leaf-list has no entry that XPath could tell from the others.
        const step = leaf === 'reservation' ? `reservation[address='${value}']` : leaf;
        faults.push({
          path: `${listPath('pool', entry.name)}/${step}`,
          code: `pool-${leaf.replace('/', '-')}`,
          message,
        });
      }
  }
  const locations = byName((headend.location ?? []).map(locationOf));
  faults.push(
    ...poolFaults([...pools.values()]),
    ...successorFaults(pools, (location) => locationChain({ locations }, location)),
    ...loops(locations),
    ...policyHookFaults(headend.aaa),
    ...aaaFaults(headend.aaa),
  );
  if (faults.length > 0) return failed(faults);
  const policyHook = policyHookOf(headend.aaa);
  return ok({
    timeZone,
    locations,
    pools,
    securityProfiles: byName((headend['security-profile'] ?? []).map(securityProfileOf)),
    plans: byName((headend.plan ?? []).map(planOf)),
    aaa: aaaOf(headend.aaa),
    ...(policyHook && { policyHook }),
  });
}

/** Every time zone that is named, with its place. */
function zones({ 'time-zone': own, plan = [] }: HeadendData): readonly (readonly [string, string])[] {
  const named = (path: string, zone: string | undefined) => (zone === undefined ? [] : [[path, zone] as const]);
  const plans = plan.flatMap((entry) => named(`${listPath('plan', entry.name)}/time-zone`, entry['time-zone']));
  return [...named('time-zone', own), ...plans];
}

/** A location that is a part of itself; libyang sees only those that name themselves. */
function loops(locations: ReadonlyMap<string, Location>): ConfigurationFault[] {
  return [...locations.values()].flatMap(({ name, parent }) => {
    const above = new Set<string>();
    for (let here = parent; here !== undefined && !above.has(here); here = locations.get(here)?.parent) above.add(here);
    if (!above.has(name)) return [];
    const message = `location ${name} is a part of itself, by way of ${[...above].join(', ')}; expected a tree`;
    return [{ path: `${listPath('location', name)}/parent`, code: 'location-loop', message }];
  });
}

function locationOf(entry: LocationData): Location {
  return {
    name: entry.name,
    ...(entry.parent !== undefined && { parent: entry.parent }),
    accessPrefixes: entry['access-prefix'] ?? [],
    ...(entry['upld-capacity'] !== undefined && { upldCapacity: kilobitsPerSecond(entry['upld-capacity']) }),
    ...(entry['dnld-capacity'] !== undefined && { dnldCapacity: kilobitsPerSecond(entry['dnld-capacity']) }),
  };
}

function attachmentOf({ attachment = 'on-link', 'vlan-id': vlanId, tunnel }: PoolData): AttachmentSettings {
  // The schema makes vlan-id mandatory where the attachment is vlan, and the tunnel's end where it is tunnel.
  if (attachment === 'vlan') return { kind: 'vlan', vlanId: vlanId! };
  if (attachment !== 'tunnel') return { kind: attachment };
  const { encapsulation, 'remote-address': remote, 'remote-port': port, key, 'public-key': publicKey } = tunnel!;
  return {
    kind: 'tunnel',
    tunnel: {
      encapsulation,
      remote,
      ...(port !== undefined && { port }),
      ...(key !== undefined && { key }),
      ...(publicKey !== undefined && { publicKey }),
    },
  };
}

function reservationOf(entry: ReservationData): Reservation {
  const { address, subscriber, 'host-id': hostId, 'group-id': groupId } = entry;
  return {
    address,
    subscriber,
    ...(hostId !== undefined && { hostId }),
    ...(groupId !== undefined && { groupId }),
  };
}

function securityProfileOf(entry: SecurityProfileData): SecurityProfile {
  return {
    name: entry.name,
    ...(entry.isolated !== undefined && { isolated: entry.isolated }),
    ...(entry['when-down'] !== undefined && { whenDown: entry['when-down'] }),
    ...(entry.permit && { permits: entry.permit.map(permitOf) }),
  };
}

function permitOf(entry: PermitData): Permit {
  const { name, destination, protocol, 'lower-port': lowerPort, 'upper-port': upperPort } = entry;
  return {
    name,
    ...(destination !== undefined && { destination }),
    ...(protocol !== undefined && { protocol }),
    ...(lowerPort !== undefined && { lowerPort }),
    ...(upperPort !== undefined && { upperPort }),
  };
}

function planOf(entry: PlanData): Plan {
  return {
    name: entry.name,
    classes: byName((entry.class ?? []).map(classOf)),
    rules: (entry.rule ?? []).map(ruleOf),
    ...(entry['default-class'] !== undefined && { defaultClass: entry['default-class'] }),
    lease: {
      valid: seconds(entry.lease?.valid ?? 3600),
      renewAt: Number(entry.lease?.['renew-at'] ?? 0.5),
    },
    groupsMax: entry['groups-max'] ?? 8,
    ...(entry['time-zone'] !== undefined && { timeZone: entry['time-zone'] }),
    ...(entry.quota && {
      quota: { octets: bytes(Number(entry.quota.octets)), period: entry.quota.period ?? 'month' },
    }),
    routes: routesOf(entry),
  };
}

function classOf(entry: ClassData): ServiceClass {
  const upld = limitOf(entry.upld);
  const dnld = limitOf(entry.dnld);
  return {
    name: entry.name,
    dscp: entry.dscp,
    priority: entry.priority,
    scope: entry.scope ?? 'external',
    admission: entry.admission ?? 'guaranteed',
    ...(entry['security-profile'] !== undefined && { securityProfile: entry['security-profile'] }),
    ...(entry['service-chain'] !== undefined && { serviceChain: entry['service-chain'] }),
    ...(upld && { upld }),
    ...(dnld && { dnld }),
    routes: routesOf(entry),
  };
}

/** Without a ceiling the direction cannot be asked for, whatever its burst says. */
function limitOf(data: LimitData | undefined): Limit | undefined {
  if (data?.ceiling === undefined) return undefined;
  return {
    ceiling: data.ceiling === 'unlimited' ? 'unlimited' : kilobitsPerSecond(data.ceiling),
    ...(data.burst !== undefined && { burst: bytes(data.burst) }),
  };
}

function routesOf({ route }: { readonly route?: readonly Route[] }): readonly Route[] {
  return (route ?? []).map(({ to, via }) => ({ to, ...(via !== undefined && { via }) }));
}

function ruleOf(entry: RuleData): Rule {
  const { priority, 'bandwidth-max': bandwidthMax, 'bandwidth-min': bandwidthMin, direction, time } = entry.when ?? {};
  const { day, location, application, security, 'quota-used': quotaUsed } = entry.when ?? {};
  const when: RuleConditions = {
    ...(priority !== undefined && { priority }),
    ...(bandwidthMax !== undefined && { bandwidthMax: kilobitsPerSecond(bandwidthMax) }),
    ...(direction !== undefined && { direction }),
    ...(bandwidthMin !== undefined && { bandwidthMin: kilobitsPerSecond(bandwidthMin) }),
    ...(time !== undefined && { time: timeWindow(time) }),
    ...(day && { days: day }),
    ...(location && { locations: location }),
    ...(application && { applications: application }),
    ...(security !== undefined && { security }),
    ...(quotaUsed !== undefined && { quotaUsed }),
  };
  // The schema's mandatory choice: one of the two is there.
  const outcome: RuleOutcome =
    entry.refuse === undefined
      ? { class: entry.class!, overCeiling: entry['over-ceiling'] ?? 'refuse' }
      : { refuse: entry.refuse };
  return { name: entry.name, when, outcome };
}

/** `11:00-13:00`; a lone `11:00` is from then until midnight (typedef `time-of-day`). */
export function timeWindow(text: string): TimeWindow {
  const [start = '00:00', end] = text.split('-');
  return { start: minutes(start), end: end === undefined ? 1440 : minutes(end) };
}

function minutes(text: string): number {
  const [hours, minute] = text.split(':');
  return Number(hours) * 60 + Number(minute);
}

function byName<T extends { readonly name: string }>(entries: readonly T[]): ReadonlyMap<string, T> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}
