import type { SubscriberServiceMessageInput } from '@sublane/yang';
import { canonicalAddress, contains, type Prefix, parsePrefix } from '../lanes/ip-address.ts';
import type { OwnNetworks } from './own-networks.ts';

/** What a request says of the host beside its wishes: it decides how the provider's edge can reach the lanes. */
export type HostIdentity = Pick<
  SubscriberServiceMessageInput,
  'sublane-service:wireguard-public-key' | 'sublane-service:host-address'
>;

/** Of `host-address` in sublane-service. */
const MOST_ADDRESSES = 64;
const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].map((text) => parsePrefix(text) as Prefix);

/** `wireguardPublicKey`: absent where the host takes no such tunnel. */
export function hostIdentity(
  { addresses, defaultLink }: OwnNetworks,
  uplink: string,
  wireguardPublicKey: string | undefined,
): HostIdentity {
  const reachable = addresses.filter(({ address }) => {
    const prefix = parsePrefix(canonicalAddress(address) ?? '');
    return prefix !== undefined && !LINK_LOCAL.some((outer) => contains(outer, prefix));
  });
  const ofUplink = reachable.filter(({ link }) => link === (uplink === 'auto' ? defaultLink : uplink));
  const told = distinct(reachable.length > MOST_ADDRESSES ? ofUplink : reachable).slice(0, MOST_ADDRESSES);
  return {
    ...(wireguardPublicKey !== undefined && { 'sublane-service:wireguard-public-key': wireguardPublicKey }),
    ...(told.length > 0 && { 'sublane-service:host-address': told }),
  };
}

const distinct = (entries: readonly { readonly address: string }[]) => [
  ...new Set(entries.map(({ address }) => address)),
];
