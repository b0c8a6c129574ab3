import { unreachable } from '@sublane/basics';
import type { RecordKind, RefusalOf } from './refusal.ts';
import type { RefusalFacts } from './refusal-facts.ts';

/** Of the records that operators handle. */
export function recordFacts(refusal: RefusalOf<'record-unknown' | 'record-exists' | 'record-in-use'>): RefusalFacts {
  switch (refusal.kind) {
    case 'record-unknown':
      return {
        tag: 'data-missing',
        code: `${refusal.record}-unknown`,
        message: `There is no ${refusal.record} ${refusal.name}. "headend ${LISTED_BY[refusal.record] ?? `${refusal.record} list`}" shows those there are.`,
      };
    case 'record-exists':
      return {
        tag: 'data-exists',
        code: `${refusal.record}-exists`,
        message:
          refusal.record === 'public-key'
            ? `This public key is that of ${refusal.name} already. Every host has a key of its own: make one on the new host (service-agent init), or revoke the other.`
            : `There is a ${refusal.record} ${refusal.name} already. Choose another name, or remove that one first.`,
      };
    case 'record-in-use':
      return {
        tag: 'in-use',
        code: `${refusal.record}-in-use`,
        ...(refusal.record === 'pool' && { pool: refusal.name }),
        message: `The ${refusal.record} ${refusal.name} is in use by ${refusal.by}. ${refusal.record === 'pool' ? `Drain it first (headend pool drain ${refusal.name}) and wait until its leases have ended.` : 'End that use first.'}`,
      };
    default:
      return unreachable(refusal);
  }
}

/** Commands that do not follow the pattern. */
const LISTED_BY: { readonly [record in RecordKind]?: string } = {
  quarantine: 'pool quarantine list',
  invitation: 'host invitations',
};
