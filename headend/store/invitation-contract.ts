import { unwrap } from '@sublane/basics';
import { beforeEach, describe, expect, test } from 'vitest';
import type { EnrolmentByInvitation, Store } from './store.ts';
import { all, deed, furnish, kinds, time } from './store-fixture.ts';

/** Tokens by which hosts enrol themselves. */
export function invitationContract(store: () => Store): void {
  const digest = (n: number) => new Uint8Array(32).fill(n);
  const DAY = 86_400;
  const invite = (
    n: number,
    more: { hostId?: string; subscriber?: string; elsewhere?: boolean; until?: number } = {},
  ) =>
    store().invitations.add(
      {
        digest: digest(n),
        subscriber: more.subscriber ?? 'alice',
        expiresAt: time(more.until ?? DAY),
        elsewhere: more.elsewhere ?? false,
        ...(more.hostId !== undefined && { hostId: more.hostId }),
      },
      3,
      deed(0, 'olga'),
    );
  const enrol = (n: number, hostId: string, publicKey = `key of ${hostId}`, at = 60, more = {}) => {
    const enrolment: EnrolmentByInvitation = { digest: digest(n), hostId, publicKey, elsewhere: () => false, ...more };
    return store().invitations.enrol(enrolment, deed(at, hostId));
  };
  const open = async (at = 0) =>
    (await all((page) => store().invitations.list(time(at), page))).map(({ id, subscriber }) => `${id} ${subscriber}`);
  const rows = async () => {
    const trail = await all((page) => store().audit.list({}, page));
    return trail.filter(({ event }) => /invit|enrol/.test(event)).slice(1); // furnish enrols one
  };

  describe('an invitation', () => {
    beforeEach(async () => {
      await furnish(store(), ['laptop']);
    });

    test('is found by its digest, listed while it is good, and lets one host in', async () => {
      const made = unwrap(await invite(1));
      expect(made).toEqual({
        id: made.id,
        subscriber: 'alice',
        createdAt: time(0),
        createdBy: 'olga',
        expiresAt: time(DAY),
      });
      expect(await store().invitations.find(digest(1))).toEqual(made);
      expect(await store().invitations.find(digest(2))).toBeUndefined();
      expect(await open()).toEqual([`${made.id} alice`]);
      expect(await open(DAY)).toEqual([]);

      expect(unwrap(await enrol(1, 'phone'))).toEqual({ ...made, spentBy: 'phone', spentAt: time(60) });
      expect(await store().hosts.find('phone')).toEqual({
        hostId: 'phone',
        subscriber: 'alice',
        publicKey: 'key of phone',
        enrolledAt: time(60),
      });
      expect(await open()).toEqual([]);
      expect(await rows()).toMatchObject([
        { event: 'host-invited', actor: 'olga', detail: { invitation: made.id, subscriber: 'alice' } },
        {
          event: 'host-enrolled',
          actor: 'phone',
          hostId: 'phone',
          detail: { invitation: made.id, 'invited-by': 'olga', subscriber: 'alice' },
        },
      ]);
    });

    test('is good once; the host whose reply was lost may say the same again, and nothing else', async () => {
      unwrap(await invite(1));
      unwrap(await enrol(1, 'phone'));
      const before = (await rows()).length;
      expect(kinds(await enrol(1, 'phone'))).toEqual(['ok']);
      expect(kinds(await enrol(1, 'phone', 'key of phone', 2 * DAY))).toEqual(['ok']);
      expect(kinds(await enrol(1, 'phone', 'another key'))).toEqual(['invitation-spent']);
      expect(kinds(await enrol(1, 'tablet', 'key of phone'))).toEqual(['invitation-spent']);
      expect(kinds(await enrol(1, 'tablet'))).toEqual(['invitation-spent']);
      expect(await rows()).toHaveLength(before);
      // Revoked, it does not come back by the same token.
      unwrap(await store().hosts.revoke('phone', deed(90)));
      expect(kinds(await enrol(1, 'phone'))).toEqual(['invitation-spent']);
    });

    test('of many hosts that come with it at once lets in exactly one', async () => {
      unwrap(await invite(1));
      const tries = await Promise.all(Array.from({ length: 50 }, (_, n) => enrol(1, `host-${n}`)));
      expect(tries.filter(({ ok }) => ok)).toHaveLength(1);
      expect((await all((page) => store().hosts.list({}, page))).map(({ hostId }) => hostId)).toEqual([
        'host-0',
        'laptop',
      ]);
    });

    test('has an end, and is known for a week longer', async () => {
      unwrap(await invite(1));
      expect(kinds(await enrol(1, 'phone', 'k', DAY))).toEqual(['invitation-expired']);
      expect(kinds(await enrol(1, 'phone', 'k', DAY - 1))).toEqual(['ok']);
      const later = { digest: digest(2), subscriber: 'alice', expiresAt: time(9 * DAY), elsewhere: false };
      unwrap(await store().invitations.add(later, 3, deed(8 * DAY)));
      expect(kinds(await enrol(1, 'phone', 'k'))).toEqual(['invitation-unknown']);
    });

    test('of a name or key that is taken refuses, and stays good', async () => {
      unwrap(await invite(1));
      expect(await enrol(1, 'laptop', 'k')).toEqual({
        ok: false,
        failure: { kind: 'host-id-taken', hostId: 'laptop' },
      });
      expect(kinds(await enrol(1, 'phone', 'ssh-ed25519 laptop'))).toEqual(['host-key-taken']);
      expect(await open()).toHaveLength(1);
      expect(kinds(await enrol(1, 'phone'))).toEqual(['ok']);
    });

    test('for one host is for no other', async () => {
      unwrap(await invite(1, { hostId: 'phone' }));
      expect(await enrol(1, 'tablet')).toEqual({
        ok: false,
        failure: { kind: 'invitation-for-another', hostId: 'phone' },
      });
      expect(kinds(await enrol(1, 'phone'))).toEqual(['ok']);
    });

    test('gives the name of a revoked host to its own subscriber, to another only where it says so', async () => {
      unwrap(await store().subscribers.add({ name: 'bob', plan: 'gold' }, deed()));
      unwrap(await store().hosts.revoke('laptop', deed()));
      unwrap(await invite(1, { subscriber: 'bob' }));
      unwrap(await invite(2, { subscriber: 'bob', hostId: 'laptop' }));
      unwrap(await invite(3));
      expect(kinds(await enrol(1, 'laptop', 'k1'))).toEqual(['host-id-taken']);
      expect(kinds(await enrol(2, 'laptop', 'k2'))).toEqual(['ok']);
      unwrap(await store().hosts.revoke('laptop', deed()));
      unwrap(await store().hosts.enrol({ hostId: 'laptop', subscriber: 'alice', publicKey: 'k' }, deed()));
      unwrap(await store().hosts.revoke('laptop', deed()));
      expect(kinds(await enrol(3, 'laptop', 'k3'))).toEqual(['ok']);
    });

    test('of a host that is enrolled with this key already is used by it', async () => {
      unwrap(await invite(1));
      expect(kinds(await enrol(1, 'laptop', 'ssh-ed25519 laptop'))).toEqual(['ok']);
      expect(await open()).toEqual([]);
      expect((await rows()).map(({ event }) => event)).toEqual(['host-invited']);
    });

    test('is taken back, by its number', async () => {
      const { id } = unwrap(await invite(1, { hostId: 'phone' }));
      unwrap(await store().invitations.remove(id, deed(5, 'olga')));
      expect(kinds(await enrol(1, 'phone'))).toEqual(['invitation-unknown']);
      expect((await rows()).at(-1)).toMatchObject({ event: 'invitation-removed', actor: 'olga', hostId: 'phone' });
      for (const other of [id, '999', '1 or 1=1', ''])
        expect(kinds(await store().invitations.remove(other, deed()))).toEqual(['record-unknown']);
      const used = unwrap(await invite(2));
      expect(used.id).not.toBe(id);
      unwrap(await enrol(2, 'phone'));
      expect(kinds(await store().invitations.remove(used.id, deed()))).toEqual(['record-unknown']);
    });

    test('needs a subscriber, here or elsewhere', async () => {
      expect(kinds(await invite(1, { subscriber: 'zoe' }))).toEqual(['record-unknown']);
      unwrap(await invite(1, { subscriber: 'zoe@isp', elsewhere: true }));
      expect(kinds(await enrol(1, 'phone'))).toEqual(['invitation-unknown']);
      const elsewhere = (name: string) => name.endsWith('@isp');
      expect(kinds(await enrol(1, 'phone', 'k', 60, { elsewhere }))).toEqual(['ok']);
      const host = { hostId: 'tablet', subscriber: 'zoe@isp', publicKey: 'k2' };
      expect(kinds(await store().hosts.enrol(host, deed()))).toEqual(['record-unknown']);
      expect(kinds(await store().hosts.enrol({ ...host, elsewhere: true }, deed()))).toEqual(['ok']);
    });

    test('goes with its subscriber: who has the name next has not invited', async () => {
      unwrap(await store().subscribers.add({ name: 'bob', plan: 'gold' }, deed()));
      unwrap(await invite(1, { subscriber: 'bob' }));
      unwrap(await store().subscribers.remove('bob', deed()));
      unwrap(await store().subscribers.add({ name: 'bob', plan: 'gold' }, deed()));
      expect(kinds(await enrol(1, 'phone'))).toEqual(['invitation-unknown']);
      expect(await open()).toEqual([]);
    });

    test('is one of so many for a subscriber; those used or over do not count', async () => {
      unwrap(await invite(1));
      unwrap(await invite(2));
      unwrap(await invite(3, { until: 10 }));
      expect(await invite(4)).toEqual({
        ok: false,
        failure: { kind: 'too-many-invitations', subscriber: 'alice', limit: 3 },
      });
      unwrap(await enrol(1, 'phone'));
      expect(kinds(await invite(4))).toEqual(['ok']);
      expect(kinds(await invite(5))).toEqual(['too-many-invitations']);
      const later = { digest: digest(5), subscriber: 'alice', expiresAt: time(DAY), elsewhere: false };
      expect(kinds(await store().invitations.add(later, 3, deed(10)))).toEqual(['ok']);
    });

    test('leaves neither secret nor digest in the trail', async () => {
      unwrap(await invite(7));
      unwrap(await enrol(7, 'phone'));
      const text = JSON.stringify(await rows());
      for (const form of ['hex', 'base64', 'base64url'] as const)
        expect(text).not.toContain(Buffer.from(digest(7)).toString(form));
    });
  });
}
