import { type RpcError, rpcError } from '@sublane/netconf';
import type { Configuration } from '../policy/configuration.ts';
import type { Pool } from '../pools/pool.ts';
import { isWireguard } from '../pools/tunnel.ts';
import type { Lease } from '../store/records.ts';
import type { LeaseStore } from '../store/store.ts';
import { listPath } from './configuration-fault.ts';
import { errorPath } from './faults.ts';

/** How many of those that stand in the way are named. */
const NAMED = 3;

/** Leases that the pools, as they would be, have no place for: `in-use` for each such pool, with those that hold them. */
export async function poolsInUse(
  leases: Pick<LeaseStore, 'list' | 'outside' | 'reservedElsewhere'>,
  before: Configuration,
  after: Configuration,
): Promise<readonly RpcError[]> {
  const errors: RpcError[] = [];
  for (const [name, pool] of before.pools) {
    const obstacle = await obstacleOf(leases, pool, after.pools.get(name));
    if (obstacle === undefined) continue;
    const holders = obstacle.leases.slice(0, NAMED).map(holderText).join(', ');
    const more = obstacle.leases.length > NAMED ? ' and more' : '';
    errors.push(
      rpcError.inUse('application', {
        appTag: 'pool-in-use',
        path: errorPath(listPath('pool', name)),
        message: `pool ${name} ${obstacle.harm}: ${holders}${more}. ${obstacle.remedy}`,
      }),
    );
  }
  return errors;
}

interface Obstacle {
  readonly leases: readonly Lease[];
  readonly harm: string;
  readonly remedy: string;
}

async function obstacleOf(
  leases: Pick<LeaseStore, 'list' | 'outside' | 'reservedElsewhere'>,
  before: Pool,
  after: Pool | undefined,
): Promise<Obstacle | undefined> {
  const { name } = before.shape;
  const all = async () => (await leases.list({ pool: name }, { limit: NAMED + 1 })).items;
  const empty = `Empty it first (headend pool move ${name} --to OTHER, or headend pool drain ${name}), or release them (headend lease release ID).`;
  const found = async (harm: string, remedy: string, those: readonly Lease[]) =>
    those.length === 0 ? undefined : { harm, remedy, leases: those };
  if (after === undefined) return found('holds leases', empty, await all());
  // Those leases have no key, without which the edge lets nothing in.
  if (isWireguard(after.attachment) && !isWireguard(before.attachment))
    return found('would need a WireGuard key of leases', empty, await all());
  const outside = await leases.outside(after.shape, NAMED + 1);
  if (outside.length > 0) return found('would no longer contain leases', empty, outside);
  const release = 'Release them first (headend lease release ID), or reserve other addresses.';
  return found(
    'would reserve for others what is leased',
    release,
    await leases.reservedElsewhere(after.shape, NAMED + 1),
  );
}

function holderText({ ipv4, ipv6, delegatedPrefix, hostId, groupId }: Lease): string {
  const addresses = [ipv4, ipv6, delegatedPrefix].filter((address) => address !== undefined).join(' and ');
  return `${addresses} of host ${hostId} group ${groupId}`;
}
