import { failed, ok, type Result } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import type { Selectable } from 'kysely';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { AuditTable } from './audit-table.ts';
import type { GroupCommit } from './group-commit.ts';
import { type HostQueries, prepareHostQueries } from './host-queries.ts';
import { pageOf } from './pages.ts';
import type { Invitation, Timestamp } from './records.ts';
import type { Schema } from './schema.ts';
import { prepare, query } from './statement.ts';
import type { Deed, EnrolmentByInvitation, EnrolmentRefusal, InvitationStore } from './store.ts';

/** All but the digest, which is never read back. */
type InvitationRow = Omit<Selectable<Schema['invitations']>, 'digest'>;

/** How long after its end one that was spent or has expired is still known: who comes with it is told so. */
const KNOWN_FOR = 7 * 86_400_000;

type Queries = ReturnType<typeof prepareQueries>;

export function openInvitations(db: Database, audit: AuditTable, commits: GroupCommit): InvitationStore {
  const queries = prepareQueries(db);
  const hosts = prepareHostQueries(db);

  return {
    add: ({ digest, subscriber, hostId, expiresAt, elsewhere }, openMax, deed) =>
      commits.write((): Result<Invitation, RefusalOf<'record-unknown' | 'too-many-invitations'>> => {
        queries.forget.run({ before: deed.at - KNOWN_FOR });
        if (!elsewhere && hosts.subscriberExists.get({ name: subscriber }) === undefined)
          return failed({ kind: 'record-unknown', record: 'subscriber', name: subscriber });
        const open = queries.open.get({ subscriber, at: deed.at })?.open ?? 0;
        if (open >= openMax) return failed({ kind: 'too-many-invitations', subscriber, limit: openMax });
        queries.insert.run({
          digest,
          subscriber,
          hostId: hostId ?? null,
          at: deed.at,
          by: deed.actor,
          expiresAt,
        });
        const invitation = readInvitation(queries.byDigest.get({ digest }) as InvitationRow);
        audit.append({
          ...deed,
          event: 'host-invited',
          ...(hostId !== undefined && { hostId }),
          detail: { invitation: invitation.id, subscriber, expires: new Date(expiresAt).toISOString() },
        });
        return ok(invitation);
      }),
    remove: (id, deed) =>
      commits.write(() => {
        const invitationId = /^\d{1,15}$/.test(id) ? Number(id) : -1;
        const row = queries.byId.get({ invitationId });
        if (row === undefined || queries.remove.run({ invitationId }) === 0)
          return failed({ kind: 'record-unknown', record: 'invitation', name: id } as const);
        audit.append({
          ...deed,
          event: 'invitation-removed',
          ...(row.host_id !== null && { hostId: row.host_id }),
          detail: { invitation: id, subscriber: row.subscriber },
        });
        return ok();
      }),
    enrol: (enrolment, deed) => commits.write(() => enrol(queries, hosts, audit, enrolment, deed)),
    find: async (digest) => {
      const row = queries.byDigest.get({ digest });
      return row && readInvitation(row);
    },
    list: async (at, { limit, cursor }) => {
      const after = Number.parseInt(cursor ?? '0', 10) || 0;
      const rows = queries.page.all({ at, after, limit: limit + 1 });
      return pageOf(rows.map(readInvitation), limit, ({ id }) => id);
    },
  };
}

/** Whatever refuses, the invitation stays as good as it was. */
function enrol(
  queries: Queries,
  hosts: HostQueries,
  audit: AuditTable,
  { digest, hostId, publicKey, elsewhere }: EnrolmentByInvitation,
  deed: Deed,
): Result<Invitation, EnrolmentRefusal> {
  const row = queries.byDigest.get({ digest });
  if (row === undefined) return failed({ kind: 'invitation-unknown' });
  const host = hosts.find.get({ hostId });
  const present = host !== undefined && host.revoked_at === null ? host : undefined;
  const same = present?.public_key === publicKey && present.subscriber === row.subscriber;
  if (row.spent_by !== null) {
    // Whose reply was lost comes again.
    return same && row.spent_by === hostId ? ok(readInvitation(row)) : failed({ kind: 'invitation-spent' });
  }
  if (row.expires_at <= deed.at) return failed({ kind: 'invitation-expired' });
  if (row.host_id !== null && row.host_id !== hostId)
    return failed({ kind: 'invitation-for-another', hostId: row.host_id });
  if (!same) {
    // A name that was revoked is free to its own subscriber's hosts; to another's, where the invitation names it.
    const others = host !== undefined && host.subscriber !== row.subscriber && row.host_id === null;
    if (present !== undefined || others) return failed({ kind: 'host-id-taken', hostId });
    if (hosts.byKey.get({ publicKey }) !== undefined) return failed({ kind: 'host-key-taken' });
    const known = elsewhere(row.subscriber) || hosts.subscriberExists.get({ name: row.subscriber }) !== undefined;
    if (!known) return failed({ kind: 'invitation-unknown' });
    hosts.put.run({ hostId, subscriber: row.subscriber, publicKey, at: deed.at });
    audit.append({
      ...deed,
      event: 'host-enrolled',
      hostId,
      detail: {
        subscriber: row.subscriber,
        'public-key': publicKey,
        invitation: String(row.invitation_id),
        'invited-by': row.created_by,
      },
    });
  }
  queries.spend.run({ invitationId: row.invitation_id, hostId, at: deed.at });
  return ok(readInvitation({ ...row, spent_by: hostId, spent_at: deed.at }));
}

function prepareQueries(db: Database) {
  const rows = () =>
    query
      .selectFrom('invitations')
      .select([
        'invitation_id',
        'subscriber',
        'host_id',
        'created_at',
        'created_by',
        'expires_at',
        'spent_by',
        'spent_at',
      ]);
  return {
    byId: prepare(db, (p: { invitationId: number }) => rows().where('invitation_id', '=', p.invitationId)),
    /** An index of digests tells nothing of secrets, however long it takes. */
    byDigest: prepare(db, (p: { digest: Uint8Array }) => rows().where('digest', '=', p.digest)),
    page: prepare(db, (p: { at: number; after: number; limit: number }) =>
      rows()
        .where('invitation_id', '>', p.after)
        .where('expires_at', '>', p.at)
        .where('spent_at', 'is', null)
        .orderBy('invitation_id')
        .limit(p.limit),
    ),
    open: prepare(db, (p: { subscriber: string; at: number }) =>
      query
        .selectFrom('invitations')
        .select((e) => e.fn.countAll<number>().as('open'))
        .where('subscriber', '=', p.subscriber)
        .where('expires_at', '>', p.at)
        .where('spent_at', 'is', null),
    ),
    insert: prepare(
      db,
      (p: {
        digest: Uint8Array;
        subscriber: string;
        hostId: string | null;
        at: number;
        by: string;
        expiresAt: number;
      }) =>
        query.insertInto('invitations').values({
          digest: p.digest,
          subscriber: p.subscriber,
          host_id: p.hostId,
          created_at: p.at,
          created_by: p.by,
          expires_at: p.expiresAt,
          spent_by: null,
          spent_at: null,
        }),
    ),
    spend: prepare(db, (p: { invitationId: number; hostId: string; at: number }) =>
      query
        .updateTable('invitations')
        .set({ spent_by: p.hostId, spent_at: p.at })
        .where('invitation_id', '=', p.invitationId),
    ),
    remove: prepare(db, (p: { invitationId: number }) =>
      query.deleteFrom('invitations').where('invitation_id', '=', p.invitationId).where('spent_at', 'is', null),
    ),
    forget: prepare(db, (p: { before: number }) => query.deleteFrom('invitations').where('expires_at', '<=', p.before)),
  };
}

function readInvitation(row: InvitationRow): Invitation {
  return {
    id: String(row.invitation_id),
    subscriber: row.subscriber,
    ...(row.host_id !== null && { hostId: row.host_id }),
    createdAt: row.created_at as Timestamp,
    createdBy: row.created_by,
    expiresAt: row.expires_at as Timestamp,
    ...(row.spent_by !== null && { spentBy: row.spent_by }),
    ...(row.spent_at !== null && { spentAt: row.spent_at as Timestamp }),
  };
}
