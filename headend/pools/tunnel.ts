import { failed, ok, type Result } from '@sublane/basics';
import { type AddressBytes, formatAddress, parseAddress, parsePrefix, prefixContains } from './ip-address.ts';
import type { Attachment, PoolFault, Tunnel, TunnelSettings } from './pool.ts';

/** RFC 7348 §5: the registered port, and 24 bits of identifier. */
const VXLAN_PORT = 4789;
const VXLAN_IDENTIFIER_MAX = 0xff_ff_ff;
/** What `wg` takes by custom; there is no registered one. */
const WIREGUARD_PORT = 51_820;

/** Checks a tunnel's settings and puts the defaults in. Faults: each leaf that lacks, is too much or cannot be. */
export function createTunnel(settings: TunnelSettings): Result<Tunnel, readonly PoolFault[]> {
  const { encapsulation, port, key, publicKey } = settings;
  const faults: PoolFault[] = [];
  const fault = (leaf: 'remote-address' | 'remote-port' | 'key' | 'public-key', value: unknown, message: string) =>
    void faults.push({ leaf: `tunnel/${leaf}`, value: String(value ?? ''), message });

  const address = parseAddress(settings.remote);
  if (address === undefined || !mayEndTunnel(address))
    fault('remote-address', settings.remote, 'expected the IP address of one machine: the edge, as hosts reach it');
  if (port !== undefined && encapsulation !== 'vxlan' && encapsulation !== 'wireguard')
    fault('remote-port', port, `${encapsulation} has no ports; expected none`);
  if (key !== undefined && encapsulation !== 'gre' && encapsulation !== 'vxlan')
    fault('key', key, `${encapsulation} has no number of this kind; expected none`);
  if (encapsulation === 'vxlan' && (key === undefined || key > VXLAN_IDENTIFIER_MAX))
    fault('key', key, `expected the network identifier of VXLAN, from 0 to ${VXLAN_IDENTIFIER_MAX}`);
  if (publicKey !== undefined && encapsulation !== 'wireguard')
    fault('public-key', publicKey, `${encapsulation} has no keys of this kind; expected none`);
  if (encapsulation === 'wireguard' && (publicKey === undefined || !isWireguardKey(publicKey)))
    fault('public-key', publicKey, "expected the edge's WireGuard key: 32 bytes in base64, as wg pubkey prints them");
  if (faults.length > 0 || address === undefined) return failed(faults);

  const remote = formatAddress(address);
  switch (encapsulation) {
    case 'gre':
      return ok({ encapsulation, remote, ...(key !== undefined && { key }) });
    case 'ipip':
      return ok({ encapsulation, remote });
    case 'vxlan':
      return ok({ encapsulation, remote, port: port ?? VXLAN_PORT, identifier: key ?? 0 });
    case 'wireguard':
      return ok({ encapsulation, remote, port: port ?? WIREGUARD_PORT, publicKey: publicKey ?? '' });
  }
}

/** A lane there has no next hop: what is sent comes out at the other end. VLAN and VXLAN are segments. */
export function isPointToPoint(attachment: Attachment): boolean {
  return attachment.kind === 'tunnel' && attachment.tunnel.encapsulation !== 'vxlan';
}

/** Lanes there stand on a link of their own, beside the access link, with next hops of its own. */
export function isSegment(attachment: Attachment): boolean {
  return attachment.kind === 'vlan' || (attachment.kind === 'tunnel' && attachment.tunnel.encapsulation === 'vxlan');
}

/** Whether lanes there need the host's WireGuard key; they are also the only ones that pass a NAT. */
export function isWireguard(attachment: Attachment): boolean {
  return attachment.kind === 'tunnel' && attachment.tunnel.encapsulation === 'wireguard';
}

/** 32 bytes in base64, in its one form (RFC 4648 §3.5), and not the point that agrees on no secret (RFC 7748 §6.1). */
export function isWireguardKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 && bytes.toString('base64') === text && bytes.some((byte) => byte !== 0);
}

/** Addresses of no one machine, or of every one: no tunnel ends there. */
const NOBODY = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '224.0.0.0/3',
  '::/128',
  '::1/128',
  '::ffff:0:0/96',
  'fe80::/10',
  'ff00::/8',
]
  .map(parsePrefix)
  .filter((prefix) => prefix !== undefined);

function mayEndTunnel(address: AddressBytes): boolean {
  return !NOBODY.some((prefix) => prefixContains(prefix, address));
}
