import { createHash } from 'node:crypto';
import { canonicalAddress, type Family, familyOf } from './ip-address.ts';
import type { Device } from './kernel-object.ts';
import type { UplinkFacts } from './observation.ts';
import type { Attachment, LaneWish, Tunnel } from './wish.ts';

/** A device that every lane of one attachment stands on: the kernel refuses a second of the same. */
export interface SharedLink {
  /** `sl-v<VLAN id>`, `sl-x<VXLAN identifier>`, `sl-t<8 hexadecimal digits of a digest of the parameters>`. */
  readonly name: string;
  readonly device: Device;
  /** A segment has gateways and neighbours; the other end of a point-to-point link is the only one there is. */
  readonly form: 'segment' | 'point-to-point';
  /** Octets around each packet of layer 3, between it and the uplink's own frame. */
  readonly overhead: number;
  /** Its packets as the uplink sees them; of a VLAN's nothing is put around. */
  readonly outer?: OuterPackets;
}

/** The packets that carry a tunnel's. They are the host's own: its address, its routes. */
export interface OuterPackets {
  readonly family: Family;
  readonly remote: string;
  /** Of IP: 4 and 41 (IP in IP), 17 (UDP), 47 (GRE). */
  readonly protocols: readonly number[];
  /** UDP's, at the far end. */
  readonly port?: number;
  /** The kernel takes the inner packet's mark for the outer one's way too (VXLAN alone does). */
  readonly routedByMark: boolean;
}

/** Names of lanes' own links never begin so. */
export const SHARED_PREFIX = 'sl-';

/** The device that an attachment needs; undefined where it needs none. */
export function sharedLinkOf(
  attachment: Attachment,
  uplink: Pick<UplinkFacts, 'name' | 'sources'>,
): SharedLink | undefined {
  switch (attachment.type) {
    case 'vlan':
      return {
        name: `${SHARED_PREFIX}v${attachment.id}`,
        device: { type: 'vlan', parent: uplink.name, id: attachment.id },
        form: 'segment',
        overhead: VLAN_TAG,
      };
    case 'tunnel':
      return tunnelLink(attachment, uplink.sources ?? {});
    default:
      return undefined;
  }
}

/** Far ends towards which the host's own address must be known. */
export const remotesToAsk = (lanes: readonly LaneWish[]): readonly string[] => [
  ...new Set(
    lanes.flatMap(({ attachment }) => {
      if (attachment.type !== 'tunnel' || attachment.encapsulation === 'wireguard') return [];
      if (attachment.encapsulation === 'vxlan' || familyOf(attachment.remote) !== 6) return [];
      return [canonicalAddress(attachment.remote) as string];
    }),
  ),
];

function tunnelLink(tunnel: Tunnel, sources: Readonly<Record<string, string>>): SharedLink {
  const remote = canonicalAddress(tunnel.remote) as string;
  const family = familyOf(remote) as Family;
  const ip = family === 4 ? 20 : 40;
  const local = sources[remote] ?? '';
  const outer = (protocols: readonly number[], port?: number): OuterPackets => ({
    family,
    remote,
    protocols,
    ...(port !== undefined && { port }),
    routedByMark: tunnel.encapsulation === 'vxlan',
  });
  switch (tunnel.encapsulation) {
    case 'gre': {
      const key = tunnel.key === undefined ? {} : { key: tunnel.key };
      const device: Device = family === 4 ? { type: 'gre', remote, ...key } : { type: 'ip6gre', remote, local, ...key };
      const header = tunnel.key === undefined ? GRE : GRE + GRE_KEY;
      return { ...pointToPoint(device), overhead: ip + header, outer: outer([47]) };
    }
    case 'ipip': {
      const device: Device = family === 4 ? { type: 'sit', remote } : { type: 'ip6tnl', remote, local };
      return { ...pointToPoint(device), overhead: ip, outer: outer([4, 41]) };
    }
    case 'vxlan': {
      const { port, identifier } = tunnel;
      return {
        name: `${SHARED_PREFIX}x${identifier}`,
        device: { type: 'vxlan', remote, port, identifier },
        form: 'segment',
        overhead: ip + UDP + VXLAN + ETHERNET,
        outer: outer([17], port),
      };
    }
    case 'wireguard': {
      const { port, peerKey, keyFile } = tunnel;
      const device: Device = { type: 'wireguard', remote, port, peerKey, keyFile };
      return { ...pointToPoint(device), overhead: ip + UDP + WIREGUARD, outer: outer([17], port) };
    }
  }
}

function pointToPoint(device: Device): Pick<SharedLink, 'name' | 'device' | 'form'> {
  const text = JSON.stringify(Object.entries(device).sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return { name: `${SHARED_PREFIX}t${digest}`, device, form: 'point-to-point' };
}

const VLAN_TAG = 4;
const GRE = 4;
const GRE_KEY = 4;
const UDP = 8;
const VXLAN = 8;
const ETHERNET = 14;
/** Type, receiver, counter (16 octets together) and authentication tag (16). */
const WIREGUARD = 32;
