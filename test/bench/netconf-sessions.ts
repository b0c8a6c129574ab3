import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Netconfd, netconfdMissing, startNetconfd } from '../interop/netconfd.ts';
import { hostKey } from '../programs/index.ts';
import { type Account, CLIENT_CORE, firstLine, type LoadJob, load, SERVER_CORE, startOn } from './load.ts';
import type { Benchmark, Figure } from './measure.ts';
import { REQUEST } from './messages.ts';

const SECONDS = 4;
const SHAPES = [
  { what: 'session set-up, one by one', kind: 'set-up', sessions: 1, inFlight: 1 },
  { what: 'session set-up, 16 at once', kind: 'set-up', sessions: 16, inFlight: 1, goal: 1_000 },
  { what: 'validated rpc, 1 session', kind: 'rpc', sessions: 1, inFlight: 1 },
  { what: 'validated rpc, 50 sessions', kind: 'rpc', sessions: 50, inFlight: 1, goal: 8_000 },
  { what: 'validated rpc, 1 session, 16 in flight', kind: 'rpc', sessions: 1, inFlight: 16 },
] as const;

/** Over SSH with public keys: our server with the real schema, and netconfd behind OpenSSH's sshd with the same modules. */
export const netconfSessions: Benchmark = {
  name: 'netconf',
  async run(progress) {
    const server = startOn(SERVER_CORE, './netconf-server.fixture.ts', [], ['--expose-gc']);
    const port = Number((await firstLine(server)).split(' ')[1]);
    const peer = await startPeer();
    const figures: Figure[] = [];
    try {
      const ours: Account = { user: 'host-1', privateKey: hostKey('host-1').private, rpcs: [REQUEST] };
      const theirs = peer && { user: peer.user, privateKey: peer.privateKey, rpcs: [REQUEST] };
      for (const { what, kind, sessions, inFlight, ...goal } of SHAPES) {
        progress(what);
        const shape = { kind, sessions, inFlight, seconds: SECONDS };
        const own = await load({ ...shape, port, accounts: [ours] }, server.pid);
        const other = peer && theirs && (await tried({ ...shape, port: peer.port, accounts: [theirs] }));
        figures.push({
          what,
          unit: '/s',
          ours: own.perSecond,
          ...(other && { peer: { name: 'netconfd + sshd', value: other.perSecond } }),
          ...goal,
          note: `p50 ${own.p50.toFixed(2)} ms, p99 ${own.p99.toFixed(2)} ms, server CPU ${Math.round(own.serverMicroseconds ?? 0)} µs each`,
        });
      }
      progress('1,000 idle sessions');
      figures.push(await idle(server, port, ours));
    } finally {
      server.kill();
      await peer?.[Symbol.asyncDispose]();
    }
    return figures;
  },
};

async function idle(server: ReturnType<typeof startOn>, port: number, account: Account): Promise<Figure> {
  const rss = async () => {
    await delay(1_500);
    server.send('memory');
    const [answer] = (await once(server, 'message')) as [{ rss: number }];
    return answer.rss;
  };
  const before = await rss();
  const job: LoadJob = { kind: 'idle', port, accounts: [account], sessions: 1_000, inFlight: 1, seconds: 0 };
  const holder = startOn(CLIENT_CORE, './load.fixture.ts', [JSON.stringify(job)]);
  await once(holder, 'message');
  const after = await rss();
  holder.send('end');
  await once(holder, 'exit');
  return {
    what: 'memory of an idle session, of 1,000',
    unit: 'kB',
    ours: (after - before) / 1_000 / 1_000,
    goal: 40,
    note: 'growth of the resident set',
  };
}

/** netconfd on the server's core: what this process starts inherits the core it is bound to at that moment. */
async function startPeer(): Promise<Netconfd | undefined> {
  const missing = netconfdMissing();
  if (missing !== undefined) {
    process.stderr.write(`without netconfd: ${missing}\n`);
    return undefined;
  }
  const bind = (cores: string) => execFileSync('taskset', ['-acp', cores, String(process.pid)], { stdio: 'ignore' });
  process.env.YUMA_MODPATH = new URL('../../yang/modules', import.meta.url).pathname;
  bind(String(SERVER_CORE));
  try {
    return await startNetconfd(['ietf-portal-backend-message', 'ietf-subscriber-service-message']);
  } finally {
    bind(`${SERVER_CORE},${CLIENT_CORE}`);
  }
}

async function tried(job: LoadJob) {
  try {
    return await load(job);
  } catch (error) {
    process.stderr.write(`netconfd, ${job.kind}: ${(error as Error).message}\n`);
    return undefined;
  }
}
