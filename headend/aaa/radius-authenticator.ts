import { failed, ok, type Result, seconds } from '@sublane/basics';
import {
  type AccessAnswer,
  type Attribute,
  attribute,
  firstValue,
  NAS_PORT_TYPE,
  type RadiusClient,
  type RadiusFailure,
  SERVICE_TYPE,
} from '@sublane/radius';
import type { RadiusGroup } from './aaa-configuration.ts';
import type { AuthenticationRefusal, AuthenticationRequest, Grant } from './grant.ts';
import { readGrant } from './grant-mapping.ts';
import type { PasswordAttempts } from './password-attempts.ts';

export interface RadiusQuestion {
  readonly group: RadiusGroup;
  readonly client: Pick<RadiusClient, 'authenticate'>;
  readonly attempts: PasswordAttempts;
  /** The headend's name. */
  readonly headend: string;
  readonly request: AuthenticationRequest;
}

/** When a host that nobody could answer may ask again: the servers' dead time, within bounds. */
const RETRY = { least: 5, most: 300 };
/** Of what a server says to a person. */
const TEXT_MAX = 200;

/**
 * Asks a group of RADIUS servers. As with the embedded authority, a host acts for the subscriber it was enrolled for by
 * its key alone, unless the group is configured otherwise, and for any other by that one's password. No answer is kept:
 * a password that was changed, or a right that was taken, counts at the next request.
 */
export async function askRadius(question: RadiusQuestion): Promise<Result<Grant, AuthenticationRefusal>> {
  const { group, client, attempts, request } = question;
  const { enrolledFor, userName = enrolledFor, password, source } = request;
  const subscriber = canonicalName(userName);
  if (password === undefined) {
    const own = subscriber === canonicalName(enrolledFor);
    if (!own || group.withoutPassword === 'refuse') return failed({ kind: 'password-required', subscriber });
    const asked = await client.authenticate({
      attributes: requestAttributes(question, subscriber),
      credential: { method: 'authorize-only' },
    });
    return asked.ok ? granted(asked.value, group, subscriber) : failed(noAnswer(asked.failure, group, subscriber));
  }
  const attempt = { subscriber, source };
  const begun = attempts.begin(attempt);
  if (!begun.ok) return begun;
  const asked = await client.authenticate({
    attributes: [...requestAttributes(question, subscriber), attribute('Service-Type', SERVICE_TYPE.framed)],
    credential: { method: group.method, password },
  });
  // Where nobody could say, the password was not wrong either.
  if (!asked.ok) {
    if (asked.failure.kind !== 'unsendable') attempts.noFailure(attempt);
    return failed(noAnswer(asked.failure, group, subscriber));
  }
  if (asked.value.answer === 'accept') attempts.noFailure(attempt);
  return granted(asked.value, group, subscriber);
}

/** The realm in lower case (RFC 7542 §2.4): one subscriber has one quota, however the name is written. */
export function canonicalName(name: string): string {
  const at = name.lastIndexOf('@');
  return at < 0 ? name : name.slice(0, at) + name.slice(at).toLowerCase();
}

/** What a RADIUS server may know of a request; the package adds credentials and Message-Authenticator. */
function requestAttributes({ group, headend, request }: RadiusQuestion, subscriber: string): Attribute[] {
  const { hostId, source } = request;
  return [
    attribute('User-Name', subscriber),
    // RFC 2865 §4.1: "It MUST contain either a NAS-IP-Address attribute or a NAS-Identifier attribute (or both)."
    attribute('NAS-Identifier', group.nasIdentifier ?? headend),
    attribute('NAS-Port-Type', NAS_PORT_TYPE.virtual),
    attribute('Called-Station-Id', headend),
    attribute('Calling-Station-Id', hostId),
    // RFC 2868 §3.3: "the address of the initiator end of the tunnel"; a session of a host is one, over its access.
    // The tag is left out, which is the same as none.
    ...(source === hostId ? [] : [attribute(TUNNEL_CLIENT_ENDPOINT, Buffer.from(source, 'utf8'))]),
  ];
}

const TUNNEL_CLIENT_ENDPOINT = 66;

function granted(answer: AccessAnswer, group: RadiusGroup, subscriber: string): Result<Grant, AuthenticationRefusal> {
  if (answer.answer === 'reject') {
    const text = readable(firstValue(answer.attributes, 'Reply-Message'));
    return failed({ kind: 'authority-refused', subscriber, ...(text !== undefined && { text }) });
  }
  const { plan, userName, ...more } = readGrant(group, answer.attributes);
  if (plan === undefined) return failed({ kind: 'plan-not-granted', subscriber, authority: group.name });
  return ok({
    ...more,
    subscriber,
    plan,
    authority: group.name,
    ...(userName !== undefined && userName !== subscriber && { accountingName: userName }),
  });
}

function noAnswer(failure: RadiusFailure, group: RadiusGroup, subscriber: string): AuthenticationRefusal {
  // A name or a password longer than the protocol can carry: no server has it.
  if (failure.kind === 'unsendable') return { kind: 'authority-refused', subscriber };
  const wait = failure.kind === 'unreachable' ? group.deadTime : RETRY.least;
  const retryAfter = seconds(Math.min(RETRY.most, Math.max(RETRY.least, wait)));
  return { kind: 'aaa-away', authority: group.name, retryAfter };
}

/** What a server says to the subscriber (RFC 2865 §5.18), as one line. */
function readable(text: string | undefined): string | undefined {
  const line = text
    ?.replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, TEXT_MAX);
  return line === '' ? undefined : line;
}
