import { spawnSync } from 'node:child_process';
import { kilobitsPerSecond, milliseconds, systemClock, unwrap } from '@sublane/basics';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import { chooseUplink } from '../lanes/observation.ts';
import { explain, plan } from '../lanes/plan.ts';
import { render } from '../lanes/render.ts';
import { remotesToAsk } from '../lanes/shared-link.ts';
import { isOfLifetimes } from '../lanes/steps.ts';
import { uplinkFacts } from '../lanes/uplink-facts.ts';
import type { Attachment, LaneWish, Wish } from '../lanes/wish.ts';
import { LinuxKernel } from './linux-kernel.ts';
import { EDGE, HOST, openStockNetwork, sh } from './stock-network.fixture.ts';

// Run in a kernel that has all links that lanes stand on (and no nf_tables for IP): a lane of each attachment without a
// firewall, seen from the other end; made by the program, then by its commands typed in a shell. Prints what it saw as
// one line of JSON.

openStockNetwork();

interface Kind {
  readonly attachment: Attachment;
  /** Of the edge's link; absent: routes to the host's own address. */
  readonly edge?: string;
  readonly segment?: true;
}
const tunnel = { type: 'tunnel' } as const;
const KINDS: Readonly<Record<string, Kind>> = {
  routed: { attachment: { type: 'routed' } },
  vlan: {
    attachment: { type: 'vlan', id: 4094 },
    edge: 'link access name far type vlan id 4094',
    segment: true,
  },
  'gre with a key': {
    attachment: { ...tunnel, encapsulation: 'gre', remote: EDGE.v4, key: 7 },
    edge: `name far type gre local ${EDGE.v4} remote ${HOST.v4} key 7`,
  },
  'gre, IPv6 outside': {
    attachment: { ...tunnel, encapsulation: 'gre', remote: EDGE.v6, key: 4_294_967_295 },
    edge: `name far type ip6gre local ${EDGE.v6} remote ${HOST.v6} key 4294967295 encaplimit none`,
  },
  ipip: {
    attachment: { ...tunnel, encapsulation: 'ipip', remote: EDGE.v4 },
    edge: `name far type sit local ${EDGE.v4} remote ${HOST.v4} mode any`,
  },
  'ipip, IPv6 outside': {
    attachment: { ...tunnel, encapsulation: 'ipip', remote: EDGE.v6 },
    edge: `name far type ip6tnl local ${EDGE.v6} remote ${HOST.v6} mode any encaplimit none`,
  },
  vxlan: {
    attachment: { ...tunnel, encapsulation: 'vxlan', remote: EDGE.v4, port: 4789, identifier: 42 },
    edge: `name far type vxlan id 42 remote ${HOST.v4} dstport 4789`,
    segment: true,
  },
};
const laneOf = ({ attachment, segment }: Kind): LaneWish => ({
  groupId: 1,
  name: 'calls',
  interface: 'sl1',
  attachment,
  addresses: [
    { address: '10.9.0.51', prefixLength: segment ? 24 : 32, deprecated: false },
    { address: '2001:db8:9::51', prefixLength: segment ? 64 : 128, deprecated: false },
  ],
  routes: segment
    ? [
        { destination: '0.0.0.0/0', nextHop: '10.9.0.1' },
        { destination: '::/0', nextHop: '2001:db8:9::1' },
      ]
    : [],
  unmatched: 'unreachable',
  dscp: 46,
  upld: { rate: kilobitsPerSecond(20_000), priority: 'H' },
  validUntil: milliseconds(systemClock.sinceBoot() + 600_000),
});
function openEdge({ edge, segment }: Kind): () => void {
  if (edge === undefined) {
    sh(`ip -n edge route add 10.9.0.51 via ${HOST.v4}; ip -n edge route add 2001:db8:9::51 via ${HOST.v6}`);
    return () => sh('ip -n edge route del 10.9.0.51; ip -n edge route del 2001:db8:9::51');
  }
  sh(`ip -n edge link add ${edge}
    ip -n edge link set far up
    ${
      segment
        ? 'ip -n edge address add 10.9.0.1/24 dev far; ip -n edge address add 2001:db8:9::1/64 dev far nodad'
        : 'ip -n edge route add 10.9.0.51 dev far; ip -n edge route add 2001:db8:9::51 dev far'
    }`);
  return () => sh('ip -n edge link del far');
}

const ownership = ownershipOf({ stateDir: '/tmp' });
const kernel = new LinuxKernel(ownership);
const capabilities = (await kernel.capabilities()).map((one) =>
  one.name === 'tool:nft' ? { ...one, present: false } : one,
);
const now = () => systemClock.sinceBoot();
const observe = async (lanes: readonly LaneWish[]) =>
  unwrap(await kernel.observe({ now: now(), uplink: 'auto', borrowed: new Map(), remotes: remotesToAsk(lanes) }));
const everything = () => sh('ip -d -o link; ip -o address; ip rule; ip -6 rule; ip route show table all; tc qdisc');

const group = kernel.cgroupDirectory('sublane.slice/g1');
const inGroup = (command: string, input: string) => {
  const run = spawnSync('sh', ['-c', `echo $$ > ${group}/cgroup.procs; exec ${command}`], { input });
  return `${run.stdout}${run.stderr}`.trim();
};
/**
 * Sends the largest datagram that the lane takes to each server, whole (RFC 8899 §3): prints whose it is there and how
 * large its packet; then one octet more.
 */
const WHO = `
import socket, subprocess, sys
code = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(5); s.bind((sys.argv[1], 9)); print("ready", flush=True)
data, (source, *_) = s.recvfrom(65535)
print(source, len(data), flush=True)
"""
for target in sys.argv[2:]:
    six = ":" in target
    size = int(sys.argv[1]) - (48 if six else 28)
    far = subprocess.Popen(["ip", "netns", "exec", "edge", "python3", "-c", code, target], stdout=subprocess.PIPE, text=True)
    far.stdout.readline()
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(*((41, 23) if six else (0, 10)), 2)
    s.sendto(b"x" * size, (target, 9))
    source, length = (far.stdout.readline().strip() or "nobody 0").split()
    try: s.sendto(b"x" * (size + 1), (target, 9)); more = "goes"
    except OSError as error: more = error.strerror
    print(source, int(length) - size, more)
`;
const SERVERS = ['198.51.100.10', '2001:db8:b::10'];

async function look(kind: Kind) {
  const lane = laneOf(kind);
  const wish: Wish = { uplink: 'auto', lanes: [lane] };
  const seen = await observe([lane]);
  const uplink = uplinkFacts(unwrap(chooseUplink('auto', seen)), seen, new Map());
  const rendered = render({ wish, uplink, capabilities, ownership, shaping: true, now: now() });
  const left = async () => plan((await observe([])).objects, rendered.objects);
  const operations = plan(seen.objects, rendered.objects);

  const made = await kernel.apply(operations, now());
  const leftByProgram = await left();
  const link = rendered.objects.find((one) => one.kind === 'link' && one.name === rendered.lanes[0]?.interface);
  const mtu = link?.kind === 'link' ? link.mtu : uplink.mtu;
  const sent = inGroup(`python3 - ${mtu} ${SERVERS.join(' ')}`, WHO);
  const reached = ['10.9.0.51', '2001:db8:9::51'].map(
    (address) => spawnSync('ip', ['netns', 'exec', 'edge', 'ping', '-n', '-c', '1', '-W', '5', address]).status,
  );
  const removed = await kernel.apply(plan((await observe([])).objects, []), now());

  const context = {
    now: now(),
    protocol: ownership.protocol,
    addressMetric: ownership.linkGroup,
    cgroups: kernel.cgroupDirectory(''),
  };
  const steps = explain(operations, context);
  sh(steps.map((step) => step.do).join('\n'));
  // No command makes a program, and typing takes time.
  const leftByHand = (await left()).filter((one) => one.object.kind !== 'mark' && !isOfLifetimes(one));
  sh(
    [...steps]
      .reverse()
      .map((step) => step.undo)
      .join('\n'),
  );
  const gone = (await observe([])).objects;
  return {
    means: rendered.lanes[0]?.means,
    made: made.ok ? leftByProgram : made,
    mtu,
    sent: sent.split('\n'),
    reached,
    removed: removed.ok,
    typed: leftByHand,
    gone,
  };
}

const looks: Record<string, unknown> = {};
for (const [name, kind] of Object.entries(KINDS)) {
  // The edge is the first to use the kind: that loads its module, which puts a link into every network namespace (gre0).
  const close = openEdge(kind);
  const before = everything();
  looks[name] = { ...(await look(kind)), same: everything() === before };
  close();
}
console.log(JSON.stringify(looks));
