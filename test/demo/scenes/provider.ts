import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESSES } from '../../lab/index.ts';
import { type Freeradius, RADIUS_SECRET, REALM } from '../radius.ts';
import { type Stage, TABLET_ACCESS } from '../stage.ts';
import type { Scene } from './scene.ts';

const GOLD = `
default-class: best-effort
classes:
  calls:       { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
  bulk:        { dscp: 10, priority: L, upld: { ceiling: 8000 }, dnld: { ceiling: 20000 } }
  best-effort: { dscp: 0,  priority: L, upld: { ceiling: 1000 }, dnld: { ceiling: 1000 } }
rules:
  - { name: calls, when: { priority: H, bandwidth-max: 5000 }, class: calls }
  - { name: backups, when: { priority: L }, class: bulk }
`;

const BASIC = `
default-class: bulk
classes:
  bulk: { dscp: 10, priority: L, upld: { ceiling: 8000 } }
rules:
  - { name: calls-are-gold, when: { priority: H }, refuse: "lanes for calls are part of the plan gold" }
`;

const HOST_KEY = /SHA256:[A-Za-z0-9+/]{43}/;

/** Each pool is a piece of the access network, so that its addresses are at home on the host's link. */
const POOLS = [
  { name: 'calls', prefixes: ['192.0.2.64/27', '2001:db8:a::1000/116'] },
  { name: 'bulk', prefixes: ['192.0.2.96/27', '2001:db8:a::2000/116'] },
];

/** How the provider sets its headend up, as command lines. */
export const provisioning = (stage: Stage): readonly (readonly string[])[] => [
  ['location', 'add', 'home', '--access-prefix', ADDRESSES.access.v4, '--access-prefix', ADDRESSES.access.v6],
  ['location', 'add', 'street', '--access-prefix', TABLET_ACCESS.v4, '--access-prefix', TABLET_ACCESS.v6],
  ...POOLS.map(({ name, prefixes }) => [
    ...['pool', 'add', name, '--class', name, '--location', 'home', '--attach', 'on-link'],
    ...prefixes.flatMap((prefix) => ['--prefix', prefix]),
    ...['--gateway', ADDRESSES.edge.v4, '--gateway', ADDRESSES.edge.v6],
  ]),
  ['plan', 'add', 'gold', '--file', join(stage.folder, 'gold.yaml')],
  ['plan', 'add', 'basic', '--file', join(stage.folder, 'basic.yaml')],
];

const subscribers = ({ names }: Stage): readonly (readonly string[])[] => [
  ['subscriber', 'add', names.alice, '--plan', 'gold'],
  ['subscriber', 'add', names.bob, '--plan', 'basic'],
];

/** Instead of subscribers of its own, the headend is told who knows them. */
const authority = ({ authenticationPort, accountingPort }: Freeradius): readonly (readonly string[])[] => [
  [
    ...['aaa', 'add', 'corp', '--server', `127.0.0.1:${authenticationPort}:${accountingPort}`],
    ...['--secret-file', 'corp', '--accounting'],
  ],
  ['aaa', 'realm', 'add', REALM, 'corp'],
  ['aaa', 'listen', '127.0.0.1'],
  ['aaa', 'client', 'add', '127.0.0.1', '--group', 'corp', '--secret-file', 'corp'],
];

export const provider: Scene = {
  title: 'The provider starts its headend, and says what subscribers may have',
  async play(stage, teller) {
    const { headend, memory } = stage;
    const run = async (...words: readonly string[]) => {
      teller.command('edge', `headend ${words.map((word) => word.replace(`${stage.folder}/`, '')).join(' ')}`);
      return headend.must(...words);
    };
    const made = await run('init', '--listen', `${ADDRESSES.edge.v4}:8830`);
    teller.command('edge', 'headend serve');
    memory.headendRuns = headend.start('serve');
    const [ready] = await memory.headendRuns.printed(/headend ready on \S+/);
    teller.output(ready);

    writeFileSync(join(stage.folder, 'gold.yaml'), `name: gold${GOLD}`);
    writeFileSync(join(stage.folder, 'basic.yaml'), `name: basic${BASIC}`);
    for (const words of provisioning(stage)) await run(...words);
    if (stage.radius === undefined) for (const words of subscribers(stage)) await run(...words);
    else {
      teller.say('No subscriber is made here: FreeRADIUS knows them, and says by Filter-Id which plan each has.');
      teller.command('edge', 'printf %s "$SECRET" | headend aaa secret set corp');
      await headend.feed(RADIUS_SECRET, 'aaa', 'secret', 'set', 'corp');
      for (const words of authority(stage.radius)) await run(...words);
    }
    teller.say(
      'The plan “gold” gives calls up to 5 Mbit/s with DSCP 46 (EF) and bulk transfers up to 8 Mbit/s with DSCP 10.',
    );
    return [
      { what: 'the headend has a host key that agents can be told', holds: HOST_KEY.test(made), seen: made },
      { what: 'the headend is ready', holds: memory.headendRuns.isRunning, seen: memory.headendRuns.output },
    ];
  },
};
