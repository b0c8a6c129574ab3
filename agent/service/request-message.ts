import type { RequestedGroup, SubscriberServiceMessageInput } from '@sublane/yang';
import type { AgentConfig, DirectionWish, GroupConfig } from '../config/agent-config.ts';
import type { HostIdentity } from './host-identity.ts';

/**
 * The subscriber-service-message that asks for these groups (RFC 7951 shape of the rpc's input). Applications are named
 * by the labels of the configuration, never by what was seen to run on the host.
 */
export function requestMessage(
  config: AgentConfig,
  groups: readonly GroupConfig[],
  identity: HostIdentity,
  userPassword?: string,
): SubscriberServiceMessageInput {
  return {
    'host-id': config.hostId,
    ...(config.subscriber && { 'user-name': config.subscriber.userName }),
    ...(userPassword !== undefined && { 'user-password': userPassword }),
    location: config.location,
    'application-group': groups.flatMap(requestedGroup),
    ...identity,
  };
}

/** A group as it is asked for: an entry for each of its directions. */
export const requestedGroup = (group: GroupConfig): readonly RequestedGroup[] => [
  ...(group.upld ? [entry(group, 'upld', group.upld)] : []),
  ...(group.dnld ? [entry(group, 'dnld', group.dnld)] : []),
];

function entry(group: GroupConfig, direction: 'upld' | 'dnld', { bandwidth, priority }: DirectionWish): RequestedGroup {
  // Security and applications hold for both directions wherever they stand: once is enough.
  const once = direction === 'upld' || group.upld === undefined;
  return {
    id: group.id,
    direction,
    bandwidth,
    priority,
    ...(once && group.security !== undefined && { security: group.security }),
    ...(once && group.applications.length > 0 && { 'application-list': group.applications }),
  };
}
