import { compareSnapshots, snapshotHost } from '../../lab/index.ts';
import type { Scene } from './scene.ts';
import { introduce } from './subscriber.ts';

export const refusal: Scene = {
  title: 'Bob’s tablet asks for what his plan does not allow, and is told why',
  async play(stage, teller) {
    const { network, tablet, tabletAgent } = stage;
    await introduce(stage, teller, tabletAgent, 'tablet-3', stage.names.bob, TABLET_GROUPS);
    const look = () => Promise.all([snapshotHost(network.host), snapshotHost(tablet)]);
    const [hostBefore, tabletBefore] = await look();
    teller.command('tablet', 'service-agent request --once');
    const { code, stderr } = await tabletAgent.run('request', '--once');
    teller.output(`${stderr.trimEnd()}\nexit code ${code}`);
    const [host, own] = await look();
    const differences = [...compareSnapshots(hostBefore, host), ...compareSnapshots(tabletBefore, own)];
    return [
      { what: 'the request is refused (exit code 4)', holds: code === 4, seen: `exit code ${code}` },
      {
        what: 'the refusal names the provider’s reason',
        holds: stderr.includes('lanes for calls are part of the plan gold'),
        seen: stderr,
      },
      {
        what: 'nothing changed on the tablet, nor on Alice’s host',
        holds: differences.length === 0,
        seen: JSON.stringify(differences),
      },
    ];
  },
};

const TABLET_GROUPS = 'groups: [ { id: 1, name: calls, upld: { bandwidth: 2000, priority: H } } ]';
