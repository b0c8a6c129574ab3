import { compareSnapshots, snapshotHost, snapshotSize } from '../../lab/index.ts';
import { leasesOf } from '../views.ts';
import type { Scene } from './scene.ts';

export const release: Scene = {
  title: 'Alice gives her lanes back, and the host is as it was before',
  async play({ network, agent, headend, memory }, teller) {
    teller.command('host', 'service-agent release');
    await agent.must('release');
    const left = await leasesOf(headend);
    await memory.agentRuns!.stop();
    const hostBefore = memory.hostBefore!;
    const differences = compareSnapshots(hostBefore, await snapshotHost(network.host));
    teller.say(
      `Compared, one by one: ${snapshotSize(hostBefore)} facts about the host (${Object.keys(hostBefore).join(', ')}).`,
    );
    if (differences.length === 0) teller.say('No difference.');
    for (const { view, gone, added } of differences) {
      teller.say(`${view}:`);
      teller.output([...gone.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)].join('\n'));
    }
    return [
      { what: 'the headend holds no lease any more', holds: left.length === 0, seen: JSON.stringify(left) },
      {
        what: 'the host is as it was before',
        holds: differences.length === 0,
        seen: `${differences.length} differences above`,
      },
    ];
  },
};
