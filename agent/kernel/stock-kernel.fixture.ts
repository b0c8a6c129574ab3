import { spawnSync } from 'node:child_process';
import { kilobitsPerSecond, milliseconds, systemClock, unwrap } from '@sublane/basics';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import { chooseUplink } from '../lanes/observation.ts';
import { plan } from '../lanes/plan.ts';
import { render } from '../lanes/render.ts';
import { uplinkFacts } from '../lanes/uplink-facts.ts';
import type { Wish } from '../lanes/wish.ts';
import { LinuxKernel } from './linux-kernel.ts';
import { openStockNetwork, sh } from './stock-network.fixture.ts';

// Run in a kernel that has ipvlan and fq_codel (and no nf_tables for IP): makes a lane without a firewall, looks at it
// from the other end of the wire, takes it away. Prints what it saw as one line of JSON.

openStockNetwork();
const everything = () => sh('ip -o link; ip -o address; ip rule; ip -6 rule; ip route show table all; tc qdisc');

const ownership = ownershipOf({ stateDir: '/tmp' });
const kernel = new LinuxKernel(ownership);
const capabilities = (await kernel.capabilities()).map((one) =>
  one.name === 'tool:nft' ? { ...one, present: false } : one,
);
const observe = async () =>
  unwrap(await kernel.observe({ now: systemClock.sinceBoot(), uplink: 'auto', borrowed: new Map() }));
const before = everything();
const wish: Wish = {
  uplink: 'auto',
  lanes: [
    {
      groupId: 1,
      name: 'calls',
      interface: 'sl1',
      attachment: { type: 'on-link' },
      addresses: [
        { address: '192.0.2.51', prefixLength: 24, deprecated: false },
        { address: '2001:db8:a::51', prefixLength: 64, deprecated: false },
      ],
      routes: [],
      unmatched: 'unreachable',
      dscp: 46,
      upld: { rate: kilobitsPerSecond(2_000), priority: 'H' },
      validUntil: milliseconds(systemClock.sinceBoot() + 600_000),
    },
  ],
};
const seen = await observe();
const uplink = uplinkFacts(unwrap(chooseUplink('auto', seen)), seen, new Map());
const rendered = render({ wish, uplink, capabilities, ownership, shaping: true, now: systemClock.sinceBoot() });
const operations = plan(seen.objects, rendered.objects);
const made = await kernel.apply(operations, systemClock.sinceBoot());
const left = plan((await observe()).objects, rendered.objects);

const group = kernel.cgroupDirectory('sublane.slice/g1');
const ask = (target: string) => {
  const asGroup = `echo $$ > ${group}/cgroup.procs; exec python3 - ${target}`;
  const { stdout, stderr } = spawnSync('sh', ['-c', asGroup], { input: WHO });
  return stdout.toString().trim() || stderr.toString();
};
const WHO = `
import socket, subprocess, sys
code = "import socket,sys; s=socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 9)); print('ready', flush=True); print(s.recvfrom(9)[1][0], flush=True)"
far = subprocess.Popen(["ip", "netns", "exec", "edge", "python3", "-c", code, sys.argv[1]], stdout=subprocess.PIPE, text=True)
far.stdout.readline()
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"x", (sys.argv[1], 9))
print(far.stdout.readline().strip())
`;
const sources = [ask('198.51.100.10'), ask('2001:db8:b::10')];
const answers = sh(
  'ip netns exec edge ping -n -c 1 -W 2 192.0.2.51 && ip netns exec edge ping -n -c 1 -W 2 2001:db8:a::51',
);
const queues = sh('tc qdisc show dev uplink');

const removed = await kernel.apply(plan((await observe()).objects, []), systemClock.sinceBoot());
console.log(
  JSON.stringify({
    means: rendered.lanes[0]?.means,
    lacks: capabilities.filter(({ present }) => !present).map(({ name }) => name),
    made,
    left,
    sources,
    answered: answers.includes('1 received'),
    queues: [...queues.matchAll(/^qdisc (\S+)/gm)].map(([, kind]) => kind).sort(),
    removed,
    same: everything() === before,
  }),
);
