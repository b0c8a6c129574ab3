import { milliseconds, ok, type Result } from '@sublane/basics';
import type { Refusals, StoreRefusal } from '../refusal/refusal.ts';
import { getAvailableServices } from './available-services.ts';
import { getService, releaseService, renewService, reportService } from './keep-service.ts';
import { RefusalTrail } from './refusal-trail.ts';
import { refused } from './refused.ts';
import { RequestLimit } from './request-limit.ts';
import { type Present, requestService } from './request-service.ts';
import type { Caller, Service, ServiceParts } from './service.ts';

/** Two months: what is asked for is the present day, week or month. */
const USAGE_KEPT = 62 * 86_400_000;
const USAGE_SWEPT_EVERY = 3_600_000;

/** Leases taken back in one transaction: small, so that requests do not wait behind a thousand of them. */
const EXPIRY_BATCH = 128;

/** Hosts that asked a moment ago. */
const HOSTS_REMEMBERED = 100_000;

/**
 * Puts the operations together: each with the present it sees, what its host asks too much refused, its refusals noted
 * and its outcome counted.
 */
export function createService(parts: ServiceParts): Service {
  const { store, clock, log, requestsPerMinute } = parts;
  const limit = new RequestLimit({ perMinute: requestsPerMinute, hosts: HOSTS_REMEMBERED });
  const trail = new RefusalTrail(store, log);
  const counters = new Map<string, number>();
  const count = (name: string, by = 1) => counters.set(name, (counters.get(name) ?? 0) + by);

  const operation =
    <I extends Asked, O>(
      name: string,
      run: (parts: ServiceParts, present: Present, caller: Caller, input: I) => Promise<Result<O, Refusals>>,
      done: (output: O) => void = () => {},
    ) =>
    async (caller: Caller, input: I): Promise<Result<O, Refusals>> => {
      const at = clock.now();
      const retryAfter = limit.take(caller.hostId, groupsNamed(input), at);
      const answer =
        retryAfter === undefined
          ? await run(parts, { configuration: parts.configuration(), at }, caller, input)
          : refused({ kind: 'too-many-requests', retryAfter });
      if (answer.ok) done(answer.value);
      else for (const refusal of answer.failure) count(trail.note(name, refusal, caller, at));
      return answer;
    };
  let sweepAt = 0;
  const sweepUsage = async (): Promise<Result<unknown, StoreRefusal>> => {
    const now = clock.now();
    if (now < sweepAt) return ok();
    for (;;) {
      const forgotten = await store.usage.expire(milliseconds(now - USAGE_KEPT), EXPIRY_BATCH);
      if (!forgotten.ok) return forgotten;
      if (forgotten.value < EXPIRY_BATCH) break;
    }
    sweepAt = now + USAGE_SWEPT_EVERY;
    return ok();
  };
  const report = operation('report-service', reportService, (ended) => ended > 0 && count('quarantined', ended));
  const release = operation('release-service', releaseService, (released) => count('released', released));

  return {
    requestService: operation('subscriber-service-message', requestService, () => count('granted')),
    renewService: operation('renew-service', renewService, () => count('renewed')),
    releaseService: async (caller, input) => {
      const released = await release(caller, input);
      return released.ok ? ok() : released;
    },
    getService: operation('get-service', getService),
    reportService: async (caller, input) => {
      const reported = await report(caller, input);
      return reported.ok ? ok() : reported;
    },
    getAvailableServices: operation('get-available-services', getAvailableServices),
    async expireLeases() {
      const swept = await sweepUsage();
      if (!swept.ok) return refused(swept.failure);
      let total = 0;
      for (;;) {
        const lifted = await store.quarantine.expire(clock.now(), EXPIRY_BATCH);
        if (!lifted.ok) return refused(lifted.failure);
        if (lifted.value.length < EXPIRY_BATCH) break;
      }
      for (;;) {
        const expired = await store.leases.expire(clock.now(), EXPIRY_BATCH);
        if (!expired.ok) return refused(expired.failure);
        total += expired.value.length;
        count('expired', expired.value.length);
        if (expired.value.length < EXPIRY_BATCH) return ok(total);
      }
    },
    counters: () => Object.fromEntries(counters),
  };
}

/** What the inputs have in common: the host, and groups, by number or with what is asked for them. */
interface Asked {
  readonly 'host-id': string;
  readonly 'group-id'?: readonly number[];
  readonly 'application-group'?: readonly { readonly id: number }[];
}

/** At least 1: who names none means all it has, of which each has counted when it was asked for. */
function groupsNamed(asked: Asked): number {
  const groups = asked['group-id'] ?? asked['application-group']?.map(({ id }) => id) ?? [];
  return Math.max(1, new Set(groups).size);
}
