// A RADIUS client that keeps so many requests with one server for so long, on its own core; prints what came of it.
import { readFileSync } from 'node:fs';
import { attribute, createRadiusClient, type RadiusClient } from '@sublane/radius';
import { percentile } from './measure.ts';
import type { RadiusLoad, RadiusLoadReport } from './radius.ts';

const { transport, what, port, accountingPort, secret, tls, inFlight, seconds } = JSON.parse(
  process.argv[2] ?? '',
) as RadiusLoad;
const client: RadiusClient = createRadiusClient({
  transport,
  servers: [{ name: 'freeradius', host: '127.0.0.1', authenticationPort: port, accountingPort, secret }],
  ...(tls && {
    tls: {
      ca: readFileSync(tls.caFile),
      certificate: readFileSync(tls.certificateFile),
      key: readFileSync(tls.keyFile),
    },
  }),
});
const USER = [attribute('User-Name', 'alice'), attribute('NAS-Identifier', 'bench')];
let session = 0;

const operations = {
  authenticate: async () => {
    const credential = { method: 'pap', password: 'secret word' } as const;
    const result = await client.authenticate({ attributes: USER, credential });
    return result.ok && result.value.answer === 'accept';
  },
  account: async () => {
    const start = [attribute('Acct-Status-Type', 1), attribute('Acct-Session-Id', `lane-${session++}`)];
    return (await client.account([...USER, ...start])).ok;
  },
};

async function round(milliseconds: number): Promise<{ times: number[]; failures: number }> {
  const times: number[] = [];
  let failures = 0;
  const end = performance.now() + milliseconds;
  const one = async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      if (await operations[what]()) times.push(performance.now() - begun);
      else failures++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return { times, failures };
}

await round(1_000);
const begun = performance.now();
const cpu = process.cpuUsage();
const { times, failures } = await round(seconds * 1_000);
const { user, system } = process.cpuUsage(cpu);
const took = (performance.now() - begun) / 1_000;
times.sort((a, b) => a - b);
const report: RadiusLoadReport = {
  perSecond: times.length / took,
  failures,
  p50: percentile(times, 0.5),
  p99: percentile(times, 0.99),
  microseconds: (user + system) / times.length,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
await client.close();
