import { type Family, type Prefix, parsePrefix } from '../../lanes/ip-address.ts';
import type { RouteObject } from '../../lanes/kernel-object.ts';
import { addressBytes, addressText, familyOfNumber, networkBytes, numberOf, prefixOfBytes } from './address-bytes.ts';
import { Attributes, FLAG, MessageWriter } from './message.ts';

/** Routes: linux/rtnetlink.h. */
export const ROUTE_MESSAGE = { new: 24, delete: 25, get: 26 } as const;
const ATTRIBUTE = {
  destination: 1,
  outgoing: 4,
  gateway: 5,
  metric: 6,
  source: 7,
  metrics: 8,
  multipath: 9,
  table: 15,
} as const;
const METRIC_MTU = 2;
const HEADER = 12;
const NEXT_HOP = 8;
const UNICAST = 1;
const UNREACHABLE = 7;
const SCOPE = { universe: 0, link: 253, nowhere: 255 } as const;
const ON_LINK = 4;
/** Learned while forwarding: part of no table. */
const CLONED = 0x200;
/** rtm_table has one byte; larger numbers stand in an attribute. */
const LARGE_TABLE = 252;

export interface NetlinkRoute {
  readonly family: Family;
  readonly table: number;
  readonly protocol: number;
  readonly unicast: boolean;
  readonly unreachable: boolean;
  /** Of one link only, in IPv4. */
  readonly linkScope: boolean;
  readonly destination: Prefix;
  readonly metric: number;
  readonly gateway?: string;
  /** Index. Of several next hops that of the first. */
  readonly link?: number;
  readonly source?: string;
  readonly mtu?: number;
}

/** Undefined for what is no route of IP, and for what `wanted` does not want: most routes of a router are not looked into. */
export function readRoute(payload: Buffer, wanted: (head: RouteHead) => boolean): NetlinkRoute | undefined {
  if (payload.length < HEADER) return undefined;
  const family = familyOfNumber(payload.readUInt8(0));
  if (family === undefined || (payload.readUInt32LE(8) & CLONED) !== 0) return undefined;
  const length = payload.readUInt8(1);
  const head = { family, length, protocol: payload.readUInt8(5), linkScope: payload.readUInt8(6) === SCOPE.link };
  if (!wanted(head)) return undefined;
  const attributes = new Attributes(payload, HEADER);
  const hops = attributes.bytes(ATTRIBUTE.multipath);
  const first = hops !== undefined && hops.length >= NEXT_HOP ? hops : undefined;
  const hop = first === undefined ? attributes : new Attributes(first.subarray(0, first.readUInt16LE(0)), NEXT_HOP);
  const link = first === undefined ? attributes.u32(ATTRIBUTE.outgoing) : first.readUInt32LE(4);
  const gateway = addressText(hop.bytes(ATTRIBUTE.gateway));
  const source = addressText(attributes.bytes(ATTRIBUTE.source));
  const mtu = attributes.nested(ATTRIBUTE.metrics)?.u32(METRIC_MTU);
  const type = payload.readUInt8(7);
  return {
    family,
    table: attributes.u32(ATTRIBUTE.table) ?? payload.readUInt8(4),
    protocol: head.protocol,
    unicast: type === UNICAST,
    unreachable: type === UNREACHABLE,
    linkScope: head.linkScope,
    destination: prefixOfBytes(family, attributes.bytes(ATTRIBUTE.destination), length),
    metric: attributes.u32(ATTRIBUTE.metric) ?? 0,
    ...(gateway !== undefined && { gateway }),
    ...(link !== undefined && { link }),
    ...(source !== undefined && { source }),
    ...(mtu !== undefined && { mtu }),
  };
}

/** What can be told without looking into the attributes. */
export interface RouteHead {
  readonly family: Family;
  readonly length: number;
  readonly protocol: number;
  readonly linkScope: boolean;
}

/** Of one protocol or one table, where the kernel can choose (4.20); all of the family where it cannot. */
export function listRoutes(family: Family, only: { protocol: number } | { table: number }): MessageWriter {
  const bytes = header(family);
  if ('protocol' in only) bytes.writeUInt8(only.protocol, 5);
  const message = new MessageWriter(ROUTE_MESSAGE.get, 0, bytes);
  return 'table' in only ? message.u32(ATTRIBUTE.table, only.table) : message;
}

/** `link` is the index of the route's link, where it has one. */
export function putRoute(
  route: RouteObject,
  verb: 'add' | 'change',
  { link, protocol }: { readonly link: number | undefined; readonly protocol: number },
): MessageWriter {
  const { family, type, via, source, mtu } = route;
  const bytes = header(family, route);
  bytes.writeUInt8(protocol, 5);
  bytes.writeUInt8(family === 4 && type === 'unicast' && via === undefined ? SCOPE.link : SCOPE.universe, 6);
  bytes.writeUInt8(type === 'unreachable' ? UNREACHABLE : UNICAST, 7);
  // The gateway need not stand in a prefix of the lane's. (IPv6 has a route to it instead: there `onlink` is refused
  // where main reaches the gateway by another link.)
  if (via !== undefined && family === 4) bytes.writeUInt32LE(ON_LINK, 8);
  const message = identify(ROUTE_MESSAGE.new, verb === 'add' ? FLAG.exclusive : FLAG.replace, bytes, route);
  if (via !== undefined) message.bytes(ATTRIBUTE.gateway, addressBytes(via));
  if (link !== undefined) message.u32(ATTRIBUTE.outgoing, link);
  if (source !== undefined) message.bytes(ATTRIBUTE.source, addressBytes(source));
  if (mtu !== undefined) message.nest(ATTRIBUTE.metrics, (metrics) => metrics.u32(METRIC_MTU, mtu));
  return message;
}

export function removeRoute(route: RouteObject, protocol: number): MessageWriter {
  const bytes = header(route.family, route);
  bytes.writeUInt8(protocol, 5);
  bytes.writeUInt8(SCOPE.nowhere, 6);
  if (route.type === 'unreachable') bytes.writeUInt8(UNREACHABLE, 7);
  return identify(ROUTE_MESSAGE.delete, 0, bytes, route);
}

function identify(type: number, flags: number, bytes: Buffer, { destination, table, metric }: RouteObject) {
  const message = new MessageWriter(type, type === ROUTE_MESSAGE.new ? flags | FLAG.create : flags, bytes)
    .u32(ATTRIBUTE.table, table)
    .u32(ATTRIBUTE.metric, metric);
  const prefix = parsePrefix(destination);
  return prefix === undefined ? message : message.bytes(ATTRIBUTE.destination, networkBytes(prefix));
}

/** struct rtmsg. */
function header(family: Family, route?: RouteObject): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt8(numberOf(family), 0);
  if (route === undefined) return bytes;
  bytes.writeUInt8(parsePrefix(route.destination)?.length ?? 0, 1);
  bytes.writeUInt8(route.table < 256 ? route.table : LARGE_TABLE, 4);
  return bytes;
}
