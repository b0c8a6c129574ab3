import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { events } from './event-migration.ts';
import { invitations } from './invitation-migration.ts';

/**
 * Steps from an empty store to the present schema, by name, in order. A step that was released is never changed: a new
 * one follows it.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-11-21-first': { up: first },
  '2026-11-21-tunnels-and-quarantine': { up: tunnelsAndQuarantine },
  '2026-11-22-authorities-and-plans': { up: authoritiesAndPlans },
  '2026-11-23-accounting': { up: accounting },
  '2026-11-22-locations': { up: locations },
  '2026-11-24-usage': { up: usage },
  '2026-11-25-pools': { up: pools },
  '2026-11-22-trail-of-subscribers': { up: trailOfSubscribers },
  '2026-11-26-invitations': { up: invitations },
  '2026-11-27-commits': { up: commits },
  '2026-11-28-events': { up: events },
};

async function first(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('subscribers')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('plan', 'text', (c) => c.notNull())
    .addColumn('suspended', 'integer', (c) => c.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  await db.schema.createIndex('subscribers_plan').on('subscribers').columns(['plan']).execute();

  await db.schema
    .createTable('hosts')
    .addColumn('host_id', 'text', (c) => c.primaryKey())
    .addColumn('subscriber', 'text', (c) => c.notNull())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('enrolled_at', 'integer', (c) => c.notNull())
    .addColumn('revoked_at', 'integer')
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  await db.schema.createIndex('hosts_subscriber').on('hosts').columns(['subscriber']).execute();
  await db.schema
    .createIndex('hosts_public_key')
    .unique()
    .on('hosts')
    .column('public_key')
    .where(sql.ref('revoked_at'), 'is', null)
    .execute();

  await db.schema
    .createTable('operators')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .modifyEnd(sql`without rowid, strict`)
    .execute();

  await db.schema
    .createTable('pools')
    .addColumn('pool_id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .addColumn('layout', 'text', (c) => c.notNull())
    .addColumn('high_water', 'integer', (c) => c.notNull())
    .addColumn('held', 'integer', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  await db.schema
    .createTable('released')
    .addColumn('pool_id', 'integer', (c) => c.notNull())
    .addColumn('idx', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('released_key', ['pool_id', 'idx'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();

  await db.schema
    .createTable('leases')
    .addColumn('lease_id', 'integer', (c) => c.primaryKey())
    .addColumn('host_id', 'text', (c) => c.notNull())
    .addColumn('group_id', 'integer', (c) => c.notNull())
    .addColumn('subscriber', 'text', (c) => c.notNull())
    .addColumn('plan', 'text', (c) => c.notNull())
    .addColumn('class', 'text', (c) => c.notNull())
    .addColumn('rule', 'text', (c) => c.notNull())
    .addColumn('pool_id', 'integer', (c) => c.notNull())
    .addColumn('idx', 'integer', (c) => c.notNull())
    .addColumn('ipv4', 'blob')
    .addColumn('ipv6', 'blob')
    .addColumn('dscp', 'integer', (c) => c.notNull())
    .addColumn('priority', 'text', (c) => c.notNull())
    .addColumn('upld_rate', 'integer')
    .addColumn('upld_burst', 'integer')
    .addColumn('dnld_rate', 'integer')
    .addColumn('dnld_burst', 'integer')
    .addColumn('applications', 'text', (c) => c.notNull())
    .addColumn('security', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('location', 'text')
    .addColumn('peer_address', 'text')
    .addColumn('granted_at', 'integer', (c) => c.notNull())
    .addColumn('valid_until', 'integer', (c) => c.notNull())
    .addColumn('report', 'text')
    .addCheckConstraint('leases_have_an_address', sql`ipv4 is not null or ipv6 is not null`)
    .modifyEnd(sql`strict`)
    .execute();
  // What decides an allocation: a group has one lease, and an address one holder, whatever pool it came from.
  await db.schema.createIndex('leases_group').unique().on('leases').columns(['host_id', 'group_id']).execute();
  await db.schema.createIndex('leases_pool').unique().on('leases').columns(['pool_id', 'idx']).execute();
  for (const family of ['ipv4', 'ipv6']) {
    await db.schema
      .createIndex(`leases_${family}`)
      .unique()
      .on('leases')
      .column(family)
      .where(sql.ref(family), 'is not', null)
      .execute();
  }
  await db.schema.createIndex('leases_end').on('leases').columns(['valid_until']).execute();

  await db.schema
    .createTable('nonces')
    .addColumn('nonce', 'text', (c) => c.primaryKey())
    .addColumn('until', 'integer', (c) => c.notNull())
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  await db.schema.createIndex('nonces_end').on('nonces').columns(['until']).execute();

  await db.schema
    .createTable('audit')
    .addColumn('sequence', 'integer', (c) => c.primaryKey())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('event', 'text', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('host_id', 'text')
    .addColumn('group_id', 'integer')
    .addColumn('detail', 'text', (c) => c.notNull())
    .addColumn('hash', 'blob', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  await db.schema
    .createIndex('audit_host')
    .on('audit')
    .columns(['host_id', 'sequence'])
    .where(sql.ref('host_id'), 'is not', null)
    .execute();
  await db.schema.createIndex('audit_at').on('audit').columns(['at']).execute();
  // Append-only, also for whoever finds another way to this connection.
  for (const deed of ['update', 'delete']) {
    await sql
      .raw(
        `create trigger audit_no_${deed} before ${deed} on audit begin select raise(abort, 'audit is append-only'); end`,
      )
      .execute(db);
  }

  await db.schema
    .createTable('configuration')
    .addColumn('version', 'integer', (c) => c.primaryKey())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
}

async function tunnelsAndQuarantine(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('leases').addColumn('wireguard_key', 'text').execute();
  await db.schema
    .createIndex('leases_wireguard_key')
    .on('leases')
    .column('wireguard_key')
    .where(sql.ref('wireguard_key'), 'is not', null)
    .execute();

  await db.schema
    .createTable('quarantine')
    .addColumn('quarantine_id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('pool', 'text', (c) => c.notNull())
    .addColumn('ipv4', 'blob')
    .addColumn('ipv6', 'blob')
    .addColumn('conflicts', 'text', (c) => c.notNull())
    .addColumn('host_id', 'text', (c) => c.notNull())
    .addColumn('group_id', 'integer', (c) => c.notNull())
    .addColumn('lease_id', 'integer', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('since', 'integer', (c) => c.notNull())
    .addColumn('until', 'integer', (c) => c.notNull())
    .addCheckConstraint('quarantine_has_an_address', sql`ipv4 is not null or ipv6 is not null`)
    .modifyEnd(sql`strict`)
    .execute();
  for (const family of ['ipv4', 'ipv6']) {
    await db.schema
      .createIndex(`quarantine_${family}`)
      .unique()
      .on('quarantine')
      .column(family)
      .where(sql.ref(family), 'is not', null)
      .execute();
  }
  await db.schema.createIndex('quarantine_host').on('quarantine').columns(['host_id', 'pool']).execute();
  await db.schema.createIndex('quarantine_end').on('quarantine').columns(['until']).execute();
}

async function authoritiesAndPlans(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('leases')
    .addColumn('authority', 'text', (c) => c.notNull().defaultTo('embedded'))
    .execute();
  await db.schema.alterTable('leases').addColumn('radius_class', 'text').execute();
  await db.schema
    .alterTable('leases')
    .addColumn('guaranteed', 'integer', (c) => c.notNull().defaultTo(1))
    .execute();
  await db.schema
    .alterTable('leases')
    .addColumn('recalled', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema.createIndex('leases_subscriber').on('leases').columns(['subscriber']).execute();

  await db.schema
    .createTable('resting')
    .addColumn('pool_id', 'integer', (c) => c.notNull())
    .addColumn('idx', 'integer', (c) => c.notNull())
    .addColumn('host_id', 'text', (c) => c.notNull())
    .addColumn('group_id', 'integer', (c) => c.notNull())
    .addColumn('until', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('resting_key', ['pool_id', 'idx'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  await db.schema.createIndex('resting_end').on('resting').columns(['until']).execute();
  await db.schema.createIndex('resting_holder').on('resting').columns(['host_id', 'group_id']).execute();

  await db.schema
    .createTable('pool_samples')
    .addColumn('pool_id', 'integer', (c) => c.notNull())
    .addColumn('hour', 'integer', (c) => c.notNull())
    .addColumn('held', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('pool_samples_key', ['pool_id', 'hour'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();

  await db.schema
    .createTable('usage')
    .addColumn('subscriber', 'text', (c) => c.notNull())
    .addColumn('period_start', 'integer', (c) => c.notNull())
    .addColumn('octets', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('usage_key', ['subscriber', 'period_start'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();

  await db.schema
    .createTable('invitations')
    .addColumn('invitation_id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('digest', 'blob', (c) => c.notNull().unique())
    .addColumn('subscriber', 'text', (c) => c.notNull())
    .addColumn('host_id', 'text')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .modifyEnd(sql`strict`)
    .execute();
  await db.schema.createIndex('invitations_end').on('invitations').columns(['expires_at']).execute();

  await db.schema
    .createTable('feeds')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('sequence', 'integer', (c) => c.notNull())
    .modifyEnd(sql`without rowid, strict`)
    .execute();
}

async function locations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('locations')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('configured', 'integer', (c) => c.notNull())
    .addColumn('parent', 'text')
    .addColumn('upld_capacity', 'integer')
    .addColumn('dnld_capacity', 'integer')
    .addColumn('upld_guaranteed', 'integer', (c) => c.notNull())
    .addColumn('dnld_guaranteed', 'integer', (c) => c.notNull())
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  // The one time that the leases themselves are added up; their limits follow when the configuration is opened.
  await sql`
    insert into locations (name, configured, upld_guaranteed, dnld_guaranteed)
    select location, 0, coalesce(sum(upld_rate), 0), coalesce(sum(dnld_rate), 0) from leases
    where guaranteed = 1 and location is not null group by location`.execute(db);
}

async function accounting(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('leases').addColumn('accounting', 'text').execute();
  await db.schema.alterTable('leases').addColumn('ends_by', 'integer').execute();
  await db.schema.alterTable('leases').addColumn('carried', 'text').execute();
  await db.schema
    .alterTable('leases')
    .addColumn('placed_at', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await sql`update leases set placed_at = granted_at`.execute(db);
  // Few are another authority's, or many: they are walked page by page for their interim records.
  await db.schema
    .createIndex('leases_authority')
    .on('leases')
    .columns(['authority', 'lease_id'])
    .where(sql.ref('authority'), '<>', sql.lit('embedded'))
    .execute();
}

async function usage(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('leases').addColumn('decided', 'text').execute();
  await db.schema.alterTable('leases').addColumn('counted', 'text').execute();
  await db.schema.createIndex('usage_period').on('usage').columns(['period_start']).execute();
}

async function pools(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('free_ranges')
    .addColumn('pool_id', 'integer', (c) => c.notNull())
    .addColumn('last', 'integer', (c) => c.notNull())
    .addColumn('first', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('free_ranges_key', ['pool_id', 'last'])
    .modifyEnd(sql`without rowid, strict`)
    .execute();
  // Of indexes that follow each other, the difference to their place in the list is the same.
  await sql`
    insert into free_ranges (pool_id, first, last)
    select pool_id, min(idx), max(idx)
    from (select pool_id, idx, idx - row_number() over (partition by pool_id order by idx) as run from released)
    group by pool_id, run`.execute(db);
  await db.schema.dropTable('released').execute();

  await db.schema
    .alterTable('pools')
    .addColumn('resting', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema.dropIndex('resting_end').execute();
  await db.schema.createIndex('resting_end').on('resting').columns(['pool_id', 'until']).execute();

  await db.schema.alterTable('leases').addColumn('delegated', 'blob').execute();
  await db.schema
    .createIndex('leases_delegated')
    .unique()
    .on('leases')
    .column('delegated')
    .where(sql.ref('delegated'), 'is not', null)
    .execute();

  await db.schema
    .alterTable('quarantine')
    .addColumn('subscriber', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await sql`
    update quarantine
    set subscriber = coalesce((select subscriber from hosts where hosts.host_id = quarantine.host_id), '')`.execute(db);
  await db.schema.createIndex('quarantine_subscriber').on('quarantine').columns(['subscriber', 'pool']).execute();
}

/** What a row's detail says, and hence what its hash is over: no row of the trail is changed, also not for this. */
async function trailOfSubscribers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('audit')
    .addColumn('subscriber', 'text', (c) => c.generatedAlwaysAs(sql`detail ->> 'subscriber'`))
    .execute();
  await db.schema
    .createIndex('audit_subscriber')
    .on('audit')
    .columns(['subscriber', 'sequence'])
    .where(sql.ref('subscriber'), 'is not', null)
    .execute();
}

async function commits(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('configuration')
    .addColumn('purpose', 'text', (c) => c.notNull().defaultTo('edit'))
    .execute();
  await db.schema.alterTable('configuration').addColumn('revert_to', 'integer').execute();
}
