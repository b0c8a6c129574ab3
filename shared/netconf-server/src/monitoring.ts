import { ok } from '@sublane/basics';
import { escapeText, MONITORING_NAMESPACE } from '@sublane/netconf';
import type { DatastoreName, Datastores } from './datastores.ts';
import type { OperationalProvider } from './operational.ts';
import type { SchemaIndex } from './schema-index.ts';
import type { SchemaSet } from './schema-set.ts';
import type { Session } from './session.ts';

/** What a session has counted (RFC 6022 §2.1.4). */
export interface SessionStatistics {
  inRpcs: number;
  inBadRpcs: number;
  outRpcErrors: number;
  outNotifications: number;
}

/** What a server has counted since its start (RFC 6022 §2.1.5). */
export interface ServerStatistics extends SessionStatistics {
  readonly startedAt: Date;
  readonly inBadHellos: number;
  readonly inSessions: number;
  readonly droppedSessions: number;
}

export interface Monitored {
  readonly capabilities: readonly string[];
  /** Those whose hello has come. */
  monitored(): Iterable<{ readonly session: Session; readonly statistics: SessionStatistics }>;
  statistics(): ServerStatistics;
  readonly datastores: Datastores | undefined;
}

const leaf = (name: string, value: string | number) => `<${name}>${escapeText(String(value))}</${name}>`;
/** RFC 6991 §3, `date-and-time`. */
const time = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z');

/** `netconf-state` (RFC 6022 §2). */
export function monitoringProvider(monitored: Monitored, schema: SchemaIndex, set: SchemaSet): OperationalProvider {
  const schemas = schemaList(set);
  const transports = transportIdentities(schema);
  return {
    module: 'ietf-netconf-monitoring',
    name: 'netconf-state',
    read() {
      const capabilities = monitored.capabilities.map((uri) => leaf('capability', uri));
      const sessions = Array.from(monitored.monitored(), (one) =>
        sessionEntry(one.session, one.statistics, transports),
      );
      return ok(
        `<netconf-state xmlns="${MONITORING_NAMESPACE}"><capabilities>${capabilities.join('')}</capabilities>` +
          `${datastoreList(monitored.datastores)}<schemas>${schemas}</schemas><sessions>${sessions.join('')}</sessions>` +
          `${statistics(monitored.statistics())}</netconf-state>`,
      );
    },
  };
}

/** RFC 6022 §2.1.3: a submodule is a schema of its own, in its module's namespace. */
function schemaList({ modules }: SchemaSet): string {
  return modules
    .flatMap(({ name, revision, namespace, submodules }) =>
      [{ name, revision }, ...submodules].map(
        (one) =>
          `<schema>${leaf('identifier', one.name)}${leaf('version', one.revision ?? '')}<format>yang</format>` +
          `${leaf('namespace', namespace)}<location>NETCONF</location></schema>`,
      ),
    )
    .join('');
}

const DATASTORES: readonly DatastoreName[] = ['running', 'candidate', 'startup'];

/** RFC 6022 §2.1.2. */
function datastoreList(datastores: Datastores | undefined): string {
  if (datastores === undefined) return '';
  const entries = DATASTORES.filter((name) => datastores[name] !== undefined).map((name) => {
    const holder = datastores.locks.holder(name);
    const lock =
      holder === undefined
        ? ''
        : `<locks><global-lock>${leaf('locked-by-session', holder.session.id)}` +
          `${leaf('locked-time', time(holder.since))}</global-lock></locks>`;
    return `<datastore>${leaf('name', name)}${lock}</datastore>`;
  });
  return `<datastores>${entries.join('')}</datastores>`;
}

function sessionEntry(session: Session, counted: SessionStatistics, transports: Transports): string {
  const { id, identity, peer, startedAt, transport } = session;
  return (
    `<session>${leaf('session-id', id)}${transports[transport]}${leaf('username', identity.user)}` +
    `${peer === undefined ? '' : leaf('source-host', peer.address)}${leaf('login-time', time(startedAt))}` +
    `${counters(counted)}</session>`
  );
}

function statistics(counted: ServerStatistics): string {
  return (
    `<statistics>${leaf('netconf-start-time', time(counted.startedAt))}${leaf('in-bad-hellos', counted.inBadHellos)}` +
    `${leaf('in-sessions', counted.inSessions)}${leaf('dropped-sessions', counted.droppedSessions)}` +
    `${counters(counted)}</statistics>`
  );
}

function counters({ inRpcs, inBadRpcs, outRpcErrors, outNotifications }: SessionStatistics): string {
  return (
    leaf('in-rpcs', inRpcs) +
    leaf('in-bad-rpcs', inBadRpcs) +
    leaf('out-rpc-errors', outRpcErrors) +
    leaf('out-notifications', outNotifications)
  );
}

type Transports = Readonly<Record<Session['transport'], string>>;

/**
 * RFC 6022 has identities for SSH, BEEP, SOAP and TLS only. A Unix socket gets the one that a module of the schema
 * derives for it, if any does; else the leaf is left out.
 */
function transportIdentities(schema: SchemaIndex): Transports {
  const unix = schema.modules
    .flatMap((module) => module.identities.map((identity) => ({ module, identity })))
    .find(({ identity }) => /unix/i.test(identity.name) && identity.bases.some(({ name }) => name === 'transport'));
  return {
    ssh: '<transport>netconf-ssh</transport>',
    tls: '<transport>netconf-tls</transport>',
    unix:
      unix === undefined
        ? ''
        : `<transport xmlns:t="${escapeText(unix.module.namespace)}">t:${unix.identity.name}</transport>`,
    other: '',
  };
}
