import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kilobitsPerSecond, milliseconds, systemClock } from '@sublane/basics';
import type { Wish } from '../../agent/lanes/wish.ts';
import { type AccessNetwork, ADDRESSES, Lab, labRefusal, openAccessNetwork, PYTHON, toolPath } from '../lab/index.ts';
import { cacheFolder } from './cache-folder.ts';
import type { Timings } from './lane-changes.fixture.ts';
import type { Benchmark, Figure } from './measure.ts';

/** Milliseconds, by number of groups. */
const APPLY_GOALS: Readonly<Record<number, number>> = { 1: 10, 10: 25, 100: 150 };
const GROUPS = 10;
const ECHO_PORT = 7007;
const ROUND_TRIPS = 20_000;
const ROUNDS = 9;
/** Both ends: what it takes to wake the other core is many times what a packet takes. */
const ON_ONE_CORE = ['taskset', '-c', '0'];

/**
 * What the lanes cost a host: making, checking, repairing and taking them away, beside a script that types the same
 * commands; and what a packet and the start of a program cost, beside a network namespace made by hand.
 */
export const laneChanges: Benchmark = {
  name: 'lanes',
  async run(progress) {
    const refusal = labRefusal();
    if (refusal !== undefined) {
      process.stderr.write(`lanes: left out: ${refusal}\n`);
      return [];
    }
    const lab = Lab.open();
    // The journal is synced: on a disk, as on a host, and not in memory.
    const stateDir = join(cacheFolder(), 'bench-lanes');
    rmSync(stateDir, { recursive: true, force: true });
    mkdirSync(stateDir);
    try {
      const network = await openAccessNetwork(lab);
      progress('changes of the kernel');
      const child = fileURLToPath(new URL('./lane-changes.fixture.ts', import.meta.url));
      const argv = [process.execPath, child, stateDir, lab.slice];
      const timings = JSON.parse(await network.host.must(argv, { timeout: 300_000 })) as Timings;
      progress('packets');
      return [...changeFigures(timings), ...(await packetFigures(lab, network, stateDir))];
    } finally {
      await lab.close();
      rmSync(stateDir, { recursive: true, force: true });
    }
  },
};

function changeFigures({ apply, undo, nothing, repair, script }: Timings): Figure[] {
  const by = {
    name: 'a script of commands',
    why: 'the script neither looks first nor checks, journals or marks sockets',
  };
  return [
    ...[1, 10, 100].map(
      (count): Figure => ({
        what: `lanes of ${count} group${count === 1 ? '' : 's'}, made and checked`,
        unit: 'ms',
        ours: apply[count] as number,
        peer: { name: by.name, value: script[count] as number },
        goal: APPLY_GOALS[count] as number,
        note: `taken away in ${undo[count]?.toFixed(1)} ms; ${by.why}`,
      }),
    ),
    {
      what: 'nothing to do, 10 groups',
      unit: 'ms',
      ours: nothing[10] as number,
      goal: 5,
      note: `100 groups: ${nothing[100]?.toFixed(1)} ms`,
    },
    { what: 'repairs of what others changed, 10 groups', unit: '/s', ours: 1000 / repair, goal: 100 },
  ];
}

/** The host's own packets beside ten lanes and a lane's, with those of a host without lanes and of a namespace, in turns. */
async function packetFigures(lab: Lab, network: AccessNetwork, stateDir: string): Promise<Figure[]> {
  const { host, edge, server } = network;
  const echo = server.start([...ON_ONE_CORE, PYTHON, toolPath('udp-echo.py'), String(ECHO_PORT)]);
  await echo.printed(/^ready$/m);
  const neighbour = await lab.namespace('neighbour');
  await lab.link(neighbour, 'uplink', edge, 'access2');
  await edge.ip('address add 203.0.113.1/24 dev access2');
  await neighbour.ip('address add 203.0.113.7/24 dev uplink', 'route add default via 203.0.113.1');
  const byHand = await lab.namespace('by-hand');
  await neighbour.ip('link add link uplink name hand type macvlan mode bridge', `link set hand netns ${byHand.name}`);
  await byHand.ip('link set hand up', 'address add 203.0.113.9/24 dev hand', 'route add default via 203.0.113.1');

  const holder = fileURLToPath(new URL('./lane-holder.fixture.ts', import.meta.url));
  const wish: Wish = { uplink: 'auto', lanes: Array.from({ length: GROUPS }, (_, index) => lane(index + 1)) };
  const hold = (text: string) => host.must([process.execPath, holder, stateDir, lab.slice, text]);
  const procs = (await hold(JSON.stringify(wish))).trim();
  const client = [PYTHON, toolPath('udp-round-trip.py')];
  const measure = [...ON_ONE_CORE, ...client, ADDRESSES.server.v4, String(ECHO_PORT), String(ROUND_TRIPS)];
  const ways = {
    bare: () => neighbour.must(measure),
    beside: () => host.must(measure),
    own: () => host.must(['sh', '-c', `echo $$ > ${procs} && exec "$@"`, 'sh', ...measure]),
    byHand: () => neighbour.must(['ip', 'netns', 'exec', byHand.name, ...measure]),
  };
  const taken = { bare: Infinity, beside: Infinity, own: Infinity, byHand: Infinity };
  // In turns, and the best of each: what else the machine does then counts for none of them.
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, way] of Object.entries(ways) as [keyof typeof ways, () => Promise<string>][])
      taken[name] = Math.min(taken[name], Number(await way()));
  await hold('undo');
  const { bare, beside, own, byHand: namespaced } = taken;
  const share = (value: number) => `${(((value - bare) / bare) * 100).toFixed(1)} % over a host without the agent`;
  return [
    {
      what: 'round trip of the host beside 10 lanes',
      unit: 'µs',
      ours: beside,
      peer: { name: 'no agent', value: bare },
      note: share(beside),
    },
    {
      what: 'round trip of an application in a lane',
      unit: 'µs',
      ours: own,
      peer: { name: 'ip netns exec', value: namespaced },
      note: `${share(own)}; \`ip vrf exec\` needs a kernel with vrf`,
    },
  ];
}

const lane = (groupId: number): Wish['lanes'][number] => ({
  groupId,
  name: `group-${groupId}`,
  interface: `sl${groupId}`,
  attachment: { type: 'on-link' },
  addresses: [{ address: `192.0.2.${100 + groupId}`, prefixLength: 32, deprecated: false }],
  routes: [],
  unmatched: 'unreachable',
  dscp: 46,
  upld: { rate: kilobitsPerSecond(1_000_000), priority: 'H' },
  validUntil: milliseconds(systemClock.sinceBoot() + 3_600_000),
});
