import { failed, ok, type Result } from '@sublane/basics';
import type { Grant } from '../aaa/grant.ts';
import type { Plan } from '../policy/plan.ts';
import type { Refusal } from '../refusal/refusal.ts';
import type { Host } from '../store/records.ts';
import type { SubscriberServiceMessage } from './messages.ts';
import type { Caller, ServiceParts } from './service.ts';

/** The enrolled host that a session's key proved, where the message speaks of no other. */
export async function identifyHost(
  { store }: Pick<ServiceParts, 'store'>,
  caller: Caller,
  hostId: string,
): Promise<Result<Host, Refusal>> {
  if (hostId !== caller.hostId) {
    return failed({ kind: 'host-id-mismatch', hostId, sessionHostId: caller.hostId });
  }
  const host = await store.hosts.find(hostId);
  if (host === undefined || host.revokedAt !== undefined) return failed({ kind: 'unknown-host', hostId });
  return ok(host);
}

/** Whose request it is: the AAA's answer, with the encrypted password opened for it. */
export async function authenticate(
  { passwords, authenticator }: Pick<ServiceParts, 'passwords' | 'authenticator'>,
  caller: Caller,
  host: Host,
  message: Pick<SubscriberServiceMessage, 'user-name' | 'user-password'>,
): Promise<Result<Grant, Refusal>> {
  const { 'user-name': userName, 'user-password': encrypted } = message;
  const opened = encrypted === undefined ? undefined : await passwords.open(encrypted, host.hostId);
  if (opened?.ok === false) return opened;
  return authenticator.authenticate({
    hostId: host.hostId,
    enrolledFor: host.subscriber,
    source: caller.peerAddress ?? host.hostId,
    ...(userName !== undefined && { userName }),
    ...(opened !== undefined && { password: opened.value }),
  });
}

/** The plan the grant names. */
export function planOf({ plan: name }: Grant, plans: ReadonlyMap<string, Plan>): Result<Plan, Refusal> {
  const plan = plans.get(name);
  return plan === undefined ? failed({ kind: 'plan-unknown', plan: name }) : ok(plan);
}
