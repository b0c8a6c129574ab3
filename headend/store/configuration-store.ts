import type { Result } from '@sublane/basics';
import type { PoolShape } from '../pools/pool.ts';
import type { RefusalOf, StoreRefusal } from '../refusal/refusal.ts';
import type { CommitPurpose, ConfigurationDocument, Lease, Page, PageRequest } from './records.ts';
import type { Deed, LocationLimits } from './store.ts';

/** A version, and the leases that had to end for it. */
export interface Committed extends ConfigurationDocument {
  readonly withdrawn: readonly Lease[];
}

export interface ConfigurationStore {
  /** The newest version; none before the first commit. */
  latest(): Promise<ConfigurationDocument | undefined>;
  /**
   * A new version and the pools it defines, in one transaction with the audit row. `pools` is all of them: one that is
   * missing gives no more addresses. `record-in-use`: a pool that holds leases would move or vanish. `locations`, too,
   * is all of them, and counts from here on; absent: none has changed.
   *
   * `purpose`: default `edit`. With `revert` leases that stand in the way end, in the same transaction. `awaits`: unless it
   * is settled, the version before the first that so waits is to be restored.
   */
  commit(
    commit: {
      readonly content: string;
      readonly pools: readonly PoolShape[];
      readonly locations?: readonly LocationLimits[];
      readonly purpose?: CommitPurpose;
      readonly awaits?: boolean;
    },
    deed: Deed,
  ): Promise<Result<Committed, RefusalOf<'record-in-use'> | StoreRefusal>>;
  /** The newest version waits no more and stays: it was confirmed, or is what was to be restored. */
  settle(deed: Deed, how: 'confirmed' | 'reverted'): Promise<Result<undefined, StoreRefusal>>;
  /** Newest first. */
  history(page: PageRequest): Promise<Page<Omit<ConfigurationDocument, 'content'>>>;
  version(version: number): Promise<ConfigurationDocument | undefined>;
}
