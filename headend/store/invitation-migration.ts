import type { Kysely } from 'kysely';

/** Which host spent an invitation, and when: kept for a while, so that who asks again is told what became of it. */
export async function invitations(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('invitations').addColumn('spent_by', 'text').execute();
  await db.schema.alterTable('invitations').addColumn('spent_at', 'integer').execute();
  await db.schema.createIndex('invitations_subscriber').on('invitations').columns(['subscriber']).execute();
}
