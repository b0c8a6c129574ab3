import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type Netconfd, netconfdMissing, startNetconfd } from '../interop/netconfd.ts';
import { hostKey } from '../programs/index.ts';
import {
  type Account,
  CLIENT_CORE,
  firstLine,
  hold,
  type Load,
  type LoadReport,
  load,
  SERVER_CORE,
  type Shape,
  startOn,
  type Target,
} from './load.ts';
import type { Benchmark, Figure } from './measure.ts';
import { memoryOf } from './memory.ts';
import { REQUEST } from './messages.ts';

const SECONDS = 4;
const SHAPES: readonly { readonly what: string; readonly goal?: number; readonly shape: Shape }[] = [
  { what: 'session set-up, one by one', shape: { kind: 'set-up', sessions: 1, seconds: SECONDS } },
  { what: 'session set-up, 16 at once', shape: { kind: 'set-up', sessions: 16, seconds: SECONDS }, goal: 1_000 },
  { what: 'validated rpc, 1 session', shape: rpcs(1, 1) },
  { what: 'validated rpc, 50 sessions', shape: rpcs(50, 1), goal: 8_000 },
  { what: 'validated rpc, 1 session, 16 in flight', shape: rpcs(1, 16) },
];

function rpcs(sessions: number, inFlight: number): Shape {
  return { kind: 'rpc', rpc: REQUEST, sessions, inFlight, seconds: SECONDS };
}

/** Over SSH with public keys: our server with the real schema, and netconfd behind OpenSSH's sshd with the same modules. */
export const netconfSessions: Benchmark = {
  name: 'netconf',
  async run(progress) {
    const figures: Figure[] = [];
    const ours = await startOurs();
    const peer = await startPeer();
    try {
      // So that the first shape does not pay for V8's compiling.
      await load(ours.target, { kind: 'set-up', sessions: 16, seconds: 1 });
      await load(ours.target, { ...rpcs(50, 1), seconds: 1 });
      for (const { what, goal, shape } of SHAPES) {
        progress(what);
        const own = await load(ours.target, shape, ours.process.pid);
        const other = peer && (await tried(targetOf(peer), shape));
        figures.push({
          what,
          unit: '/s',
          ours: own.perSecond,
          ...(other && { peer: { name: 'netconfd + sshd', value: other.perSecond } }),
          ...(goal !== undefined && { goal }),
          note: note(own, other),
        });
      }
      progress('idle sessions');
      figures.push(await idle(peer));
    } finally {
      ours.process.kill();
      await peer?.[Symbol.asyncDispose]();
    }
    return figures;
  },
};

function note(own: Load, other: LoadReport | undefined): string {
  const times = ({ p50, p99 }: LoadReport) => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
  const peer = other === undefined ? '' : `; netconfd ${times(other)}`;
  return `${times(own)}, server CPU ${Math.round(own.serverMicroseconds)} µs each${peer}`;
}

/** What each of many more sessions costs, beside some that are held already; a server that has done nothing else. */
async function idle(peer: Netconfd | undefined): Promise<Figure> {
  const ours = await startOurs();
  const heaps: number[] = [];
  const own = await growth(ours.target, { held: 200, more: 1_000 }, async () => {
    ours.process.send('memory');
    const [{ heap }] = (await once(ours.process, 'message')) as [{ heap: number }];
    heaps.push(heap);
    return memoryOf([ours.process.pid!]);
  });
  ours.process.kill();
  const [heapBefore = 0, heapAfter = 0] = heaps;
  const other = peer && (await growth(targetOf(peer), { held: 10, more: 40 }, async () => memoryOf(peer.pids)));
  return {
    what: 'memory of an idle session, of 1,000',
    unit: 'kB',
    ours: own,
    ...(other && { peer: { name: 'netconfd + sshd, of 40', value: other } }),
    goal: 40,
    note: `growth of the resident set by 1,000 sessions beside 200, after a full collection before both looks (until then V8 keeps free pages of its own); of Node's heap and buffers alone ${((heapAfter - heapBefore) / 1e6).toFixed(1)} kB`,
  };
}

/** Kilobytes by session. */
async function growth(
  target: Target,
  { held, more }: { readonly held: number; readonly more: number },
  look: () => Promise<number>,
): Promise<number> {
  await using _first = await hold(target, held);
  const before = await look();
  await using _others = await hold(target, more);
  return ((await look()) - before) / more / 1_000;
}

async function startOurs(): Promise<{ process: ChildProcess; target: Target }> {
  const process = startOn(SERVER_CORE, './netconf-server.fixture.ts', ['--expose-gc']);
  const port = Number((await firstLine(process)).split(' ')[1]);
  const account: Account = { user: 'host-1', privateKey: hostKey('host-1').private };
  return { process, target: { port, accounts: [account] } };
}

const targetOf = ({ port, user, privateKey }: Netconfd): Target => ({ port, accounts: [{ user, privateKey }] });

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

async function tried(target: Target, shape: Shape): Promise<LoadReport | undefined> {
  try {
    return await load(target, shape);
  } catch (error) {
    process.stderr.write(`netconfd, ${shape.kind}: ${(error as Error).message}\n`);
    return undefined;
  }
}
