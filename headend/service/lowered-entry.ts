import type { Milliseconds } from '@sublane/basics';
import type { Granted } from '../policy/decision.ts';
import type { AuditEntry } from '../store/records.ts';

/** What the trail says of groups whose rates a policy server lowered: the plan's rates, and what was left of them. */
export function loweredEntries(
  hostId: string,
  plans: readonly Granted[],
  judged: readonly Granted[],
  at: Milliseconds,
): readonly AuditEntry[] {
  return plans.flatMap((before, i) => {
    const after = judged[i];
    if (after === undefined || after === before) return [];
    const { groupId, rule, upld, dnld } = before;
    const detail = {
      rule,
      ...(upld && { 'upld-of-plan': upld.rate }),
      ...(after.upld && { upld: after.upld.rate }),
      ...(dnld && { 'dnld-of-plan': dnld.rate }),
      ...(after.dnld && { dnld: after.dnld.rate }),
    };
    return [{ at, event: 'policy-hook-lowered', actor: 'headend', hostId, groupId, detail } as const];
  });
}
