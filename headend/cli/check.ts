import { existsSync } from 'node:fs';
import { failed, ok, silentLog, systemClock, table } from '@sublane/basics';
import { openContext } from '@sublane/yang';
import { adviceOn, adviceText } from '../configuration/advice.ts';
import { loadLibyang } from '../configuration/libyang.ts';
import { openRunning } from '../configuration/running.ts';
import { loadKeys } from '../keys/loaded-keys.ts';
import { type LoadedTls, loadTls } from '../keys/loaded-tls.ts';
import type { Configuration } from '../policy/configuration.ts';
import type { CallHomeSettings } from '../settings/call-home-settings.ts';
import { endpointText } from '../settings/endpoint.ts';
import { placesOf } from '../settings/places.ts';
import { openSecrets } from '../settings/secrets.ts';
import { readSettings, settingsFailureText } from '../settings/settings.ts';
import type { TlsSettings } from '../settings/tls-settings.ts';
import { describeOpenFailure, openSqliteStore } from '../store/index.ts';
import type { GlobalOptions } from './command.ts';
import type { Outcome } from './outcome.ts';

/** Is the configuration right, and what would be served? */
export async function check(options: GlobalOptions): Outcome {
  const places = placesOf(options);
  const settings = readSettings(places);
  if (!settings.ok) {
    if (settings.failure.kind === 'wrong') return failed({ kind: 'file', faults: settings.failure.faults });
    return failed({ kind: 'usage', message: settingsFailureText(settings.failure) });
  }
  const { name, listen, callHome, store: path } = settings.value;
  const keys = loadKeys(settings.value);
  if (!keys.ok) return failed({ kind: 'usage', message: keys.failure });
  const tls = settings.value.tls && loadTls(settings.value.tls, systemClock.now());
  if (tls?.ok === false) return failed({ kind: 'usage', message: tls.failure });
  if (!existsSync(path))
    return failed({ kind: 'usage', message: describeOpenFailure({ kind: 'not-initialised', path }) });
  const libyang = loadLibyang();
  if (!libyang.ok) return failed({ kind: 'failed', message: libyang.failure });
  const store = await openSqliteStore({ path, readOnly: true });
  if (!store.ok) return failed({ kind: 'usage', message: describeOpenFailure(store.failure) });
  const schema = openContext(libyang.value, 'headend');
  const secrets = openSecrets(places.folder);
  const running = await openRunning({ schema, store: store.value, clock: systemClock, log: silentLog, secrets });
  const { leases } = store.value.status();
  await store.value.close();
  schema.dispose();
  if (!running.ok) return failed({ kind: 'refused', errors: running.failure });

  const configuration = running.value.current();
  const fingerprints = keys.value.hostKeys.map(({ fingerprint }) => fingerprint);
  const advice = adviceOn(configuration);
  const files = [...keys.value.warnings, ...(tls?.value.warnings ?? [])];
  const warnings = [...files, ...advice.map(({ message }) => message)];
  const json = {
    name,
    listen: listen.map(endpointText),
    'host-keys': fingerprints,
    ...(settings.value.tls && tls && { tls: tlsJson(settings.value.tls, tls.value) }),
    ...(callHome.length > 0 && { 'call-home': callHome.map(callHomeJson) }),
    store: path,
    locations: configuration.locations.size,
    pools: configuration.pools.size,
    plans: configuration.plans.size,
    leases,
    warnings,
    advice: advice.map((one) => ({ ...one })),
  };
  return ok({
    text: [
      `headend ${name} is in order`,
      `  would listen on  ${json.listen.join(', ')} and ${places.socket}`,
      `  host keys        ${fingerprints.join(', ')}`,
      ...(json.tls === undefined ? [] : tlsText(json.tls)),
      ...(json['call-home'] ?? []).map((client) => `  would call       ${callHomeText(client)}`),
      `  store            ${path} (${leases} leases)`,
      '',
      poolsText(configuration),
    ].join('\n'),
    json,
    notes: [...files, ...advice.map(adviceText)].map((warning) => `note: ${warning}`),
  });
}

const tlsJson = ({ listen, certToName }: TlsSettings, { subject, validTo, fingerprint }: LoadedTls) => ({
  listen: listen.map(endpointText),
  certificate: { subject, fingerprint, 'valid-to': validTo.toISOString() },
  'cert-to-name': certToName.map(({ fingerprint, mapType, for: whose }) => ({
    fingerprint,
    'map-type': mapType,
    for: whose,
  })),
});

function tlsText({ listen, certificate, 'cert-to-name': entries }: ReturnType<typeof tlsJson>): string[] {
  const ends = certificate['valid-to'].slice(0, 10);
  const names = entries.map((entry) => `${entry.for} by ${entry['map-type']} (${entry.fingerprint.slice(0, 14)}…)`);
  return [
    `  over TLS         ${listen.join(', ') || 'for calls home alone'}; ${certificate.subject}, until ${ends}`,
    `  certificates of  ${names.join(', ') || 'nobody'}`,
  ];
}

const callHomeJson = ({ name, endpoints, transport, user, role, every }: CallHomeSettings) => ({
  name,
  address: endpoints.map(({ host, port = PORTS[transport] }) => endpointText({ host, port })),
  transport,
  ...(user !== undefined && { user }),
  ...(role !== undefined && { role }),
  ...(every !== undefined && { every }),
});

/** RFC 8071 §6. */
const PORTS = { ssh: 4334, tls: 4335 } as const;

function callHomeText({ name, address, transport, user, role, every }: ReturnType<typeof callHomeJson>): string {
  const who = user ?? (role === undefined ? 'anyone who works here' : `any ${role}`);
  const often = every === undefined ? '' : `, every ${every} s`;
  return `${name} at ${address.join(' or ')} over ${transport}, for ${who}${often}`;
}

function poolsText({ pools, plans }: Configuration): string {
  const poolTable = table(
    ['POOL', 'CLASS', 'STATE', 'CAPACITY'],
    [...pools.values()].map((pool) => [pool.name, pool.class, pool.adminState, pool.shape.capacity]),
    'no pools: nothing can be granted yet',
  );
  const planTable = table(
    ['PLAN', 'CLASSES', 'RULES'],
    [...plans.values()].map((plan) => [plan.name, [...plan.classes.keys()].join(' '), plan.rules.length]),
    'no plans: nothing can be asked for yet',
  );
  return `${poolTable}\n\n${planTable}`;
}
