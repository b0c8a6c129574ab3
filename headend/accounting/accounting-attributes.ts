import {
  ACCT_AUTHENTIC,
  ACCT_STATUS_TYPE,
  ACCT_TERMINATE_CAUSE,
  type Attribute,
  attribute,
  NAS_PORT_TYPE,
  octetCounters,
} from '@sublane/radius';
import type { Carried, Timestamp } from '../store/records.ts';
import type { LaneRecord } from './lane-record.ts';

export interface AccountingNames {
  /** The headend's. */
  readonly headend: string;
  readonly nasIdentifier: string;
}

const STATUS = {
  start: ACCT_STATUS_TYPE.start,
  interim: ACCT_STATUS_TYPE.interimUpdate,
  stop: ACCT_STATUS_TYPE.stop,
} as const;

/** What took longer than this to be told is said to be late (RFC 2866 §5.2); below it Event-Timestamp says enough. */
const LATE = 5_000;

/** An Accounting-Request for a record (RFC 2866 §4.1), told at `now`. */
export function accountingAttributes(record: LaneRecord, names: AccountingNames, now: Timestamp): Attribute[] {
  const { status, ipv4, ipv6, delegatedPrefix, cause } = record;
  const late = now - record.at;
  return [
    attribute('Acct-Status-Type', STATUS[status]),
    attribute('Acct-Session-Id', record.session),
    // RFC 2866 §5.11: "to make it easy to link together multiple related sessions": those of one host.
    attribute('Acct-Multi-Session-Id', record.hostId),
    attribute('User-Name', record.userName),
    attribute('NAS-Identifier', names.nasIdentifier),
    attribute('NAS-Port-Type', NAS_PORT_TYPE.virtual),
    attribute('NAS-Port-Id', String(record.groupId)),
    attribute('Called-Station-Id', names.headend),
    attribute('Calling-Station-Id', record.hostId),
    // RFC 2865 §5.25: "sent unmodified by the client to the accounting server".
    ...(record.radiusClass ?? []).map((value) => attribute('Class', Buffer.from(value, 'base64'))),
    ...(ipv4 === undefined ? [] : [attribute('Framed-IP-Address', ipv4)]),
    ...(ipv6 === undefined ? [] : [attribute('Framed-IPv6-Address', ipv6)]),
    ...(delegatedPrefix === undefined ? [] : [attribute('Delegated-IPv6-Prefix', delegatedPrefix)]),
    attribute('Acct-Authentic', ACCT_AUTHENTIC.radius),
    ...(status === 'start' ? [] : traffic(record)),
    ...(cause === undefined ? [] : [attribute('Acct-Terminate-Cause', ACCT_TERMINATE_CAUSE[cause])]),
    attribute('Event-Timestamp', wholeSeconds(record.at)),
    ...(late > LATE ? [attribute('Acct-Delay-Time', wholeSeconds(late))] : []),
  ];
}

function traffic({ at, placedAt, carried }: LaneRecord): Attribute[] {
  return [
    attribute('Acct-Session-Time', wholeSeconds(Math.max(0, at - placedAt))),
    // RFC 2866 §5.3: input is what came from the port, which is the host.
    ...octetCounters({ input: octets(carried, 'out'), output: octets(carried, 'in') }),
  ];
}

/** As far as a JavaScript number is exact: 8 petabytes. */
function octets(carried: Carried | undefined, way: keyof Carried): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Number(carried?.[way] ?? 0));
}

const wholeSeconds = (time: number) => Math.min(4_294_967_295, Math.floor(time / 1000));
