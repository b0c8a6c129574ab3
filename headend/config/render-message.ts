import type { Milliseconds } from '@sublane/basics';
import type { SpServiceMessage } from '@sublane/yang';
import type { Configuration } from '../policy/configuration.ts';
import type { Pool } from '../pools/pool.ts';
import type { Lease } from '../store/records.ts';
import { lifetimesOf } from './lifetimes.ts';
import { type LaneSurroundings, renderGroup } from './render-group.ts';

/** The `sp-service-message` for these leases of a host, as they stand at `now`. */
export function renderMessage(
  hostId: string,
  leases: readonly Lease[],
  configuration: Configuration,
  now: Milliseconds,
): SpServiceMessage {
  return {
    'host-id': hostId,
    ...(leases.length > 0 && {
      'application-group': leases.map((lease) => {
        const surroundings = surroundingsOf(lease, configuration);
        return renderGroup(lease, surroundings, lifetimesOf(lease, surroundings.plan?.lease, surroundings.pool, now));
      }),
    }),
  };
}

/** What the configuration says of the pool, plan and profile a lease names. */
export function surroundingsOf(lease: Lease, configuration: Configuration): LaneSurroundings {
  const plan = configuration.plans.get(lease.plan);
  const security = lease.security === undefined ? undefined : configuration.securityProfiles.get(lease.security);
  return { pool: poolOf(lease, configuration), ...(plan && { plan }), ...(security && { security }) };
}

function poolOf(lease: Lease, configuration: Configuration): Pool {
  const pool = configuration.pools.get(lease.pool);
  // A pool that holds leases cannot be removed.
  if (pool === undefined) throw new Error(`lease ${lease.id} is of pool ${lease.pool}, which is not configured`);
  return pool;
}
