import { failed, ok, type Result } from '@sublane/basics';
import { isBehindNat } from '../policy/behind-nat.ts';
import type { HostReach } from '../pools/choose-pools.ts';
import { isWireguardKey } from '../pools/tunnel.ts';
import type { Refusal } from '../refusal/refusal.ts';
import type { SubscriberServiceMessage } from './messages.ts';
import type { Caller } from './service.ts';

/** What a request says of its host beside what it asks for. */
export interface HostFacts {
  readonly wireguardKey?: string;
  readonly reach: HostReach;
}

export function readHostFacts(
  { peerAddress }: Caller,
  message: Pick<SubscriberServiceMessage, 'sublane-service:wireguard-public-key' | 'sublane-service:host-address'>,
): Result<HostFacts, Refusal> {
  const { 'sublane-service:wireguard-public-key': wireguardKey, 'sublane-service:host-address': addresses } = message;
  // The schema has looked at its length and letters.
  if (wireguardKey !== undefined && !isWireguardKey(wireguardKey)) return failed({ kind: 'wireguard-key-unusable' });
  return ok({
    ...(wireguardKey !== undefined && { wireguardKey }),
    reach: { behindNat: isBehindNat(peerAddress, addresses) ?? false, wireguard: wireguardKey !== undefined },
  });
}
