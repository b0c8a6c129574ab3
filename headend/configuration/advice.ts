import type { Configuration } from '../policy/configuration.ts';
import { locationChain } from '../policy/locate.ts';
import { formatPrefix, parsePrefix, prefixContains } from '../pools/ip-address.ts';
import type { Pool } from '../pools/pool.ts';
import { isSegment } from '../pools/tunnel.ts';
import { aaaAdvice } from './aaa-advice.ts';
import { type ConfigurationFault, listPath } from './configuration-fault.ts';
import { planAdvice, planFaults } from './plan-consistency.ts';

/**
 * What is permitted and yet will disappoint somebody, with the place of each; none where all is well. Faults of plans are
 * among it: a configuration that an earlier version committed may have some.
 */
export function adviceOn(configuration: Configuration): readonly ConfigurationFault[] {
  const { pools, plans, aaa } = configuration;
  const classes = new Set([...plans.values()].flatMap((plan) => [...plan.classes.keys()]));
  return [
    ...planFaults(configuration),
    ...planAdvice(configuration),
    ...[...pools.values()].flatMap((pool) => (plans.size > 0 && !classes.has(pool.class) ? [nobodys(pool)] : [])),
    ...[...pools.values()].flatMap((pool) => [...withoutGateway(pool), ...offTheLink(pool, configuration)]),
    ...aaaAdvice(aaa),
  ];
}

/** As one text: what is to be said, and where it is. */
export function adviceText({ path, message }: ConfigurationFault): string {
  return `${message}\n  at /headend/${path}`;
}

function nobodys({ name, class: className }: Pool): ConfigurationFault {
  return {
    path: `${listPath('pool', name)}/class`,
    code: 'pool-without-class',
    message: `pool ${name}: no plan has a class ${className}, so nobody gets its addresses`,
  };
}

/** A segment of its own has no other way out than a gateway there. */
function withoutGateway({ name, attachment, shape, ipv4Gateway, ipv6Gateway }: Pool): ConfigurationFault[] {
  if (!isSegment(attachment)) return [];
  const lacking = [
    ...(shape.ipv4 && ipv4Gateway === undefined ? ['IPv4'] : []),
    ...(shape.ipv6 && ipv6Gateway === undefined ? ['IPv6'] : []),
  ];
  return lacking.map((family) => ({
    path: listPath('pool', name),
    code: 'pool-without-gateway',
    message:
      `pool ${name}: its lanes stand on a segment of their own and have no ${family} gateway, so they reach nothing beyond it; ` +
      'give it one with --gateway',
  }));
}

/** The gateway of on-link lanes stands on the access link: their addresses are expected to be of its prefixes. */
function offTheLink({ name, attachment, location, shape }: Pool, configuration: Configuration): ConfigurationFault[] {
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
      {
        path: `${listPath('pool', name)}/prefix`,
        code: 'pool-off-link',
        message:
          `pool ${name}: its lanes are on-link and ${formatPrefix(prefix)} is in none of the access prefixes there ` +
          `(${family.map(formatPrefix).join(', ')}); the gateway must stand on the hosts' link and know these addresses there`,
      },
    ];
  });
}
