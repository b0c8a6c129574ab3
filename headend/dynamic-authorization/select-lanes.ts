import { accountingSession, leaseOfSession } from '../store/lease-detail.ts';
import type { Lease, Timestamp } from '../store/records.ts';
import type { LeaseStore } from '../store/store.ts';
import type { SessionSelector } from './session-selector.ts';

/** Live leases that this authority granted and that are all the selector says. */
export async function selectLanes(
  leases: Pick<LeaseStore, 'find' | 'findByAddress' | 'select' | 'ofAuthority'>,
  selector: SessionSelector,
  authority: string,
  at: Timestamp,
): Promise<readonly Lease[]> {
  const fitting = (lease: Lease) => lease.authority === authority && lease.validUntil > at && fits(lease, selector);
  const found = (await candidates(leases, selector)).filter(fitting);
  return found.length > 0 || !byNameAlone(selector) ? found : namedOtherwise(leases, authority, fitting);
}

const byNameAlone = (selector: SessionSelector): boolean =>
  Object.keys(selector).every((key) => key === 'userName' || key === 'groupId');

/** By the name that the authority has for its subscriber (RFC 2865 §5.1), which is no key: its leases are walked over. */
async function namedOtherwise(
  leases: Pick<LeaseStore, 'ofAuthority'>,
  authority: string,
  fitting: (lease: Lease) => boolean,
): Promise<readonly Lease[]> {
  const found: Lease[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await leases.ofAuthority(authority, { limit: 1000, ...(cursor !== undefined && { cursor }) });
    found.push(...page.items.filter((lease) => lease.accounting?.userName !== undefined && fitting(lease)));
    cursor = page.next;
    if (cursor === undefined) return found;
    // Between pages everything else has its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** By whichever is found by the shortest way. */
async function candidates(
  leases: Pick<LeaseStore, 'find' | 'findByAddress' | 'select'>,
  { session, ipv4, ipv6, delegatedPrefix, hostId, userName }: SessionSelector,
): Promise<readonly Lease[]> {
  if (session !== undefined) return present(await leases.find(leaseOfSession(session)));
  const address = ipv4 ?? ipv6 ?? delegatedPrefix?.split('/')[0];
  if (address !== undefined) return present(await leases.findByAddress(address));
  if (hostId !== undefined) return leases.select({ hostId });
  return userName === undefined ? [] : leases.select({ subscriber: userName });
}

function fits(lease: Lease, selector: SessionSelector): boolean {
  const { userName, session, hostId, groupId, ipv4, ipv6, delegatedPrefix } = selector;
  const names = [lease.subscriber, lease.accounting?.userName];
  return (
    (userName === undefined || names.includes(userName)) &&
    (session === undefined || accountingSession(lease) === session) &&
    (hostId === undefined || lease.hostId === hostId) &&
    (groupId === undefined || lease.groupId === groupId) &&
    (ipv4 === undefined || lease.ipv4 === ipv4) &&
    (ipv6 === undefined || lease.ipv6 === ipv6) &&
    (delegatedPrefix === undefined || lease.delegatedPrefix === delegatedPrefix)
  );
}

const present = (lease: Lease | undefined): readonly Lease[] => (lease === undefined ? [] : [lease]);
