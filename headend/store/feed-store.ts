import type { Result } from '@sublane/basics';
import type { StoreRefusal } from '../refusal/refusal.ts';

/**
 * Readers of the audit trail that pass on what they read, each with its place: what it has not passed on yet is not
 * lost, however this program ends.
 */
export interface FeedStore {
  /** The number of the last row that this reader has done with. A new one begins at the end of the trail. */
  open(name: string): Promise<Result<number, StoreRefusal>>;
  /** All up to this row is done with. */
  advance(name: string, sequence: number): Promise<Result<undefined, StoreRefusal>>;
  /** What it has not passed on is passed on no more. */
  remove(name: string): Promise<Result<undefined, StoreRefusal>>;
  names(): Promise<readonly string[]>;
  /** The number of the trail's last row; a moment later it may be taken back. */
  tail(): number;
}
