import type { Bytes, KilobitsPerSecond, Milliseconds } from '@sublane/basics';

/**
 * Everything the lanes of this host shall be: one immutable value. What it does not name shall not be there. Asking for
 * the same wish twice changes nothing the second time.
 */
export interface Wish {
  /** The link the lanes stand on, or `auto`: that of the host's own default route. */
  readonly uplink: string;
  readonly lanes: readonly LaneWish[];
  /**
   * Prefixes that applications in a lane reach by the host's own way and address (a printer, containers on a bridge);
   * `connected` stands for every prefix directly connected to the host. Loopback and the host's own addresses always
   * are. Absent: none.
   */
  readonly direct?: readonly string[];
}

/** One group's lane: its own address, routes and treatment. */
export interface LaneWish {
  /** 1 to 65535; the key. */
  readonly groupId: number;
  /** For people: in comments and reports. */
  readonly name: string;
  /** The lane's own link, where it has one: `sl` and up to 13 of a-z, 0-9 and hyphen; not beginning with `sl-`. */
  readonly interface: string;
  readonly attachment: Attachment;
  /** Absent: that of the link below. */
  readonly mtu?: Bytes;
  /** IPv4 and IPv6. None at all, with `unmatched: 'unreachable'`: the group's applications reach nothing outside. */
  readonly addresses: readonly LaneAddress[];
  /** Routes of the lane's own table. None at all: a default route of each family granted. */
  readonly routes: readonly LaneRoute[];
  /** Where destinations go that no route of the lane matches. A family without an address is unreachable either way. */
  readonly unmatched: 'host' | 'unreachable';
  /** 0 to 63: set in every packet of the lane. */
  readonly dscp: number;
  /** From the host; absent: not limited. */
  readonly upld?: DirectionWish;
  /** To the host; absent: not limited. */
  readonly dnld?: DirectionWish;
  readonly security?: SecurityWish;
  /**
   * The group's DNS servers, IPv4 and IPv6. None at all: its applications ask nobody. Absent: they ask whom the host
   * asks, by the host's own way; but a group that reaches nothing outside asks nobody.
   */
  readonly dns?: readonly string[];
  /** After the lease's end, until another wish comes: applications reach nothing, or go the host's way. Default `host`. */
  readonly whenDown?: 'block' | 'host';
  /** When the lease ends, in milliseconds since boot (CLOCK_BOOTTIME). The kernel stops the lane then by itself. */
  readonly validUntil: Milliseconds;
}

/** How the lane's address reaches the host; decides what stands for it here. Each kind carries what only it needs. */
export type Attachment =
  /** The gateway stands on the uplink's own segment; the host answers ARP and neighbour discovery. */
  | { readonly type: 'on-link' }
  /** The provider routes the address to the host's own access address. */
  | { readonly type: 'routed' }
  /** The gateway stands on a VLAN of the uplink (IEEE 802.1Q): 1 to 4094. */
  | { readonly type: 'vlan'; readonly id: number }
  | ({ readonly type: 'tunnel' } & Tunnel);

/** The provider's edge is the far end; `remote` is its address, of either family. */
export type Tunnel =
  /** RFC 2784; the key is RFC 2890's. */
  | { readonly encapsulation: 'gre'; readonly remote: string; readonly key?: number }
  /** RFC 2003, RFC 2473: packets of both families in packets of the remote's. */
  | { readonly encapsulation: 'ipip'; readonly remote: string }
  /** RFC 7348; the identifier is the VNI, 24 bits. A segment, as a VLAN is. */
  | {
      readonly encapsulation: 'vxlan';
      readonly remote: string;
      readonly port: number;
      readonly identifier: number;
    }
  /** `peerKey`: the edge's public key, 32 bytes in base64; `keyFile`: the host's private key, as `wg genkey` prints it. */
  | {
      readonly encapsulation: 'wireguard';
      readonly remote: string;
      readonly port: number;
      readonly peerKey: string;
      readonly keyFile: string;
    };

export interface LaneAddress {
  /** An IPv4 or IPv6 address in its usual text form. */
  readonly address: string;
  /** That of the subnet. Where routed to the host: that of the prefix, all of which is the lane's (32 or 128: itself). */
  readonly prefixLength: number;
  /** Kept for open connections only: never the source of a new one (make before break). */
  readonly deprecated: boolean;
}

export interface LaneRoute {
  /** A prefix: `198.51.100.0/24`. */
  readonly destination: string;
  /** Absent: the uplink's own next hop. At a tunnel's end (GRE, IP in IP, WireGuard) there is none. */
  readonly nextHop?: string;
}

export interface DirectionWish {
  /** Layer 3 rate. */
  readonly rate: KilobitsPerSecond;
  /** Absent: the engine's choice. */
  readonly burst?: Bytes;
  readonly priority: Priority;
}

export type Priority = 'H' | 'M' | 'L';

export interface SecurityWish {
  readonly profile: string;
  /** No traffic to or from the host's other groups. */
  readonly isolated: boolean;
  /** What happens to the applications without a lane. */
  readonly whenDown: 'block' | 'host';
  /** Destinations permitted; none: all. */
  readonly permit: readonly PermitWish[];
}

export interface PermitWish {
  readonly name: string;
  /** Absent: any. */
  readonly destination?: string;
  /** IP protocol number; absent: any. */
  readonly protocol?: number;
  /** Absent: any. */
  readonly ports?: { readonly lower: number; readonly upper: number };
}
