import { bytesText, durationText, rateText, table } from '@sublane/basics';
import type { LaneMeans } from '../service/lane-host.ts';
import type { AgentStatus, GroupStatus } from '../service/status.ts';

/** `service-agent status` for a terminal. */
export function statusText(status: AgentStatus): string {
  const { hostId, headend, groups } = status;
  const revoked = headend.revoked ? ' (the provider has revoked this host)' : '';
  const link = headend.connected
    ? 'connected'
    : `not connected${revoked}${headend.reason ? `: ${headend.reason}` : ''}`;
  const rows = groups.map((group) => [
    `${group.name} (${group.id})`,
    group.blocked ? `${group.state}, blocked` : group.state,
    group.addresses.join(' ') || undefined,
    group.attachment,
    direction(group.upld),
    direction(group.dnld),
    group.dscp,
    group.lease && durationText(group.lease.left),
    group.traffic && `${bytesText(group.traffic.upld)} / ${bytesText(group.traffic.dnld)}`,
  ]);
  const headings = ['GROUP', 'STATE', 'ADDRESSES', 'BY', 'UPLD', 'DNLD', 'DSCP', 'LEASE LEFT', 'SENT / RECEIVED'];
  const notes = groups.flatMap((group) => noteOf(group) ?? []);
  const host = hostNotes(status);
  return [
    `host ${hostId}, headend ${headend.headend} (${link})`,
    ...(status.off
      ? ['lanes are switched off: everything goes by the host’s own way; `service-agent on` brings them back']
      : []),
    '',
    table(headings, rows, 'no groups in the configuration'),
    ...(notes.length > 0 ? ['', ...notes] : []),
    ...(host.length > 0 ? ['', ...host] : []),
  ].join('\n');
}

const direction = (rate: { rate: number; priority: string } | undefined) =>
  rate && `${rateText(rate.rate)} ${rate.priority}`;

function noteOf(group: GroupStatus): string | undefined {
  const { name, reason, code, retryIn, routes, traffic, blocked, conflict, dnsServers, means } = group;
  const parts = [
    reason && `${reason}${code ? ` [${code}]` : ''}${retryIn ? `; next try in ${durationText(retryIn)}` : ''}`,
    blocked && 'its applications reach nothing until it has a lane (when-down: block)',
    conflict && `in use by another device: ${conflict.join(', ')}`,
    routes.length > 0 &&
      `routes: ${routes.map(({ destination, nextHop }) => (nextHop ? `${destination} via ${nextHop}` : destination)).join(', ')}`,
    means && meansText(group, means),
    dnsServers.length > 0 && means === undefined && `DNS servers: ${dnsServers.join(', ')}`,
    traffic !== undefined && traffic.dropped > 0 && `${traffic.dropped} packets with a foreign address held back`,
  ].filter((part): part is string => typeof part === 'string' && part !== '');
  return parts.length === 0 ? undefined : `${name}: ${parts.join('; ')}`;
}

/** How the lane stands, and by which means what was granted is kept here. */
function meansText({ upld, dnld, dnsServers }: GroupStatus, { means, shaping, policing, dns }: LaneMeans): string {
  return [
    STANDS[means],
    upld &&
      (shaping === 'none' ? 'the rate from the host is not held here' : `rate from the host held on the ${shaping}`),
    dnld &&
      (policing === 'none' ? 'the rate to the host is not held here' : `rate to the host held by ${POLICED[policing]}`),
    dnsServers.length > 0 && `DNS: ${DNS[dns](dnsServers.join(', '))}`,
  ]
    .filter((part): part is string => typeof part === 'string')
    .join('; ');
}

const STANDS: Record<LaneMeans['means'], string> = {
  ipvlan: 'on a link of its own (ipvlan)',
  macvlan: 'on a link of its own (macvlan)',
  uplink: 'on the uplink itself',
  dummy: 'on a link of its own (dummy)',
  loopback: 'on lo',
  tunnel: 'at the end of a tunnel',
  none: 'on no link',
};
const POLICED: Record<Exclude<LaneMeans['policing'], 'none'>, string> = {
  police: 'act_police',
  bpf: 'an eBPF program',
  ifb: 'a queue (ifb)',
};
const DNS: Record<LaneMeans['dns'], (servers: string) => string> = {
  redirected: (servers) => `${servers}, whomever its applications ask`,
  exec: (servers) => `${servers} by \`service-agent exec\` only; other applications use the host’s lane`,
  host: (servers) => `by the host’s lane; ${servers} cannot be used here`,
};

const WHERE = { right: 'in the network of its lanes', away: 'lanes are away' } as const;

/** What is so with the host as a whole. */
function hostNotes({ host, notes }: AgentStatus): string[] {
  const repairs = host.repairs.reduce((sum, one) => sum + one.repairs, 0);
  return [
    ...(host.surroundings === undefined ? [] : [`${WHERE[host.surroundings.state]}: ${host.surroundings.text}`]),
    ...host.contests.map(
      ({ object, repair, retryIn }) =>
        `another program changes ${object} again and again: left so for ${durationText(retryIn / 1000)} (what puts it right: ${repair})`,
    ),
    ...(repairs > 0 ? [`${repairs} changes by other programs put right since the start`] : []),
    ...notes,
  ];
}
