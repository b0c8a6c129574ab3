import { bytesText, durationText, type Milliseconds, rateText, table } from '@sublane/basics';
import type { AvailableServices, OfferedClass, Quota } from '../service/available-services.ts';

/** `service-agent services` for a terminal. */
export function servicesText(services: AvailableServices, now: Milliseconds): string {
  const { hostId, location, groupsMax, classes, securityProfiles, quota } = services;
  const rows = classes.map((offered) => [
    offered.name,
    offered.scope && LEADS[offered.scope],
    offered.priority,
    rate(offered, 'upld'),
    rate(offered, 'dnld'),
    offered.unavailable === undefined ? 'yes' : `no: ${offered.unavailable}`,
  ]);
  const most = groupsMax === undefined ? '' : `, ${groupsMax} ${groupsMax === 1 ? 'group' : 'groups'} at a time`;
  return [
    `host ${hostId}${location === undefined ? '' : ` at ${location}`}${most}`,
    ...(quota ? [quotaText(quota, now)] : []),
    '',
    table(['CLASS', 'LEADS TO', 'PRIORITY', 'UPLD', 'DNLD', 'TO BE HAD NOW'], rows, 'the plan has no classes'),
    ...(securityProfiles.length > 0 ? ['', `security profiles: ${securityProfiles.join(', ')}`] : []),
  ].join('\n');
}

const LEADS = { internal: 'the provider', external: 'the Internet' } as const;

function rate(offered: OfferedClass, direction: 'upld' | 'dnld'): string | undefined {
  const { directions } = offered;
  if (directions.length > 0 && !directions.includes(direction)) return undefined;
  const ceiling = direction === 'upld' ? offered.upldCeiling : offered.dnldCeiling;
  return ceiling === undefined ? 'any' : `to ${rateText(ceiling)}`;
}

const BAR = 20;

function quotaText({ octets, used, beginsAnew }: Quota, now: Milliseconds): string {
  const part = octets === 0 ? 1 : used / octets;
  const full = Math.min(BAR, Math.floor(part * BAR));
  const bar = `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`;
  const anew =
    beginsAnew === undefined
      ? ''
      : `, anew in ${durationText((Date.parse(beginsAnew) - now) / 1000)} (${beginsAnew.slice(0, 16).replace('T', ' ')} UTC)`;
  return `quota ${bar} ${Math.floor(part * 100)} %: ${bytesText(used)} of ${bytesText(octets)} used${anew}`;
}
