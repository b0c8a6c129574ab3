import type { ACCT_TERMINATE_CAUSE } from '@sublane/radius';
import type { AuditRow } from '../store/records.ts';

export type TerminateCause = keyof typeof ACCT_TERMINATE_CAUSE;

/** Why a lane ended, in RADIUS' words (RFC 2866 §5.10). */
export function terminateCause({ event, actor, hostId, detail }: AuditRow): TerminateCause {
  switch (event) {
    // "User requested termination of service", or an administrator did.
    case 'lease-released':
      return actor === hostId ? 'userRequest' : 'adminReset';
    case 'lease-expired': {
      const { 'ends-by': endsBy, 'valid-until': until } = detail;
      // What the authority gave is used up; else nobody was there any more to renew.
      return endsBy !== undefined && Number(until) >= Number(endsBy) ? 'sessionTimeout' : 'lostCarrier';
    }
    // "NAS detected an error on the port which required ending the session": another device has the address.
    case 'address-quarantined':
      return 'portError';
    // "NAS ended session for a non-error reason not otherwise listed here": the lane goes on with other addresses.
    default:
      return 'nasRequest';
  }
}
