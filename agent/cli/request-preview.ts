import { ok, type Result } from '@sublane/basics';
import { encodeRpc, type SubscriberServiceMessageInput } from '@sublane/yang';
import type { AgentConfig } from '../config/agent-config.ts';
import { chooseGroups, type UnknownGroup } from '../config/choose-groups.ts';
import { requestMessage } from '../service/request-message.ts';

/**
 * What `request` would send. Left out are a configured password, which is encrypted to a key only the headend can give,
 * and what is only known at the time: the host's addresses and its WireGuard key.
 */
export function requestPreview(
  config: AgentConfig,
  names: readonly string[],
): Result<{ message: SubscriberServiceMessageInput; xml: string }, UnknownGroup> {
  const chosen = chooseGroups(config, names);
  if (!chosen.ok) return chosen;
  const message = requestMessage(config, chosen.value, {});
  return ok({ message, xml: encodeRpc('ietf-subscriber-service-message:subscriber-service-message', message) });
}
