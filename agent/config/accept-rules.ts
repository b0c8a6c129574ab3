import { type Seconds, seconds } from '@sublane/basics';
import * as v from 'valibot';
import { canonicalAddress, type Prefix, parsePrefix } from '../lanes/ip-address.ts';

/**
 * What a headend may ask of this host: `accept:` in agent.yaml. What touches more than a lane of one's own is refused
 * whatever the rules say (`../service/accept-reply.ts`); these tighten the rest.
 */
export interface AcceptRules {
  readonly attachments: ReadonlySet<AttachmentKind>;
  /** Lanes of this host at once. */
  readonly lanes: number;
  readonly addresses: { readonly within: Within; readonly atMost: number };
  readonly routes: {
    readonly to: Within;
    readonly nextHops: Within;
    /** Whether a lane's route may lead to a network that this host stands in by another way than the lane. */
    readonly localNetworks: boolean;
    readonly atMost: number;
  };
  readonly tunnelsTo: Within;
  /** Tags, each range with both its ends. */
  readonly vlans: readonly Range[];
  readonly dns: { readonly within: Within; readonly atMost: number };
  /** Bytes. */
  readonly mtu: Range;
  readonly lease: { readonly atLeast: Seconds; readonly atMost: Seconds };
  readonly dscp: readonly Range[];
  /** Entries of a security profile's list. */
  readonly permits: number;
  readonly applications: number;
  /** Whether a security profile may leave a group without any network while it has no lane. */
  readonly blockWhenDown: boolean;
}

/** How an address reaches the host; of tunnels each encapsulation counts as a kind. */
export type AttachmentKind = (typeof ATTACHMENT_KINDS)[number];
export const ATTACHMENT_KINDS = ['on-link', 'routed', 'vlan', 'gre', 'ipip', 'vxlan', 'wireguard'] as const;

export type Within = 'any' | readonly Prefix[];

/** Both ends are in it. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const whole = (from: number, to: number) => {
  const expected = `expected a whole number from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};

const PREFIX = 'expected a prefix as 192.0.2.0/24 or 2001:db8::/32, without bits beyond its length';
const prefix = v.pipe(v.string(PREFIX), v.check(isPrefix, PREFIX));
const within = v.union([v.literal('any'), v.array(prefix)], 'expected any, or a list of prefixes');

/** One that was mistyped would permit something else than meant. */
function isPrefix(text: string): boolean {
  const read = parsePrefix(text);
  if (read === undefined || !text.includes('/')) return false;
  const written = parsePrefix(canonicalAddress(text.split('/')[0] as string) ?? '');
  return written !== undefined && written.network === read.network;
}

function ranges(what: string, from: number, to: number) {
  const expected = `expected any, or a list of ${what} from ${from} to ${to}: numbers, and ranges as ${from}-${to}`;
  const fits = (one: string | number) => {
    const range = rangeOf(one);
    return range !== undefined && range.from >= from && range.from <= range.to && range.to <= to;
  };
  const entry = v.pipe(v.union([v.number(), v.string()], expected), v.check(fits, expected));
  return v.union([v.literal('any'), v.array(entry)], expected);
}

function rangeOf(entry: string | number): Range | undefined {
  const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(String(entry));
  return match === null ? undefined : { from: Number(match[1]), to: Number(match[2] ?? match[1]) };
}

/** `{ at-least, at-most }`, in this order. */
function span(from: number, to: number, atLeast: number, atMost: number) {
  return v.optional(
    v.pipe(
      v.strictObject({
        'at-least': v.optional(whole(from, to), atLeast),
        'at-most': v.optional(whole(from, to), atMost),
      }),
      v.check((one) => one['at-least'] <= one['at-most'], 'expected at-least not to be more than at-most'),
    ),
    {},
  );
}

const yesOrNo = v.picklist(['yes', 'no'], 'expected yes or no');
const KINDS = `expected some of ${ATTACHMENT_KINDS.join(', ')}`;

/** `accept:` as it is written. */
export const acceptFile = v.strictObject({
  attachments: v.optional(v.array(v.picklist(ATTACHMENT_KINDS, KINDS), KINDS), [...ATTACHMENT_KINDS]),
  lanes: v.optional(whole(1, 128), 128),
  addresses: v.optional(
    v.strictObject({ within: v.optional(within, 'any'), 'at-most': v.optional(whole(1, 256), 16) }),
    {},
  ),
  routes: v.optional(
    v.strictObject({
      to: v.optional(within, 'any'),
      'next-hops': v.optional(within, 'any'),
      'local-networks': v.optional(yesOrNo, 'no'),
      'at-most': v.optional(whole(0, 4_096), 256),
    }),
    {},
  ),
  tunnels: v.optional(v.strictObject({ to: v.optional(within, 'any') }), {}),
  vlans: v.optional(ranges('VLANs', 1, 4_094), 'any'),
  dns: v.optional(v.strictObject({ within: v.optional(within, 'any'), 'at-most': v.optional(whole(0, 64), 8) }), {}),
  mtu: span(1_280, 65_535, 1_280, 9_216),
  lease: span(1, 31_622_400, 10, 2_678_400),
  dscp: v.optional(ranges('DSCPs', 0, 63), 'any'),
  permits: v.optional(whole(0, 4_096), 256),
  applications: v.optional(whole(0, 4_096), 256),
  'block-when-down': v.optional(yesOrNo, 'yes'),
});

export function acceptRulesOf(file: v.InferOutput<typeof acceptFile>): AcceptRules {
  return {
    attachments: new Set(file.attachments),
    lanes: file.lanes,
    addresses: { within: prefixesOf(file.addresses.within), atMost: file.addresses['at-most'] },
    routes: {
      to: prefixesOf(file.routes.to),
      nextHops: prefixesOf(file.routes['next-hops']),
      localNetworks: file.routes['local-networks'] === 'yes',
      atMost: file.routes['at-most'],
    },
    tunnelsTo: prefixesOf(file.tunnels.to),
    vlans: rangesOf(file.vlans, 1, 4_094),
    dns: { within: prefixesOf(file.dns.within), atMost: file.dns['at-most'] },
    mtu: { from: file.mtu['at-least'], to: file.mtu['at-most'] },
    lease: { atLeast: seconds(file.lease['at-least']), atMost: seconds(file.lease['at-most']) },
    dscp: rangesOf(file.dscp, 0, 63),
    permits: file.permits,
    applications: file.applications,
    blockWhenDown: file['block-when-down'] === 'yes',
  };
}

export const DEFAULT_ACCEPT_RULES: AcceptRules = acceptRulesOf(v.parse(acceptFile, {}));

function prefixesOf(texts: 'any' | readonly string[]): Within {
  return texts === 'any' ? 'any' : texts.flatMap((text) => parsePrefix(text) ?? []);
}

function rangesOf(entries: 'any' | readonly (string | number)[], from: number, to: number): readonly Range[] {
  return entries === 'any' ? [{ from, to }] : entries.flatMap((entry) => rangeOf(entry) ?? []);
}
