import { snapshotHost } from '../../lab/index.ts';
import { watchTraffic } from '../traffic.ts';
import { checkBefore, tellTraffic } from '../traffic-report.ts';
import type { Scene } from './scene.ts';

export const before: Scene = {
  title: 'Before: every application leaves by the one address of the host',
  async play(stage, teller) {
    teller.say(
      'Three applications on the host use ordinary tools: ping, curl, and either a UDP sender (a video call) or an ' +
        'upload with curl (a backup). The network cannot tell them apart. A few seconds of traffic; then, what the server saw of it:',
    );
    stage.memory.hostBefore = await snapshotHost(stage.network.host);
    const sightings = await watchTraffic(stage, (_, command) => stage.network.host.run(command));
    stage.memory.before = sightings;
    tellTraffic(teller, sightings, false);
    return checkBefore(sightings);
  },
};
