import { GROUPS } from '../applications.ts';
import { watchTraffic } from '../traffic.ts';
import { checkAfter, tellTraffic } from '../traffic-report.ts';
import { addressesOf } from '../views.ts';
import type { Scene } from './scene.ts';

export const after: Scene = {
  title: 'After: the same applications, unchanged, each in its lane',
  async play(stage, teller) {
    teller.say(
      'The same tools run again, now started in their groups. They know nothing of Sublane: the kernel gives each of ' +
        'them the address, the mark and the rate of its group.',
    );
    teller.command('host', 'service-agent exec calls -- curl http://198.51.100.10/');
    const sightings = await watchTraffic(stage, ({ group }, command) =>
      group === undefined ? stage.network.host.run(command) : stage.agent.run('exec', group.name, '--', ...command),
    );
    tellTraffic(teller, sightings, true);
    const addresses = await Promise.all(
      GROUPS.map(async (group) => [group.id, await addressesOf(stage.agent, group)] as const),
    );
    return checkAfter(sightings, new Map(addresses));
  },
};
