import type { Clock, Log, Result } from '@sublane/basics';
import type { Authenticator } from '../aaa/grant.ts';
import type { PasswordOpener } from '../aaa/password-envelope.ts';
import type { Configuration } from '../policy/configuration.ts';
import type { PolicyHook } from '../policy-hook/policy-hook.ts';
import type { Refusals } from '../refusal/refusal.ts';
import type { Store } from '../store/store.ts';
import type {
  AvailableServices,
  GetAvailableServices,
  HostAndGroups,
  RenewServiceReply,
  ReportService,
  ServiceReply,
  SubscriberServiceMessage,
} from './messages.ts';

/** The host session a request came by. */
export interface Caller {
  /** The session's SSH user: the enrolled host whose key it proved. */
  readonly hostId: string;
  /** Canonical text; absent where the transport has none. */
  readonly peerAddress?: string;
}

export type Answer<T> = Promise<Result<T, Refusals>>;

/** What hosts ask of the headend. Each answer is durable before it is given. */
export interface Service {
  requestService(caller: Caller, input: SubscriberServiceMessage): Answer<ServiceReply>;
  renewService(caller: Caller, input: HostAndGroups): Answer<RenewServiceReply>;
  releaseService(caller: Caller, input: HostAndGroups): Answer<undefined>;
  getService(caller: Caller, input: HostAndGroups): Answer<ServiceReply>;
  reportService(caller: Caller, input: ReportService): Answer<undefined>;
  getAvailableServices(caller: Caller, input: GetAvailableServices): Answer<AvailableServices>;
  /**
   * Ends every quarantine whose time is over, takes back every lease that has ended and forgets what was carried long
   * ago, in small batches; answers how many leases. Run it every few seconds.
   */
  expireLeases(): Promise<Result<number, Refusals>>;
  /** Requests since start: `granted`, `renewed`, `released`, `expired`, `quarantined`, and each refusal by its code. */
  counters(): Readonly<Record<string, number>>;
}

export interface ServiceParts {
  readonly store: Store;
  /** The committed configuration of this moment. */
  readonly configuration: () => Configuration;
  readonly authenticator: Authenticator;
  readonly passwords: PasswordOpener;
  readonly hook: PolicyHook;
  /** What one host may ask for in a minute: requests, each group named counting as one. */
  readonly requestsPerMinute: () => number;
  readonly clock: Clock;
  readonly log: Log;
}
