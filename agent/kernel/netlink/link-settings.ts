import type { SettingObject } from '../../lanes/kernel-object.ts';
import { AF_INET, AF_INET6 } from './address-bytes.ts';
import type { NetlinkLink } from './link-messages.ts';

/** IFLA_INET_CONF and IFLA_INET6_CONF: what stands below /proc/sys/net/ipv4/conf and ipv6/conf, as rows of numbers. */
const FOUR = { family: AF_INET, attribute: 1, folder: 'net/ipv4/conf' } as const;
const SIX = { family: AF_INET6, attribute: 2, folder: 'net/ipv6/conf' } as const;

/** Places in the rows: IPV4_DEVCONF_* less one (linux/ip.h), DEVCONF_* (linux/ipv6.h). */
const PLACES = [
  { ...FOUR, name: 'rp_filter', place: 7 },
  { ...FOUR, name: 'arp_announce', place: 17 },
  { ...FOUR, name: 'arp_ignore', place: 18 },
  { ...SIX, name: 'accept_ra', place: 3 },
  { ...SIX, name: 'autoconf', place: 5 },
  { ...SIX, name: 'disable_ipv6', place: 26 },
] as const;

/** The sysctls of a link that a lane may want otherwise; those that the link has, all of them. */
export function readLinkSettings({ name: link, families }: NetlinkLink): SettingObject[] {
  return PLACES.flatMap(({ family, attribute, folder, name, place }) => {
    const row = families?.nested(family)?.bytes(attribute);
    if (row === undefined || row.length < 4 * (place + 1)) return [];
    return [{ kind: 'setting', path: `${folder}/${link}/${name}`, value: String(row.readInt32LE(4 * place)), link }];
  });
}
