import { ok } from '@sublane/basics';
import type { CallHome, Identity, NetconfServer, Session } from 'netconf-server';
import type { RunningConfiguration } from '../configuration/running.ts';
import type { HookStatus, PolicyHook } from '../policy-hook/policy-hook.ts';
import { formatPrefix } from '../pools/ip-address.ts';
import type { Pool } from '../pools/pool.ts';
import type { RadiusStatus } from '../radius/radius-side.ts';
import { refusalFacts } from '../refusal/refusal-facts.ts';
import type { Service } from '../service/service.ts';
import type { PoolFill, Timestamp } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { callHomeEntry } from './call-home-entry.ts';
import { canonicalAddress } from './peer-address.ts';
import { radiusEntry } from './radius-entry.ts';
import { pageOf } from './record-rpcs.ts';
import type { OperatorClaims } from './roles.ts';
import { type Handlers, handler } from './rpc-handlers.ts';
import { dateAndTime } from './time-text.ts';

export interface StatusRpcsParts {
  readonly store: Store;
  readonly service: Service;
  readonly hook: PolicyHook;
  readonly radius: () => RadiusStatus;
  readonly configuration: RunningConfiguration;
  readonly server: () => NetconfServer;
  readonly version: string;
  readonly startedAt: Timestamp;
  /** When a pool will be empty; undefined: not soon, or unknown. */
  readonly poolEmptyAt: (pool: string) => Timestamp | undefined;
  /** `127.0.0.1:8830`, or a Unix socket's path. */
  readonly listening: () => readonly string[];
  /** Management systems that are called. */
  readonly callsHome: () => readonly Pick<CallHome, 'name' | 'state'>[];
}

/** How the headend is: status, pools' fill, open sessions. */
export function statusRpcs(parts: StatusRpcsParts): Handlers {
  const { store, service, hook, radius, configuration, server, version, startedAt, listening, callsHome, poolEmptyAt } =
    parts;
  return {
    ...handler('sublane-headend:get-status', async () => {
      const sessions = server().sessions();
      const hosts = sessions.filter(({ identity }) => identity.role === 'host').length;
      const operators = sessions.filter(({ identity }) => identity.role === 'operator').length;
      const fill = await store.leases.fill();
      const { backend, location, schemaVersion, leases, trouble } = store.status();
      return ok({
        version,
        started: dateAndTime(startedAt),
        'listening-on': listening(),
        'call-home': callsHome().flatMap(callHomeEntry),
        sessions: { hosts, operators },
        leases: [{ state: 'active' as const, count: String(leases) }],
        pool: fill.map((one) => fillEntry(one, poolEmptyAt(one.name))),
        requests: Object.entries(service.counters()).map(([outcome, count]) => ({ outcome, count: String(count) })),
        store: {
          backend,
          location,
          'schema-version': schemaVersion,
          ...(trouble && { trouble: refusalFacts(trouble).code }),
        },
        ...radiusEntry(radius()),
        ...hookEntry(hook.status()),
      });
    }),

    ...handler('sublane-headend:list-pools', async ({ pool: name, ...page }) => {
      const fill = await store.leases.fill();
      const { pools } = configuration.current();
      // Few, and all of them in memory: the cursor is the name of the last one given.
      const { limit, cursor } = pageOf(page);
      const wanted = fill
        .filter((one) => (name === undefined || one.name === name) && (cursor === undefined || one.name > cursor))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const given = wanted.slice(0, limit);
      const last = given.at(-1)?.name;
      return ok({
        pool: given.map((one) => ({ ...fillEntry(one, poolEmptyAt(one.name)), ...poolEntry(pools.get(one.name)) })),
        ...(wanted.length > given.length && last !== undefined && { 'next-cursor': last }),
      });
    }),

    ...handler('sublane-headend:list-sessions', async (page) => {
      const { limit, cursor } = pageOf(page);
      const wanted = server()
        .sessions()
        .filter(({ id }) => id > Number(cursor ?? 0))
        .sort((a, b) => a.id - b.id);
      const given = wanted.slice(0, limit);
      const last = given.at(-1)?.id;
      return ok({
        session: given.map(sessionEntry),
        ...(wanted.length > given.length && last !== undefined && { 'next-cursor': String(last) }),
      });
    }),
  };
}

function hookEntry(status: HookStatus | undefined) {
  if (status === undefined) return {};
  const { state, trouble, asked, refused, lowered, unanswered } = status;
  const counts = { asked: String(asked), refused: String(refused), lowered: String(lowered) };
  const hook = { state, ...(trouble && { trouble }), ...counts, unanswered: String(unanswered) };
  return { 'policy-hook': hook };
}

function fillEntry({ name, capacity, held, quarantined, resting, reserved }: PoolFill, emptyAt: Timestamp | undefined) {
  return {
    name,
    capacity: String(capacity),
    held: String(held),
    quarantined: String(quarantined),
    resting: String(resting),
    reserved: String(reserved),
    ...(emptyAt !== undefined && { 'empty-at': dateAndTime(emptyAt) }),
  };
}

function poolEntry(pool: Pool | undefined) {
  if (pool === undefined) return {};
  const prefixes = [pool.shape.ipv4, pool.shape.ipv6].filter((prefix) => prefix !== undefined);
  return {
    class: pool.class,
    ...(pool.location !== undefined && { location: pool.location }),
    prefix: prefixes.map(formatPrefix),
    attachment: pool.attachment.kind,
    ...(pool.attachment.kind === 'tunnel' && { encapsulation: pool.attachment.tunnel.encapsulation }),
    'admin-state': pool.adminState,
    ...(pool.successor !== undefined && { successor: pool.successor }),
    ...(pool.shape.delegated && { 'delegated-length': pool.shape.delegated.length }),
    ...(pool.shape.reservations.length > 0 && { reservations: pool.shape.reservations.length }),
  };
}

function roleOf({ role, claims }: Identity) {
  if (role === 'host' || role === 'enrol') return role as 'host' | 'enrol';
  return (claims as OperatorClaims).operatorRole;
}

function sessionEntry({ id, identity, transport, peer, startedAt }: Session) {
  const address = peer && canonicalAddress(peer.address);
  return {
    'session-id': id,
    user: identity.user,
    role: roleOf(identity),
    transport,
    ...(peer && address !== undefined && { 'peer-address': address, 'peer-port': peer.port }),
    started: dateAndTime(startedAt.getTime() as Timestamp),
  };
}
