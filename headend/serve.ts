import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { failed, type Log, milliseconds, ok, type Result, systemClock } from '@sublane/basics';
import { rpcErrorText } from '@sublane/netconf';
import { openContext } from '@sublane/yang';
import { type CallHome, ConfigurationView, createNetconfServer, listenUnix, type NetconfServer } from 'netconf-server';
import { enrolledFor } from './aaa/authorities.ts';
import { HashingTurns } from './aaa/hashing-turns.ts';
import { createPasswordOpener } from './aaa/open-password.ts';
import { hashPassword } from './aaa/password-hash.ts';
import { adoptRules, createAccess } from './access/headend-access.ts';
import { INITIAL_RULES } from './access/rules-xml.ts';
import { loadLibyang } from './configuration/libyang.ts';
import { openRunning } from './configuration/running.ts';
import { type LoadedKeys, loadKeys, offeredHostKeys, publishedKeys } from './keys/loaded-keys.ts';
import { type LoadedTls, loadTls } from './keys/loaded-tls.ts';
import { accessRpcs } from './northbound/access-rpcs.ts';
import { identifyBy } from './northbound/certified.ts';
import { commitRpcs } from './northbound/commit-rpcs.ts';
import { admitBy, authenticateBy, doorEvents, messageLimitOf, methodsOf } from './northbound/doors.ts';
import { EnrolDoor } from './northbound/enrol-door.ts';
import { eventNotifications } from './northbound/event-streams.ts';
import { HistoryReads } from './northbound/history-reads.ts';
import { HostSessions } from './northbound/host-sessions.ts';
import { invitationRpcs } from './northbound/invitation-rpcs.ts';
import { locationRpcs } from './northbound/location-rpcs.ts';
import { headendKeys, hostsByKey } from './northbound/operational.ts';
import { policyHookRpcs } from './northbound/policy-hook-rpcs.ts';
import { recordRpcs } from './northbound/record-rpcs.ts';
import { openRemoteDoors, type RemoteDoors } from './northbound/remote-doors.ts';
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
  const certified = loadTlsOf(settings);
  if (!certified.ok) return failed({ kind: 'usage', message: certified.failure });
  const tls = certified.value;

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
  const others: string[] = [];
  const calls: CallHome[] = [];
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
        listening: () => [...listening.map(endpointText), ...others, places.socket],
        callsHome: () => calls,
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
    messageLimit: messageLimitOf,
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
  const remote = await openRemoteDoors({
    settings,
    server,
    hostKeys: offeredHostKeys(keys).map(({ pem }) => pem),
    tls,
    authenticate: authenticateBy({ store, enrolDoor, revocations }),
    methods: methodsOf,
    identify: identifyBy({ store, revocations }),
    log,
  });
  if (!remote.ok) {
    for (const close of doors) await close();
    return refuse('failed', remote.failure);
  }
  doors.push(() => remote.value.close());
  listening.push(...remote.value.ssh);
  others.push(...remote.value.others);
  calls.push(...remote.value.calls);

  return ok({
    listening: [...listening.map(endpointText), ...others],
    reload(next) {
      const again = loadKeys(next);
      if (!again.ok) return failed({ kind: 'usage', message: again.failure });
      const renewed = renewTls(remote.value, next);
      if (!renewed.ok) return failed({ kind: 'usage', message: renewed.failure });
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

const loadTlsOf = ({ tls }: Settings): Result<LoadedTls | undefined, string> =>
  tls === undefined ? ok(undefined) : loadTls(tls, CLOCK.now());

/** TLS that came or went counts from the next start; what it shows and believes, at once. */
function renewTls(doors: RemoteDoors, next: Settings): Result<undefined, string> {
  const loaded = loadTlsOf(next);
  if (!loaded.ok) return loaded;
  return loaded.value === undefined ? ok() : doors.renew(loaded.value);
}

/** Members of headend.yaml that changed and count from the next start. */
function needsRestart(now: Settings, next: Settings): readonly string[] {
  const members = ['name', 'listen', 'callHome', 'store', 'storeSizeLimit', 'hostKeys', 'revalidate'] as const;
  const limits = ['sessions', 'unauthenticated'] as const;
  return [
    ...members.filter((member) => JSON.stringify(now[member]) !== JSON.stringify(next[member])),
    ...(JSON.stringify(now.tls?.listen) === JSON.stringify(next.tls?.listen) ? [] : ['tls.listen']),
    ...limits.filter((limit) => now.limits[limit] !== next.limits[limit]).map((limit) => `limits.${limit}`),
  ];
}
