import { failed, ok } from '@sublane/basics';
import { rpcError } from '@sublane/netconf';
import { encodeData } from '@sublane/yang';
import { type OperationalProvider, type OperationalRequest, requestedValues } from 'netconf-server';
import type { PublishedKeys } from '../keys/loaded-keys.ts';
import type { Store } from '../store/store.ts';
import type { HistoryReads } from './history-reads.ts';
import type { HostSessions } from './host-sessions.ts';
import { canonicalAddress } from './peer-address.ts';

/** `/headend-keys`: what a host needs, and every host may read. */
export function headendKeys(keys: () => PublishedKeys): OperationalProvider {
  return {
    module: 'sublane-service',
    name: 'headend-keys',
    read() {
      const { passwordKeys, hostKeyFingerprints } = keys();
      return ok(
        encodeData({
          'sublane-service:headend-keys': {
            'password-encryption-key': passwordKeys.map(({ kid, publicJwk }) => ({ kid, 'public-jwk': publicJwk })),
            'host-key': hostKeyFingerprints.map((fingerprint) => ({ fingerprint })),
          },
        }),
      );
    },
  };
}

/** Host-ids that one request may name. */
const HOSTS_MAX = 100;

/** `/hosts`: records, read by key. An operator who names none is told how (too-big); a host gets itself. */
export function hostsByKey(store: Store, sessions: HostSessions, history: HistoryReads): OperationalProvider {
  return {
    module: 'sublane-service',
    name: 'hosts',
    async read({ filters, session }: OperationalRequest) {
      const { role, user } = session.identity;
      const named = filters && requestedValues(filters, ['host', 'host-id']);
      // A host sees itself and no other, whatever it names.
      const wanted = role === 'host' ? new Set([user]) : named && new Set(named);
      if (wanted === undefined || wanted.size > HOSTS_MAX) return failed([TOO_BIG]);
      const host = [];
      for (const hostId of wanted) {
        const record = await store.hosts.find(hostId);
        if (role !== 'host') await history.note(session, 'get', { hostId }, { items: record ? [record] : [] });
        if (record === undefined || record.revokedAt !== undefined) continue;
        const peer = sessions.of(hostId)?.peer;
        const address = peer && canonicalAddress(peer.address);
        const behindNat = sessions.behindNat(hostId);
        host.push({
          'host-id': hostId,
          subscriber: record.subscriber,
          ...(address !== undefined && { 'attachment-address': address }),
          ...(behindNat !== undefined && { 'behind-nat': behindNat }),
        });
      }
      return ok(host.length === 0 ? '' : encodeData({ 'sublane-service:hosts': { host } }));
    },
  };
}

const TOO_BIG = rpcError.tooBig('application', {
  appTag: 'too-many-hosts',
  message: `Hosts are read by key: name at most ${HOSTS_MAX} with <host-id>, or page through them with list-hosts.`,
});
