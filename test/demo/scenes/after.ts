import { CALLS } from '../applications.ts';
import { probeLane } from '../lane-probe.ts';
import { serverUrl, watchTraffic } from '../traffic.ts';
import { checkAfter, tellReceived, tellTraffic } from '../traffic-report.ts';
import { addressesByGroup } from '../views.ts';
import type { Scene } from './scene.ts';

export const after: Scene = {
  title: 'After: the same applications, unchanged, each in its lane',
  async play(stage, teller) {
    teller.say(
      'The same tools run again, now started in their groups. They know nothing of Sublane: the kernel gives each of ' +
        'them the address, the mark and the rate of its group.',
    );
    teller.command('host', `service-agent exec calls -- curl ${serverUrl(CALLS, 4)}`);
    teller.output((await probeLane(stage, [4])).join('\n'));
    teller.say('(the server answers with the address it was asked from)');
    const sightings = await watchTraffic(stage, ({ group }, command) =>
      group === undefined ? stage.network.host.run(command) : stage.agent.run('exec', group.name, '--', ...command),
    );
    tellTraffic(teller, sightings, true);
    teller.say(
      'At the same time the server sent to the applications: to the calls twice as much as they were granted to receive. ' +
        'The host lets in what was granted:',
    );
    tellReceived(teller, sightings);
    return checkAfter(sightings, await addressesByGroup(stage.agent));
  },
};
