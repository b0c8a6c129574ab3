import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { HeadendProcess, hostKey, type Operator } from '../programs/index.ts';
import { cacheFolder } from './cache-folder.ts';
import { keaExchanges, keaMissing } from './kea-exchanges.ts';
import { type Account, load, SERVER_CORE } from './load.ts';
import { type Benchmark, type Figure, percentile } from './measure.ts';

const SECONDS = 5;
/** Before all that is counted, so that the first shape does not pay for V8's compiling. */
const WARM_UP = { inFlight: 64, hosts: 512, seconds: 3 };
/** Each shape has hosts of its own, so many that each of them asks for a few groups only. */
const SHAPES: readonly { readonly inFlight: number; readonly hosts: number; readonly goal?: number }[] = [
  { inFlight: 1, hosts: 256 },
  { inFlight: 16, hosts: 1_024 },
  { inFlight: 64, hosts: 2_048, goal: 4_000 },
];

const HOSTS = [WARM_UP, ...SHAPES].reduce((sum, { hosts }) => sum + hosts, 0);

/**
 * New leases of the real headend, as its hosts get them: a whole subscriber-service-message over the standing SSH session
 * of an enrolled host, validated, authorised, decided, one IPv4 and one IPv6 address allocated, lease and audit durable
 * (SQLite, WAL, fsync before the reply), and the sp-service-message back at the host. Against new leases of Kea.
 */
export const serviceRequests: Benchmark = {
  name: 'service',
  async run(progress) {
    const place = { core: SERVER_CORE, under: cacheFolder() };
    await using headend = await HeadendProcess.init({ ...place, requestsPerMinute: 10_000_000 });
    await headend.start();
    progress('enrolling hosts');
    const accounts = await enrol(headend);
    const sync = syncTime(headend.folder);

    const figures: Figure[] = [];
    const { inFlight, hosts: sessions, seconds } = WARM_UP;
    const warming = { port: headend.address.port, accounts: accounts.splice(0, sessions) };
    let { total: leases } = await load(warming, { kind: 'lanes', sessions, inFlight, seconds });
    for (const { inFlight, hosts, goal } of SHAPES) {
      progress(`${inFlight} in flight`);
      const target = { port: headend.address.port, accounts: accounts.splice(0, hosts) };
      const shape = { kind: 'lanes', sessions: hosts, inFlight, seconds: SECONDS } as const;
      const { perSecond, p50, p99, serverMicroseconds, total } = await load(target, shape, headend.pid);
      leases += total;
      const busy = Math.round((perSecond * serverMicroseconds) / 10_000);
      figures.push({
        what: `durable new leases, ${inFlight} in flight`,
        unit: '/s',
        ours: perSecond,
        ...(goal !== undefined && { goal }),
        note: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, headend CPU ${Math.round(serverMicroseconds)} µs each (its core ${busy}% busy), over ${hosts} sessions; an fsync of this disk ${sync.toFixed(2)} ms`,
      });
    }
    await countLeases(headend, leases);
    progress('restart');
    figures.push(await restart(headend, leases));

    const missing = keaMissing();
    if (missing !== undefined) {
      process.stderr.write(`without Kea: ${missing}\n`);
      return figures;
    }
    await headend.stop();
    progress('Kea');
    const peer = { name: 'Kea, no fsync', value: await keaExchanges(SECONDS) };
    return figures.map((figure) => (figure.unit === '/s' ? { ...figure, peer } : figure));
  },
};

async function enrol(headend: HeadendProcess): Promise<Account[]> {
  await using operator = await headend.operator();
  const rate = { ceiling: 1_000_000 } as const;
  await operator.configure({
    pool: [
      { name: 'calls', class: 'conversational', prefix: ['10.0.0.0/9', '2001:db8:1::/64'], gateway: ['10.0.0.1'] },
    ],
    plan: [
      {
        name: 'gold',
        'default-class': 'conversational',
        class: [{ name: 'conversational', dscp: 46, priority: 'H', upld: rate, dnld: rate }],
        'groups-max': 10_000,
      },
    ],
  });
  await operator.call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
  return await Promise.all(Array.from({ length: HOSTS }, (_, index) => enrolHost(operator, `host-${index}`)));
}

async function enrolHost(operator: Operator, user: string): Promise<Account> {
  const key = hostKey(user);
  await operator.call('sublane-headend:add-host', { 'host-id': user, subscriber: 'alice', 'public-key': key.public });
  return { user, privateKey: key.private };
}

/** Each answered request was a new lease. */
async function countLeases(headend: HeadendProcess, expected: number): Promise<void> {
  await using operator = await headend.operator();
  const { leases = [] } = await operator.call('sublane-headend:get-status', {});
  const active = Number(leases.find(({ state }) => state === 'active')?.count);
  if (active !== expected) throw new Error(`${expected} requests were granted, and there are ${active} leases`);
}

async function restart(headend: HeadendProcess, leases: number): Promise<Figure> {
  await headend.stop('SIGKILL');
  const begin = performance.now();
  await headend.start();
  return {
    what: `start after kill -9, with ${leases.toLocaleString('en')} leases`,
    unit: 'ms',
    ours: performance.now() - begin,
    note: 'from the start of the process to its line that it is ready',
  };
}

/** The median of an append and fdatasync of 4 kB where the store is, in milliseconds: no single commit is faster. */
function syncTime(folder: string): number {
  const path = join(folder, 'sync-probe');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(4096);
  const times = Array.from({ length: 200 }, () => {
    const begin = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - begin;
  });
  closeSync(file);
  rmSync(path);
  return percentile(
    times.sort((a, b) => a - b),
    0.5,
  );
}
