import type { LeaseQueries } from './lease-queries.ts';
import type { LeaseRow } from './lease-row.ts';
import type { LeaseSelection } from './store.ts';

/** Leases that fit, those that have ended but are not expired yet among them. Each once. */
export function selectLeases(queries: LeaseQueries, selection: LeaseSelection): readonly LeaseRow[] {
  return candidates(queries, selection).filter((row) => fits(row, selection));
}

/** By whichever index leads to the fewest. */
function candidates(queries: LeaseQueries, { hostId, subscriber, leaseIds }: LeaseSelection): readonly LeaseRow[] {
  if (leaseIds !== undefined) {
    return [...new Set(leaseIds)].flatMap((id) => {
      const row = /^\d{1,15}$/.test(id) ? queries.byId.get({ leaseId: Number(id) }) : undefined;
      return row === undefined ? [] : [row];
    });
  }
  if (hostId !== undefined) return queries.ofHost.all({ hostId });
  return subscriber === undefined ? [] : queries.ofSubscriber.all({ subscriber });
}

const fits = (row: LeaseRow, { hostId, subscriber }: LeaseSelection): boolean =>
  (hostId === undefined || row.host_id === hostId) && (subscriber === undefined || row.subscriber === subscriber);
