import { unreachable } from '@sublane/basics';
import type { EnrolmentRefusalKind, RefusalOf } from './refusal.ts';
import type { RefusalFacts } from './refusal-facts.ts';

/** Of those who come with an invitation, and of those who give them. */
export function enrolmentFacts(refusal: RefusalOf<EnrolmentRefusalKind>): RefusalFacts {
  switch (refusal.kind) {
    case 'invitation-unknown':
      return {
        tag: 'access-denied',
        code: 'invitation-unknown',
        message: 'The invitation was taken back. Ask your provider for another token: headend host invite',
      };
    case 'invitation-spent':
      return {
        tag: 'access-denied',
        code: 'invitation-spent',
        message:
          'This token was used already; each is good once. If it was not you, tell your provider at once. Ask for another: headend host invite',
      };
    case 'invitation-expired':
      return {
        tag: 'access-denied',
        code: 'invitation-expired',
        message: 'This token is no longer good: its time is over. Ask your provider for another: headend host invite',
      };
    case 'invitation-for-another':
      return {
        tag: 'access-denied',
        code: 'invitation-for-another',
        message: `This token is for host ${refusal.hostId} alone. Take that name (--host-id ${refusal.hostId}), or ask your provider for another token.`,
      };
    case 'host-id-taken':
      return {
        tag: 'in-use',
        code: 'host-id-taken',
        message: `The name ${refusal.hostId} is taken. Choose another (--host-id NAME); the token is still good.`,
      };
    case 'host-key-taken':
      return {
        tag: 'in-use',
        code: 'host-key-taken',
        message: 'This public key is that of another host. Make a new one for this host; the token is still good.',
      };
    case 'too-many-invitations':
      return {
        tag: 'resource-denied',
        code: 'too-many-invitations',
        message: `Subscriber ${refusal.subscriber} has ${refusal.limit} invitations that are not used yet, and no more are given. Take one back (headend host uninvite ID), or wait until one has ended.`,
      };
    default:
      return unreachable(refusal);
  }
}
