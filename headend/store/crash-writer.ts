import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { unwrap } from '@sublane/basics';
import { openSqliteStore } from './sqlite-store.ts';
import { deed, group, reservation, time } from './store-fixture.ts';

/**
 * What crash.test.ts kills: asks for and gives back leases as fast as it can, and says on stdout what it was promised.
 *
 *     + HOST GROUP ADDRESS   a lease was acknowledged
 *     ? HOST GROUP           a release will be asked for
 *     - HOST GROUP           it was acknowledged
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
    } else {
      say(`? ${hostId} ${groupId}`);
      unwrap(await store.leases.release(hostId, [groupId], deed()));
      say(`- ${hostId} ${groupId}`);
    }
  }
}

await Promise.all(Array.from({ length: Number(values.hosts) }, (_, at) => live(`host-${at}`)));
