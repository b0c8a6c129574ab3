import { failed, ok, type Result } from '@sublane/basics';
import {
  type Attribute,
  type DynamicAuthorizationRequest,
  ERROR_CAUSE,
  firstValue,
  keyText,
  SERVICE_TYPE,
  valueText,
} from '@sublane/radius';
import { canonicalName } from '../aaa/radius-authenticator.ts';
import { formatAddress, parseAddress } from '../pools/ip-address.ts';

/** Which lanes are meant: all that is given must hold. */
export interface SessionSelector {
  readonly userName?: string;
  readonly session?: string;
  readonly hostId?: string;
  readonly groupId?: number;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly delegatedPrefix?: string;
}

/** How the headend is called by the servers that ask. */
export interface NasNames {
  readonly nasIdentifier: string;
  readonly headend: string;
}

/** One of ERROR_CAUSE. */
export type ErrorCause = number;

/** Reads which sessions a request speaks of (RFC 5176 §3), or why it cannot be obeyed (§3.5). */
export function readSelector(
  { kind, attributes }: Pick<DynamicAuthorizationRequest, 'kind' | 'attributes'>,
  names: NasNames,
): Result<SessionSelector, ErrorCause> {
  // "NAS-Identification-Mismatch: one or more NAS identification attributes do not match the identity of the NAS."
  for (const one of attributes) {
    const own = NAS_IDENTITY.get(keyText(one))?.(names);
    if (own !== undefined && valueText(one) !== own) return failed(ERROR_CAUSE.nasIdentificationMismatch);
    if (FOREIGN.has(keyText(one))) return failed(ERROR_CAUSE.nasIdentificationMismatch);
  }
  // What an Authorize-Only request asks for (§3.2) needs its State carried to the server; any other is asked again too.
  if (firstValue(attributes, 'Service-Type') === SERVICE_TYPE.authorizeOnly)
    return failed(ERROR_CAUSE.unsupportedService);
  const known = (one: Attribute) => {
    const name = keyText(one);
    return SESSION.has(name) || NAS_IDENTITY.has(name) || WITHOUT_MEANING.has(name);
  };
  // "A NAS MUST respond to a Disconnect-Request containing an unsupported attribute with a Disconnect-NAK". A change is
  // not made by what the request says but by what the server answers when it is asked again: there it may say anything.
  if (kind === 'disconnect' && !attributes.every(known)) return failed(ERROR_CAUSE.unsupportedAttribute);
  if (!attributes.some((one) => SESSION.has(keyText(one)))) return failed(ERROR_CAUSE.missingAttribute);
  return selectorOf(attributes);
}

function selectorOf(attributes: readonly Attribute[]): Result<SessionSelector, ErrorCause> {
  const userName = firstValue(attributes, 'User-Name');
  const session = firstValue(attributes, 'Acct-Session-Id');
  const hosts = [firstValue(attributes, 'Calling-Station-Id'), firstValue(attributes, 'Acct-Multi-Session-Id')];
  const [hostId, ...others] = hosts.filter((host) => host !== undefined);
  const port = firstValue(attributes, 'NAS-Port-Id');
  const ipv4 = firstValue(attributes, 'Framed-IP-Address');
  const ipv6 = canonicalAddress(firstValue(attributes, 'Framed-IPv6-Address'));
  const delegatedPrefix = firstValue(attributes, 'Delegated-IPv6-Prefix');
  if (port !== undefined && !/^\d{1,10}$/.test(port)) return failed(ERROR_CAUSE.sessionContextNotFound);
  // Two hosts are none.
  if (others.some((host) => host !== hostId)) return failed(ERROR_CAUSE.sessionContextNotFound);
  const selector = {
    ...(userName !== undefined && { userName: canonicalName(userName) }),
    ...(session !== undefined && { session }),
    ...(hostId !== undefined && { hostId }),
    ...(port !== undefined && { groupId: Number(port) }),
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    ...(delegatedPrefix !== undefined && { delegatedPrefix }),
  };
  // One that is there twice, or cannot be read, must not be as if it were not there.
  const named = attributes.filter((one) => SESSION.has(keyText(one))).length;
  if (named !== Object.keys(selector).length + others.length) return failed(ERROR_CAUSE.invalidAttributeValue);
  // A group's number alone is every host's.
  if (Object.keys(selector).every((key) => key === 'groupId')) return failed(ERROR_CAUSE.missingAttribute);
  return ok(selector);
}

/** Names a session by any of these (§3, and RFC 6911 §3.1, RFC 4818). */
const SESSION: ReadonlySet<string> = new Set([
  'User-Name',
  'Acct-Session-Id',
  'Acct-Multi-Session-Id',
  'Calling-Station-Id',
  'NAS-Port-Id',
  'Framed-IP-Address',
  'Framed-IPv6-Address',
  'Delegated-IPv6-Prefix',
]);

const NAS_IDENTITY: ReadonlyMap<string, (names: NasNames) => string> = new Map([
  ['NAS-Identifier', ({ nasIdentifier }: NasNames) => nasIdentifier],
  ['Called-Station-Id', ({ headend }: NasNames) => headend],
]);

/** The headend never calls itself by an address. */
const FOREIGN: ReadonlySet<string> = new Set(['NAS-IP-Address', 'NAS-IPv6-Address']);

/** May be there and changes nothing. */
const WITHOUT_MEANING: ReadonlySet<string> = new Set([
  'Event-Timestamp',
  'Proxy-State',
  'State',
  'Class',
  'Reply-Message',
  'Acct-Terminate-Cause',
]);

function canonicalAddress(text: string | undefined): string | undefined {
  const address = text === undefined ? undefined : parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}
