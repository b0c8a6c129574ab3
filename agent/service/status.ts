import { type Milliseconds, type Seconds, seconds } from '@sublane/basics';
import type { AgentConfig, GroupConfig } from '../config/agent-config.ts';
import type { AgentState, HeldLane } from './agent-state.ts';
import type { LinkState } from './headend-link.ts';
import type { HostStatus } from './host-keeper.ts';
import type { LaneTraffic } from './lane-host.ts';
import { validUntil } from './lane-terms.ts';
import { addressesOf, routesOf } from './lane-wish-of.ts';
import type { Setback, Setbacks } from './setbacks.ts';

/** What `service-agent status --json` prints. Rates in kbit/s, times in seconds, traffic in bytes. */
export interface AgentStatus {
  readonly hostId: string;
  readonly headend: LinkState;
  readonly groups: readonly GroupStatus[];
  readonly host: HostStatus;
}

export interface GroupStatus {
  readonly id: number;
  readonly name: string;
  /**
   * `active`: the lane stands. `away`: it is held, and taken away while the host's surroundings are not right for it.
   * `failed`: granted, but this host could not apply it. `waiting`: no answer yet.
   */
  readonly state: 'active' | 'away' | 'failed' | 'refused' | 'released' | 'waiting';
  readonly reason?: string;
  /** A refusal's stable code. */
  readonly code?: string;
  readonly retryIn?: Seconds;
  readonly interface?: string;
  readonly addresses: readonly string[];
  /** None listed: a default route of each family granted. */
  readonly routes: readonly { readonly destination: string; readonly nextHop?: string }[];
  readonly dscp?: number;
  readonly upld?: { readonly rate: number; readonly priority: string };
  readonly dnld?: { readonly rate: number; readonly priority: string };
  readonly lease?: { readonly id: string; readonly left: Seconds };
  readonly traffic?: LaneTraffic;
}

export interface StatusParts {
  readonly config: AgentConfig;
  readonly link: LinkState;
  readonly state: AgentState;
  readonly setbacks: Pick<Setbacks, 'get'>;
  readonly traffic: ReadonlyMap<number, LaneTraffic>;
  readonly now: Milliseconds;
  readonly host: HostStatus;
}

export function statusOf(parts: StatusParts): AgentStatus {
  return {
    hostId: parts.config.hostId,
    headend: parts.link,
    groups: parts.config.groups.map((group) => groupStatus(group, parts)),
    host: parts.host,
  };
}

function groupStatus(group: GroupConfig, { state, setbacks, traffic, now }: StatusParts): GroupStatus {
  const lane = state.lanes.find(({ groupId }) => groupId === group.id);
  const host = setbacks.get('host', group.id);
  const request = setbacks.get('request', group.id);
  const setback = host ?? request ?? setbacks.get('renewal', group.id);
  const counted = traffic.get(group.id);
  return {
    id: group.id,
    name: group.name,
    state: outcome(lane, host, request, state.released.includes(group.id)),
    ...(setback && { reason: setback.reason }),
    // What is away comes back by itself.
    ...(setback && setback.away === undefined && { retryIn: secondsUntil(setback.retryAt, now) }),
    ...(setback?.refusal?.code !== undefined && { code: setback.refusal.code }),
    addresses: [],
    routes: [],
    ...(lane && held(lane, now)),
    ...(counted && { traffic: counted }),
  };
}

function outcome(
  lane: HeldLane | undefined,
  host: Setback | undefined,
  request: Setback | undefined,
  released: boolean,
): GroupStatus['state'] {
  if (lane !== undefined && host !== undefined) return host.away === undefined ? 'failed' : 'away';
  if (lane !== undefined) return 'active';
  if (released) return 'released';
  return request?.refusal === undefined ? 'waiting' : 'refused';
}

function held(lane: HeldLane, now: Milliseconds): Partial<GroupStatus> {
  const { dscp, upld, dnld } = lane.answer['qos-cfg'];
  return {
    interface: lane.answer['access-interface-cfg'].interface,
    addresses: addressesOf(lane.answer).map(({ address }) => address),
    routes: routesOf(lane.answer),
    dscp,
    ...(upld && { upld: { rate: upld.rate, priority: upld.priority } }),
    ...(dnld && { dnld: { rate: dnld.rate, priority: dnld.priority } }),
    lease: { id: lane.answer.lease.id, left: secondsUntil(validUntil(lane), now) },
  };
}

const secondsUntil = (then: Milliseconds, now: Milliseconds) => seconds(Math.max(0, Math.round((then - now) / 1000)));
