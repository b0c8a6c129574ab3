import { escapeAttribute, escapeText } from '@sublane/netconf';
import { errorPathOf } from '../data-path.ts';
import type { Commit, ConfigChange } from '../datastore.ts';
import type { DatastoreEvent, Datastores } from '../datastores.ts';
import type { SchemaIndex } from '../schema-index.ts';
import type { CloseReason, Session } from '../session.ts';
import type { ServerEvent } from './event.ts';
import type { EventHub } from './event-hub.ts';

/** RFC 6470. */
export const BASE_NOTIFICATIONS = 'ietf-netconf-notifications';
const NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-notifications';

/** Edits listed for one change; over it only the top-level nodes are. */
const MOST_EDITS = 100;

/** Publishes what RFC 6470 has of sessions and datastores. */
export class BaseNotifications {
  readonly #hub: EventHub;
  readonly #stop: (() => void) | undefined;

  /** Undefined where the schema does not have the module. */
  static begin(hub: EventHub, schema: SchemaIndex, datastores: Datastores | undefined): BaseNotifications | undefined {
    return schema.moduleNamed(BASE_NOTIFICATIONS)?.implemented
      ? new BaseNotifications(hub, schema, datastores)
      : undefined;
  }

  private constructor(hub: EventHub, schema: SchemaIndex, datastores: Datastores | undefined) {
    this.#hub = hub;
    this.#stop = datastores?.watch((happened) => {
      const notification = datastoreNotification(happened, schema);
      if (notification !== undefined) void hub.publish(notification);
    });
  }

  /** "Generated when a NETCONF server detects that a NETCONF session has started." */
  sessionOpened(session: Session): void {
    void this.#hub.publish(sessionStart(session, this.#hub.party(session.identity)));
  }

  /**
   * "Generated when a NETCONF server detects that a NETCONF session has terminated." Of those that never got as far as
   * their start only what RFC 6470 has a reason for: "timeout … waiting for the <hello> message" and "bad-hello".
   */
  sessionClosed(session: Session, opened: boolean, reason: CloseReason): void {
    if (!opened && reason.kind !== 'timeout' && reason.kind !== 'bad-hello') return;
    void this.#hub.publish(sessionEnd(session, reason, this.#hub.party(session.identity)));
  }

  stop(): void {
    this.#stop?.();
  }
}

function sessionStart(session: Session, about: string | undefined): ServerEvent {
  return event('netconf-session-start', who(session), about);
}

function sessionEnd(session: Session, reason: CloseReason, about: string | undefined): ServerEvent {
  const killedBy = reason.kind === 'killed' ? `<killed-by>${reason.by}</killed-by>` : '';
  const inside = `${who(session)}${killedBy}<termination-reason>${reason.kind}</termination-reason>`;
  return event('netconf-session-end', inside, about);
}

/** What RFC 6470 tells of it; undefined for what it does not. */
function datastoreNotification(happened: DatastoreEvent, schema: SchemaIndex): ServerEvent | undefined {
  if (happened.kind === 'changed') {
    // Where only what is saved beside the configuration changes, the configuration does not.
    return happened.commit.changes.length === 0 ? undefined : configChange(happened.datastore, happened.commit, schema);
  }
  return happened.kind === 'confirmed-commit' ? confirmedCommit(happened) : undefined;
}

function configChange(datastore: 'running' | 'startup', { session, changes }: Commit, schema: SchemaIndex) {
  const by = session === undefined ? '<server/>' : who(session);
  const edits = listed(changes).map(({ path, operation }) => edit(path, operation, schema));
  const inside = `<changed-by>${by}</changed-by><datastore>${datastore}</datastore>${edits.join('')}`;
  return event('netconf-config-change', inside);
}

function confirmedCommit({ event: what, session, timeout }: Extract<DatastoreEvent, { kind: 'confirmed-commit' }>) {
  // "The common session parameters will not be present in this sub-mode" (timeout). Who is no session is 0: "A
  // non-NETCONF session MAY be identified by the value zero."
  const nobody = '<username/><session-id>0</session-id>';
  const by = what === 'timeout' ? '' : session === undefined ? nobody : who(session);
  const waits = what === 'start' || what === 'extend' ? `<timeout>${timeout ?? 0}</timeout>` : '';
  return event('netconf-confirmed-commit', `${by}<confirm-event>${what}</confirm-event>${waits}`);
}

/**
 * "Topmost node associated with the configuration change": what is created or deleted with its parent is not listed. "A
 * server MAY set this object to one of the ancestors of the actual node that was changed": so where there are too many.
 */
function listed(changes: readonly ConfigChange[]): readonly ConfigChange[] {
  const edits: ConfigChange[] = [];
  let whole = '';
  for (const change of changes) {
    if (whole !== '' && (change.path.startsWith(`${whole}/`) || change.path === whole)) continue;
    whole = change.operation === 'update' ? '' : change.path;
    edits.push(change);
    if (edits.length > MOST_EDITS) return topmost(changes);
  }
  return edits;
}

function topmost(changes: readonly ConfigChange[]): readonly ConfigChange[] {
  const roots = new Set(changes.map(({ path }) => /^\/[^/[]+/.exec(path)?.[0] ?? path));
  return Array.from(roots, (path) => ({ path, operation: 'update' as const })).slice(0, MOST_EDITS);
}

function edit(path: string, operation: ConfigChange['operation'], schema: SchemaIndex): string {
  // "Type of edit operation performed", in edit-config's words.
  const performed = `<operation>${operation === 'update' ? 'merge' : operation}</operation>`;
  const target = errorPathOf(path, schema);
  if (target === undefined) return `<edit>${performed}</edit>`;
  const prefixes = Object.entries(target.namespaces).map(
    ([prefix, uri]) => ` xmlns:${prefix}="${escapeAttribute(uri)}"`,
  );
  return `<edit><target${prefixes.join('')}>${escapeText(target.xpath)}</target>${performed}</edit>`;
}

/** `common-session-parms`. */
function who({ identity, id, peer }: Session): string {
  const host = peer === undefined ? '' : `<source-host>${escapeText(peer.address)}</source-host>`;
  return `<username>${escapeText(identity.user)}</username><session-id>${id}</session-id>${host}`;
}

function event(name: string, inside: string, about?: string): ServerEvent {
  const xml = `<${name} xmlns="${NAMESPACE}">${inside}</${name}>`;
  return { at: new Date(), module: BASE_NOTIFICATIONS, name, xml, ...(about !== undefined && { about }) };
}
