import { OWN_LINK, type Ownership } from '../../lanes/kernel.ts';
import type { KernelEvent } from '../../lanes/kernel-event.ts';
import { ADDRESS_MESSAGE, readAddress } from './address-messages.ts';
import { LINK_MESSAGE, readLink } from './link-messages.ts';
import { Attributes, type NetlinkMessage } from './message.ts';
import { ROUTE_MESSAGE, readRoute } from './route-messages.ts';
import { RULE_MESSAGE, readRule } from './rule-messages.ts';

/** RTNLGRP_*: links, queues, and addresses, routes and rules of both families (linux/rtnetlink.h). */
export const ROUTE_GROUPS: readonly number[] = [1, 4, 5, 7, 8, 9, 11, 19];
/** NFNLGRP_NFTABLES. */
export const NFTABLES_GROUPS: readonly number[] = [7];

const QUEUE_TYPES = new Set([36, 37, 40, 41, 44, 45]);
const QUEUE_HEADER = 20;
/**
 * Parents of what works on what arrives: the qdisc (TC_H_INGRESS), its filters, and those of its older form. They may be
 * ours or another's, and their numbers do not say: a look is cheap.
 */
const ARRIVING: ReadonlySet<number> = new Set([0xfffffff1, 0xfffffff2, 0xffff0000]);

/** What a message of rtnetlink tells; undefined for what is no change of these. `names` follows the links' names. */
export function routeEvent(
  { type, payload }: NetlinkMessage,
  own: Ownership,
  names: Map<number, string>,
): KernelEvent | undefined {
  switch (type) {
    case LINK_MESSAGE.new:
    case LINK_MESSAGE.delete: {
      const link = readLink(payload);
      if (link === undefined) return undefined;
      // A bridge tells of its ports in a form without most of what a link is.
      const name = link.name || names.get(link.index) || '';
      if (type === LINK_MESSAGE.delete) names.delete(link.index);
      else names.set(link.index, name);
      return { subject: 'link', link: name, own: link.group === own.linkGroup && OWN_LINK.test(name) };
    }
    case ADDRESS_MESSAGE.new:
    case ADDRESS_MESSAGE.delete: {
      const address = readAddress(payload);
      return (
        address && { subject: 'address', own: address.metric === own.linkGroup, ...named(names.get(address.link)) }
      );
    }
    case ROUTE_MESSAGE.new:
    case ROUTE_MESSAGE.delete: {
      const route = readRoute(payload, () => true);
      if (route === undefined) return undefined;
      const ours =
        route.protocol === own.protocol && route.table > own.tables && route.table < own.tables + TABLES_OF_GROUPS;
      return { subject: 'route', own: ours, ...(route.link !== undefined && named(names.get(route.link))) };
    }
    case RULE_MESSAGE.new:
    case RULE_MESSAGE.delete: {
      const rule = readRule(payload);
      return rule && { subject: 'rule', own: rule.protocol === own.protocol };
    }
    default:
      if (!QUEUE_TYPES.has(type) || payload.length < QUEUE_HEADER) return undefined;
      return { subject: 'tc', own: isOurQueue(payload, own), ...named(names.get(payload.readInt32LE(4))) };
  }
}

const TABLES_OF_GROUPS = 65_536;
const named = (link: string | undefined) => (link === undefined ? {} : { link });

function isOurQueue(payload: Buffer, { handle }: Ownership): boolean {
  const parent = payload.readUInt32LE(12);
  return payload.readUInt32LE(8) >>> 16 === handle || parent >>> 16 === handle || ARRIVING.has(parent);
}

const NFTABLES = 10;
const NEW_GENERATION = 15;
const INET = 1;
const NETFILTER_HEADER = 4;
/** Of a table its name, of a chain, rule, set, element and object the name of its table. */
const TABLE = 1;

/** What a message of nf_tables tells; undefined for what is no change of a table. */
export function firewallEvent({ type, payload }: NetlinkMessage, own: Ownership): KernelEvent | undefined {
  if (type >>> 8 !== NFTABLES || (type & 0xff) === NEW_GENERATION || payload.length < NETFILTER_HEADER)
    return undefined;
  const table = new Attributes(payload, NETFILTER_HEADER).string(TABLE);
  return { subject: 'nft', own: payload.readUInt8(0) === INET && table === own.table };
}
