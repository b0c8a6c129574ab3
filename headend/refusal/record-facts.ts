import { unreachable } from '@sublane/basics';
import type { PasswordHashFault, RecordKind, RefusalOf } from './refusal.ts';
import type { RefusalFacts } from './refusal-facts.ts';

/** Of the records that operators handle. */
export function recordFacts(refusal: RefusalOf<RecordRefusalKind>): RefusalFacts {
  switch (refusal.kind) {
    case 'password-hash-unusable':
      return {
        tag: 'invalid-value',
        code: 'password-hash-unusable',
        message: `The password hash cannot be taken: ${HASH_FAULTS[refusal.fault]}`,
      };
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

type RecordRefusalKind = 'password-hash-unusable' | 'record-unknown' | 'record-exists' | 'record-in-use';

/** None of them repeats the hash. */
const HASH_FAULTS: Readonly<Record<PasswordHashFault, string>> = {
  form: 'it is not in PHC string format. Expected $scrypt$ln=14,r=8,p=5$SALT$HASH or $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH, in base64 without padding.',
  scheme:
    'it is neither scrypt nor argon2id version 19. Others are not checked here; let the subscriber set a new password.',
  'too-costly':
    'checking it would take over 128 MiB, or over 1 GiB in all passes together, which hosts could stop the headend with. Let the subscriber set a new password.',
  'too-weak':
    'it was made with less than 1 MiB of memory, and is guessed too soon. Let the subscriber set a new password.',
  'argon2-missing': 'this Node has no argon2 (24.7 and later have). Bring Node up to date, or give a scrypt hash.',
};

/** Commands that do not follow the pattern. */
const LISTED_BY: { readonly [record in RecordKind]?: string } = {
  quarantine: 'pool quarantine list',
  invitation: 'host invitations',
};
