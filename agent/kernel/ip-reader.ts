import { failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { EngineFailure } from '../lanes/engine.ts';
import { addressBits, type Family, type Prefix, parsePrefix } from '../lanes/ip-address.ts';
import { OWN_LINK, type Ownership } from '../lanes/kernel.ts';
import type { AddressObject, KernelObject } from '../lanes/kernel-object.ts';
import type { DefaultRoute, LinkFact } from '../lanes/observation.ts';
import { complaint, runTool } from './tool.ts';

export interface IpState {
  readonly objects: readonly KernelObject[];
  readonly links: readonly Omit<LinkFact, 'wireless'>[];
  /** By name. */
  readonly hardware: ReadonlyMap<string, { readonly index: number; readonly mac: string }>;
  readonly defaults: readonly DefaultRoute[];
  readonly connected: readonly Prefix[];
  readonly foreignAddresses: ReadonlySet<string>;
}

/** Reads links, addresses, rules and routes by three `ip -batch` at a time: one has one family. */
export async function readIp(own: Ownership, now: Milliseconds): Promise<Result<IpState, EngineFailure>> {
  const reads = await Promise.all([
    batch([], ['addr show']),
    ...([4, 6] as const).map((family) =>
      batch(
        [`-${family}`],
        [
          'rule show',
          `route show table all proto ${own.protocol}`,
          'route show table all default',
          family === 4 ? 'route show table all scope link' : 'route show table all proto kernel',
        ],
      ),
    ),
  ]);
  const answers: unknown[][] = [];
  for (const read of reads) {
    if (!read.ok) return read;
    answers.push(read.value as unknown[]);
  }
  const links = (answers[0]?.[0] ?? []) as IpLink[];
  const objects: KernelObject[] = [];
  const facts: Omit<LinkFact, 'wireless'>[] = [];
  for (const link of links) {
    const { fact, own: ours } = readLink(link, own);
    facts.push(fact);
    objects.push(...ours, ...readAddresses(link, own, now));
  }
  const defaults: DefaultRoute[] = [];
  const connected: Prefix[] = [];
  const names = new Set(facts.filter(({ ours }) => ours).map(({ name }) => name));
  for (const [index, family] of ([4, 6] as const).entries()) {
    const [rules, routes, ways, near] = (answers[index + 1] ?? []) as [IpRule[], IpRoute[], IpRoute[], IpRoute[]];
    objects.push(...rules.flatMap((rule) => readRule(family, rule, own)));
    objects.push(...routes.flatMap((route) => readRoute(family, route, own)));
    defaults.push(...ways.flatMap((route) => readDefault(family, route)));
    connected.push(...near.flatMap((route) => readConnected(route, names)));
  }
  const hardware = new Map(
    links.map(({ ifname, ifindex, address = '' }) => [ifname, { index: ifindex, mac: address }]),
  );
  const foreignAddresses = new Set(
    links.flatMap(({ addr_info = [] }) =>
      addr_info.flatMap(({ local, metric }) => (local === undefined || metric === own.linkGroup ? [] : [local])),
    ),
  );
  return ok({ objects, links: facts, hardware, defaults, connected, foreignAddresses });
}

/** Each command of the batch answers with one JSON array. */
async function batch(flags: readonly string[], lines: readonly string[]): Promise<Result<unknown[], EngineFailure>> {
  const run = await runTool('ip', [...flags, '-json', '-details', '-batch', '-'], `${lines.join('\n')}\n`);
  const answers = run.stdout.split('\n').filter((line) => line.startsWith('['));
  if (run.status === 0 && answers.length === lines.length) return ok(answers.map((line) => JSON.parse(line)));
  // A kernel without IPv6 has nothing to show of it.
  if (flags[0] === '-6' && /not supported/i.test(run.stderr)) return ok(lines.map(() => []));
  return failed({
    kind: 'refused',
    step: `ip ${flags.join(' ')} ${lines[answers.length] ?? ''}`,
    message: complaint(run),
    restored: true,
  });
}

interface IpLink {
  readonly ifindex: number;
  readonly address?: string;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly link?: string;
  readonly master?: string;
  readonly group?: string;
  readonly link_type: string;
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly IpAddress[];
}

interface IpAddress {
  readonly family?: string;
  readonly local?: string;
  readonly prefixlen?: number;
  readonly metric?: number;
  readonly valid_life_time?: number;
}

const ON_A_PARENT = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap', 'vlan']);

function readLink(link: IpLink, own: Ownership): { fact: Omit<LinkFact, 'wireless'>; own: KernelObject[] } {
  const { ifname: name, mtu, flags } = link;
  const type = link.linkinfo?.info_kind ?? '';
  const up = flags.includes('UP');
  const parent = ON_A_PARENT.has(type) ? link.link : undefined;
  const ours = (type === 'macvlan' || type === 'ipvlan') && OWN_LINK.test(name) && Number(link.group) === own.linkGroup;
  const fact = {
    name,
    ours,
    up,
    mtu,
    // A macvtap holds its parent's receive hook as a macvlan does.
    type: type === 'macvtap' ? 'macvlan' : type === 'ipvtap' ? 'ipvlan' : type,
    ethernet: link.link_type === 'ether',
    ...(parent !== undefined && { parent }),
    ...(link.master !== undefined && { master: link.master }),
  };
  if (!ours) return { fact, own: [] };
  const object = { kind: 'link', name, device: { type, parent: parent ?? '' }, group: own.linkGroup, mtu } as const;
  return { fact, own: [object, ...(up ? [{ kind: 'active', link: name } as const] : [])] };
}

function readAddresses(link: IpLink, own: Ownership, now: Milliseconds): AddressObject[] {
  return (link.addr_info ?? []).flatMap(({ family, local, prefixlen, metric, valid_life_time: valid }) => {
    const number: Family = family === 'inet' ? 4 : 6;
    if (local === undefined || metric !== own.linkGroup || prefixlen !== addressBits(number)) return [];
    const validUntil = milliseconds(now + (valid ?? FOREVER) * 1000);
    return [{ kind: 'address', family: number, link: link.ifname, address: local, validUntil }];
  });
}

const FOREVER = 4_294_967_295;

interface IpRule {
  readonly priority: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly fwmark?: string;
  readonly fwmask?: string;
  readonly table?: string;
  readonly protocol?: string;
}

function readRule(family: Family, rule: IpRule, own: Ownership): KernelObject[] {
  const { priority: preference, src, srclen, dst, dstlen, fwmark, fwmask, table, protocol } = rule;
  if (Number(protocol) !== own.protocol || preference < own.preference || preference > own.preference + 2) return [];
  const full = (address: string, length: number | undefined) =>
    length === undefined ? address : `${address}/${length}`;
  return [
    {
      kind: 'rule',
      family,
      preference,
      table: tableNumber(table),
      ...(fwmark !== undefined && { mark: { value: Number(fwmark), mask: Number(fwmask ?? 0xffffffff) } }),
      ...(src !== undefined && src !== 'all' && { from: full(src, srclen) }),
      ...(dst !== undefined && dst !== 'all' && { to: full(dst, dstlen) }),
    },
  ];
}

interface IpRoute {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
  readonly dev?: string;
  readonly table?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly metrics?: readonly { readonly mtu?: number }[];
  readonly nexthops?: readonly { readonly gateway?: string; readonly dev?: string }[];
}

function readRoute(family: Family, route: IpRoute, own: Ownership): KernelObject[] {
  const table = tableNumber(route.table);
  if (table <= own.tables || table >= own.tables + 65_536) return [];
  const type = route.type === 'unreachable' ? 'unreachable' : 'unicast';
  const mtu = route.metrics?.find((one) => one.mtu !== undefined)?.mtu;
  return [
    {
      kind: 'route',
      family,
      table,
      destination: route.dst,
      type,
      metric: route.metric ?? 0,
      ...(route.gateway !== undefined && { via: route.gateway }),
      // IPv6 shows the loopback of an unreachable route.
      ...(route.dev !== undefined && type === 'unicast' && { link: route.dev }),
      ...(route.prefsrc !== undefined && { source: route.prefsrc }),
      ...(mtu !== undefined && { mtu }),
    },
  ];
}

function readDefault(family: Family, route: IpRoute): DefaultRoute[] {
  if (tableNumber(route.table) !== MAIN || (route.type ?? 'unicast') !== 'unicast') return [];
  // Several next hops of one route: the first stands for all.
  const { dev: link, gateway: via } = route.nexthops?.[0] ?? route;
  if (link === undefined) return [];
  return [{ family, link, metric: route.metric ?? 0, ...(via !== undefined && { via }) }];
}

function readConnected(route: IpRoute, own: ReadonlySet<string>): Prefix[] {
  const plain = tableNumber(route.table) === MAIN && (route.type ?? 'unicast') === 'unicast';
  if (!plain || route.gateway !== undefined || (route.dev !== undefined && own.has(route.dev))) return [];
  const prefix = parsePrefix(route.dst);
  if (prefix === undefined || prefix.length === 0) return [];
  // Every link has the link-local prefix.
  return prefix.family === 6 && prefix.network >> 118n === 0x3fan ? [] : [prefix];
}

const MAIN = 254;
const NAMED: Record<string, number> = { main: MAIN, local: 255, default: 253 };
const tableNumber = (text: string | undefined): number => (text === undefined ? MAIN : (NAMED[text] ?? Number(text)));
