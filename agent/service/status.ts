import { type Milliseconds, type Seconds, seconds } from '@sublane/basics';
import type { AttachmentKind } from '../config/accept-rules.ts';
import type { AgentConfig, GroupConfig } from '../config/agent-config.ts';
import { attachmentKindOf } from './accept-reply.ts';
import type { AgentState, HeldLane } from './agent-state.ts';
import type { LinkState } from './headend-link.ts';
import type { HostStatus } from './host-keeper.ts';
import type { LaneMeans, LaneTraffic } from './lane-host.ts';
import { validUntil } from './lane-terms.ts';
import { addressesOf, routesOf } from './lane-wish-of.ts';
import type { Setback, Setbacks } from './setbacks.ts';

/** What `service-agent status --json` prints. Rates in kbit/s, times in seconds, traffic in bytes. */
export interface AgentStatus {
  readonly hostId: string;
  readonly headend: LinkState;
  readonly groups: readonly GroupStatus[];
  readonly host: HostStatus;
  /** Switched off by the owner: everything goes by the host's own way. */
  readonly off: boolean;
  /** What a person should know of the lanes as they stand: fallbacks taken, what is not as it should be. */
  readonly notes: readonly string[];
}

export interface GroupStatus {
  readonly id: number;
  readonly name: string;
  /**
   * `active`: the lane stands. `away`: it is held, and taken away while the host's surroundings are not right for it.
   * `failed`: granted, but this host could not apply it. `refused`: by the headend, or, with the code
   * `reply-not-accepted`, what it grants by this host. `waiting`: no answer yet. `off`: all lanes are switched off.
   */
  readonly state: 'active' | 'away' | 'failed' | 'off' | 'refused' | 'released' | 'waiting';
  readonly reason?: string;
  /** A refusal's stable code. */
  readonly code?: string;
  readonly retryIn?: Seconds;
  /** Its applications reach nothing now: there is no lane, and `when-down` says so. */
  readonly blocked: boolean;
  /** Addresses of the lane that somebody else was found to use. */
  readonly conflict?: readonly string[];
  readonly interface?: string;
  readonly attachment?: AttachmentKind;
  readonly addresses: readonly string[];
  /** None listed: a default route of each family granted. */
  readonly routes: readonly { readonly destination: string; readonly nextHop?: string }[];
  readonly dscp?: number;
  readonly upld?: { readonly rate: number; readonly priority: string };
  readonly dnld?: { readonly rate: number; readonly priority: string };
  /** The resolvers granted; none: the host's own are asked. */
  readonly dnsServers: readonly string[];
  /** How the lane stands and is kept on this host; absent where it does not stand. */
  readonly means?: LaneMeans;
  readonly lease?: { readonly id: string; readonly left: Seconds };
  readonly traffic?: LaneTraffic;
}

export interface StatusParts {
  readonly config: AgentConfig;
  readonly link: LinkState;
  readonly state: AgentState;
  readonly setbacks: Pick<Setbacks, 'get'>;
  readonly blocked: ReadonlySet<number>;
  readonly traffic: ReadonlyMap<number, LaneTraffic>;
  readonly means: { readonly lanes: ReadonlyMap<number, LaneMeans>; readonly notes: readonly string[] };
  readonly now: Milliseconds;
  readonly host: HostStatus;
}

export function statusOf(parts: StatusParts): AgentStatus {
  return {
    hostId: parts.config.hostId,
    headend: parts.link,
    groups: parts.config.groups.map((group) => groupStatus(group, parts)),
    host: parts.host,
    off: parts.state.off,
    notes: parts.means.notes,
  };
}

function groupStatus(group: GroupConfig, parts: StatusParts): GroupStatus {
  const { state, setbacks, blocked, traffic, means, now } = parts;
  const lane = state.lanes.find(({ groupId }) => groupId === group.id);
  const host = setbacks.get('host', group.id);
  const request = setbacks.get('request', group.id);
  const setback = host ?? request ?? setbacks.get('renewal', group.id);
  const counted = traffic.get(group.id);
  const outcome = outcomeOf(lane, host, request, state, group.id);
  const standing = outcome === 'active' ? means.lanes.get(group.id) : undefined;
  const conflict = (host ?? request)?.conflict;
  return {
    id: group.id,
    name: group.name,
    state: outcome,
    ...(setback && { reason: setback.reason }),
    // What is away comes back by itself.
    ...(setback && setback.away === undefined && { retryIn: secondsUntil(setback.retryAt, now) }),
    ...(setback?.refusal?.code !== undefined && { code: setback.refusal.code }),
    blocked: blocked.has(group.id) && outcome !== 'active',
    ...(conflict && { conflict }),
    addresses: [],
    routes: [],
    dnsServers: [],
    ...(lane && held(lane, now)),
    ...(standing && { means: standing }),
    ...(counted && { traffic: counted }),
  };
}

function outcomeOf(
  lane: HeldLane | undefined,
  host: Setback | undefined,
  request: Setback | undefined,
  { off, released }: AgentState,
  groupId: number,
): GroupStatus['state'] {
  if (off) return 'off';
  if (lane !== undefined && host !== undefined) return host.away === undefined ? 'failed' : 'away';
  if (lane !== undefined) return 'active';
  if (released.includes(groupId)) return 'released';
  return request?.refusal === undefined ? 'waiting' : 'refused';
}

function held(lane: HeldLane, now: Milliseconds): Partial<GroupStatus> {
  const { dscp, upld, dnld } = lane.answer['qos-cfg'];
  const access = lane.answer['access-interface-cfg'];
  const attachment = attachmentKindOf(lane.answer);
  return {
    interface: access.interface,
    ...(attachment !== undefined && { attachment }),
    addresses: addressesOf(lane.answer).map(({ address }) => address),
    routes: routesOf(lane.answer),
    dscp,
    ...(upld && { upld: { rate: upld.rate, priority: upld.priority } }),
    ...(dnld && { dnld: { rate: dnld.rate, priority: dnld.priority } }),
    dnsServers: access['dns-server'] ?? [],
    lease: { id: lane.answer.lease.id, left: secondsUntil(validUntil(lane), now) },
  };
}

const secondsUntil = (then: Milliseconds, now: Milliseconds) => seconds(Math.max(0, Math.round((then - now) / 1000)));
