import { type KilobitsPerSecond, type Seconds, unreachable } from '@sublane/basics';
import type { ErrorTag } from '@sublane/netconf';
import type { Direction } from '../policy/wish.ts';
import { enrolmentFacts } from './enrolment-facts.ts';
import { ADDRESS_FAULTS, PASSWORD_FAULTS } from './fault-sentences.ts';
import { recordFacts } from './record-facts.ts';
import type { Refusal } from './refusal.ts';

/** What a peer is told of a refusal. */
export interface RefusalFacts {
  readonly tag: Extract<
    ErrorTag,
    | 'access-denied'
    | 'resource-denied'
    | 'invalid-value'
    | 'missing-element'
    | 'bad-element'
    | 'data-missing'
    | 'data-exists'
    | 'in-use'
    | 'operation-failed'
  >;
  /** Stable: programs may rely on it. */
  readonly code: string;
  /** For the person who will read it: what was wrong, and what to do. */
  readonly message: string;
  /** The leaf of the request to blame. */
  readonly element?: RequestElement;
  readonly groupId?: number;
  readonly rule?: string;
  readonly pool?: string;
  readonly location?: string;
  readonly direction?: Direction;
  /** What could be had there now. */
  readonly left?: KilobitsPerSecond;
  readonly retryAfter?: Seconds;
}

export type RequestElement = 'user-password' | 'wireguard-public-key' | GroupElement;
/** A leaf of one application group. */
export type GroupElement = 'bandwidth' | 'security' | 'application-list';

/** Every refusal's tag, code and words. Exhaustive: a new kind does not compile until it is here. */
export function refusalFacts(refusal: Refusal): RefusalFacts {
  switch (refusal.kind) {
    case 'unknown-host':
      return {
        tag: 'access-denied',
        code: 'unknown-host',
        message: `Host ${refusal.hostId} is not enrolled, or its enrolment was revoked. Ask your provider to enrol it: headend host enrol ${refusal.hostId} --subscriber NAME --key FILE.pub`,
      };
    case 'host-id-mismatch':
      return {
        tag: 'access-denied',
        code: 'host-id-mismatch',
        message: `This session belongs to host ${refusal.sessionHostId}; it cannot speak for ${refusal.hostId}. Set host-id and the user of the headend to the same name in agent.yaml.`,
      };
    // One answer for both: who may not come in does not learn which names exist.
    case 'unknown-subscriber':
    case 'wrong-password':
      return {
        tag: 'access-denied',
        code: 'authentication-failed',
        message:
          'User name and password do not fit together. Correct them in agent.yaml (subscriber), or ask your provider for a new password.',
      };
    case 'password-required':
      return {
        tag: 'missing-element',
        code: 'password-required',
        element: 'user-password',
        message: `This host was not enrolled for ${refusal.subscriber}: a password is needed. Give password-file beside user-name in agent.yaml, or leave out both.`,
      };
    case 'password-unreadable':
      return {
        tag: 'invalid-value',
        code: 'password-unreadable',
        element: 'user-password',
        message: `user-password cannot be read: ${PASSWORD_FAULTS[refusal.fault]}`,
      };
    case 'password-misdirected':
      return {
        tag: 'access-denied',
        code: 'password-misdirected',
        element: 'user-password',
        message: `The password was encrypted for another ${refusal.field === 'headend' ? 'headend' : 'host'}. Encrypt it anew for this one.`,
      };
    case 'password-skew':
      return {
        tag: 'access-denied',
        code: 'password-skew',
        element: 'user-password',
        message: `The password was encrypted more than ${refusal.limit} s before or after now, which is ${new Date(refusal.headendTime).toISOString()} at the headend. Set the host's clock and try again.`,
      };
    case 'password-replayed':
      return {
        tag: 'access-denied',
        code: 'password-replayed',
        element: 'user-password',
        message: 'This encrypted password was used before; each is good once. Encrypt it anew for every request.',
      };
    case 'subscriber-suspended':
      return {
        tag: 'access-denied',
        code: 'subscriber-suspended',
        message: `The subscription of ${refusal.subscriber} is suspended. Ask your provider why.`,
      };
    case 'authentication-busy':
      return {
        tag: 'resource-denied',
        code: 'authentication-busy',
        retryAfter: refusal.retryAfter,
        message: `The headend checks as many passwords as it can. Try again in ${refusal.retryAfter} s.`,
      };
    case 'rate-limited':
      return {
        tag: 'resource-denied',
        code: 'rate-limited',
        retryAfter: refusal.retryAfter,
        message: `Too many failed attempts. Wait ${refusal.retryAfter} s, and check user name and password before the next.`,
      };
    case 'too-many-requests':
      return {
        tag: 'resource-denied',
        code: 'too-many-requests',
        retryAfter: refusal.retryAfter,
        message: `This host asks too often. Wait ${refusal.retryAfter} s before the next request; where it needs more, the provider can raise limits.requests-per-minute in headend.yaml.`,
      };
    case 'authority-refused':
      return {
        tag: 'access-denied',
        code: 'authentication-failed',
        message: `The provider's authority grants ${refusal.subscriber} nothing${refusal.text === undefined ? '' : `; it says: ${refusal.text}`}. Check user name and password in agent.yaml (subscriber), or ask your provider.`,
      };
    case 'plan-not-granted':
      return {
        tag: 'operation-failed',
        code: 'plan-not-granted',
        message: `The authority ${refusal.authority} knows ${refusal.subscriber} and names no plan. Tell your provider: map an attribute of its answers to a plan, or give the group a default plan (headend aaa show ${refusal.authority}).`,
      };
    case 'aaa-away':
      return {
        tag: 'resource-denied',
        code: 'aaa-away',
        retryAfter: refusal.retryAfter,
        message: `The servers that say what you may have do not answer (${refusal.authority}). What you hold stays as long as its lease; try again in ${refusal.retryAfter} s.`,
      };
    case 'duplicate-group':
      return {
        tag: 'bad-element',
        code: 'duplicate-group',
        groupId: refusal.groupId,
        message: `Group ${refusal.groupId} is there twice in direction ${refusal.direction}. Name each group once in each direction.`,
      };
    case 'conflicting-directions':
      return {
        tag: 'invalid-value',
        code: 'conflicting-directions',
        groupId: refusal.groupId,
        element: refusal.field,
        message: `Group ${refusal.groupId} has a different ${refusal.field} in its two directions; it holds for both. Give it in one direction, or the same in both.`,
      };
    case 'security-profile-unknown':
      return {
        tag: 'invalid-value',
        code: 'security-profile-unknown',
        groupId: refusal.groupId,
        element: 'security',
        message: `There is no security profile ${refusal.profile}. "service-agent services" lists those that may be named.`,
      };
    case 'plan-unknown':
      return {
        tag: 'operation-failed',
        code: 'plan-unknown',
        message: `The subscription names plan ${refusal.plan}, which the headend does not have. Tell your provider: headend plan add ${refusal.plan}, or headend subscriber set --plan.`,
      };
    case 'rule-refuses':
      return {
        tag: 'access-denied',
        code: 'rule-refuses',
        groupId: refusal.groupId,
        rule: refusal.rule,
        message: `Group ${refusal.groupId} is refused by rule ${refusal.rule} of the plan: ${refusal.text}`,
      };
    case 'no-rule':
      return {
        tag: 'access-denied',
        code: 'no-rule',
        groupId: refusal.groupId,
        message: `Plan ${refusal.plan} has nothing for group ${refusal.groupId} as asked. "service-agent services" lists what it has.`,
      };
    case 'direction-not-offered':
      return {
        tag: 'access-denied',
        code: 'direction-not-offered',
        groupId: refusal.groupId,
        rule: refusal.rule,
        message: `Class ${refusal.class} offers nothing in direction ${refusal.direction}. Leave ${refusal.direction} out of group ${refusal.groupId}.`,
      };
    case 'over-ceiling':
      return {
        tag: 'access-denied',
        code: 'over-ceiling',
        groupId: refusal.groupId,
        rule: refusal.rule,
        element: 'bandwidth',
        message: `Group ${refusal.groupId} asks for ${refusal.asked} kbit/s ${refusal.direction}; ${refusal.authority === undefined ? `class ${refusal.class} gives` : `authority ${refusal.authority} gives this subscriber`} at most ${refusal.ceiling}. Ask for ${refusal.ceiling} or less, or change to a plan with more.`,
      };
    case 'security-not-offered':
      return {
        tag: 'access-denied',
        code: 'security-not-offered',
        groupId: refusal.groupId,
        rule: refusal.rule,
        element: 'security',
        message: `Group ${refusal.groupId} names security profile ${refusal.asked}; class ${refusal.class} binds its lanes to ${refusal.bound}. Name ${refusal.bound}, or leave security out of the group.`,
      };
    case 'quota-exceeded':
      return {
        // "Insufficient resources" (RFC 6241, appendix A): who asks may have it, and there will be more.
        tag: 'resource-denied',
        code: 'quota-exceeded',
        groupId: refusal.groupId,
        ...(refusal.retryAfter !== undefined && { retryAfter: refusal.retryAfter }),
        message: `The quota of plan ${refusal.plan} is used up, and the plan has nothing for group ${refusal.groupId} until it begins anew. Wait until then, or change to a plan with more.`,
      };
    case 'too-many-groups':
      return {
        tag: 'access-denied',
        code: 'too-many-groups',
        groupId: refusal.groupId,
        message: `The plan allows ${refusal.limit} groups and the host holds ${refusal.held}. Release one (service-agent release GROUP), or change to a plan with more.`,
      };
    case 'policy-hook-refuses':
      return {
        tag: 'access-denied',
        code: 'policy-hook-refuses',
        ...(refusal.groupId !== undefined && { groupId: refusal.groupId }),
        ...(refusal.rule !== undefined && { rule: refusal.rule }),
        message: `${refusal.groupId === undefined ? 'The request' : `Group ${refusal.groupId}`} is refused by the provider's policy server${refusal.reason === undefined ? '. Ask your provider why.' : `: ${refusal.reason}`}`,
      };
    case 'policy-hook-away':
      return {
        tag: 'resource-denied',
        code: 'policy-hook-away',
        retryAfter: refusal.retryAfter,
        message: `The provider's policy server, which must be asked, does not answer. Try again in ${refusal.retryAfter} s; "headend policy-hook show" says what is wrong.`,
      };
    case 'no-pool':
      return {
        tag: 'resource-denied',
        code: 'no-pool',
        groupId: refusal.groupId,
        message: `There are no addresses for class ${refusal.class}${refusal.location === undefined ? '' : ` at ${refusal.location}`}. Tell your provider: headend pool add NAME --class ${refusal.class} --prefix PREFIX`,
      };
    case 'pool-empty':
      return {
        tag: 'resource-denied',
        code: 'pool-empty',
        groupId: refusal.groupId,
        pool: refusal.pool,
        retryAfter: refusal.retryAfter,
        message: `Every address of pool ${refusal.pool} is in use. Try again later; the provider can enlarge it or add another.`,
      };
    case 'pool-draining':
      return {
        tag: 'resource-denied',
        code: 'pool-draining',
        groupId: refusal.groupId,
        pool: refusal.pool,
        message: `Pool ${refusal.pool} is being emptied and gives no new addresses. Try again when the provider has opened another.`,
      };
    case 'address-unavailable':
      return {
        tag: 'resource-denied',
        code: 'address-unavailable',
        groupId: refusal.groupId,
        message: `The AAA chose ${refusal.address} for this subscriber, but ${ADDRESS_FAULTS[refusal.why]} Tell your provider.`,
      };
    case 'capacity-exceeded': {
      const { groupId, location, direction, asked, left, retryAfter } = refusal;
      const less = left > 0 ? `Ask for ${left} or less` : 'Ask for a class without a guarantee';
      return {
        tag: 'resource-denied',
        code: 'capacity-exceeded',
        groupId,
        element: 'bandwidth',
        location,
        direction,
        left,
        ...(retryAfter !== undefined && { retryAfter }),
        message: `Group ${groupId} asks for ${asked} kbit/s ${direction}, guaranteed; ${left} are left at ${location}. ${less}${retryAfter === undefined ? '; the location never has that much.' : `, or try again in ${retryAfter} s, when others may have ended.`}`,
      };
    }
    case 'lease-unknown':
      return {
        tag: 'data-missing',
        code: 'lease-unknown',
        groupId: refusal.groupId,
        message: `The host holds no lease for group ${refusal.groupId}: it ended or was released. Request the group again.`,
      };
    case 'request-again':
      return {
        tag: 'data-missing',
        code: 'request-again',
        groupId: refusal.groupId,
        message: `What group ${refusal.groupId} was granted by has changed, so it is not renewed. Request the group again; its lane stands until the lease ends.`,
      };
    case 'behind-nat':
      return {
        tag: 'resource-denied',
        code: 'behind-nat',
        groupId: refusal.groupId,
        message: `The host's session comes from ${refusal.peerAddress}, which is none of its own addresses: a NAT is between, and group ${refusal.groupId} has no lane that passes one. Connect without the NAT, or ask your provider for a pool that passes it (headend pool add --attach tunnel --encapsulation wireguard).`,
      };
    case 'wireguard-key-missing':
      return {
        tag: 'missing-element',
        code: 'wireguard-key-missing',
        groupId: refusal.groupId,
        element: 'wireguard-public-key',
        message: `Group ${refusal.groupId} can only have a lane in a WireGuard tunnel${refusal.behindNat ? ', since a NAT is between host and headend' : ''}: send the host's key in wireguard-public-key. A service agent does so where the machine has WireGuard; "service-agent doctor" says what is missing.`,
      };
    case 'wireguard-key-unusable':
      return {
        tag: 'invalid-value',
        code: 'wireguard-key-unusable',
        element: 'wireguard-public-key',
        message:
          'wireguard-public-key is not the base64 of 32 bytes of a usable key. Send what "wg pubkey" makes of the host\'s private key.',
      };
    case 'wireguard-key-in-use':
      return {
        tag: 'in-use',
        code: 'wireguard-key-in-use',
        groupId: refusal.groupId,
        element: 'wireguard-public-key',
        message:
          'Another host has lanes with this WireGuard key; the edge could not tell the two apart. Make a new key on this host (wg genkey).',
      };
    case 'quarantine-full':
      return {
        tag: 'resource-denied',
        code: 'quarantine-full',
        groupId: refusal.groupId,
        pool: refusal.pool,
        ...(refusal.retryAfter !== undefined && { retryAfter: refusal.retryAfter }),
        message: `The reports of ${refusal.subscriber === undefined ? 'this host' : `the hosts of ${refusal.subscriber}`} keep ${refusal.limit} leases' addresses of pool ${refusal.pool} in quarantine already, and no more. Tell your provider, who finds them with "headend pool quarantine list" and can raise the limit.`,
      };
    case 'invitation-unknown':
    case 'invitation-spent':
    case 'invitation-expired':
    case 'invitation-for-another':
    case 'host-id-taken':
    case 'host-key-taken':
    case 'too-many-invitations':
      return enrolmentFacts(refusal);
    case 'store-full':
      return {
        tag: 'resource-denied',
        code: 'store-full',
        retryAfter: refusal.retryAfter,
        message:
          "The headend's store has no room left; nothing was changed. The provider must free disk space or raise the store's limit.",
      };
    case 'store-read-only':
      return {
        tag: 'operation-failed',
        code: 'store-read-only',
        message:
          "The headend's store cannot be written; nothing was changed. The provider must look at its file, its file system and their permissions.",
      };
    case 'store-failed':
      return {
        tag: 'operation-failed',
        code: 'store-failed',
        message: `The headend's store failed (${refusal.message}). Ask get-service what holds, then try again; the provider finds more in the headend's log.`,
      };
    case 'password-hash-unusable':
    case 'record-unknown':
    case 'record-exists':
    case 'record-in-use':
      return recordFacts(refusal);
    default:
      return unreachable(refusal);
  }
}
