import { type FileFault, type JsonObject, type Result, readYaml } from '@sublane/basics';
import { type PlanFile, planFile } from './plan-file-schema.ts';

/**
 * Reads a plan as people write it (YAML, classes by name) into the shape of `sublane-headend`'s list `plan`
 * (RFC 7951 JSON). Every fault comes with its line and with what was expected.
 */
export function parsePlanFile(text: string, file: string): Result<JsonObject, readonly FileFault[]> {
  const read = readYaml(text, file, planFile);
  return read.ok ? { ok: true, value: toYang(read.value) } : read;
}

function toYang({ classes, rules, lease, routes, quota, ...plan }: PlanFile): JsonObject {
  return defined({
    ...plan,
    // A number of 64 bits is a string in JSON, and so is decimal64 (RFC 7951 §6.1).
    quota: quota && defined({ ...quota, octets: String(quota.octets) }),
    class: Object.entries(classes).map(([name, { routes, ...rest }]) =>
      defined({ name, ...rest, route: routes?.map(defined) }),
    ),
    ...(rules.length > 0 && {
      rule: rules.map(({ when, ...rule }) => defined({ ...rule, when: when && whenOf(when) })),
    }),
    lease: lease && defined({ valid: lease.valid, 'renew-at': lease['renew-at']?.toString() }),
    route: routes?.map(defined),
  });
}

function whenOf(when: NonNullable<PlanFile['rules'][number]['when']>): JsonObject | undefined {
  const { days, day, locations, location, applications, application, ...rest } = when;
  const conditions = defined({
    ...rest,
    day: days ?? day,
    location: locations ?? location,
    application: applications ?? application,
  });
  return Object.keys(conditions).length > 0 ? conditions : undefined;
}

/** Without the members that are not there. */
function defined(members: { readonly [member: string]: unknown }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}
