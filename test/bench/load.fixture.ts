// A process of its own: NETCONF clients that load a server. Takes one job as JSON on its command line, prints its report.
import { unwrap } from '@sublane/basics';
import { connect, type NetconfClient } from 'netconf-client';
import type { Account, LoadJob, LoadReport } from './load.ts';

const job = JSON.parse(process.argv[2] ?? '') as LoadJob;
const open = async ({ user, privateKey }: Account) =>
  unwrap(await connect({ host: '127.0.0.1', port: job.port, user, privateKey, hostKey: { verify: () => true } }));
const account = (index: number) => job.accounts[index % job.accounts.length] as Account;

const latencies: number[] = [];
const timed = async (operation: () => Promise<unknown>) => {
  const begin = performance.now();
  await operation();
  latencies.push(performance.now() - begin);
};

/** Workers that each do one thing after the other until the time is over; a warm-up before is not counted. */
async function run(
  workers: number,
  operation: (worker: number, turn: number) => Promise<unknown>,
): Promise<LoadReport> {
  const turns = new Array<number>(workers).fill(0);
  const until = async (end: number) => {
    const work = async (_: unknown, worker: number) => {
      while (performance.now() < end) await timed(() => operation(worker, turns[worker]!++));
    };
    await Promise.all(Array.from({ length: workers }, work));
  };
  await until(performance.now() + job.seconds * 250);
  latencies.length = 0;
  const begin = performance.now();
  process.send?.('begin');
  await until(begin + job.seconds * 1000);
  const elapsed = performance.now() - begin;
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { count: sorted.length, perSecond: (sorted.length / elapsed) * 1000, p50: at(0.5), p99: at(0.99) };
}

let report: LoadReport;
if (job.kind === 'set-up') {
  report = await run(job.sessions, async (worker) => (await open(account(worker))).close());
} else if (job.kind === 'idle') {
  const held: NetconfClient[] = [];
  while (held.length < job.sessions) {
    const more = Array.from({ length: Math.min(16, job.sessions - held.length) }, (_, index) =>
      open(account(held.length + index)),
    );
    held.push(...(await Promise.all(more)));
  }
  report = { count: held.length, perSecond: Number.NaN, p50: Number.NaN, p99: Number.NaN };
  process.send?.('idle');
  await new Promise((resolve) => process.once('message', resolve));
  await Promise.all(held.map((client) => client.close()));
} else {
  const clients = await Promise.all(Array.from({ length: job.sessions }, (_, index) => open(account(index))));
  report = await run(job.sessions * job.inFlight, async (worker, turn) => {
    const { rpcs } = account(worker % job.sessions);
    // Each worker of a session walks its own part of the session's requests.
    const slot = Math.floor(worker / job.sessions);
    const share = Math.max(1, Math.floor(rpcs.length / job.inFlight));
    const rpc = rpcs[(slot * share + (turn % share)) % rpcs.length] as string;
    const replied = await clients[worker % job.sessions]?.rpc(rpc);
    if (!replied?.ok) throw new Error(`refused: ${replied?.failure.message}`);
  });
  await Promise.all(clients.map((client) => client.close()));
}
process.stdout.write(JSON.stringify(report), () => process.exit(0));
