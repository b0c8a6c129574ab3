import { ok } from '@sublane/basics';
import type { GroupCommit } from './group-commit.ts';
import type { PoolLeases } from './pool-leases.ts';
import type { PoolTable } from './pool-table.ts';
import type { PoolStore } from './store.ts';

export function openPools(pools: PoolTable, poolLeases: PoolLeases, commits: GroupCommit): PoolStore {
  return {
    adopt: (shapes) =>
      commits.write(() => {
        // Never to the harm of a lease: then the next commit of the configuration tells.
        for (const shape of shapes)
          if (poolLeases.outside(shape, 1).length === 0 && poolLeases.reservedElsewhere(shape, 1).length === 0)
            pools.define(shape);
        return ok();
      }),
  };
}
