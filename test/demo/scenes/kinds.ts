import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareSnapshots, snapshotHost } from '../../lab/index.ts';
import { OTHERS } from '../applications.ts';
import { edgeKey, KINDS, type Kind } from '../kinds.ts';
import { DESK_ACCESS, type Stage } from '../stage.ts';
import { serverUrl } from '../traffic.ts';
import { addressesByGroup, lanesStand, leaseKeys } from '../views.ts';
import type { Scene } from './scene.ts';
import { introduce } from './subscriber.ts';

/** What `service-agent doctor --json` says, as far as it is looked at here. */
type Doctor = readonly { readonly name: string; readonly present: boolean }[];

export const kinds: Scene = {
  title: 'Carol’s desk: a lane of each kind that this kernel can',
  async play(stage, teller) {
    const { headend, deskAgent, network, folder } = stage;
    teller.say(
      'So far every address stood on the access link. A provider may as well route it to the host, or lead it through a ' +
        'VLAN or a tunnel: the pool says how. The provider’s end of each is set up by hand here.',
    );
    const possible = await kindsHere(stage);
    const others = KINDS.filter((kind) => !possible.includes(kind)).map(({ name }) => name);
    if (others.length > 0) teller.say(`This machine’s kernel lacks: ${others.join(', ')}.`);

    writeFileSync(join(folder, 'workshop.yaml'), planOf(possible));
    const run = (...words: readonly string[]) => {
      teller.command('edge', `headend ${words.map((word) => word.replace(`${folder}/`, '')).join(' ')}`);
      return headend.must(...words);
    };
    await run('location', 'add', 'desk', '--access-prefix', DESK_ACCESS.v4, '--access-prefix', DESK_ACCESS.v6);
    for (const { name, prefixes, pool } of possible)
      await run(
        'pool',
        'add',
        name,
        '--class',
        name,
        ...prefixes.flatMap((one) => ['--prefix', one]),
        ...pool(edgeKey),
      );
    await run('plan', 'add', 'workshop', '--file', join(folder, 'workshop.yaml'));
    await run('subscriber', 'add', 'carol', '--plan', 'workshop');
    await introduce(stage, teller, deskAgent, 'desk-9', 'carol', groupsOf(possible));
    teller.command('desk', 'service-agent run');
    const before = await snapshotHost(stage.desk);
    const runs = deskAgent.start('run');
    await lanesStand(deskAgent, runs);
    const hostKey = async () => (await leaseKeys(headend))[0] ?? '';
    for (const kind of possible) await kind.edge(network.edge, hostKey);
    teller.command('desk', 'service-agent status');
    teller.output(await deskAgent.must('status'));

    const granted = await addressesByGroup(deskAgent);
    const rows: string[][] = [];
    const checks = [];
    for (const [index, { name, what }] of possible.entries()) {
      const own = granted.get(index + 1) ?? [];
      const seen = await Promise.all(
        ([4, 6] as const).map(async (family) => {
          const { stdout, stderr } = await deskAgent.run(
            'exec',
            name,
            '--',
            'curl',
            '-gsS',
            '-m',
            '8',
            serverUrl(OTHERS, family),
          );
          return stdout.trim() || stderr.trim();
        }),
      );
      rows.push([name, what, ...seen]);
      checks.push({
        what: `the server sees the group ${name} by the lane’s own addresses, IPv4 and IPv6`,
        holds: own.length === 2 && JSON.stringify(seen) === JSON.stringify(own),
        seen: `${seen.join(' and ')}, granted: ${own.join(' and ')}`,
      });
    }
    teller.table(['GROUP', 'HOW ITS ADDRESS REACHES THE HOST', 'SEEN BY THE SERVER: IPv4', 'IPv6'], rows);
    teller.command('desk', 'service-agent release');
    await deskAgent.must('release');
    await runs.stop();
    const differences = compareSnapshots(before, await snapshotHost(stage.desk));
    return [
      ...checks,
      {
        what: 'given back, they leave nothing on the host',
        holds: differences.length === 0,
        seen: JSON.stringify(differences),
      },
    ];
  },
};

async function kindsHere({ deskAgent }: Stage): Promise<readonly Kind[]> {
  const { stdout } = await deskAgent.run('doctor', '--json');
  const capabilities = JSON.parse(stdout) as Doctor;
  const has = (name: string) => capabilities.some((one) => one.name === name && one.present);
  return KINDS.filter(({ needs }) => needs.length === 0 || needs.some(has));
}

/** Each group asks for another rate, so that the plan's rules tell them apart. */
const rateOf = (index: number) => 1_000 * (index + 1);

const planOf = (here: readonly Kind[]) =>
  [
    'name: workshop',
    'classes:',
    ...here.map(
      ({ name }) => `  ${name}: { dscp: 18, priority: M, upld: { ceiling: 10000 }, dnld: { ceiling: 10000 } }`,
    ),
    'rules:',
    ...here.map(
      ({ name }, index) => `  - { name: ${name}, when: { bandwidth-max: ${rateOf(index)} }, class: ${name} }`,
    ),
    '',
  ].join('\n');

const groupsOf = (here: readonly Kind[]) =>
  [
    'groups:',
    ...here.map(
      ({ name }, index) =>
        `  - { id: ${index + 1}, name: ${name}, upld: { bandwidth: ${rateOf(index)}, priority: M } }`,
    ),
  ].join('\n');
