import { type Clock, failed, ok, type Result } from '@sublane/basics';
import type { ListedSubscriber } from '@sublane/yang';
import type { RunningConfiguration } from '../configuration/running.ts';
import type { Refusal } from '../refusal/refusal.ts';
import { quotaOf } from '../service/quota.ts';
import type { Subscriber } from '../store/records.ts';
import type { Deed, Store } from '../store/store.ts';
import { dateAndTime } from './time-text.ts';
import { WITHDRAWN, type Withdrawal } from './withdraw.ts';

export interface SubscriberQuotaParts {
  readonly store: Pick<Store, 'subscribers' | 'usage'>;
  readonly configuration: Pick<RunningConfiguration, 'current'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly withdrawal: Pick<Withdrawal, 'recall' | 'closeSessionsOf'>;
}

/** A subscriber as operators see it, with how it stands with its quota. */
export async function subscriberEntry(parts: SubscriberQuotaParts, subscriber: Subscriber): Promise<ListedSubscriber> {
  const { name, plan, suspended, passwordHash, createdAt } = subscriber;
  const quota = await standing(parts, subscriber);
  return {
    name,
    plan,
    suspended,
    'has-password': passwordHash !== undefined,
    ...(quota && {
      // 64-bit numbers are text (RFC 7951 §6.1).
      quota: { octets: String(quota.octets), used: String(quota.used), 'begins-anew': dateAndTime(quota.anewAt) },
    }),
    created: dateAndTime(createdAt),
  };
}

/** What was carried in the present period counts no more; live hosts are told to request again. */
export async function resetQuota(
  parts: SubscriberQuotaParts,
  name: string,
  deed: Deed,
): Promise<Result<undefined, Refusal>> {
  const subscriber = await parts.store.subscribers.find(name);
  if (subscriber === undefined) return failed({ kind: 'record-unknown', record: 'subscriber', name });
  const quota = await standing(parts, subscriber);
  if (quota === undefined) return ok();
  const reset = await parts.store.usage.reset(name, quota.begunAt, deed);
  if (!reset.ok) return reset;
  const recalled = await parts.withdrawal.recall({ subscriber: name }, WITHDRAWN.quota, deed);
  if (!recalled.ok) return recalled;
  // Those that were refused have no lease to be told by.
  await parts.withdrawal.closeSessionsOf(name, recalled.value, WITHDRAWN.quota);
  return ok();
}

function standing({ store, configuration, clock }: SubscriberQuotaParts, { name, plan: planName }: Subscriber) {
  const current = configuration.current();
  const plan = current.plans.get(planName);
  return plan === undefined ? undefined : quotaOf(store, name, plan, current, clock.now());
}
