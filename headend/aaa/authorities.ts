import { failed, seconds } from '@sublane/basics';
import type { AaaConfiguration } from './aaa-configuration.ts';
import { type Authenticator, EMBEDDED } from './grant.ts';
import type { PasswordAttempts } from './password-attempts.ts';
import { askRadius, canonicalName } from './radius-authenticator.ts';
import type { RadiusClients } from './radius-clients.ts';

export interface AuthoritiesParts {
  /** Of this moment. */
  readonly aaa: () => AaaConfiguration;
  readonly embedded: Authenticator;
  readonly clients: Pick<RadiusClients, 'with'>;
  readonly attempts: PasswordAttempts;
  /** The headend's name. */
  readonly headend: string;
}

/** Who answers for a name: its realm's authority (RFC 7542 §2.4: case is ignored), else that of all other names. */
export function authorityOf(
  { authority, realms }: Pick<AaaConfiguration, 'authority' | 'realms'>,
  name: string,
): string {
  const at = name.lastIndexOf('@');
  return (at < 0 ? undefined : realms.get(name.slice(at + 1).toLowerCase())) ?? authority;
}

/** For whom a host is enrolled, by its canonical name; one that another authority knows need not be in the store. */
export function enrolledFor(
  aaa: Pick<AaaConfiguration, 'authority' | 'realms'>,
  name: string,
): { readonly subscriber: string; readonly elsewhere: boolean } {
  const elsewhere = authorityOf(aaa, name) !== EMBEDDED;
  return { subscriber: elsewhere ? canonicalName(name) : name, elsewhere };
}

/** The AAA of the headend: the authority of the subscriber that is named, or of the one the host was enrolled for. */
export function createAuthorities({ aaa, embedded, clients, attempts, headend }: AuthoritiesParts): Authenticator {
  return {
    async authenticate(request) {
      const configuration = aaa();
      const name = authorityOf(configuration, request.userName ?? request.enrolledFor);
      const group = configuration.groups.get(name);
      if (name === EMBEDDED || group === undefined) return embedded.authenticate(request);
      const answer = clients.with(name, (client) => askRadius({ group, client, attempts, headend, request }));
      // Its secrets cannot be read; the log says which.
      return answer ?? failed({ kind: 'aaa-away', authority: name, retryAfter: AGAIN });
    },
  };
}

const AGAIN = seconds(60);
