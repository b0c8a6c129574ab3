import { setTimeout as delay } from 'node:timers/promises';
import { CALLS } from '../applications.ts';
import { disconnect, users } from '../radius.ts';
import { addressesByGroup, leasesOf } from '../views.ts';
import { told } from './accounting.ts';
import type { Scene } from './scene.ts';

export const contract: Scene = {
  title: 'Alice’s contract changes at the AAA: the lane of her calls ends at once',
  async play({ network, headend, agent, names, radius }, teller) {
    const { id: group } = CALLS.group;
    const lease = (await leasesOf(headend)).find((one) => one['group-id'] === group);
    teller.say(
      `From now on FreeRADIUS answers for ${names.alice} with plan basic, which has no calls. It says so itself:`,
    );
    await radius!.know(users({ alice: 'basic' }));
    teller.command('edge', `echo Acct-Session-Id=${lease?.id} | radclient 127.0.0.1:3799 disconnect "$SECRET"`);
    const { answer, said } = await disconnect(network.edge, [`Acct-Session-Id="${lease?.id}"`]);
    teller.output(answer ?? said);
    const since = performance.now();
    const gone = await laneGone(agent, group);
    const [stop] = await told(radius!, 'Stop', 1);
    if (gone)
      teller.say(
        `The lane was gone from the host ${Math.round(performance.now() - since)} ms later. In its books FreeRADIUS has:`,
      );
    const columns = ['Acct-Session-Id', 'Framed-IP-Address', 'Acct-Session-Time', 'Acct-Terminate-Cause'];
    teller.table(['RECORD', ...columns], [['Accounting Stop', ...columns.map((name) => stop?.[name]?.[0])]]);
    teller.command('host', 'service-agent request');
    const asked = await agent.run('request');
    teller.output(asked.stderr);
    const left = await leasesOf(headend);
    return [
      { what: 'the headend obeys (Disconnect-ACK)', holds: answer === 'Disconnect-ACK', seen: said },
      { what: 'the lane is gone from the host', holds: gone, seen: await agent.must('status') },
      {
        what: 'it was stopped in FreeRADIUS’ books, with the reason',
        holds: stop?.['Acct-Session-Id']?.[0] === lease?.id && stop?.['Acct-Terminate-Cause']?.[0] === 'Admin-Reset',
        seen: JSON.stringify(stop),
      },
      {
        what: 'asked again, it is refused by a rule of the new plan',
        holds: asked.code === 4 && asked.stderr.includes('calls-are-gold'),
        seen: asked.stderr,
      },
      {
        what: 'the lane of the backups lives on',
        holds: left.length === 1 && left[0]?.['group-id'] !== group,
        seen: JSON.stringify(left),
      },
    ];
  },
};

/** Whether the group has no address any more, now or within 10 s. */
async function laneGone(agent: Parameters<typeof addressesByGroup>[0], group: number): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    if (((await addressesByGroup(agent)).get(group) ?? []).length === 0) return true;
    await delay(50);
  }
  return false;
}
