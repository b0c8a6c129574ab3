// `npm run bench [-- NAME…]`: speed and memory against the peers, in one run. A table, and JSON for machines.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { table } from '@sublane/basics';
import { cacheFolder } from './cache-folder.ts';
import { laneChanges } from './lane-changes.ts';
import { laneRates } from './lane-rates.ts';
import { type Benchmark, type Figure, meetsGoal, ratioOf } from './measure.ts';
import { netconfSessions } from './netconf-sessions.ts';
import { notifications } from './notifications.ts';
import { pools } from './pools.ts';
import { radius } from './radius.ts';
import { serviceRequests } from './service-requests.ts';
import { subscribers } from './subscribers.ts';
import { yangParsing } from './yang-parsing.ts';

const BENCHMARKS: readonly Benchmark[] = [
  yangParsing,
  netconfSessions,
  notifications,
  serviceRequests,
  radius,
  pools,
  subscribers,
  laneChanges,
  laneRates,
];

const names = process.argv.slice(2);
const strange = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (strange !== undefined) {
  process.stderr.write(`bench: no benchmark ${strange}; there are: ${BENCHMARKS.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));

const figures: Figure[] = [];
for (const benchmark of chosen) {
  const progress = (text: string) => process.stderr.write(`${benchmark.name}: ${text}\n`);
  figures.push(...(await benchmark.run(progress)));
}

const number = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));
const rows = figures.map((figure) => {
  const { what, unit, ours, peer, goal } = figure;
  const ratio = ratioOf(figure);
  const met = meetsGoal(figure);
  return [
    what,
    `${number(ours)}${unit === '/s' ? unit : ` ${unit}`}`,
    peer && `${number(peer.value)} (${peer.name})`,
    ratio && `${ratio.toFixed(2)}×`,
    goal && `${number(goal)} ${met ? 'met' : 'MISSED'}`,
  ];
});
const machine = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  system: systemName(),
};
process.stdout.write(`\n${table(['MEASURE', 'OURS', 'PEER', 'RATIO', 'GOAL'], rows)}\n\n`);
for (const { what, note } of figures) if (note) process.stdout.write(`${what}: ${note}\n`);
process.stdout.write(
  `\nmachine: ${Object.entries(machine)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')}; servers on one core, clients on another\n`,
);

const file = join(cacheFolder(), 'bench.json');
const written = figures.map((figure) => ({ ...figure, ratio: ratioOf(figure), met: meetsGoal(figure) }));
writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, figures: written }, null, 2)}\n`);
process.stdout.write(`written: ${file}\n`);
process.exit(0);

function systemName(): string {
  try {
    return /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
