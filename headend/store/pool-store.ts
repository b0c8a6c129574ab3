import { milliseconds, ok } from '@sublane/basics';
import type { Database } from 'better-sqlite3';
import { HOUR } from '../pools/forecast.ts';
import type { GroupCommit } from './group-commit.ts';
import type { PoolLeases } from './pool-leases.ts';
import type { PoolStore } from './pool-records.ts';
import type { PoolTable } from './pool-table.ts';
import type { Timestamp } from './records.ts';
import { prepare, query } from './statement.ts';

/** In hours: two weeks, so that each day of the week is there twice. */
const KEPT = 14 * 24;

export function openPools(db: Database, pools: PoolTable, poolLeases: PoolLeases, commits: GroupCommit): PoolStore {
  const put = prepare(db, (p: { id: number; hour: number; held: number }) =>
    query
      .insertInto('pool_samples')
      .values({ pool_id: p.id, hour: p.hour, held: p.held })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const forget = prepare(db, (p: { id: number; before: number }) =>
    query.deleteFrom('pool_samples').where('pool_id', '=', p.id).where('hour', '<', p.before),
  );
  const ofPool = prepare(db, (p: { id: number }) =>
    query.selectFrom('pool_samples').select(['hour', 'held']).where('pool_id', '=', p.id).orderBy('hour'),
  );

  const sample = (at: Timestamp): void => {
    const hour = (Math.floor(at / HOUR) - 1) * HOUR;
    for (const { id, held } of pools.all()) {
      put.run({ id, hour, held });
      forget.run({ id, before: hour - (KEPT - 1) * HOUR });
    }
  };

  return {
    adopt: (shapes) =>
      commits.write(() => {
        // Never to the harm of a lease: then the next commit of the configuration tells.
        for (const shape of shapes)
          if (poolLeases.outside(shape, 1).length === 0 && poolLeases.reservedElsewhere(shape, 1).length === 0)
            pools.define(shape);
        return ok();
      }),
    sample: (at) =>
      commits.write(() => {
        sample(at);
        return ok();
      }),
    samples: async (name) => {
      const pool = pools.byName(name);
      if (pool === undefined) return [];
      return ofPool.all({ id: pool.id }).map(({ hour, held }) => ({ hour: milliseconds(hour), held }));
    },
  };
}
