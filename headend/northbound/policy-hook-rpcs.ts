import { type Clock, failed, kilobitsPerSecond, ok } from '@sublane/basics';
import { rpcError } from '@sublane/netconf';
import type { RpcInput, RpcOutput } from '@sublane/yang';
import { EMBEDDED } from '../aaa/grant.ts';
import type { RunningConfiguration } from '../configuration/running.ts';
import { decide } from '../policy/decide.ts';
import { DEFAULT_RULE, type Granted } from '../policy/decision.ts';
import { locate } from '../policy/locate.ts';
import { situationAt } from '../policy/situation.ts';
import type { GroupWish } from '../policy/wish.ts';
import type { HookTrial, PolicyHook } from '../policy-hook/policy-hook.ts';
import { troubleText } from '../policy-hook/trouble-text.ts';
import type { Store } from '../store/store.ts';
import type { HostSessions } from './host-sessions.ts';
import { canonicalAddress } from './peer-address.ts';
import { type Handlers, handler } from './rpc-handlers.ts';

export interface PolicyHookRpcsParts {
  readonly store: Pick<Store, 'hosts'>;
  readonly configuration: RunningConfiguration;
  readonly hook: PolicyHook;
  readonly hostSessions: HostSessions;
  readonly clock: Clock;
}

const NAME = 'sublane-headend:test-policy-hook';
/** The number of the group in the question: nobody's. */
const GROUP = 1;

/** What the policy server would say, and what would come of it. */
export function policyHookRpcs({ store, configuration, hook, hostSessions, clock }: PolicyHookRpcsParts): Handlers {
  return handler(NAME, async (input) => {
    const hostId = input['host-id'];
    const standing = await store.hosts.standing(hostId);
    if (standing === undefined) return failed({ kind: 'record-unknown', record: 'host', name: hostId });
    const { host, subscriber } = standing;
    const current = configuration.current();
    const planName = input.plan ?? subscriber?.plan;
    const plan = planName === undefined ? undefined : current.plans.get(planName);
    if (plan === undefined) return failed({ kind: 'record-unknown', record: 'plan', name: planName ?? '(none)' });

    const at = clock.now();
    const peer = hostSessions.of(hostId)?.peer;
    const peerAddress = peer && canonicalAddress(peer.address);
    const { location } = locate(current, peerAddress, 'auto');
    const wish = wishOf(input);
    const grant = { subscriber: host.subscriber, plan: plan.name, authority: EMBEDDED };
    const decision = decide(wish, grant, plan, situationAt(at, current, plan, location));
    if (decision.kind === 'refuse') return failed(decision.refusal);
    const tried = await hook.try({
      hostId,
      ...grant,
      ...(location !== undefined && { location }),
      ...(peerAddress !== undefined && { peerAddress }),
      at,
      groups: [{ wish, decision }],
    });
    return tried === undefined ? failed({ error: NONE }) : ok(trialOutput(tried, decision));
  });
}

const NONE = rpcError.dataMissing({
  appTag: 'policy-hook-missing',
  message: 'No policy server is configured. Name one: headend policy-hook set URL',
});

function wishOf({ upld, dnld, application = [], security }: RpcInput<typeof NAME>): GroupWish {
  const direction = ({ bandwidth, priority }: NonNullable<typeof upld>) => ({
    bandwidth: kilobitsPerSecond(bandwidth),
    priority,
  });
  return {
    groupId: GROUP,
    ...(upld && { upld: direction(upld) }),
    ...(dnld && { dnld: direction(dnld) }),
    applications: application,
    ...(security !== undefined && { security }),
  };
}

/** What would be granted; where it is refused, what the plan had given. */
function trialOutput({ judged, verdict }: HookTrial, decision: Granted): RpcOutput<typeof NAME> {
  const result = judged.ok ? (judged.value[0] ?? decision) : decision;
  const reason = verdict.ok ? (verdict.value.groups.get(GROUP)?.reason ?? verdict.value.reason) : undefined;
  const rate = ({ rate, burst }: NonNullable<Granted['upld']>) => ({ rate, ...(burst !== undefined && { burst }) });
  return {
    ...(!verdict.ok && { trouble: troubleText(verdict.failure) }),
    allowed: judged.ok,
    ...(reason !== undefined && { reason }),
    class: result.class.name,
    ...(result.rule !== DEFAULT_RULE && { rule: result.rule }),
    ...(result.upld && { upld: rate(result.upld) }),
    ...(result.dnld && { dnld: rate(result.dnld) }),
  };
}
