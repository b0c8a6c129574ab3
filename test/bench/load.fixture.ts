// A process of its own: NETCONF clients that load a server. Its first message is the job; it prints its report.
import { once } from 'node:events';
import { unwrap } from '@sublane/basics';
import { connect, type NetconfClient } from 'netconf-client';
import type { Account, Job, LoadReport, Shape } from './load.ts';
import { percentile } from './measure.ts';
import { oneGroupOf } from './messages.ts';

// Who started it is gone.
process.on('disconnect', () => process.exit(1));

const [job] = (await once(process, 'message')) as [Job];

/** Milliseconds; what V8 has not compiled yet is slower by ten. */
const WARM_UP = 2_000;

const account = (index: number) => job.accounts[index % job.accounts.length] as Account;

const open = async ({ user, privateKey }: Account) =>
  unwrap(await connect({ host: '127.0.0.1', port: job.port, user, privateKey, hostKey: { verify: () => true } }));

async function openAll(): Promise<readonly NetconfClient[]> {
  const clients: NetconfClient[] = [];
  while (clients.length < job.sessions) {
    const more = Math.min(16, job.sessions - clients.length);
    const opening = Array.from({ length: more }, (_, index) => open(account(clients.length + index)));
    clients.push(...(await Promise.all(opening)));
  }
  return clients;
}

async function ask(client: NetconfClient, rpc: string): Promise<void> {
  const replied = await client.rpc(rpc);
  if (!replied.ok) throw new Error(`refused: ${replied.failure.message}`);
}

/** Workers that each do one thing after the other until the time is over; a warm-up before is not counted. */
async function run(
  seconds: number,
  workers: number,
  operation: (worker: number, turn: number) => Promise<unknown>,
): Promise<LoadReport> {
  const latencies: number[] = [];
  const turns = Array.from({ length: workers }, () => 0);
  const work = async (worker: number, end: number) => {
    while (performance.now() < end) {
      const begin = performance.now();
      const turn = turns[worker] as number;
      turns[worker] = turn + 1;
      await operation(worker, turn);
      latencies.push(performance.now() - begin);
    }
  };
  const until = (end: number) => Promise.all(turns.map((_, worker) => work(worker, end)));
  await until(performance.now() + WARM_UP);
  const warming = latencies.splice(0).length;
  const begin = performance.now();
  process.send?.('begin');
  await until(begin + seconds * 1000);
  const elapsed = performance.now() - begin;
  const sorted = latencies.sort((a, b) => a - b);
  return {
    count: sorted.length,
    perSecond: (sorted.length / elapsed) * 1000,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    total: warming + sorted.length,
  };
}

async function load(shape: Shape): Promise<LoadReport> {
  const { seconds, sessions } = shape;
  if (shape.kind === 'set-up') return run(seconds, sessions, async (worker) => (await open(account(worker))).close());
  const clients = await openAll();
  const at = (index: number) => clients[index] as NetconfClient;
  if (shape.kind === 'rpc') {
    return run(seconds, sessions * shape.inFlight, (worker) => ask(at(worker % sessions), shape.rpc));
  }
  // Each worker has a share of the sessions, and goes round it: one more group of each host every time.
  const share = Math.floor(sessions / shape.inFlight);
  return run(seconds, shape.inFlight, (worker, turn) => {
    const index = worker * share + (turn % share);
    return ask(at(index), oneGroupOf(account(index).user, 1 + Math.floor(turn / share)));
  });
}

if (job.kind === 'hold') {
  const clients = await openAll();
  process.send?.('held');
  await once(process, 'message');
  await Promise.all(clients.map((client) => client.close()));
  process.exit(0);
}
process.stdout.write(JSON.stringify(await load(job)), () => process.exit(0));
