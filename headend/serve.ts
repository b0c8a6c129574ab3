import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { failed, type Log, milliseconds, ok, type Result, systemClock } from '@sublane/basics';
import { rpcErrorText } from '@sublane/netconf';
import { openContext } from '@sublane/yang';
import {
  ConfigurationView,
  createNetconfServer,
  listenSsh,
  listenUnix,
  type NetconfServer,
  type SshListener,
} from 'netconf-server';
import { enrolledFor } from './aaa/authorities.ts';
import { HashingTurns } from './aaa/hashing-turns.ts';
import { createPasswordOpener } from './aaa/open-password.ts';
import { hashPassword } from './aaa/password-hash.ts';
import { adoptRules, createAccess, INITIAL_RULES } from './access/headend-access.ts';
import { loadLibyang } from './configuration/libyang.ts';
import { openRunning } from './configuration/running.ts';
import { type LoadedKeys, loadKeys, offeredHostKeys, publishedKeys } from './keys/loaded-keys.ts';
import { commitRpcs } from './northbound/commit-rpcs.ts';
import { accessRpcs } from './northbound/access-rpcs.ts';
import { admitBy, authenticateBy, doorEvents, methodsOf } from './northbound/doors.ts';
import { EnrolDoor } from './northbound/enrol-door.ts';
import { eventNotifications } from './northbound/event-streams.ts';
import { HistoryReads } from './northbound/history-reads.ts';
import { HostSessions } from './northbound/host-sessions.ts';
import { invitationRpcs } from './northbound/invitation-rpcs.ts';
import { locationRpcs } from './northbound/location-rpcs.ts';
import { headendKeys, hostsByKey } from './northbound/operational.ts';
import { policyHookRpcs } from './northbound/policy-hook-rpcs.ts';
import { recordRpcs } from './northbound/record-rpcs.ts';
import { Revocations } from './northbound/revocations.ts';
import { LOCAL_IDENTITY } from './northbound/roles.ts';
import { serviceRpcs } from './northbound/service-rpcs.ts';
import { statusRpcs } from './northbound/status-rpcs.ts';
import { eventOf, notificationEvent } from './northbound/trail-events.ts';
import { WITHDRAWN, Withdrawal } from './northbound/withdraw.ts';
import { createPolicyHook } from './policy-hook/create-policy-hook.ts';
import { AuthorityWatch } from './radius/authority-watch.ts';
import { openRadius } from './radius/open-radius.ts';
import { createService } from './service/index.ts';
import { PoolWatch } from './service/pool-watch.ts';
import { type Endpoint, endpointText } from './settings/endpoint.ts';
import type { Places } from './settings/places.ts';
import { reachableAt } from './settings/reachable-at.ts';
import { openSecrets } from './settings/secrets.ts';
import type { Settings } from './settings/settings.ts';
import { describeOpenFailure, openSqliteStore } from './store/index.ts';

/** A headend that serves. */
export interface Headend {
  /** Where hosts come in, the ports that were taken included: `127.0.0.1:8830`. */
  readonly listening: readonly string[];
  /** Takes on what may change without a restart. */
  reload(settings: Settings): Result<readonly string[], ServeFailure>;
  /** Takes no more sessions, lets what is in hand be answered, ends the sessions, closes the store. */
  close(): Promise<void>;
}

export interface ServeFailure {
  /** `usage`: what the operator wrote or gave; `failed`: the machine. */
  readonly kind: 'usage' | 'failed';
  readonly message: string;
}

const CLOCK = systemClock;
const EXPIRY_PERIOD = milliseconds(1_000);
const POOL_WATCH_PERIOD = milliseconds(10_000);
const DRAIN = milliseconds(10_000);
const SOCKET_MODE = 0o600;

/** Puts the headend together and opens its doors; the last of them opens when all behind it is ready. */
export async function serve(
  places: Places,
  settings: Settings,
  log: Log,
  version: string,
): Promise<Result<Headend, ServeFailure>> {
  const loaded = loadKeys(settings);
  if (!loaded.ok) return failed({ kind: 'usage', message: loaded.failure });
  let keys: LoadedKeys = loaded.value;

  const opened = await openSqliteStore({
    path: settings.store,
    eventOf,
    ...(settings.storeSizeLimit !== undefined && { sizeLimit: settings.storeSizeLimit }),
  });
  if (!opened.ok) {
    const kind = opened.failure.kind === 'in-use' ? 'failed' : 'usage';
    return failed({ kind, message: describeOpenFailure(opened.failure) });
  }
  const store = opened.value;
  const closing: (() => Promise<unknown>)[] = [() => store.close()];
  const closeAll = async () => {
    for (const close of closing.toReversed()) await close();
  };
  const refuse = async (kind: ServeFailure['kind'], message: string) => {
    await closeAll();
    return failed({ kind, message });
  };

  const libyang = loadLibyang();
  if (!libyang.ok) return refuse('failed', libyang.failure);
  const schema = openContext(libyang.value, 'headend');
  const secrets = openSecrets(places.folder);
  const configuration = await openRunning({ schema, store, clock: CLOCK, log, secrets, initial: INITIAL_RULES });
  if (!configuration.ok)
    return refuse(
      'failed',
      `the configuration in ${settings.store} is not valid any more:\n${configuration.failure.map(rpcErrorText).join('\n')}`,
    );
  const passwords = () =>
    createPasswordOpener({ keys: keys.passwordKeys, headend: settings.name, nonces: store.nonces, clock: CLOCK });
  let opener = passwords();
  const current = configuration.value.current;
  const { running } = configuration.value.datastores;
  const adopted = await adoptRules(running, log);
  if (!adopted.ok)
    return refuse('failed', `the access rules could not be added: ${adopted.failure.map(rpcErrorText).join('\n')}`);
  const access = createAccess(schema, () => running.read());
  const hook = createPolicyHook({ settings: () => current().policyHook, secrets, clock: CLOCK, log });
  closing.push(async () => hook.close());
  const hostSessions = new HostSessions(CLOCK);
  const history = new HistoryReads({ store, clock: CLOCK, log });
  const revocations = new Revocations();
  const withdrawal = new Withdrawal({ store, hostSessions, revocations });
  configuration.value.watchWithdrawals((leases) => {
    withdrawal.closeSessions(new Set(leases.map(({ hostId }) => hostId)), WITHDRAWN.configuration);
  });
  closing.push(async () => configuration.value.datastores.close());
  const turns = new HashingTurns();
  const radius = await openRadius({
    configuration: configuration.value,
    store,
    secrets,
    withdrawal,
    turns,
    headend: settings.name,
    clock: CLOCK,
    log,
  });
  closing.push(() => radius.close());
  const poolWatch = new PoolWatch({ store, configuration: configuration.value.current, clock: CLOCK, log });
  let { requestsPerMinute } = settings.limits;
  const service = createService({
    store: poolWatch.observed(store),
    configuration: current,
    authenticator: radius.authenticator,
    passwords: { open: (jwe, hostId) => opener.open(jwe, hostId) },
    hook,
    requestsPerMinute: () => requestsPerMinute,
    clock: CLOCK,
    log,
  });

  const enrolDoor = new EnrolDoor({ invitations: store.invitations, clock: CLOCK });
  const listening: Endpoint[] = [];
  const server: NetconfServer = createNetconfServer({
    schema,
    rpcs: {
      ...serviceRpcs(service, hostSessions),
      ...recordRpcs({
        store,
        configuration: configuration.value,
        clock: CLOCK,
        hashPassword: (password) => turns.make(() => hashPassword(password)),
        hostSessions,
        history,
        withdrawal,
        revocations,
        server: () => server,
      }),
      ...commitRpcs({
        log: store.configuration,
        datastores: configuration.value.datastores,
        view: new ConfigurationView({ schema, access }),
      }),
      ...accessRpcs({ access, schema, store }),
      ...locationRpcs({ locations: store.locations, configuration: configuration.value }),
      ...policyHookRpcs({ store, configuration: configuration.value, hook, hostSessions, clock: CLOCK }),
      ...invitationRpcs({
        store,
        clock: CLOCK,
        log,
        random: randomBytes,
        reachableAt: () => reachableAt(listening, networkInterfaces()),
        hostKeys: () => publishedKeys(keys, settings.name).hostKeyFingerprints,
        enrolledFor: (subscriber) => enrolledFor(current().aaa, subscriber),
      }),
      ...statusRpcs({
        store,
        poolEmptyAt: (pool) => poolWatch.emptyAt(pool),
        radius: () => radius.status(),
        service,
        hook,
        configuration: configuration.value,
        server: () => server,
        version,
        startedAt: CLOCK.now(),
        listening: () => [...listening.map(endpointText), places.socket],
      }),
    },
    access,
    datastores: configuration.value.datastores,
    operational: [
      access.nacm.state,
      headendKeys(() => publishedKeys(keys, settings.name)),
      hostsByKey(store, hostSessions, history),
    ],
    limits: { sessions: settings.limits.sessions },
    log,
    notifications: eventNotifications(store.events),
    events: doorEvents({ store, clock: CLOCK, log, hostSessions, enrolDoor, revocations }),
    admit: admitBy({ revocations }),
    revalidateReplies: settings.revalidate,
  });
  closing.push(() => server.close({ drain: DRAIN, reason: 'the headend is being stopped' }));

  const expiry = setInterval(() => {
    void service.expireLeases().then((expired) => {
      if (!expired.ok) log.error({ refusals: expired.failure.map(({ kind }) => kind) }, 'leases could not be expired');
    });
  }, EXPIRY_PERIOD);
  closing.push(async () => clearInterval(expiry));
  const authorityWatch = new AuthorityWatch();
  const look = () => {
    for (const alarm of authorityWatch.look(radius.status().servers)) {
      void store.events
        .append(notificationEvent('sublane-headend:authority-alarm', CLOCK.now(), alarm))
        .then((logged) => {
          if (!logged.ok) log.error({ refusal: logged.failure.kind }, 'an alarm of an authority could not be logged');
        });
    }
    return poolWatch.look().catch((error: unknown) => log.error({ error }, 'the pools could not be looked at'));
  };
  let looked = look();
  const watching = setInterval(() => {
    looked = looked.then(look);
  }, POOL_WATCH_PERIOD);
  closing.push(async () => {
    clearInterval(watching);
    await looked;
  });

  const unix = await listenUnix({ server, path: places.socket, mode: SOCKET_MODE, identity: LOCAL_IDENTITY });
  if (!unix.ok) return refuse('failed', unix.failure.message);
  // The doors' own order at the end: closed to newcomers first, then drained, then the connections ended.
  const doors: (() => Promise<void>)[] = [() => unix.value.close()];
  const ssh: SshListener[] = [];
  for (const { host, port } of settings.listen) {
    const listener = await listenSsh({
      server,
      host,
      port,
      hostKeys: offeredHostKeys(keys).map(({ pem }) => pem),
      authenticate: authenticateBy({ store, enrolDoor, revocations }),
      methods: methodsOf,
      limits: {
        connections: settings.limits.sessions + settings.limits.unauthenticated,
        unauthenticated: settings.limits.unauthenticated,
      },
    });
    if (!listener.ok) {
      for (const close of doors) await close();
      return refuse('failed', listener.failure.message);
    }
    ssh.push(listener.value);
    doors.push(() => listener.value.close());
    listening.push(listener.value.address);
  }

  return ok({
    listening: listening.map(endpointText),
    reload(next) {
      const again = loadKeys(next);
      if (!again.ok) return failed({ kind: 'usage', message: again.failure });
      // SSH host keys stay those the listener has; the rest of the keys may change under way.
      keys = { ...again.value, hostKeys: keys.hostKeys };
      opener = passwords();
      ({ requestsPerMinute } = next.limits);
      void radius.apply();
      hook.reread();
      return ok(needsRestart(settings, next));
    },
    async close() {
      // close() of a door waits for its connections; those end when the server has drained.
      const closed = doors.map((close) => close());
      await server.close({ drain: DRAIN, reason: 'the headend is being stopped' });
      await Promise.all(closed);
      await closeAll();
      schema.dispose();
    },
  });
}

/** Members of headend.yaml that changed and count from the next start. */
function needsRestart(now: Settings, next: Settings): readonly string[] {
  const members = ['name', 'listen', 'store', 'storeSizeLimit', 'hostKeys', 'revalidate'] as const;
  const limits = ['sessions', 'unauthenticated'] as const;
  return [
    ...members.filter((member) => JSON.stringify(now[member]) !== JSON.stringify(next[member])),
    ...limits.filter((limit) => now.limits[limit] !== next.limits[limit]).map((limit) => `limits.${limit}`),
  ];
}
