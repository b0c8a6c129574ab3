import type { JsonObject, JsonValue } from '@sublane/basics';
import { stringify } from 'yaml';

/** One thing with all it has, for people: YAML, in the order given. */
export function members(thing: JsonObject): string {
  return stringify(present(thing), { lineWidth: 0, flowCollectionPadding: true }).trimEnd();
}

function present(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((one) => present(one) ?? null);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, present(member)]),
  );
}
