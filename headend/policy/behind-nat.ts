import { formatAddress, parseAddress, parsePrefix, prefixContains } from '../pools/ip-address.ts';

/**
 * Whether the address that a host's session comes from is none of the host's own: then something between changes it.
 * Undefined: nobody can say, since the host does not tell its addresses or the transport has none.
 */
export function isBehindNat(
  peerAddress: string | undefined,
  hostAddresses: readonly string[] | undefined,
): boolean | undefined {
  if (peerAddress === undefined || hostAddresses === undefined || hostAddresses.length === 0) return undefined;
  const peer = parseAddress(peerAddress);
  if (peer === undefined) return undefined;
  // Of one link or of one machine: no NAT gives these.
  if (NEAR.some((prefix) => prefixContains(prefix, peer))) return false;
  const canonical = formatAddress(peer);
  return !hostAddresses.some((text) => {
    const address = parseAddress(text);
    return address !== undefined && formatAddress(address) === canonical;
  });
}

const NEAR = ['127.0.0.0/8', '::1/128', 'fe80::/10', '169.254.0.0/16']
  .map(parsePrefix)
  .filter((prefix) => prefix !== undefined);
