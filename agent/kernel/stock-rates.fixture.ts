import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  type Bytes,
  type KilobitsPerSecond,
  kilobitsPerSecond,
  milliseconds,
  systemClock,
  unwrap,
} from '@sublane/basics';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import { chooseUplink } from '../lanes/observation.ts';
import { plan } from '../lanes/plan.ts';
import { render } from '../lanes/render.ts';
import { uplinkFacts } from '../lanes/uplink-facts.ts';
import type { Attachment, LaneWish } from '../lanes/wish.ts';
import { LinuxKernel } from './linux-kernel.ts';
import { EDGE, HOST, openStockNetwork, sh } from './stock-network.fixture.ts';

// Run in a stock kernel (act_police, cls_basic, fq_codel; no nf_tables for IP): a lane with a link of its own and one
// whose addresses stand on a link that others use. Measures what comes through; prints one line of JSON.

openStockNetwork();
sh(`
  ip -n edge route add 203.0.113.52/32 via ${HOST.v4}
  ip -n edge route add 2001:db8:c::52/128 via ${HOST.v6}
`);
const ADDRESSES = {
  1: ['192.0.2.51', '2001:db8:a::51'],
  2: ['203.0.113.52', '2001:db8:c::52'],
} as const;
const RATE = kilobitsPerSecond(4_000);
const BURST = 125_000;

const lane = (groupId: 1 | 2, type: 'on-link' | 'routed', rate: KilobitsPerSecond, burst?: Bytes): LaneWish => ({
  groupId,
  name: `group-${groupId}`,
  interface: `sl${groupId}`,
  attachment: { type } as Attachment,
  addresses: ADDRESSES[groupId].map((address) => ({
    address,
    prefixLength: type === 'routed' ? (address.includes(':') ? 128 : 32) : address.includes(':') ? 64 : 24,
    deprecated: false,
  })),
  routes: [],
  unmatched: 'unreachable',
  dscp: 0,
  upld: { rate, priority: 'M' },
  dnld: { rate, priority: 'M', ...(burst !== undefined && { burst }) },
  validUntil: milliseconds(systemClock.sinceBoot() + 600_000),
});

const kernel = new LinuxKernel(ownershipOf({ stateDir: '/tmp' }));
const ownership = ownershipOf({ stateDir: '/tmp' });
const capabilities = (await kernel.capabilities()).map((one) =>
  one.name === 'tool:nft' ? { ...one, present: false } : one,
);
const observe = async () =>
  unwrap(await kernel.observe({ now: systemClock.sinceBoot(), uplink: 'auto', borrowed: new Map() }));

async function reach(lanes: readonly LaneWish[]) {
  const seen = await observe();
  const uplink = uplinkFacts(unwrap(chooseUplink('auto', seen)), seen, new Map());
  const wish = { uplink: 'auto', lanes };
  const rendered = render({ wish, uplink, capabilities, ownership, shaping: true, now: systemClock.sinceBoot() });
  unwrap(await kernel.apply(plan(seen.objects, rendered.objects), systemClock.sinceBoot()));
  return { rendered, left: plan((await observe()).objects, rendered.objects) };
}

const TOOL = fileURLToPath(new URL('../../test/lab/tools/rate.py', import.meta.url));
const group = (groupId: number) => kernel.cgroupDirectory(`sublane.slice/g${groupId}`);
const asGroup = (groupId: number, argv: readonly string[]) => [
  'sh',
  '-c',
  `echo $$ > ${group(groupId)}/cgroup.procs && exec "$@"`,
  'sh',
  ...argv,
];
const atEdge = (argv: readonly string[]) => ['ip', 'netns', 'exec', 'edge', ...argv];
let port = 5000;

interface Measured {
  readonly kbps: number;
  readonly bytes: number;
  /** Of the first and of the last packet, s. */
  readonly begun: number;
  readonly ended: number;
}

/** A flow from or to a lane: what came through. */
async function flow(
  groupId: 1 | 2,
  direction: 'up' | 'down',
  protocol: 'tcp' | 'udp',
  family: 0 | 1,
): Promise<Measured> {
  port++;
  const target = direction === 'up' ? ([EDGE.v4, EDGE.v6] as const)[family] : ADDRESSES[groupId][family];
  // Without a firewall the socket itself says which class it is of.
  const priority = direction === 'up' ? String(0x5b1a0000 + groupId) : '0';
  const receive = ['python3', TOOL, 'receive', protocol, target, String(port), String(SECONDS), '0.5'];
  const send = [
    'python3',
    TOOL,
    'send',
    protocol,
    target,
    String(port),
    String(RATE * 2),
    String(SECONDS + 0.3),
    priority,
  ];
  const start = (argv: readonly string[]) =>
    spawn(argv[0] as string, argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const receiver = start(direction === 'up' ? atEdge(receive) : asGroup(groupId, receive));
  let output = '';
  const printed = new Promise<void>((resolve) =>
    receiver.stdout.on('data', (data) => {
      output += String(data);
      if (output.includes('ready')) resolve();
    }),
  );
  await printed;
  const sender = start(direction === 'up' ? asGroup(groupId, send) : atEdge(send));
  await new Promise((resolve) => receiver.on('close', resolve));
  sender.kill();
  return JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? '{}') as Measured;
}

const { rendered, left } = await reach([lane(1, 'on-link', RATE), lane(2, 'routed', RATE)]);
const filters = [sh('tc filter show dev sl1 ingress'), sh('tc filter show dev uplink ingress')];
const SECONDS = 2;
const flows: Record<string, Measured> = {};
const named = async (...[groupId, direction, protocol, family]: Parameters<typeof flow>) => {
  const measured = await flow(groupId, direction, protocol, family);
  flows[`${groupId} ${direction} ${protocol} ${family === 0 ? 4 : 6}`] = measured;
  return measured;
};
// Lanes and directions do not touch each other's rates.
await Promise.all([
  named(1, 'down', 'udp', 0),
  named(2, 'down', 'tcp', 0),
  named(1, 'up', 'tcp', 1),
  named(2, 'up', 'udp', 1),
]);
// What other programs of the machine kept from its share is measured again, alone.
for (const again of [1, 2])
  for (const [name, { kbps }] of Object.entries(flows))
    if (kbps < RATE * 0.9) {
      const [groupId, direction, protocol, family] = name.split(' ');
      console.error(`again (${again}): ${name}, ${kbps} kbit/s`);
      await named(Number(groupId) as 1 | 2, direction as 'up', protocol as 'udp', family === '4' ? 0 : 1);
    }
// Both families share what was granted: as a part of what the rate lets through from the first packet to the last.
const both = await Promise.all([flow(2, 'down', 'udp', 0), flow(2, 'down', 'udp', 1)]);
const elapsed = Math.max(...both.map(({ ended }) => ended)) - Math.min(...both.map(({ begun }) => begun));
const together = both.reduce((sum, { bytes }) => sum + bytes, 0) / ((RATE * 1000 * elapsed) / 8 + BURST);
// Another rate, other addresses, and everything away.
const changed = await reach([lane(2, 'routed', kilobitsPerSecond(900), 40_000 as Bytes)]);
const gone = await kernel.apply(plan((await observe()).objects, []), systemClock.sinceBoot());
// The kernel does away with filters, and with them their actions, a little later.
sh('for try in 1 2 3 4 5 6 7 8 9; do tc actions list action police | grep -q police || break; sleep 0.1; done');
console.log(
  JSON.stringify({
    lanes: rendered.lanes.map(({ means, shaping, policing }) => ({ means, shaping, policing })),
    left: [...left, ...changed.left],
    filters,
    flows,
    together,
    rate: RATE,
    seconds: SECONDS,
    burst: { up: 20_000, down: BURST },
    gone,
    trace: sh('tc qdisc show; tc actions list action police; ip -o link show group 0x5b1a').trim(),
  }),
);
