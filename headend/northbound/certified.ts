import type { CertifiedUser, Identity } from 'netconf-server';
import type { NamedBy } from '../settings/tls-settings.ts';
import type { Store } from '../store/store.ts';
import type { Revocations } from './revocations.ts';
import { hostIdentity, operatorIdentity } from './roles.ts';

/**
 * Who comes in, by the name that followed from a certificate: an operator, or an enrolled host where the entry of
 * cert-to-name is for hosts. Which keys they have for SSH does not matter here: the authority vouches for the name.
 */
export function identifyBy({ store, revocations }: { readonly store: Store; readonly revocations: Revocations }) {
  return async ({ user, entry }: CertifiedUser): Promise<Identity | undefined> => {
    const since = revocations.present;
    if ((entry as NamedBy).for === 'hosts') {
      const host = await store.hosts.find(user);
      return host !== undefined && host.revokedAt === undefined ? hostIdentity(user, since) : undefined;
    }
    const operator = await store.operators.find(user);
    return operator === undefined ? undefined : operatorIdentity(user, operator.role, since);
  };
}
