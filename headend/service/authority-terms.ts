import { type Milliseconds, milliseconds, toMilliseconds } from '@sublane/basics';
import type { Grant } from '../aaa/grant.ts';
import type { Reservation } from '../store/store.ts';

/** What a lease keeps of the grant it was made by, and which addresses that grant asks for. */
export function authorityTerms(
  grant: Grant,
  at: Milliseconds,
): Pick<Reservation, 'authority' | 'radiusClass' | 'accounting' | 'endsBy' | 'wanted'> {
  const { authority, radiusClass, accountingName: userName, interimInterval, leaseMax, addresses } = grant;
  return {
    authority,
    ...(radiusClass && { radiusClass }),
    ...((userName !== undefined || interimInterval !== undefined) && {
      accounting: {
        ...(userName !== undefined && { userName }),
        ...(interimInterval !== undefined && { interimInterval }),
      },
    }),
    ...(leaseMax !== undefined && { endsBy: milliseconds(at + toMilliseconds(leaseMax)) }),
    ...(addresses && { wanted: addresses }),
  };
}
