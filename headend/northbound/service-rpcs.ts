import { ok } from '@sublane/basics';
import type { Session } from 'netconf-server';
import { isBehindNat } from '../policy/behind-nat.ts';
import type { Caller, Service } from '../service/service.ts';
import type { HostSessions } from './host-sessions.ts';
import { canonicalAddress } from './peer-address.ts';
import { type Handlers, handler } from './rpc-handlers.ts';

/** What hosts call: each rpc is one function of the service. */
export function serviceRpcs(service: Service, hostSessions: HostSessions): Handlers {
  return {
    ...handler('ietf-subscriber-service-message:subscriber-service-message', async (input, session) => {
      const caller = callerOf(session);
      hostSessions.noteNat(session, isBehindNat(caller.peerAddress, input['sublane-service:host-address']));
      const answer = await service.requestService(caller, input);
      if (!answer.ok) return answer;
      // An augment of another module put it there, so it has that module's name (RFC 7951 §4).
      return ok({ 'ietf-portal-backend-message:sp-service-message': answer.value['sp-service-message'] });
    }),
    ...handler('sublane-service:renew-service', (input, session) => service.renewService(callerOf(session), input)),
    ...handler('sublane-service:release-service', (input, session) => service.releaseService(callerOf(session), input)),
    ...handler('sublane-service:get-service', (input, session) => service.getService(callerOf(session), input)),
    ...handler('sublane-service:report-service', (input, session) => service.reportService(callerOf(session), input)),
    ...handler('sublane-service:get-available-services', (input, session) =>
      service.getAvailableServices(callerOf(session), input),
    ),
  };
}

function callerOf({ identity, peer }: Session): Caller {
  const address = peer && canonicalAddress(peer.address);
  return { hostId: identity.user, ...(address !== undefined && { peerAddress: address }) };
}
