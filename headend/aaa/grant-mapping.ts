import { type KilobitsPerSecond, kilobitsPerSecond, type Seconds, seconds } from '@sublane/basics';
import { type Attribute, allValues, findAttribute, firstValue, valueText, withKey } from '@sublane/radius';
import { labelPattern } from '../policy/label-pattern.ts';
import type { GrantMapping, MappedGrant, RadiusGroup } from './aaa-configuration.ts';
import type { WantedAddresses } from './grant.ts';

/** What an Access-Accept comes to. */
export interface GrantedByRadius {
  /** Absent: the answer names none, and the group has no default. */
  readonly plan?: string;
  readonly upldCeiling?: KilobitsPerSecond;
  readonly dnldCeiling?: KilobitsPerSecond;
  readonly leaseMax?: Seconds;
  readonly addresses?: WantedAddresses;
  readonly radiusClass?: readonly string[];
  readonly interimInterval?: Seconds;
  /** How the servers call the subscriber, where they say so. */
  readonly userName?: string;
}

/** Reads an answer by the group's mappings; what says nothing that can be used is as if it were not there. */
export function readGrant(
  { mappings, defaultPlan }: Pick<RadiusGroup, 'mappings' | 'defaultPlan'>,
  attributes: readonly Attribute[],
): GrantedByRadius {
  const plan = mapped(mappings, attributes, planOf) ?? defaultPlan;
  const upldCeiling = mapped(mappings, attributes, ceilingOf('upld-ceiling'));
  const dnldCeiling = mapped(mappings, attributes, ceilingOf('dnld-ceiling'));
  const leaseMax = positive(firstValue(attributes, 'Session-Timeout'));
  const interim = positive(firstValue(attributes, 'Acct-Interim-Interval'));
  const addresses = wantedAddresses(attributes);
  const radiusClass = allValues(attributes, 'Class').map((value) => Buffer.from(value).toString('base64'));
  const userName = firstValue(attributes, 'User-Name');
  return {
    ...(plan !== undefined && { plan }),
    ...(upldCeiling !== undefined && { upldCeiling }),
    ...(dnldCeiling !== undefined && { dnldCeiling }),
    ...(leaseMax !== undefined && { leaseMax: seconds(leaseMax) }),
    ...(addresses && { addresses }),
    ...(radiusClass.length > 0 && { radiusClass }),
    // RFC 2869 §5.16: "The value MUST NOT be smaller than 60."
    ...(interim !== undefined && { interimInterval: seconds(Math.max(60, interim)) }),
    ...(userName !== undefined && PRINTABLE.test(userName) && { userName }),
  };
}

/** The first mapping that fits, by the first value of its attribute that does. */
function mapped<T>(
  mappings: readonly GrantMapping[],
  attributes: readonly Attribute[],
  read: (grants: MappedGrant, text: string) => T | undefined,
): T | undefined {
  for (const { attribute, pattern, grants } of mappings) {
    const key = findAttribute(attribute);
    const fits = pattern === undefined ? () => true : labelPattern(pattern);
    for (const one of key === undefined ? [] : withKey(attributes, key)) {
      const text = valueText(one);
      const granted = fits(text) ? read(grants, text) : undefined;
      if (granted !== undefined) return granted;
    }
  }
  return undefined;
}

function planOf(grants: MappedGrant, text: string): string | undefined {
  if (grants.kind === 'plan') return grants.plan;
  return grants.kind === 'plan-named' && PRINTABLE.test(text) ? text : undefined;
}

/** What will be in messages and in the audit trail. */
const PRINTABLE = /^\P{C}+$/u;

const RATE_MAX = 4_294_967_295;

/** Rounded down to whole kbit/s, and at least one. 0 is, as servers use it, no limit at all. */
function ceilingOf(wanted: 'upld-ceiling' | 'dnld-ceiling') {
  return (grants: MappedGrant, text: string): KilobitsPerSecond | undefined => {
    if (grants.kind !== wanted || !/^\d{1,15}$/.test(text) || Number(text) === 0) return undefined;
    const rate = grants.unit === 'bits-per-second' ? Math.floor(Number(text) / 1000) : Number(text);
    return kilobitsPerSecond(Math.min(RATE_MAX, Math.max(1, rate)));
  };
}

function wantedAddresses(attributes: readonly Attribute[]): WantedAddresses | undefined {
  const ipv4 = allValues(attributes, 'Framed-IP-Address').find((address) => !NAS_CHOOSES.has(address));
  const ipv6 = firstValue(attributes, 'Framed-IPv6-Address');
  const delegatedPrefix = firstValue(attributes, 'Delegated-IPv6-Prefix');
  if (ipv4 === undefined && ipv6 === undefined && delegatedPrefix === undefined) return undefined;
  return {
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    ...(delegatedPrefix !== undefined && { delegatedPrefix }),
  };
}

/** RFC 2865 §5.8: the user may choose, and the NAS may; here that is one. */
const NAS_CHOOSES: ReadonlySet<string> = new Set(['255.255.255.255', '255.255.255.254', '0.0.0.0']);

const positive = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);
