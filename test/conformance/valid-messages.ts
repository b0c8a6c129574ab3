import type { JsonValue } from '@sublane/basics';

type Json = { [member: string]: JsonValue };

/**
 * Bends random data until the modules' `must`, `when` and leafrefs hold, by dropping what does not fit; empty containers
 * go too, as libyang does not give them back.
 */
export function madeValid(data: Json): Json {
  const value = structuredClone(data);
  visit(value);
  return (pruned(value) ?? {}) as Json;
}

function visit(value: JsonValue): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    value.forEach(visit);
    return;
  }
  const node = value as Json;
  for (const child of Object.values(node)) if (child !== undefined) visit(child);
  for (const [member, bend] of Object.entries(RULES)) if (node[member] !== undefined) bend(node);
}

/** By a member that the node must have for the rule to be its concern. */
const RULES: Readonly<Record<string, (node: Json) => void>> = {
  'user-password': (request) => {
    request['user-name'] ??= 'alice';
  },
  'password-hash': (subscriber) => {
    if (subscriber.password !== undefined) delete subscriber['password-hash'];
  },
  'access-interface-cfg': (group) => {
    const access = group['access-interface-cfg'] as Json;
    if (!hasAddress(access.ipv4) && !hasAddress(access.ipv6)) {
      access.ipv4 = { address: [{ ip: '192.0.2.1', 'prefix-length': 32 }] };
    }
    conditional(access, 'type', 'iana-if-type:l2vlan', 'vlan-id', 'iana-if-type:propVirtual');
    conditional(access, 'type', 'iana-if-type:tunnel', 'tunnel', 'iana-if-type:softwareLoopback');
  },
  'valid-lifetime': (lease) => {
    lease['renew-after'] = Number(lease['renew-after']) % Math.max(1, Number(lease['valid-lifetime']));
  },
  'upper-port': (permit) => {
    const { 'lower-port': lower = 0, 'upper-port': upper } = permit;
    permit['lower-port'] = Math.min(Number(lower), Number(upper));
    permit['upper-port'] = Math.max(Number(lower), Number(upper));
  },
  'sublane-headend:headend': (data) => {
    const headend = data['sublane-headend:headend'] as Json;
    const locations = names(headend.location);
    for (const location of entries(headend.location)) {
      const parent = location.parent;
      if (parent === location.name || !locations.includes(parent)) delete location.parent;
    }
    for (const pool of entries(headend.pool)) {
      if (!locations.includes(pool.location)) delete pool.location;
      conditional(pool, 'attachment', 'vlan', 'vlan-id', 'routed');
      conditional(pool, 'attachment', 'tunnel', 'tunnel', 'on-link');
      // A pool moves to another of the same list.
      if (pool['admin-state'] === 'moving') pool['admin-state'] = 'draining';
      delete pool.successor;
    }
    const profiles = names(headend['security-profile']);
    for (const plan of entries(headend.plan)) {
      for (const one of entries(plan.class))
        if (!profiles.includes(one['security-profile'])) delete one['security-profile'];
      for (const { when } of entries(plan.rule) as { when?: Json }[]) {
        if (when === undefined) continue;
        if (!profiles.includes(when.security)) delete when.security;
        const places = (when.location ?? []) as JsonValue[];
        when.location = places.filter((place) => locations.includes(place));
      }
    }
    if (headend.aaa !== undefined) bendAaa(headend.aaa as Json, names(headend.plan));
    for (const plan of entries(headend.plan)) {
      const classes = names(plan.class);
      if (!classes.includes(plan['default-class'])) delete plan['default-class'];
      for (const rule of entries(plan.rule)) {
        if (rule.class === undefined || classes.includes(rule.class)) continue;
        delete rule.class;
        rule.refuse = 'no such class';
      }
    }
  },
};

function bendAaa(aaa: Json, plans: readonly (JsonValue | undefined)[]): void {
  for (const group of entries(aaa.radius)) if (group.name === 'embedded') group.name = 'corp';
  const groups = names(aaa.radius);
  const known = (name: JsonValue | undefined) => name === 'embedded' || groups.includes(name);
  if (!known(aaa.authority)) delete aaa.authority;
  for (const realm of entries(aaa.realm)) if (!known(realm.authority)) realm.authority = 'embedded';
  const authorization = aaa['dynamic-authorization'] as Json | undefined;
  if (authorization !== undefined)
    authorization.client = entries(authorization.client).filter(({ authority }) => groups.includes(authority));
  for (const group of entries(aaa.radius)) {
    if (!plans.includes(group['default-plan'])) delete group['default-plan'];
    for (const mapping of entries(group.mapping)) {
      if (mapping.plan !== undefined && !plans.includes(mapping.plan)) delete mapping.plan;
      if (mapping.plan === undefined) mapping['value-is'] ??= 'plan';
      if (!String(mapping['value-is']).endsWith('ceiling')) delete mapping.unit;
    }
  }
}

/** `member` is there exactly where `decider` has this value; where it cannot be, `decider` gets another. */
function conditional(node: Json, decider: string, value: string, member: string, other: string): void {
  if (node[decider] !== value) delete node[member];
  else if (node[member] === undefined) node[decider] = other;
}

const hasAddress = (family: JsonValue | undefined): boolean =>
  entries((family as Json | undefined)?.address).length > 0;
const entries = (list: JsonValue | undefined): Json[] => (list ?? []) as Json[];
const names = (list: JsonValue | undefined): (JsonValue | undefined)[] => entries(list).map(({ name }) => name);

function pruned(value: JsonValue): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((entry) => (entry === null ? null : (pruned(entry) ?? {})));
  const members = Object.entries(value).flatMap(([name, member]) => {
    const left = member === undefined ? undefined : pruned(member);
    return left === undefined ? [] : [[name, left] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
