import { type Clock, type Log, milliseconds } from '@sublane/basics';
import {
  type Attribute,
  type DynamicAuthorizationAnswer,
  type DynamicAuthorizationRequest,
  ERROR_CAUSE,
  keyText,
  valueText,
} from '@sublane/radius';
import type { AaaConfiguration } from '../aaa/aaa-configuration.ts';
import type { Withdrawal } from '../northbound/withdraw.ts';
import { NotedOnce } from '../service/noted-once.ts';
import type { AuditEntry, Lease } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { selectLanes } from './select-lanes.ts';
import { type ErrorCause, readSelector } from './session-selector.ts';

export interface ObeyParts {
  /** Of this moment. */
  readonly aaa: () => AaaConfiguration;
  readonly store: Pick<Store, 'leases' | 'audit'>;
  readonly withdrawal: Pick<Withdrawal, 'leases' | 'closeSessions'>;
  /** The headend's name. */
  readonly headend: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A client that is refused may go on asking: the same refusal of the same client is noted once in this time. */
const NOTED_ONCE_IN = milliseconds(60_000);

const REASON = {
  disconnect: 'a RADIUS server took the lane back',
  change: 'a RADIUS server changed what the host may have',
} as const;

/** Who did it, in the audit trail: no name of a person has a space. */
const actorOf = (authority: string) => `radius ${authority}`;

/**
 * Does what a RADIUS server asks of the lanes that its authority granted.
 *
 * A Disconnect-Request ends them and closes their hosts' sessions. After a CoA-Request the hosts are to request them
 * again, at once: what they get then is what the server says in its next Access-Accept, whatever attributes the
 * CoA-Request had. So the rules of a grant have one place, and a CoA that goes astray gives nobody anything.
 */
export function createObey(
  parts: ObeyParts,
): (request: DynamicAuthorizationRequest) => Promise<DynamicAuthorizationAnswer> {
  const { aaa, store, withdrawal, headend, clock, log } = parts;
  const refusals = new NotedOnce(NOTED_ONCE_IN);

  const append = (entry: Omit<AuditEntry, 'actor' | 'at'>, authority: string) =>
    store.audit.append([{ ...entry, actor: actorOf(authority), at: clock.now() }]);

  const refuse = async (request: DynamicAuthorizationRequest, authority: string, errorCause: ErrorCause) => {
    const { kind, client } = request;
    log.info({ client, authority, kind, errorCause }, 'dynamic authorization refused');
    if (refusals.note(`${client} ${kind} ${errorCause}`, clock.now()) !== undefined) {
      const detail = { client, authority, 'error-cause': errorCause, ...asked(request) };
      await append({ event: EVENTS[kind], detail }, authority);
    }
    return { answer: 'nak', errorCause } as const;
  };

  const act = (kind: DynamicAuthorizationRequest['kind'], lanes: readonly Lease[], authority: string) => {
    const leaseIds = lanes.map(({ id }) => id);
    const deed = { actor: actorOf(authority), at: clock.now() };
    if (kind === 'disconnect') return withdrawal.leases({ leaseIds }, REASON.disconnect, deed);
    return store.leases.recall({ leaseIds }, deed);
  };

  return async (request) => {
    const { kind, client } = request;
    const { dynamicAuthorization, groups } = aaa();
    const authority = dynamicAuthorization?.clients.get(client)?.authority;
    // The client was taken out of the configuration a moment ago.
    if (authority === undefined) return { answer: 'nak', errorCause: ERROR_CAUSE.administrativelyProhibited };
    const nasIdentifier = groups.get(authority)?.nasIdentifier ?? headend;
    const selector = readSelector(request, { headend, nasIdentifier });
    if (!selector.ok) return refuse(request, authority, selector.failure);
    const lanes = await selectLanes(store.leases, selector.value, authority, clock.now());
    if (lanes.length === 0) return refuse(request, authority, ERROR_CAUSE.sessionContextNotFound);
    const done = await act(kind, lanes, authority);
    if (!done.ok) return refuse(request, authority, ERROR_CAUSE.resourcesUnavailable);
    if (kind === 'change') withdrawal.closeSessions(new Set(lanes.map(({ hostId }) => hostId)), REASON.change);
    log.info({ client, authority, kind, leases: lanes.length }, 'dynamic authorization obeyed');
    const detail = { client, authority, lease: lanes.map(({ id }) => id), ...asked(request) };
    await append({ event: EVENTS[kind], detail }, authority);
    return { answer: 'ack' };
  };
}

const EVENTS = { disconnect: 'disconnect-requested', change: 'change-requested' } as const;

/** What was asked, in the words it was asked with, as far as they can be printed. */
function asked({ attributes }: DynamicAuthorizationRequest): { asked: readonly string[] } {
  const text = (one: Attribute) => valueText(one).slice(0, TEXT_MAX).replace(/\p{C}/gu, '?');
  return { asked: attributes.slice(0, ASKED_MAX).map((one) => `${keyText(one)}=${text(one)}`) };
}

const ASKED_MAX = 16;
const TEXT_MAX = 64;
