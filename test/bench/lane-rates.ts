import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kilobitsPerSecond, rateText, unwrap } from '@sublane/basics';
import { asIfFarAway, type FlowSpec, runFlow } from '../../agent/kernel/rate-flows.fixture.ts';
import { labLane, SubscriberHost, wishFor } from '../../agent/kernel/subscriber-host.fixture.ts';
import type { LaneReport } from '../../agent/lanes/engine.ts';
import { Lab, labRefusal, openAccessNetwork } from '../lab/index.ts';
import { cacheFolder } from './cache-folder.ts';
import type { Benchmark, Figure } from './measure.ts';

const RATES = [1_000, 10_000, 100_000].map(kilobitsPerSecond);
/** Percent. */
const GOAL = 5;
/** TCP comes up to its rate in a while, swings about it where there is no queue, and sends 64 KiB in one piece. */
const timesOf = (protocol: 'udp' | 'tcp', granted: number) =>
  protocol === 'udp' ? { seconds: 3, warmUp: 1 } : { seconds: granted > 1_000 ? 8 : 20, warmUp: 2 };

/** What a lane is granted, and what it gets: 1 to 100 Mbit/s, UDP and TCP, IPv4 and IPv6, both ways, one at a time. */
export const laneRates: Benchmark = {
  name: 'rates',
  async run(progress) {
    const refusal = labRefusal();
    if (refusal !== undefined) {
      process.stderr.write(`rates: left out: ${refusal}\n`);
      return [];
    }
    const lab = Lab.open();
    const folder = join(cacheFolder(), 'bench-rates');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const subscriber = new SubscriberHost(await openAccessNetwork(lab), { folder, slice: lab.slice });
    const engine = subscriber.engine();
    try {
      await asIfFarAway(subscriber.network);
      const figures: Figure[] = [];
      for (const rate of RATES) {
        const direction = { rate, priority: 'M' } as const;
        const report = unwrap(await engine.converge(wishFor(labLane(1, { upld: direction, dnld: direction }))));
        for (const cell of CELLS) {
          progress(`${rateText(rate)}, ${cellText(cell)}`);
          figures.push(await figureOf(subscriber, cell, rate, report.lanes[0] as LaneReport));
        }
      }
      return figures;
    } finally {
      unwrap(await engine.undo());
      subscriber.leave();
      await lab.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

const MOST_TRIES = 3;
/** Percent. */
const off = (got: number, granted: number) => (Math.abs(got - granted) / granted) * 100;

type Cell = Pick<FlowSpec, 'direction' | 'protocol' | 'family'>;

const CELLS = (['udp', 'tcp'] as const).flatMap((protocol) =>
  (['up', 'down'] as const).flatMap((direction) =>
    ([4, 6] as const).map((family): Cell => ({ protocol, direction, family })),
  ),
);

const cellText = ({ protocol, direction, family }: Cell) =>
  `${protocol.toUpperCase()} ${direction === 'up' ? 'from' : 'to'} the host, IPv${family}`;

async function figureOf(
  subscriber: SubscriberHost,
  cell: Cell,
  granted: number,
  { shaping, policing }: LaneReport,
): Promise<Figure> {
  const times = timesOf(cell.protocol, granted);
  let got = Number.NaN;
  let tries = 0;
  // Others who use the machine put a measurement out, and the next one not; a limit that is wrong is so each time.
  do {
    got = (await runFlow(subscriber, { ...cell, ...times, groupId: 1, offered: granted * 1.5 })).kbps ?? 0;
    tries++;
  } while (off(got, granted) > GOAL && tries < MOST_TRIES);
  const free = await runFlow(subscriber, { ...cell, seconds: 1, warmUp: 0.2, offered: granted * 1.5 });
  const means = cell.direction === 'up' ? `HTB on the ${shaping}` : policing;
  return {
    what: `${rateText(granted)} ${cellText(cell)}: off by`,
    unit: '%',
    ours: off(got, granted),
    goal: GOAL,
    note: `granted ${granted}, got ${Math.round(got)} kbit/s (${means}); the same without a limit ${Math.round(free.kbps ?? 0)}${tries === 1 ? '' : `; measured ${tries} times`}`,
  };
}
