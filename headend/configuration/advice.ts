import type { Configuration } from '../policy/configuration.ts';
import { locationChain } from '../policy/locate.ts';
import { formatPrefix, parsePrefix, prefixContains } from '../pools/ip-address.ts';
import type { Pool } from '../pools/pool.ts';
import { isSegment } from '../pools/tunnel.ts';
import { aaaAdvice } from './aaa-advice.ts';

/** What is permitted and yet will disappoint somebody: sentences for the operator, none where all is well. */
export function adviceOn(configuration: Configuration): readonly string[] {
  const { pools, plans } = configuration;
  const pooled = new Set([...pools.values()].map((pool) => pool.class));
  const classes = new Set([...plans.values()].flatMap((plan) => [...plan.classes.keys()]));
  const advice: string[] = [];
  for (const plan of plans.values()) {
    for (const name of plan.classes.keys())
      if (!pooled.has(name))
        advice.push(
          `plan ${plan.name}: no pool serves class ${name}, so requests for it are refused; ` +
            `add one: headend pool add NAME --class ${name} --prefix PREFIX`,
        );
    for (const { name, upld, dnld } of plan.classes.values())
      if (!upld && !dnld)
        advice.push(
          `plan ${plan.name}: class ${name} has no ceiling in either direction, so nothing can be asked of it`,
        );
    for (const { name, scope, routes } of plan.classes.values())
      if (scope === 'internal' && routes.length === 0 && plan.routes.length === 0)
        advice.push(`plan ${plan.name}: class ${name} is internal and has no routes, so its lanes lead nowhere`);
  }
  for (const pool of pools.values())
    if (plans.size > 0 && !classes.has(pool.class))
      advice.push(`pool ${pool.name}: no plan has a class ${pool.class}, so nobody gets its addresses`);
  for (const pool of pools.values()) advice.push(...withoutGateway(pool), ...offTheLink(pool, configuration));
  return [...advice, ...aaaAdvice(configuration.aaa)];
}

/** A segment of its own has no other way out than a gateway there. */
function withoutGateway({ name, attachment, shape, ipv4Gateway, ipv6Gateway }: Pool): string[] {
  if (!isSegment(attachment)) return [];
  const lacking = [
    ...(shape.ipv4 && ipv4Gateway === undefined ? ['IPv4'] : []),
    ...(shape.ipv6 && ipv6Gateway === undefined ? ['IPv6'] : []),
  ];
  return lacking.map(
    (family) =>
      `pool ${name}: its lanes stand on a segment of their own and have no ${family} gateway, so they reach nothing beyond it; ` +
      'give it one with --gateway',
  );
}

/** The gateway of on-link lanes stands on the access link: their addresses are expected to be of its prefixes. */
function offTheLink({ name, attachment, location, shape }: Pool, configuration: Configuration): string[] {
  if (attachment.kind !== 'on-link') return [];
  // Where its hosts may be: there, in a part of it, or in what it is a part of.
  const here = [...configuration.locations.values()].filter(
    (one) =>
      location === undefined ||
      locationChain(configuration, one.name).includes(location) ||
      locationChain(configuration, location).includes(one.name),
  );
  const access = here
    .flatMap(({ accessPrefixes }) => accessPrefixes.map(parsePrefix))
    .filter((prefix) => prefix !== undefined);
  return [shape.ipv4, shape.ipv6].flatMap((prefix) => {
    const family = access.filter(({ base }) => base.length === prefix?.base.length);
    if (prefix === undefined || family.length === 0) return [];
    if (family.some((one) => one.length <= prefix.length && prefixContains(one, prefix.base))) return [];
    return [
      `pool ${name}: its lanes are on-link and ${formatPrefix(prefix)} is in none of the access prefixes there ` +
        `(${family.map(formatPrefix).join(', ')}); the gateway must stand on the hosts' link and know these addresses there`,
    ];
  });
}
