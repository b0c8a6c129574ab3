import { failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import type { EngineFailure } from '../../lanes/engine.ts';
import { addressBits, type Family, type Prefix, routeText } from '../../lanes/ip-address.ts';
import { MARK_MASK, OWN_LINK, type Ownership } from '../../lanes/kernel.ts';
import type { KernelObject, RuleObject } from '../../lanes/kernel-object.ts';
import type { DefaultRoute, LinkFact } from '../../lanes/observation.ts';
import { listAddresses, readAddress } from './address-messages.ts';
import { kindOf, readDevice } from './device-attributes.ts';
import { listLinks, type NetlinkLink, readLink } from './link-messages.ts';
import { readLinkSettings } from './link-settings.ts';
import type { MessageWriter, NetlinkMessage } from './message.ts';
import type { NetlinkSocket } from './netlink-socket.ts';
import { listRoutes, type NetlinkRoute, readRoute } from './route-messages.ts';
import { listRules, readRule } from './rule-messages.ts';

export interface IpState {
  readonly objects: readonly KernelObject[];
  readonly links: readonly Omit<LinkFact, 'wireless'>[];
  /** By name. */
  readonly hardware: ReadonlyMap<string, { readonly index: number; readonly mac: string }>;
  /** Names of links, by index. */
  readonly names: ReadonlyMap<number, string>;
  readonly defaults: readonly DefaultRoute[];
  readonly connected: readonly Prefix[];
  readonly foreignAddresses: ReadonlySet<string>;
  readonly foreignRules: readonly number[];
}

/** Reads links, addresses, rules and routes: what is ours whole, of the others what matters for us. */
export function readIp(
  socket: NetlinkSocket,
  own: Ownership,
  clock: () => Milliseconds,
): Result<IpState, EngineFailure> {
  let refused: EngineFailure | undefined;
  const list = (what: string, message: MessageWriter): readonly NetlinkMessage[] => {
    const listed = socket.dump(message);
    if (listed.ok) return listed.value;
    // Without IPv6 in the kernel, or without a table that nobody has used yet, there is nothing to show.
    if (!NOTHING_THERE.has(listed.failure.code))
      refused ??= { kind: 'refused', step: `read ${what}`, message: listed.failure.message, restored: true };
    return [];
  };

  const links = list('links', listLinks()).flatMap(({ payload }) => readLink(payload) ?? []);
  const names = new Map(links.map(({ index, name }) => [index, name]));
  const objects: KernelObject[] = [];
  const facts: Omit<LinkFact, 'wireless'>[] = [];
  const foreignAddresses = new Set<string>();
  const ours = new Set<number>();
  for (const link of links) {
    const { fact, objects: found } = factOf(link, names, own);
    facts.push(fact);
    objects.push(...found);
    if (fact.ours) ours.add(link.index);
  }
  const addresses = list('addresses', listAddresses());
  const now = clock();
  for (const { payload } of addresses) {
    const found = readAddress(payload);
    const link = found && names.get(found.link);
    if (found === undefined || link === undefined) continue;
    const { family, address, metric, length, valid } = found;
    // On a link of ours also where another program has changed it, which takes the metric away.
    const isOurs = metric === own.linkGroup || (ours.has(found.link) && length === addressBits(family));
    if (!isOurs) foreignAddresses.add(address);
    else if (length === addressBits(family))
      objects.push({ kind: 'address', family, link, address, validUntil: milliseconds(now + valid * 1000) });
  }

  const defaults: DefaultRoute[] = [];
  const connected: Prefix[] = [];
  const foreignRules = new Set<number>();
  for (const family of [4, 6] as const) {
    for (const { payload } of list('rules', listRules(family))) {
      const { object, protocol } = readRule(payload) ?? {};
      if (object?.family !== family) continue;
      if (protocol === own.protocol && isOwnRule(object, own)) objects.push(object);
      else if (object.table !== LOCAL && object.preference < MAIN_RULE) foreignRules.add(object.preference);
    }
    for (const { payload } of list('routes', listRoutes(family, { protocol: own.protocol }))) {
      const route = readRoute(payload, (head) => head.family === family && head.protocol === own.protocol);
      if (route !== undefined && route.table > own.tables && route.table < own.tables + 65_536)
        objects.push(objectOf(route, names));
    }
    for (const { payload } of list('routes', listRoutes(family, { table: MAIN }))) {
      const route = readRoute(payload, (head) => head.family === family && (head.length === 0 || isNear(head)));
      if (route === undefined || route.table !== MAIN || !route.unicast) continue;
      defaults.push(...defaultOf(route, names));
      connected.push(...connectedOf(route, ours));
    }
  }
  if (refused !== undefined) return failed(refused);
  const hardware = new Map(links.map(({ name, index, mac }) => [name, { index, mac }]));
  return ok({
    objects,
    links: facts,
    hardware,
    names,
    defaults,
    connected,
    foreignAddresses,
    foreignRules: [...foreignRules].sort((a, b) => a - b),
  });
}

const NOTHING_THERE = new Set(['EAFNOSUPPORT', 'EOPNOTSUPP', 'ENOTSUP', 'ENOENT']);
const MAIN = 254;
const LOCAL = 255;
/** The preference of the kernel's rule to main: what comes after it is of no consequence. */
const MAIN_RULE = 32_766;
/** Made by the kernel for an address. */
const KERNEL = 2;
const ETHERNET = 1;

const ON_A_PARENT = new Set(['macvlan', 'macvtap', 'ipvlan', 'ipvtap', 'vlan']);

/** By what it leads to or from: where a VPN is beside us our rules stand before its rules, wherever those are. */
function isOwnRule({ preference, table, mark, to, specific }: RuleObject, own: Ownership): boolean {
  if (preference > own.preference + 2) return false;
  if (table > own.tables && table < own.tables + 65_536) return true;
  // Of a prefix that is the lane's, whole.
  if (table === MAIN && specific && to !== undefined) return true;
  return table === MAIN && mark !== undefined && mark.mask === MARK_MASK && mark.value === own.mark;
}

/** `sl-t` and a digest: see shared-link.ts. */
const OWN_TUNNEL = /^sl-t[0-9a-f]{8}$/;

/** A link as it is to the lanes, and what of it is ours. */
function factOf(
  link: NetlinkLink,
  names: ReadonlyMap<number, string>,
  own: Ownership,
): { readonly fact: Omit<LinkFact, 'wireless'>; readonly objects: readonly KernelObject[] } {
  const { name, mtu, up } = link;
  const kind = kindOf(link.information);
  const parent = ON_A_PARENT.has(kind) && link.below !== undefined ? names.get(link.below) : undefined;
  const master = link.master === undefined ? undefined : names.get(link.master);
  // A program's tunnel is ours by its name already while it is being made.
  const ours = (link.group === own.linkGroup && OWN_LINK.test(name)) || (kind === 'tun' && OWN_TUNNEL.test(name));
  const device = ours ? readDevice(link.information, parent ?? '') : undefined;
  const fact = {
    name,
    ours: device !== undefined,
    up,
    mtu,
    // A macvtap holds its parent's receive hook as a macvlan does.
    type: kind === 'macvtap' ? 'macvlan' : kind === 'ipvtap' ? 'ipvlan' : kind,
    ethernet: link.hardware === ETHERNET,
    ...(parent !== undefined && { parent }),
    ...(master !== undefined && { master }),
  };
  if (device === undefined) return { fact, objects: [] };
  const objects: KernelObject[] = [{ kind: 'link', name, device, group: link.group, mtu }, ...readLinkSettings(link)];
  if (up) objects.push({ kind: 'active', link: name });
  return { fact, objects };
}

function objectOf(route: NetlinkRoute, names: ReadonlyMap<number, string>): KernelObject {
  const { family, table, destination, metric, gateway, source, mtu } = route;
  // IPv6 shows the loopback of an unreachable route.
  const link = route.unreachable || route.link === undefined ? undefined : names.get(route.link);
  return {
    kind: 'route',
    family,
    table,
    destination: routeText(destination),
    type: route.unreachable ? 'unreachable' : 'unicast',
    metric,
    ...(gateway !== undefined && { via: gateway }),
    ...(link !== undefined && { link }),
    ...(source !== undefined && { source }),
    ...(mtu !== undefined && { mtu }),
  };
}

function defaultOf(route: NetlinkRoute, names: ReadonlyMap<number, string>): DefaultRoute[] {
  const { family, destination, metric, gateway } = route;
  const link = route.link === undefined ? undefined : names.get(route.link);
  if (destination.length !== 0 || link === undefined) return [];
  return [{ family, link, metric, ...(gateway !== undefined && { via: gateway }) }];
}

const isNear = ({ family, protocol, linkScope }: { family: Family; protocol: number; linkScope: boolean }) =>
  family === 4 ? linkScope : protocol === KERNEL;

function connectedOf(route: NetlinkRoute, ours: ReadonlySet<number>): Prefix[] {
  const { destination, gateway, link } = route;
  if (!isNear(route) || gateway !== undefined || (link !== undefined && ours.has(link))) return [];
  if (destination.length === 0) return [];
  // Every link has the link-local prefix.
  return destination.family === 6 && destination.network >> 118n === 0x3fan ? [] : [destination];
}
