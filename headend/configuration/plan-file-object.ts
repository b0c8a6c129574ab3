import type { JsonObject } from '@sublane/basics';
import { DAYS } from '../policy/plan.ts';
import type { ClassData, PlanData, RuleData } from './headend-data.ts';
import { octetsText } from './octets-text.ts';

/** A plan of the configuration in the shape of its file: what `parsePlanFile` reads back to the same. */
export function planFileObject(plan: PlanData): JsonObject {
  const { class: classes = [], rule, route, lease, quota, ...rest } = plan;
  return {
    ...rest,
    ...(quota && { quota: { ...quota, octets: octetsText(Number(quota.octets)) } }),
    classes: Object.fromEntries(classes.map((entry) => [entry.name, classObject(entry)])),
    ...(rule && { rules: rule.map(ruleObject) }),
    ...(lease && {
      lease: {
        ...(lease.valid !== undefined && { valid: lease.valid }),
        ...(lease['renew-at'] !== undefined && { 'renew-at': Number(lease['renew-at']) }),
      },
    }),
    ...(route && { routes: route.map((one) => ({ ...one })) }),
  } as JsonObject;
}

function classObject({ name: _name, route, ...rest }: ClassData): JsonObject {
  return { ...rest, ...(route && { routes: route.map((one) => ({ ...one })) }) } as JsonObject;
}

function ruleObject({ name, when, ...rest }: RuleData): JsonObject {
  if (when === undefined) return { name, ...rest } as JsonObject;
  const { day, location, application, ...others } = when;
  return {
    name,
    when: {
      ...others,
      ...(day && { days: DAYS.filter((one) => day.includes(one)) }),
      ...(location && { locations: [...location] }),
      ...(application && { applications: [...application] }),
    },
    ...rest,
  } as JsonObject;
}
