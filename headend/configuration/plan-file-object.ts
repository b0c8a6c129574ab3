import type { JsonObject } from '@sublane/basics';
import type { ClassData, PlanData } from './headend-data.ts';

/** A plan of the configuration in the shape of its file: what `parsePlanFile` reads back to the same. */
export function planFileObject(plan: PlanData): JsonObject {
  const { class: classes = [], rule, route, lease, ...rest } = plan;
  return {
    ...rest,
    classes: Object.fromEntries(classes.map((entry) => [entry.name, classObject(entry)])),
    ...(rule && { rules: rule.map((one) => ({ ...one })) }),
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
