import type { RpcOutput } from '@sublane/yang';
import { printable } from './printable.ts';

/** What `service-agent services --json` prints. Rates in kbit/s, octets in bytes. */
export interface AvailableServices {
  readonly hostId: string;
  /** Where the network sees the host. */
  readonly location?: string;
  /** Groups this host may have at a time. */
  readonly groupsMax?: number;
  readonly classes: readonly OfferedClass[];
  /** What a group of the configuration may name as its security. */
  readonly securityProfiles: readonly string[];
  readonly quota?: Quota;
}

export interface OfferedClass {
  readonly name: string;
  /** `internal`: on the provider's own network. `external`: over the Internet. */
  readonly scope?: 'internal' | 'external';
  readonly priority?: 'H' | 'M' | 'L';
  /** Empty: an older headend does not say. */
  readonly directions: readonly ('upld' | 'dnld')[];
  /** Absent: none is set. */
  readonly upldCeiling?: number;
  readonly dnldCeiling?: number;
  /** Why no lane of this class can be had here and now. */
  readonly unavailable?: string;
}

/** What all lanes of the subscriber may carry in a period, and have. */
export interface Quota {
  readonly octets: number;
  readonly used: number;
  /** A date-and-time. */
  readonly beginsAnew?: string;
}

/** The headend's answer, its words made fit for a terminal. */
export function readServices(
  hostId: string,
  output: RpcOutput<'sublane-service:get-available-services'>,
): AvailableServices {
  const { 'groups-max': groupsMax, location, quota } = output;
  return {
    hostId,
    ...(location !== undefined && { location: printable(location) }),
    ...(groupsMax !== undefined && { groupsMax }),
    classes: (output['service-class'] ?? []).map((offered) => {
      const { name, scope, priority, direction = [], unavailable } = offered;
      const { 'upld-ceiling': upldCeiling, 'dnld-ceiling': dnldCeiling } = offered;
      return {
        name: printable(name),
        ...(scope !== undefined && { scope }),
        ...(priority !== undefined && { priority }),
        directions: direction,
        ...(upldCeiling !== undefined && { upldCeiling }),
        ...(dnldCeiling !== undefined && { dnldCeiling }),
        ...(unavailable !== undefined && { unavailable: printable(unavailable) }),
      };
    }),
    securityProfiles: (output['security-profile'] ?? []).map((name) => printable(name)),
    ...(quota?.octets !== undefined && {
      quota: {
        octets: Number(quota.octets),
        used: Number(quota.used ?? 0),
        ...(quota['begins-anew'] !== undefined && { beginsAnew: quota['begins-anew'] }),
      },
    }),
  };
}
