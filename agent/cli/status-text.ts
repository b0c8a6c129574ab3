import { bytesText, durationText, rateText, table } from '@sublane/basics';
import type { AgentStatus, GroupStatus } from '../service/status.ts';

/** `service-agent status` for a terminal. */
export function statusText({ hostId, headend, groups }: AgentStatus): string {
  const link = headend.connected ? 'connected' : `not connected${headend.reason ? `: ${headend.reason}` : ''}`;
  const rows = groups.map((group) => [
    `${group.name} (${group.id})`,
    group.state,
    group.addresses.join(' ') || undefined,
    direction(group.upld),
    direction(group.dnld),
    group.dscp,
    group.lease && durationText(group.lease.left),
    group.traffic && `${bytesText(group.traffic.upld)} / ${bytesText(group.traffic.dnld)}`,
  ]);
  const headings = ['GROUP', 'STATE', 'ADDRESSES', 'UPLD', 'DNLD', 'DSCP', 'LEASE LEFT', 'SENT / RECEIVED'];
  const notes = groups.flatMap((group) => noteOf(group) ?? []);
  return [
    `host ${hostId}, headend ${headend.headend} (${link})`,
    '',
    table(headings, rows, 'no groups in the configuration'),
    ...(notes.length > 0 ? ['', ...notes] : []),
  ].join('\n');
}

const direction = (rate: { rate: number; priority: string } | undefined) =>
  rate && `${rateText(rate.rate)} ${rate.priority}`;

function noteOf({ name, reason, code, retryIn, routes, traffic }: GroupStatus): string | undefined {
  const parts = [
    reason && `${reason}${code ? ` [${code}]` : ''}${retryIn ? `; next try in ${durationText(retryIn)}` : ''}`,
    routes.length > 0 &&
      `routes: ${routes.map(({ destination, nextHop }) => (nextHop ? `${destination} via ${nextHop}` : destination)).join(', ')}`,
    traffic !== undefined && traffic.dropped > 0 && `${traffic.dropped} packets with a foreign address held back`,
  ].filter((part): part is string => typeof part === 'string');
  return parts.length === 0 ? undefined : `${name}: ${parts.join('; ')}`;
}
