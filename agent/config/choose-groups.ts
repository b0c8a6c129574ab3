import { failed, ok, type Result } from '@sublane/basics';
import type { AgentConfig, GroupConfig } from './agent-config.ts';

export type UnknownGroup = {
  readonly kind: 'unknown-group';
  readonly group: string;
  readonly known: readonly string[];
};

/** Groups by id or by name; none named: all. */
export function chooseGroups(
  { groups }: AgentConfig,
  names: readonly string[],
): Result<readonly GroupConfig[], UnknownGroup> {
  const named = (name: string) => groups.find((group) => group.name === name || String(group.id) === name);
  const strange = names.find((name) => named(name) === undefined);
  if (strange !== undefined) {
    return failed({ kind: 'unknown-group', group: strange, known: groups.map(({ name }) => name) });
  }
  return ok(names.length === 0 ? groups : groups.filter((group) => names.some((name) => named(name) === group)));
}
