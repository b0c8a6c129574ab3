import { compareSnapshots, snapshotHost } from '../../lab/index.ts';
import type { Scene } from './scene.ts';
import { introduce } from './subscriber.ts';

export const refusal: Scene = {
  title: 'Bob asks for what his plan does not allow, and is told why',
  async play(stage, teller) {
    const { network, otherAgent } = stage;
    await introduce(stage, teller, otherAgent, 'tablet-3', 'bob', TABLET_GROUPS);
    const before = await snapshotHost(network.host);
    teller.command('host', 'service-agent request --once');
    const { code, stderr } = await otherAgent.run('request', '--once');
    teller.output(`${stderr.trimEnd()}\nexit code ${code}`);
    const differences = compareSnapshots(before, await snapshotHost(network.host));
    return [
      { what: 'the request is refused (exit code 4)', holds: code === 4, seen: `exit code ${code}` },
      {
        what: 'the refusal names the provider’s reason',
        holds: stderr.includes('lanes for calls are part of the plan gold'),
        seen: stderr,
      },
      { what: 'nothing changed on the host', holds: differences.length === 0, seen: JSON.stringify(differences) },
    ];
  },
};

const TABLET_GROUPS = 'groups: [ { id: 1, name: calls, upld: { bandwidth: 2000, priority: H } } ]';
