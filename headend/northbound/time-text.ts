import type { Timestamp } from '../store/records.ts';

/** RFC 6991 §3, `date-and-time`, in UTC and to the millisecond. */
export function dateAndTime(at: Timestamp): string {
  return new Date(at).toISOString().replace(/Z$/, '+00:00');
}
