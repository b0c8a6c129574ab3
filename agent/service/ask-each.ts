import type { Result } from '@sublane/basics';
import { ok } from '@sublane/basics';
import type { GroupConfig } from '../config/agent-config.ts';
import { type AgentFailure, reasonOf } from './agent-failure.ts';
import type { Refusal } from './headend-link.ts';
import type { Setbacks } from './setbacks.ts';

/**
 * Asks for these groups in one message. The headend grants all groups of a message or none: those it refuses are left
 * out, and the others asked for again. `ask` returns what was refused on this side; returned is all that was refused.
 */
export async function askEach(
  groups: readonly GroupConfig[],
  setbacks: Setbacks,
  ask: (groups: readonly GroupConfig[]) => Promise<Result<readonly Refusal[], AgentFailure>>,
): Promise<Result<readonly Refusal[], AgentFailure>> {
  const refusals: Refusal[] = [];
  let asking = groups;
  while (asking.length > 0) {
    const granted = await ask(asking);
    if (granted.ok) return ok([...refusals, ...granted.value]);
    if (granted.failure.kind !== 'refused') {
      if (granted.failure.kind !== 'host')
        for (const { id } of asking) setbacks.add('request', id, reasonOf(granted.failure));
      return granted;
    }
    const refused = new Map(granted.failure.refusals.map((refusal) => [refusal.groupId, refusal]));
    refusals.push(...granted.failure.refusals);
    const named = asking.filter(({ id }) => refused.has(id));
    const blamed = named.length > 0 ? named : asking;
    for (const { id } of blamed) {
      const refusal = refused.get(id) ?? granted.failure.refusals[0];
      setbacks.add('request', id, refusal?.message ?? 'refused', refusal);
    }
    asking = asking.filter((group) => !blamed.includes(group));
  }
  return ok(refusals);
}
