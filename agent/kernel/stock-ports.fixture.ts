import { bytes, kilobitsPerSecond, silentLog, unwrap } from '@sublane/basics';
import { PortService, undoPorts } from '../ports/port-service.ts';
import { LinuxPorts } from './linux-ports.ts';
import { sh } from './stock-network.fixture.ts';

// Run in a stock kernel (act_police, cls_basic): binds a port, and beside it types what the MidoNet document does.
// Prints what tc shows of both as one line of JSON.

sh(`
  ip netns add machine
  ip link add vm1 type veth peer name eth0 netns machine
  ip link add vm2 type veth peer name eth1 netns machine
  ip link set vm1 up
  ip link set vm2 up
  ip address add 10.9.0.1/24 dev vm1
  ip -n machine link set eth0 up
  ip -n machine address add 10.9.0.2/24 dev eth0
`);
const [RATE, BURST] = ['10000kbit', '100000'];
// "The netlink request will have the equivalent effect of executing":
sh(`
  INTERFACE=vm2 RATE=${RATE} BURST=${BURST}
  tc qdisc add dev $INTERFACE handle ffff: ingress
  tc filter add dev $INTERFACE parent ffff: protocol all prio 49 \
    basic police rate $RATE burst $BURST mtu 65535 drop
`);

const kernel = new LinuxPorts();
const ports = [{ interface: 'vm1', rate: kilobitsPerSecond(10_000), burst: bytes(100_000), replace: false }];
const service = new PortService({ kernel, ports, log: silentLog });
await service.start();
/** Without the number of the action, which is ours to choose. */
const filter = (link: string) =>
  sh(`tc filter show dev ${link} parent ffff: pref 49`).replace(/police 0x[0-9a-f]+ /, 'police ');
const qdisc = (link: string) => sh(`tc qdisc show dev ${link} ingress`);
const shown = { ours: [qdisc('vm1'), filter('vm1')], document: [qdisc('vm2'), filter('vm2')] };

// More than the burst at once: the rest is dropped, and counted.
sh('ip netns exec machine ping -q -f -c 400 -s 1400 -W 1 -l 400 10.9.0.1 || true');
const fact = unwrap(kernel.read()).find((one) => one.interface === 'vm1');
service.close();
const left = unwrap(undoPorts(new LinuxPorts()));
console.log(
  JSON.stringify({ ...shown, held: fact?.held, left: left ?? null, after: qdisc('vm1'), theirs: qdisc('vm2') !== '' }),
);
