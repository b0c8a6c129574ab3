import { setTimeout as delay } from 'node:timers/promises';
import type { FreeradiusRecord } from '../../interop/freeradius.ts';
import { GROUPS } from '../applications.ts';
import type { Freeradius } from '../radius.ts';
import { leasesOf } from '../views.ts';
import type { Scene } from './scene.ts';

/** Attributes of an accounting record, in the order of the table. */
const SHOWN = [
  'User-Name',
  'Calling-Station-Id',
  'Acct-Session-Id',
  'Framed-IP-Address',
  'Framed-IPv6-Address',
  'Class',
] as const;

export const accounting: Scene = {
  title: 'What FreeRADIUS was asked, and what it was told',
  async play({ headend, names, radius }, teller) {
    const leases = await leasesOf(headend);
    const starts = await told(radius!, 'Start', leases.length);
    const [asked] = radius!.accesses();
    teller.say('FreeRADIUS wrote down, as its own files have it:');
    teller.table(
      ['RECORD', ...SHOWN],
      [
        ['Access-Request', asked?.['User-Name']?.[0], asked?.['Calling-Station-Id']?.[0]],
        ...starts.map((one) => [`Accounting ${one['Acct-Status-Type']?.[0]}`, ...SHOWN.map((name) => one[name]?.[0])]),
      ],
    );
    teller.command('edge', 'headend aaa list');
    const servers = await headend.must('aaa', 'list');
    teller.output(servers);
    const addresses = starts.map((one) => one['Framed-IP-Address']?.[0]).sort();
    return [
      {
        what: 'it was asked by Alice’s name',
        holds: asked?.['User-Name']?.[0] === names.alice,
        seen: JSON.stringify(asked),
      },
      {
        what: `each of the ${GROUPS.length} lanes was started in its books, with its address`,
        holds: starts.length === GROUPS.length && `${addresses}` === `${leases.map(({ ipv4 }) => ipv4).sort()}`,
        seen: JSON.stringify(starts),
      },
      { what: 'the headend says that the server is alive', holds: / alive /.test(servers), seen: servers },
    ];
  },
};

/** The records of this kind, once there are so many; those there are after 10 s. */
export async function told(radius: Freeradius, status: string, count: number): Promise<readonly FreeradiusRecord[]> {
  for (let tries = 0; ; tries++) {
    const records = radius.accounts().filter((one) => one['Acct-Status-Type']?.[0] === status);
    if (records.length >= count || tries === 200) return records;
    await delay(50);
  }
}
