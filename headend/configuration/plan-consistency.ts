import type { KilobitsPerSecond } from '@sublane/basics';
import type { Configuration } from '../policy/configuration.ts';
import { locationChain } from '../policy/locate.ts';
import type { Plan, Rule, ServiceClass } from '../policy/plan.ts';
import { covers } from '../policy/rule-cover.ts';
import { DIRECTIONS } from '../policy/wish.ts';
import { type ConfigurationFault, listPath } from './configuration-fault.ts';

/** What makes no sense in a plan, whatever else is configured; with the place of each. A commit refuses them. */
export function planFaults(configuration: Configuration): readonly ConfigurationFault[] {
  return [...configuration.plans.values()].flatMap((plan) => [
    ...plan.rules.flatMap((rule) => impossible(plan, rule)),
    ...unreachable(plan, configuration),
  ]);
}

/** What disappoints somebody until a later step cures it, or is meant so; with the place of each. */
export function planAdvice(configuration: Configuration): readonly ConfigurationFault[] {
  return [...configuration.plans.values()].flatMap((plan) => [
    ...[...plan.classes.values()].flatMap((service) => ofClass(plan, service, configuration)),
    ...plan.rules.flatMap((rule) => givesNothing(plan, rule)),
    ...ofDefault(plan),
  ]);
}

function impossible({ name: plan, quota }: Plan, { name, when }: Rule): ConfigurationFault[] {
  const { bandwidthMin, bandwidthMax, quotaUsed } = when;
  const path = `${listPath('plan', plan)}/${listPath('rule', name)}/when`;
  const faults: ConfigurationFault[] = [];
  if (bandwidthMin !== undefined && bandwidthMax !== undefined && bandwidthMin > bandwidthMax)
    faults.push({
      path: `${path}/bandwidth-min`,
      code: 'rule-never-matches',
      message:
        `plan ${plan}: rule ${name} never matches, since bandwidth-min ${bandwidthMin} is above ` +
        `bandwidth-max ${bandwidthMax}; expected at most that`,
    });
  if (quotaUsed !== undefined && quota === undefined)
    faults.push({
      path: `${path}/quota-used`,
      code: 'quota-missing',
      message: `plan ${plan}: rule ${name} never matches, since the plan has no quota; give it one, or leave out quota-used`,
    });
  return faults;
}

function unreachable(plan: Plan, configuration: Configuration): ConfigurationFault[] {
  const surroundings = {
    chainOf: (location: string) => locationChain(configuration, location),
    counting: plan.quota !== undefined,
  };
  return plan.rules.flatMap((rule, at) => {
    const before = plan.rules.slice(0, at).find((earlier) => covers(earlier, rule, surroundings));
    if (before === undefined) return [];
    const message =
      `plan ${plan.name}: rule ${rule.name} never decides, since rule ${before.name} before it matches whenever it does; ` +
      `put it before ${before.name}, or remove it`;
    return [
      { path: `${listPath('plan', plan.name)}/${listPath('rule', rule.name)}`, code: 'rule-unreachable', message },
    ];
  });
}

function ofClass(plan: Plan, service: ServiceClass, configuration: Configuration): ConfigurationFault[] {
  const { name, upld, dnld, scope, routes } = service;
  const path = `${listPath('plan', plan.name)}/${listPath('class', name)}`;
  const advice: ConfigurationFault[] = [];
  const advise = (code: string, message: string, leaf = '') =>
    advice.push({ path: `${path}${leaf}`, code, message: `plan ${plan.name}: ${message}` });
  if (![...configuration.pools.values()].some((pool) => pool.class === name))
    advise(
      'class-without-pool',
      `no pool serves class ${name}, so requests for it are refused; ` +
        `add one: headend pool add NAME --class ${name} --prefix PREFIX`,
    );
  if (upld === undefined && dnld === undefined)
    advise('class-without-ceiling', `class ${name} has no ceiling in either direction, so nothing can be asked of it`);
  if (scope === 'internal' && routes.length === 0 && plan.routes.length === 0)
    advise('class-without-routes', `class ${name} is internal and has no routes, so its lanes lead nowhere`);
  const given = plan.rules.some(({ outcome }) => 'class' in outcome && outcome.class === name);
  if (!given && plan.defaultClass !== name)
    advise('class-unused', `no rule gives class ${name} and it is not the default class, so nobody gets it`);
  for (const direction of DIRECTIONS) {
    const ceiling = service[direction]?.ceiling;
    if (ceiling === undefined || ceiling === 'unlimited' || service.admission !== 'guaranteed') continue;
    const tight = tooTight(name, direction, ceiling, configuration);
    if (tight.length === 0) continue;
    const where = tight.slice(0, NAMED).map((one) => `${one.location} (${one.capacity})`);
    advise(
      'ceiling-over-capacity',
      `the ${direction} ceiling ${ceiling} of class ${name} is above what can be guaranteed at ${where.join(', ')}` +
        `${tight.length > NAMED ? ' and elsewhere' : ''}, so it is never granted there; ` +
        'lower it, raise the capacity, or make the class best-effort',
      `/${direction}/ceiling`,
    );
  }
  return advice;
}

/** How many of the locations to blame are named. */
const NAMED = 3;

/** Locations where the class has a pool and even an idle one cannot guarantee so much. */
function tooTight(
  className: string,
  direction: 'upld' | 'dnld',
  ceiling: KilobitsPerSecond,
  configuration: Configuration,
): readonly { readonly location: string; readonly capacity: number }[] {
  const pools = [...configuration.pools.values()].filter((pool) => pool.class === className);
  return [...configuration.locations.values()].flatMap((location) => {
    const capacity = direction === 'upld' ? location.upldCapacity : location.dnldCapacity;
    if (capacity === undefined || capacity >= ceiling) return [];
    // Hosts of a place get addresses of its pools, of those around it, and of those of anywhere.
    const around = locationChain(configuration, location.name);
    const served = pools.some((pool) => pool.location === undefined || around.includes(pool.location));
    // A pool of a part of the place is for hosts there, whose rates count here too.
    const parts = pools.some((pool) => locationChain(configuration, pool.location).includes(location.name));
    return served || parts ? [{ location: location.name, capacity }] : [];
  });
}

/** A rule that matches what its class then refuses. */
function givesNothing(plan: Plan, { name, when, outcome }: Rule): ConfigurationFault[] {
  if ('refuse' in outcome) return [];
  const service = plan.classes.get(outcome.class);
  if (service === undefined) return [];
  const { direction, bandwidthMin, security } = when;
  const path = `${listPath('plan', plan.name)}/${listPath('rule', name)}`;
  const advise = (leaf: string, why: string): ConfigurationFault[] => [
    {
      path: `${path}/${leaf}`,
      code: 'rule-gives-nothing',
      message: `plan ${plan.name}: rule ${name} refuses all it matches, since ${why}`,
    },
  ];
  if (direction !== undefined && service[direction] === undefined)
    return advise('when/direction', `class ${service.name} has no ${direction} ceiling`);
  if (security !== undefined && service.securityProfile !== undefined && security !== service.securityProfile)
    return advise('when/security', `class ${service.name} binds its lanes to ${service.securityProfile}`);
  const ceilings = DIRECTIONS.filter((one) => direction === undefined || one === direction)
    .map((one) => service[one]?.ceiling)
    .filter((ceiling) => ceiling !== undefined);
  if (bandwidthMin === undefined || outcome.overCeiling === 'lower' || ceilings.length === 0) return [];
  if (ceilings.some((ceiling) => ceiling === 'unlimited' || ceiling >= bandwidthMin)) return [];
  return advise('when/bandwidth-min', `class ${service.name} gives less and over-ceiling is not lower`);
}

function ofDefault(plan: Plan): ConfigurationFault[] {
  const anything: Rule = { name: '', when: {}, outcome: { class: '', overCeiling: 'refuse' } };
  const caught = plan.rules.find((rule) =>
    covers(rule, anything, { chainOf: () => [], counting: plan.quota !== undefined }),
  );
  const path = listPath('plan', plan.name);
  if (caught === undefined && plan.defaultClass === undefined)
    return [
      {
        path,
        code: 'default-class-missing',
        message: `plan ${plan.name}: there is no default class, so a request that no rule matches is refused`,
      },
    ];
  if (caught !== undefined && plan.defaultClass !== undefined)
    return [
      {
        path: `${path}/default-class`,
        code: 'default-class-unused',
        message: `plan ${plan.name}: rule ${caught.name} always matches, so the default class ${plan.defaultClass} is never given`,
      },
    ];
  return [];
}
