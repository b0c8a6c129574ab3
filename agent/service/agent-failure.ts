import type { UnknownGroup } from '../config/choose-groups.ts';
import type { StateFailure } from './agent-state.ts';
import type { LinkFailure } from './headend-link.ts';
import type { HostFailure } from './lane-host.ts';
import { printable } from './printable.ts';

/** Why something asked of the service agent did not come about. */
export type AgentFailure =
  | LinkFailure
  | HostFailure
  | StateFailure
  | UnknownGroup
  | { readonly kind: 'password'; readonly reason: string }
  /** The owner has switched all lanes off. */
  | { readonly kind: 'off' };

/** The failure in a sentence, for the person. */
export function reasonOf(failure: AgentFailure): string {
  switch (failure.kind) {
    case 'unreachable':
      return `no session with the headend ${failure.headend}: ${printable(failure.reason)}`;
    case 'refused':
      return failure.refusals.map(({ message }) => message).join('; ');
    case 'malformed':
      return `the headend's answer cannot be used: ${printable(failure.reason)}`;
    case 'host':
      return failure.reason;
    case 'state':
      return `${failure.file}: ${failure.reason}`;
    case 'unknown-group':
      return `no group ${failure.group} in the configuration; there are: ${failure.known.join(', ') || 'none'}`;
    case 'off':
      return 'the lanes of this host are switched off; `service-agent on` brings them back';
    case 'password':
      return `the subscriber's password cannot be sent: ${failure.reason}`;
  }
}
