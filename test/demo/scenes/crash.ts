import { CALLS } from '../applications.ts';
import { probeLane } from '../lane-probe.ts';
import { addressesByGroup, leasesOf, linkReturns } from '../views.ts';
import type { Scene } from './scene.ts';

export const crash: Scene = {
  title: 'The headend is killed with -9, and comes back knowing every lease',
  async play(stage, teller) {
    const { headend, agent, memory } = stage;
    const own = (await addressesByGroup(agent)).get(CALLS.group.id);
    const leases = JSON.stringify(await leasesOf(headend));
    teller.command('edge', `kill -9 ${memory.headendRuns!.pid}`);
    const code = await memory.headendRuns!.stop('SIGKILL');
    const meanwhile = await probeLane(stage, [4, 6]);
    teller.say(`With no headend running, the server still sees the calls from ${meanwhile.join(' and ')}.`);
    teller.command('edge', 'headend serve');
    memory.headendRuns = headend.start('serve');
    const [ready] = await memory.headendRuns.printed(/headend ready on \S+/);
    teller.output(ready);
    teller.command('edge', 'headend lease list');
    teller.output(await headend.must('lease', 'list'));
    const again = JSON.stringify(await leasesOf(headend));
    return [
      { what: 'the headend died without a chance to save anything', holds: code === 137, seen: `exit code ${code}` },
      {
        what: 'the lanes lived on meanwhile',
        holds: JSON.stringify(meanwhile) === JSON.stringify(own),
        seen: meanwhile.join(' and '),
      },
      {
        what: 'after the restart every lease is there, with its addresses',
        holds: again === leases && leases !== '[]',
        seen: `${again}, before: ${leases}`,
      },
      { what: 'the agent found its headend again by itself', holds: await linkReturns(agent) },
    ];
  },
};
