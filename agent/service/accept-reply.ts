import type { ApplicationGroup, ApplicationGroupLease } from '@sublane/yang';
import type { AcceptRules, AttachmentKind, Range } from '../config/accept-rules.ts';
import { addressRefusals, claimsOf, type Neighbours, routeRefusals, tunnelRefusals } from './accept-networks.ts';
import { whenDownOf } from './lane-wish-of.ts';
import type { OwnNetworks } from './own-networks.ts';
import { isPrintable } from './printable.ts';
import type { ReplyRefusal } from './reply-refusal.ts';

export interface ReplyInput {
  /** What the headend grants; each group once. */
  readonly groups: readonly ApplicationGroup[];
  /** What is held besides, and was accepted before: nothing granted now may clash with it. */
  readonly standing: readonly ApplicationGroup[];
  /** Whether a group's lease has just begun. */
  readonly isNew: (group: ApplicationGroup) => boolean;
  readonly rules: AcceptRules;
  readonly host: ReplyHost;
}

/** What the host is, as far as it decides what may be asked of it. */
export interface ReplyHost extends OwnNetworks {
  /** The interface that lanes stand on, where it is known. */
  readonly uplink?: string;
  /** Prefixes that lanes' applications reach by the host's own way in any case; `connected`: all networks of the host. */
  readonly direct: readonly string[];
  /** Of the headend that answered, where it is an address. */
  readonly headend?: string;
  readonly wireguardPublicKey?: string;
}

export interface ReplyVerdict {
  readonly accepted: readonly ApplicationGroup[];
  /** By group: everything it was refused for. */
  readonly refused: ReadonlyMap<number, readonly ReplyRefusal[]>;
}

/**
 * Which of the granted lanes this host is willing to make. What the schema guarantees (names of lanes' interfaces, text
 * that is an address) is not looked at again; everything here is well-formed and may be hostile all the same.
 */
export function acceptReply(input: ReplyInput): ReplyVerdict {
  const { groups, standing } = input;
  const accepted: ApplicationGroup[] = [];
  const refused = new Map<number, readonly ReplyRefusal[]>();
  for (const group of groups) {
    const others = [...standing, ...accepted];
    const refusals = [...groupRefusals(group, neighboursOf(others), input)];
    if (refusals.length === 0) accepted.push(group);
    else refused.set(group.id, refusals);
  }
  return { accepted, refused };
}

/** Of a lease's terms, also when it is renewed. What is left of a lease that was granted before may be short. */
export function* leaseRefusals(
  lease: ApplicationGroupLease,
  { lease: rule }: AcceptRules,
  isNew: boolean,
): Generator<ReplyRefusal> {
  const valid = lease['valid-lifetime'];
  const leaf = { rule: 'accept.lease', path: 'lease/valid-lifetime', value: String(valid) };
  if (isNew && valid < rule.atLeast)
    yield { ...leaf, why: `is shorter than ${rule.atLeast} s`, remedy: `accept: { lease: { at-least: ${valid} } }` };
  if (valid > rule.atMost)
    yield { ...leaf, why: `is longer than ${rule.atMost} s`, remedy: `accept: { lease: { at-most: ${valid} } }` };
}

function neighboursOf(others: readonly ApplicationGroup[]): Neighbours {
  return {
    claims: others.flatMap((other) => claimsOf(other).map((prefix) => ({ prefix, groupId: other.id }))),
    interfaces: new Map(others.map((other) => [other['access-interface-cfg'].interface, other.id])),
    count: others.length,
  };
}

function* groupRefusals(
  group: ApplicationGroup,
  others: Neighbours,
  { rules, host, isNew }: ReplyInput,
): Generator<ReplyRefusal> {
  yield* countRefusals(group, others, rules);
  yield* nameRefusals(group, others);
  yield* interfaceRefusals(group, rules);
  yield* addressRefusals(group, others, rules, host);
  yield* routeRefusals(group, rules, host);
  yield* tunnelRefusals(group, others, rules, host);
  yield* leaseRefusals(group.lease, rules, isNew(group));
  const { dscp } = group['qos-cfg'];
  if (!inRanges(dscp, rules.dscp))
    yield {
      rule: 'accept.dscp',
      path: 'qos-cfg/dscp',
      value: String(dscp),
      why: 'is not among the marks permitted',
      remedy: `${dscp} in accept.dscp`,
    };
  if (!rules.blockWhenDown && whenDownOf(group['security-cfg']) === 'block')
    yield {
      rule: 'accept.block-when-down',
      path: 'security-cfg/when-down',
      value: 'block',
      why: 'would leave the group without a network while it has no lane',
      remedy: 'accept: { block-when-down: yes }',
    };
}

/** Lists that are too long. */
function* countRefusals(group: ApplicationGroup, { count }: Neighbours, rules: AcceptRules): Generator<ReplyRefusal> {
  const access = group['access-interface-cfg'];
  const routing = group['routing-cfg'];
  const lists: readonly (readonly [rule: string, path: string, length: number | undefined, most: number])[] = [
    ['accept.lanes', '.', count + 1, rules.lanes],
    [
      'accept.addresses.at-most',
      'access-interface-cfg/ipv4/address',
      access.ipv4?.address?.length,
      rules.addresses.atMost,
    ],
    [
      'accept.addresses.at-most',
      'access-interface-cfg/ipv6/address',
      access.ipv6?.address?.length,
      rules.addresses.atMost,
    ],
    [
      'accept.addresses.at-most',
      'access-interface-cfg/ipv6/delegated-prefix',
      access.ipv6?.['delegated-prefix']?.length,
      rules.addresses.atMost,
    ],
    [
      'accept.addresses.at-most',
      'access-interface-cfg/check-address',
      access['check-address']?.length,
      rules.addresses.atMost,
    ],
    ['accept.dns.at-most', 'access-interface-cfg/dns-server', access['dns-server']?.length, rules.dns.atMost],
    ['accept.routes.at-most', 'routing-cfg/ipv4-route', routing?.['ipv4-route']?.length, rules.routes.atMost],
    ['accept.routes.at-most', 'routing-cfg/ipv6-route', routing?.['ipv6-route']?.length, rules.routes.atMost],
    ['accept.permits', 'security-cfg/permit', group['security-cfg']?.permit?.length, rules.permits],
    ['accept.applications', 'application-list', group['application-list']?.length, rules.applications],
  ];
  for (const [rule, path, length = 0, most] of lists) {
    if (length <= most) continue;
    const what = path === '.' ? `is one lane more than the ${most} permitted` : `has more than ${most} entries`;
    yield { rule, path, value: String(length), why: what, remedy: `${rule}: ${length}` };
  }
}

/** The links that lanes share, and those of groups that are blocked. */
const RESERVED_LINK = /^sl(-|b\d+$)/;

function* nameRefusals(group: ApplicationGroup, others: Neighbours): Generator<ReplyRefusal> {
  const link = group['access-interface-cfg'].interface;
  const path = 'access-interface-cfg/interface';
  if (RESERVED_LINK.test(link)) yield { rule: 'always', path, value: link, why: 'is a name this agent uses itself' };
  const twin = others.interfaces.get(link);
  if (twin !== undefined) yield { rule: 'always', path, value: link, why: `is the interface of group ${twin}` };
  const security = group['security-cfg'];
  const names: readonly (readonly [path: string, name: string])[] = [
    ['lease/id', group.lease.id],
    ...(security ? [['security-cfg/profile', security.profile] as const] : []),
    ...(security?.permit ?? []).map(({ name }) => ['security-cfg/permit/name', name] as const),
    ...(group['application-list'] ?? []).map((label) => ['application-list', label] as const),
  ];
  for (const [path, name] of names)
    if (!isPrintable(name))
      yield { rule: 'always', path, value: name, why: 'holds characters that control a terminal' };
}

function* interfaceRefusals(group: ApplicationGroup, rules: AcceptRules): Generator<ReplyRefusal> {
  const access = group['access-interface-cfg'];
  const kind = attachmentKindOf(group);
  if (kind !== undefined && !rules.attachments.has(kind))
    yield {
      rule: 'accept.attachments',
      path: access.tunnel === undefined ? 'access-interface-cfg/type' : 'access-interface-cfg/tunnel/encapsulation',
      value: access.tunnel?.encapsulation ?? access.type,
      why: `is a lane of kind ${kind}, which is not among those permitted`,
      remedy: `${kind} in accept.attachments`,
    };
  const vlan = access['vlan-id'];
  if (vlan !== undefined && !inRanges(vlan, rules.vlans))
    yield {
      rule: 'accept.vlans',
      path: 'access-interface-cfg/vlan-id',
      value: String(vlan),
      why: 'is not among the VLANs permitted',
      remedy: `${vlan} in accept.vlans`,
    };
  if (access.mtu !== undefined && !inRanges(access.mtu, [rules.mtu]))
    yield {
      rule: 'accept.mtu',
      path: 'access-interface-cfg/mtu',
      value: String(access.mtu),
      why: `is not from ${rules.mtu.from} to ${rules.mtu.to}`,
      remedy: `accept: { mtu: { ${access.mtu < rules.mtu.from ? 'at-least' : 'at-most'}: ${access.mtu} } }`,
    };
}

/** Undefined: of a type that this agent does not do, which is said when the lane is to be made. */
export function attachmentKindOf({ 'access-interface-cfg': access }: ApplicationGroup): AttachmentKind | undefined {
  switch (access.type) {
    case 'iana-if-type:propVirtual':
      return 'on-link';
    case 'iana-if-type:softwareLoopback':
      return 'routed';
    case 'iana-if-type:l2vlan':
      return 'vlan';
    case 'iana-if-type:tunnel':
      return access.tunnel?.encapsulation;
    default:
      return undefined;
  }
}

const inRanges = (value: number, ranges: readonly Range[]) =>
  ranges.some(({ from, to }) => value >= from && value <= to);
