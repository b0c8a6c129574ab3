import { type Kysely, sql } from 'kysely';

/** Events for those who subscribe to them, and what is known of those that are no longer there. */
export async function events(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('events')
    .addColumn('sequence', 'integer', (c) => c.primaryKey())
    .addColumn('kind', 'integer', (c) => c.notNull())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('module', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('xml', 'text', (c) => c.notNull())
    .addColumn('about', 'text')
    .modifyEnd(sql`strict`)
    .execute();
  await db.schema.createIndex('events_kind').on('events').columns(['kind', 'sequence']).execute();
  await db.schema
    .createIndex('events_about')
    .on('events')
    .columns(['about', 'sequence'])
    .where(sql.ref('about'), 'is not', null)
    .execute();
  await db.schema
    .createTable('event_log')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('last', 'integer', (c) => c.notNull())
    .addColumn('aged_through', 'integer', (c) => c.notNull())
    .addColumn('aged_at', 'integer')
    .modifyEnd(sql`strict`)
    .execute();
  await sql`insert into event_log values (cast(unixepoch('subsec') * 1000 as integer), 0, 0, null)`.execute(db);
}
