import { once } from 'node:events';
import { CLIENT_CORE, firstLine, SERVER_CORE, startOn } from './load.ts';
import type { Benchmark, Figure } from './measure.ts';
import type { Listening } from './notification-listener.fixture.ts';

const SECONDS = 4;

/** Measured apart on such a machine: netopeer2 2.4.5 with sysrepo over SSH. One who does not read stops it for all. */
const NETOPEER2 = 'netopeer2, apart';

const SHAPES: readonly {
  readonly what: string;
  readonly subscribers: number;
  readonly frozen: number;
  readonly peer?: number;
  readonly note?: string;
}[] = [
  { what: 'notifications, 1 subscriber', subscribers: 1, frozen: 0, peer: 4_800 },
  { what: 'notifications, 100 subscribers', subscribers: 100, frozen: 0, peer: 19_000 },
  {
    what: 'notifications, 100 subscribers, 1 more does not read',
    subscribers: 101,
    frozen: 1,
    note: 'netopeer2 stops for all of them, about 20 s',
  },
];

/** Over SSH: all subscribers together, with a log in memory, so that nothing is lost; 240 bytes of XML each. */
export const notifications: Benchmark = {
  name: 'notifications',
  async run(progress) {
    const figures: Figure[] = [];
    for (const { what, peer, note, subscribers, frozen } of SHAPES) {
      progress(what);
      const ours = await rate({ subscribers, frozen, seconds: SECONDS });
      figures.push({
        what,
        unit: '/s',
        ours,
        ...(peer !== undefined && { peer: { name: NETOPEER2, value: peer } }),
        ...(note !== undefined && { note }),
      });
    }
    return figures;
  },
};

async function rate(shape: Omit<Listening, 'port'>): Promise<number> {
  const server = startOn(SERVER_CORE, './notification-server.fixture.ts');
  const port = Number((await firstLine(server)).split(' ')[1]);
  const listener = startOn(CLIENT_CORE, './notification-listener.fixture.ts');
  try {
    listener.send({ ...shape, port });
    await once(listener, 'message');
    server.send({ tell: shape.subscribers - shape.frozen });
    const [{ perSecond }] = (await once(listener, 'message')) as [{ readonly perSecond: number }];
    return perSecond;
  } finally {
    listener.kill();
    server.kill();
  }
}
