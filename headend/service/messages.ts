import type { Direction, Priority } from '../policy/wish.ts';

/**
 * The service rpcs' inputs and outputs in RFC 7951's shape, without module prefixes on their own nodes: what `readRpc`
 * gives and the encoder takes.
 */
export interface SubscriberServiceMessage {
  readonly 'host-id': string;
  readonly 'user-name'?: string;
  readonly 'user-password'?: string;
  readonly location: string;
  readonly 'application-group': readonly {
    readonly id: number;
    readonly direction: Direction;
    readonly bandwidth: number;
    readonly priority: Priority;
    readonly security?: string;
    readonly 'application-list'?: readonly string[];
  }[];
}

export interface HostAndGroups {
  readonly 'host-id': string;
  readonly 'group-id'?: readonly number[];
}

export interface SpServiceMessage {
  readonly 'host-id': string;
  readonly 'application-group'?: readonly ApplicationGroup[];
}

export interface ApplicationGroup {
  readonly id: number;
  readonly 'access-interface-cfg': {
    readonly interface: string;
    /** An identity of iana-if-type, with its module: `iana-if-type:propVirtual`. */
    readonly type: string;
    readonly 'vlan-id'?: number;
    readonly ipv4?: { readonly address: readonly InterfaceAddress[] };
    readonly ipv6?: { readonly address: readonly InterfaceAddress[] };
    readonly 'dns-server'?: readonly string[];
    readonly 'check-address'?: readonly string[];
  };
  readonly 'routing-cfg': {
    readonly 'ipv4-route'?: readonly LaneRoute[];
    readonly 'ipv6-route'?: readonly LaneRoute[];
    readonly unmatched?: 'host' | 'unreachable';
  };
  readonly 'qos-cfg': {
    readonly dscp: number;
    readonly upld?: GrantedRate;
    readonly dnld?: GrantedRate;
  };
  readonly 'security-cfg'?: {
    readonly profile: string;
    readonly isolated?: boolean;
    readonly 'when-down'?: 'block' | 'host';
    readonly permit?: readonly {
      readonly name: string;
      readonly destination?: string;
      readonly protocol?: number;
      readonly 'lower-port'?: number;
      readonly 'upper-port'?: number;
    }[];
  };
  readonly 'application-list'?: readonly string[];
  readonly lease: {
    readonly id: string;
    readonly 'valid-lifetime': number;
    readonly 'renew-after': number;
  };
}

export interface InterfaceAddress {
  readonly ip: string;
  readonly 'prefix-length': number;
}

export interface LaneRoute {
  readonly 'destination-prefix': string;
  readonly 'next-hop-address'?: string;
}

export interface GrantedRate {
  readonly rate: number;
  readonly burst?: number;
  readonly priority: Priority;
}

export interface SubscriberServiceReply {
  readonly 'sp-service-message': SpServiceMessage;
}

export interface RenewServiceReply {
  readonly 'application-group'?: readonly {
    readonly id: number;
    readonly 'lease-id': string;
    readonly 'valid-lifetime': number;
    readonly 'renew-after': number;
  }[];
}

export interface GetServiceReply {
  readonly 'sp-service-message': SpServiceMessage;
}

export interface ReportService {
  readonly 'host-id': string;
  readonly 'application-group': readonly {
    readonly id: number;
    readonly state: 'applied' | 'failed' | 'address-conflict';
    readonly reason?: string;
    readonly 'conflict-address'?: readonly string[];
    /** counter64: text in RFC 7951's shape. */
    readonly 'in-octets'?: string;
    readonly 'out-octets'?: string;
  }[];
}

export interface GetAvailableServices {
  readonly 'host-id': string;
}

export interface AvailableServices {
  readonly 'groups-max': number;
  readonly location?: string;
  readonly 'service-class'?: readonly {
    readonly name: string;
    readonly scope: 'internal' | 'external';
    readonly priority: Priority;
    readonly 'upld-ceiling'?: number;
    readonly 'dnld-ceiling'?: number;
  }[];
  readonly 'security-profile'?: readonly string[];
}
