// A process of its own in a host's network namespace: times the engine's changes of the kernel; one line of JSON.
import { spawnSync } from 'node:child_process';
import { kilobitsPerSecond, milliseconds, systemClock, unwrap } from '@sublane/basics';
import { openLinuxEngine } from '../../agent/kernel/linux-engine.ts';
import type { LaneWish, Wish } from '../../agent/lanes/wish.ts';

export interface Timings {
  /** Milliseconds, the median of the rounds, by number of groups. */
  readonly apply: Readonly<Record<number, number>>;
  readonly undo: Readonly<Record<number, number>>;
  readonly nothing: Readonly<Record<number, number>>;
  /** Milliseconds from a known difference to the state repaired and checked, with ten groups. */
  readonly repair: number;
  /** The same lanes by a shell script of ip, tc and nft commands, one process for each. */
  readonly script: Readonly<Record<number, number>>;
}

const [stateDir = '', slice = ''] = process.argv.slice(2);
// Asking the segment for each address takes its time by the clock; it is not a cost of the change.
const engine = openLinuxEngine({ stateDir, slice, probe: false });

const lane = (groupId: number): LaneWish => ({
  groupId,
  name: `group-${groupId}`,
  interface: `sl${groupId}`,
  attachment: { type: 'on-link' },
  addresses: [
    { address: `192.0.2.${100 + groupId}`, prefixLength: 32, deprecated: false },
    { address: `2001:db8:a::${(0x100 + groupId).toString(16)}`, prefixLength: 128, deprecated: false },
  ],
  routes: [],
  unmatched: 'unreachable',
  dscp: 46,
  upld: { rate: kilobitsPerSecond(2_000), priority: 'H' },
  dnld: { rate: kilobitsPerSecond(4_000), priority: 'H' },
  validUntil: milliseconds(systemClock.sinceBoot() + 3_600_000),
});
const wishOf = (count: number): Wish => ({
  uplink: 'auto',
  lanes: Array.from({ length: count }, (_, index) => lane(index + 1)),
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const sh = (script: string) => {
  const run = spawnSync('sh', ['-e'], { input: script });
  if (run.status !== 0) throw new Error(`${run.stderr}`);
};

// What is loaded once (tools, capabilities) is not part of a change.
unwrap(await engine.converge(wishOf(3)));
unwrap(await engine.undo());

const timings = { apply: {}, undo: {}, nothing: {}, script: {} } as Record<string, Record<number, number>>;
for (const [count, rounds] of [
  [1, 15],
  [10, 9],
  [100, 5],
] as const) {
  const wish = wishOf(count);
  const taken: Record<string, number[]> = { apply: [], undo: [], nothing: [], script: [] };
  for (let round = 0; round < rounds; round++) {
    taken.apply?.push(await timed(async () => unwrap(await engine.converge(wish))));
    taken.nothing?.push(await timed(async () => unwrap(await engine.converge(wish))));
    taken.undo?.push(await timed(async () => unwrap(await engine.undo())));
  }
  const { steps } = unwrap(await engine.plan(wish));
  // What needs a program of the kernel's cannot be typed.
  const script = steps
    .map((step) => step.do)
    .filter((text) => /^(ip|tc|nft|sysctl) /.test(text) && !/ bpf\b/.test(text));
  taken.script?.push(await timed(async () => sh(script.join('\n'))));
  unwrap(await engine.undo());
  for (const [name, values] of Object.entries(taken)) (timings[name] as Record<number, number>)[count] = median(values);
}

const ten = wishOf(10);
unwrap(await engine.converge(ten));
const damages = [
  'ip route flush table 510003',
  'ip rule del preference 30001 table 510004',
  'ip -6 route flush table 510005',
  'tc class change dev uplink parent 5b1a: classid 5b1a:6 htb rate 9mbit',
  'ip link set sl7 mtu 1300',
  'nft flush chain inet sublane lane-8',
];
const repairs: number[] = [];
for (let round = 0; round < 60; round++) {
  sh(damages[round % damages.length] as string);
  repairs.push(
    await timed(async () => {
      const { steps } = unwrap(await engine.converge(ten));
      if (steps === 0) throw new Error(`nothing was to repair after: ${damages[round % damages.length]}`);
    }),
  );
}
unwrap(await engine.undo());
const repair = repairs.reduce((sum, value) => sum + value, 0) / repairs.length;
console.log(JSON.stringify({ ...timings, repair }));
process.exit(0);
