/**
 * How the value of an attribute is written. `text`: UTF-8. `integer`: 32 bits, unsigned; also for times, in seconds since
 * 1970. `address`, `ipv6`: text as 192.0.2.1 and 2001:db8::1. `prefix`: text as 2001:db8::/56. `octets`: bytes.
 */
export type ValueKind = 'text' | 'integer' | 'address' | 'ipv6' | 'prefix' | 'octets';

/** Which attribute: its type, and the vendor (SMI number) whose type it is where it came in a Vendor-Specific one. */
export interface AttributeKey {
  /** 1 to 255. */
  readonly type: number;
  readonly vendor?: number;
}

export interface AttributeDefinition extends AttributeKey {
  readonly kind: ValueKind;
}

/** Attributes known by name. What is not here is carried and read by number, as octets. */
export const DICTIONARY = {
  // RFC 2865
  'User-Name': { type: 1, kind: 'text' },
  'User-Password': { type: 2, kind: 'octets' },
  'CHAP-Password': { type: 3, kind: 'octets' },
  'NAS-IP-Address': { type: 4, kind: 'address' },
  'NAS-Port': { type: 5, kind: 'integer' },
  'Service-Type': { type: 6, kind: 'integer' },
  'Framed-Protocol': { type: 7, kind: 'integer' },
  'Framed-IP-Address': { type: 8, kind: 'address' },
  'Framed-IP-Netmask': { type: 9, kind: 'address' },
  'Filter-Id': { type: 11, kind: 'text' },
  'Framed-MTU': { type: 12, kind: 'integer' },
  'Reply-Message': { type: 18, kind: 'text' },
  'Framed-Route': { type: 22, kind: 'text' },
  State: { type: 24, kind: 'octets' },
  Class: { type: 25, kind: 'octets' },
  'Session-Timeout': { type: 27, kind: 'integer' },
  'Idle-Timeout': { type: 28, kind: 'integer' },
  'Termination-Action': { type: 29, kind: 'integer' },
  'Called-Station-Id': { type: 30, kind: 'text' },
  'Calling-Station-Id': { type: 31, kind: 'text' },
  'NAS-Identifier': { type: 32, kind: 'text' },
  'Proxy-State': { type: 33, kind: 'octets' },
  'CHAP-Challenge': { type: 60, kind: 'octets' },
  'NAS-Port-Type': { type: 61, kind: 'integer' },
  // RFC 2866
  'Acct-Status-Type': { type: 40, kind: 'integer' },
  'Acct-Delay-Time': { type: 41, kind: 'integer' },
  'Acct-Input-Octets': { type: 42, kind: 'integer' },
  'Acct-Output-Octets': { type: 43, kind: 'integer' },
  'Acct-Session-Id': { type: 44, kind: 'text' },
  'Acct-Authentic': { type: 45, kind: 'integer' },
  'Acct-Session-Time': { type: 46, kind: 'integer' },
  'Acct-Input-Packets': { type: 47, kind: 'integer' },
  'Acct-Output-Packets': { type: 48, kind: 'integer' },
  'Acct-Terminate-Cause': { type: 49, kind: 'integer' },
  'Acct-Multi-Session-Id': { type: 50, kind: 'text' },
  'Acct-Link-Count': { type: 51, kind: 'integer' },
  // RFC 2869
  'Acct-Input-Gigawords': { type: 52, kind: 'integer' },
  'Acct-Output-Gigawords': { type: 53, kind: 'integer' },
  'Event-Timestamp': { type: 55, kind: 'integer' },
  'Connect-Info': { type: 77, kind: 'text' },
  'Acct-Interim-Interval': { type: 85, kind: 'integer' },
  'NAS-Port-Id': { type: 87, kind: 'text' },
  'Framed-Pool': { type: 88, kind: 'text' },
  // RFC 4372
  'Chargeable-User-Identity': { type: 89, kind: 'octets' },
  // RFC 3162
  'NAS-IPv6-Address': { type: 95, kind: 'ipv6' },
  'Framed-Interface-Id': { type: 96, kind: 'octets' },
  'Framed-IPv6-Prefix': { type: 97, kind: 'prefix' },
  'Framed-IPv6-Route': { type: 99, kind: 'text' },
  'Framed-IPv6-Pool': { type: 100, kind: 'text' },
  // RFC 5176
  'Error-Cause': { type: 101, kind: 'integer' },
  // RFC 4818
  'Delegated-IPv6-Prefix': { type: 123, kind: 'prefix' },
  // RFC 6911
  'Framed-IPv6-Address': { type: 168, kind: 'ipv6' },
  'DNS-Server-IPv6-Address': { type: 169, kind: 'ipv6' },
  'Delegated-IPv6-Prefix-Pool': { type: 171, kind: 'text' },
  'Stateful-IPv6-Address-Pool': { type: 172, kind: 'text' },
  // Vendors
  'Cisco-AVPair': { vendor: 9, type: 1, kind: 'text' },
  'WISPr-Location-ID': { vendor: 14122, type: 1, kind: 'text' },
  'WISPr-Location-Name': { vendor: 14122, type: 2, kind: 'text' },
  'WISPr-Bandwidth-Min-Up': { vendor: 14122, type: 5, kind: 'integer' },
  'WISPr-Bandwidth-Min-Down': { vendor: 14122, type: 6, kind: 'integer' },
  'WISPr-Bandwidth-Max-Up': { vendor: 14122, type: 7, kind: 'integer' },
  'WISPr-Bandwidth-Max-Down': { vendor: 14122, type: 8, kind: 'integer' },
  'Mikrotik-Rate-Limit': { vendor: 14988, type: 8, kind: 'text' },
} as const satisfies Readonly<Record<string, AttributeDefinition>>;

export type AttributeName = keyof typeof DICTIONARY;

/** Checked by the codec itself, and never among the attributes of a packet. */
export const MESSAGE_AUTHENTICATOR = 80;
export const VENDOR_SPECIFIC = 26;

/** RFC 2865 §5.6, RFC 5176 §3.2: what this project and its tests use. */
export const SERVICE_TYPE = { framed: 2, authenticateOnly: 8, authorizeOnly: 17 } as const;

/** RFC 2866 §5.1, RFC 2869 §2.1. */
export const ACCT_STATUS_TYPE = { start: 1, stop: 2, interimUpdate: 3, accountingOn: 7, accountingOff: 8 } as const;

/** RFC 2866 §5.10. */
export const ACCT_TERMINATE_CAUSE = {
  userRequest: 1,
  lostCarrier: 2,
  lostService: 3,
  idleTimeout: 4,
  sessionTimeout: 5,
  adminReset: 6,
  adminReboot: 7,
  portError: 8,
  nasError: 9,
  nasRequest: 10,
  nasReboot: 11,
  portUnneeded: 12,
  portPreempted: 13,
  portSuspended: 14,
  serviceUnavailable: 15,
  callback: 16,
  userError: 17,
  hostRequest: 18,
} as const;

/** RFC 2866 §5.6. */
export const ACCT_AUTHENTIC = { radius: 1, local: 2, remote: 3 } as const;

/** RFC 2865 §5.41. */
export const NAS_PORT_TYPE = { async: 0, virtual: 5, ethernet: 15, wireless80211: 19 } as const;

/** RFC 5176 §3.5. */
export const ERROR_CAUSE = {
  residualContextRemoved: 201,
  unsupportedAttribute: 401,
  missingAttribute: 402,
  nasIdentificationMismatch: 403,
  invalidRequest: 404,
  unsupportedService: 405,
  unsupportedExtension: 406,
  invalidAttributeValue: 407,
  administrativelyProhibited: 501,
  requestNotRoutable: 502,
  sessionContextNotFound: 503,
  sessionContextNotRemovable: 504,
  resourcesUnavailable: 506,
  requestInitiated: 507,
  multipleSessionSelectionUnsupported: 508,
} as const;
