import { ok } from '@sublane/basics';
import { locate } from '../policy/locate.ts';
import type { Limit } from '../policy/plan.ts';
import { authenticate, identifyHost, planOf } from './identify.ts';
import type { AvailableServices, GetAvailableServices } from './messages.ts';
import { refused } from './refused.ts';
import type { Present } from './request-service.ts';
import type { Answer, Caller, ServiceParts } from './service.ts';

/** What this host may ask for in the name of the subscriber it was enrolled for. */
export async function getAvailableServices(
  parts: ServiceParts,
  { configuration }: Present,
  caller: Caller,
  input: GetAvailableServices,
): Answer<AvailableServices> {
  const host = await identifyHost(parts, caller, input['host-id']);
  if (!host.ok) return refused(host.failure);
  const grant = await authenticate(parts, caller, host.value, {});
  if (!grant.ok) return refused(grant.failure);
  const plan = planOf(grant.value, configuration.plans);
  if (!plan.ok) return refused(plan.failure);

  // The host claims no place here.
  const { location } = locate(configuration, caller.peerAddress, 'auto');
  const profiles = [...configuration.securityProfiles.keys()];
  const classes = [...plan.value.classes.values()].map(({ name, scope, priority, upld, dnld }) => ({
    name,
    scope,
    priority,
    ...ceiling('upld-ceiling', upld),
    ...ceiling('dnld-ceiling', dnld),
  }));
  return ok({
    'groups-max': plan.value.groupsMax,
    ...(location !== undefined && { location }),
    ...(classes.length > 0 && { 'service-class': classes }),
    ...(profiles.length > 0 && { 'security-profile': profiles }),
  });
}

/** Absent: none, as the message has it. */
function ceiling(leaf: 'upld-ceiling' | 'dnld-ceiling', limit: Limit | undefined): { readonly [leaf: string]: number } {
  return limit === undefined || limit.ceiling === 'unlimited' ? {} : { [leaf]: limit.ceiling };
}
