import type { Result } from '@sublane/basics';
import type { PoolSample } from '../pools/forecast.ts';
import type { PoolShape } from '../pools/pool.ts';
import type { StoreRefusal } from '../refusal/refusal.ts';
import type { Timestamp } from './records.ts';

/** What the store keeps of pools beside who holds what. */
export interface PoolStore {
  /** As the configuration means them now: the store of an earlier version may know less of them. */
  adopt(shapes: readonly PoolShape[]): Promise<Result<undefined, StoreRefusal>>;
  /** Notes, once, how many leases each pool holds, as at the end of the hour before `at`; forgets what is too old. */
  sample(at: Timestamp): Promise<Result<undefined, StoreRefusal>>;
  /** What was noted of a pool, the oldest first. */
  samples(pool: string): Promise<readonly PoolSample[]>;
}
