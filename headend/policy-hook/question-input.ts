import type { JsonObject } from '@sublane/basics';
import type { Granted, Treatment } from '../policy/decision.ts';
import type { DirectionWish, GroupWish } from '../policy/wish.ts';
import type { HookQuestion } from './policy-hook.ts';

/** Of the input's shape: grows when a member changes its meaning or goes, not when one is added. */
export const INPUT_VERSION = 1;

/**
 * The `input` document of a question (OPA, REST API, "Get a Document (with Input)"). Rates are in kbit/s, bursts in
 * bytes, the time as RFC 3339 in UTC. Nothing secret is in it.
 */
export function questionInput(question: HookQuestion): JsonObject {
  const { hostId, subscriber, plan, authority, location, peerAddress, at, groups } = question;
  return {
    version: INPUT_VERSION,
    'host-id': hostId,
    subscriber,
    plan,
    authority,
    ...(location !== undefined && { location }),
    ...(peerAddress !== undefined && { 'peer-address': peerAddress }),
    time: new Date(at).toISOString(),
    groups: groups.map(({ wish, decision }) => ({
      id: wish.groupId,
      wish: wishInput(wish),
      decision: decisionInput(decision),
    })),
  };
}

function wishInput({ upld, dnld, applications, security }: GroupWish): JsonObject {
  return {
    ...(upld && { upld: directionInput(upld) }),
    ...(dnld && { dnld: directionInput(dnld) }),
    applications,
    ...(security !== undefined && { security }),
  };
}

const directionInput = ({ bandwidth, priority }: DirectionWish): JsonObject => ({ bandwidth, priority });

function decisionInput({ rule, class: { name, dscp }, upld, dnld, security }: Granted): JsonObject {
  return {
    rule,
    class: name,
    dscp,
    ...(upld && { upld: treatmentInput(upld) }),
    ...(dnld && { dnld: treatmentInput(dnld) }),
    ...(security !== undefined && { security }),
  };
}

const treatmentInput = ({ rate, burst, priority }: Treatment): JsonObject => ({
  rate,
  ...(burst !== undefined && { burst }),
  priority,
});
