import type { LaneReport } from './engine.ts';
import { canonicalAddress, familyOf } from './ip-address.ts';
import type { DnsObject } from './kernel-object.ts';
import type { LaneWish } from './wish.ts';

export interface RenderedDns {
  readonly objects: readonly DnsObject[];
  readonly report: LaneReport['dns'];
  readonly notes: readonly string[];
}

/**
 * Who answers a group's questions for names. With servers granted, none at all among them, its applications' queries go
 * there or nowhere; without, they ask whom the host asks.
 */
export function renderDns(lane: LaneWish, path: string, has: (capability: string) => boolean): RenderedDns {
  const dns = dnsOf(lane);
  if (dns === undefined || !has('cgroup-mark')) return { objects: [], report: 'host', notes: [] };
  const group = `group ${lane.groupId} (${lane.name})`;
  const onlyExec =
    dns.length === 0
      ? `of ${group} only what \`exec\` starts asks nobody for names`
      : `of ${group} only what \`exec\` starts asks the DNS servers granted`;
  if (!has('dns-redirect'))
    return { objects: [], report: 'exec', notes: [`This kernel redirects no DNS queries: ${onlyExec}.`] };
  const object: DnsObject = { kind: 'dns', path, servers: redirectServers(dns) };
  if (has('name-lookup')) return { objects: [object], report: 'redirected', notes: [] };
  const notes = [`Programs here may have a service of the host look names up: ${onlyExec} for certain.`];
  return { objects: [object], report: 'exec', notes };
}

/** A host's resolver would reach outside for a group that is cut off. */
const dnsOf = ({ dns, addresses, unmatched }: Pick<LaneWish, 'dns' | 'addresses' | 'unmatched'>) =>
  dns ?? (addresses.length === 0 && unmatched === 'unreachable' ? [] : undefined);

/** What a program started for a group is to ask. */
export interface GroupDns {
  /** For people. */
  readonly group: string;
  /** At most three, in the order in which they are asked. None: nobody is. */
  readonly servers: readonly string[];
  /** A folder of the agent's own, to stand on for a moment. Nothing is left in it, and nobody else sees what was. */
  readonly folder: string;
}

/** A resolver reads no more (resolv.conf(5): MAXNS). */
export const MOST_SERVERS = 3;

/** At most three of each family, IPv4 first, each once. */
export function redirectServers(dns: readonly string[]): readonly string[] {
  const all = canonical(dns);
  return ([4, 6] as const).flatMap((family) => all.filter((one) => familyOf(one) === family).slice(0, MOST_SERVERS));
}

/**
 * For a resolv.conf: at most three, those first that the lane has an address to ask from. `undefined`: the host's.
 */
export function resolverServers(lane: LaneWish): readonly string[] | undefined {
  const { addresses } = lane;
  const dns = dnsOf(lane);
  if (dns === undefined) return undefined;
  const families = new Set(addresses.map(({ address }) => familyOf(address)));
  const all = canonical(dns);
  const reached = (one: string) => families.has(familyOf(one));
  return [...all.filter(reached), ...all.filter((one) => !reached(one))].slice(0, MOST_SERVERS);
}

const canonical = (dns: readonly string[]) => [...new Set(dns.flatMap((one) => canonicalAddress(one) ?? []))];
