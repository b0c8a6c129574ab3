import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { unwrap } from '@sublane/basics';
import { openSqliteStore } from './sqlite-store.ts';
import { deed, group, QUARANTINE_OF, reservation, time } from './store-fixture.ts';

/**
 * What crash.test.ts kills: asks for and gives back leases as fast as it can, and says on stdout what it was promised.
 *
 *     + HOST GROUP ADDRESS   a lease was acknowledged
 *     ? HOST GROUP           a release will be asked for
 *     - HOST GROUP           it was acknowledged
 *     ! HOST GROUP           a conflict will be reported
 *     x HOST GROUP ADDRESS   it was acknowledged: the address is in quarantine
 */
const { values } = parseArgs({ options: { path: { type: 'string' }, hosts: { type: 'string' } } });
const store = unwrap(await openSqliteStore({ path: values.path ?? '' }));
const say = (line: string) => writeSync(1, `${line}\n`);

/** One host, whose requests follow each other; the hosts together keep many in flight. */
async function live(hostId: string): Promise<never> {
  for (let turn = 0; ; turn++) {
    const groupId = 1 + Math.floor(Math.random() * 4);
    if (Math.random() < 0.6) {
      const asked = group(groupId, { open: ['small', 'large'], validUntil: time(3600 + turn) });
      const [lease] = unwrap(await store.leases.reserve(reservation(hostId, [asked])));
      say(`+ ${hostId} ${groupId} ${lease?.ipv4}`);
    } else if (Math.random() < 0.2) {
      const lease = (await store.leases.ofHost(hostId, time(0))).find((one) => one.groupId === groupId);
      if (lease?.ipv4 === undefined) continue;
      say(`! ${hostId} ${groupId}`);
      const report = { state: 'address-conflict' as const, at: time(0), conflictAddresses: [lease.ipv4] };
      const reported = await store.leases.report(hostId, [{ groupId, report }], QUARANTINE_OF);
      say(reported.ok ? `x ${hostId} ${groupId} ${lease.ipv4}` : `+ ${hostId} ${groupId} ${lease.ipv4}`);
    } else {
      say(`? ${hostId} ${groupId}`);
      unwrap(await store.leases.release(hostId, [groupId], deed()));
      say(`- ${hostId} ${groupId}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(values.hosts) }, (_, at) => live(`host-${at}`)));
