import { unwrap } from '@sublane/basics';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, Lab, openAccessNetwork, snapshotHost } from '../../test/lab/index.ts';
import { labLane, SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';

describeInLab('a host full of what others made', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  beforeAll(async () => {
    lab = Lab.open();
    subscriber = new SubscriberHost(await openAccessNetwork(lab), lab);
    await furnish();
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });

  /** Rules, tables, routes, links, queues, lists and settings near to ours in name and number, and not ours. */
  async function furnish(): Promise<void> {
    const { host } = subscriber.network;
    await host.ip(
      'link add slip0 type veth peer name slip1',
      'link add sl9 type veth peer name sl9b',
      'link set slip0 up',
      'link add other link uplink type macvlan mode bridge',
      'link set other up',
      'address add 203.0.113.5/24 dev slip0',
      'address add 203.0.113.6/32 dev uplink metric 77',
      'address add 2001:db8:c::5/64 dev slip0 nodad',
      'rule add fwmark 0x5b000001 lookup 510001 preference 30001',
      'rule add fwmark 0x7 lookup 777 preference 5210 protocol 99',
      'rule add from 203.0.113.5 lookup 777 preference 30500 protocol 151',
      'route add 203.0.113.128/25 dev slip0 table 777 proto 151',
      'route add 203.0.113.64/26 dev slip0 table 510001 proto 42',
      'route add unreachable 10.99.0.0/16 table 777',
    );
    await host.must(['ip', '-6', 'rule', 'add', 'fwmark', '0x7', 'lookup', '777', 'preference', '5210']);
    await host.must(['ip', '-6', 'route', 'add', '2001:db8:99::/48', 'dev', 'slip0', 'table', '777', 'proto', '151']);
    await host.sysctl({ 'net.ipv4.conf.slip0.arp_ignore': 2, 'net.ipv4.conf.uplink.rp_filter': 1 });
    await host.must(['nft', '-f', '-'], {
      input: `
        table inet other {
          set live4 { type ipv4_addr; elements = { 192.0.2.51 }; }
          chain leave {
            type filter hook postrouting priority -140; policy accept;
            meta mark 0x7 counter
          }
        }
        table ip sublane {
          chain leave {
            type filter hook output priority 0; policy accept;
          }
        }
        table ip nat {
          chain post {
            type nat hook postrouting priority 100; policy accept;
            oifname "slip0" masquerade
          }
        }
      `,
    });
    await host.must(['tc', '-batch', '-'], {
      input: `
        qdisc add dev slip0 root handle 5b1a: htb default 1
        class add dev slip0 parent 5b1a: classid 5b1a:1 htb rate 5mbit
        qdisc add dev slip1 root handle 7: tbf rate 1mbit burst 10k latency 50ms
      `.replace(/^\s+/gm, ''),
    });
    // Duplicate address detection is still under way on the links of the lab.
    await host.must(['sh', '-c', 'while ip -6 address show tentative | grep -q inet6; do sleep 0.1; done']);
  }

  test('is the same, byte for byte, after lanes came, changed and went', async () => {
    const { host, observer } = subscriber.network;
    const before = await snapshotHost(host);
    const engine = subscriber.engine({ handle: 0x5b1b });
    unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(1000) }), labLane(2, { unmatched: 'unreachable' }))));
    unwrap(await engine.converge(wishFor(labLane(2), labLane(3, { upld: upTo(500, 'L') }))));
    expect(await snapshotHost(host)).not.toEqual(before);
    await observer.flows();
    await subscriber.inGroup(3, ['curl', '-sS', `http://${ADDRESSES.server.v4}/`]);
    expect((await observer.flows()).map(({ source }) => source)).toEqual(['192.0.2.53']);
    unwrap(await engine.undo());
    expect(await snapshotHost(host)).toEqual(before);
  });

  test('is the same where undo knows nothing but the marks of ownership', async () => {
    const { host } = subscriber.network;
    const before = await snapshotHost(host);
    const lacking = ['net.ipv4.conf.uplink.arp_ignore', 'net.ipv4.conf.uplink.arp_announce'];
    unwrap(await subscriber.engine({ handle: 0x5b1b }).converge(wishFor(labLane(1, { upld: upTo(1000) }))));
    const forgetful = subscriber.engine({ handle: 0x5b1b, stateDir: `${lab.folder}/empty` });
    unwrap(await forgetful.undo());
    // What was borrowed is known to the journal alone.
    await host.sysctl(Object.fromEntries(lacking.map((name) => [name, 0])));
    expect(await snapshotHost(host)).toEqual(before);
    unwrap(await subscriber.engine({ handle: 0x5b1b }).undo());
  });

  test('a link of theirs with the name of a lane is not touched', async () => {
    const { host } = subscriber.network;
    const before = await snapshotHost(host);
    const refused = await subscriber.engine({ handle: 0x5b1b }).converge(wishFor(labLane(9)));
    expect(refused).toMatchObject({ ok: false, failure: { kind: 'occupied', what: 'sl9' } });
    expect(await snapshotHost(host)).toEqual(before);
  });

  test('their root qdisc on the uplink stays, and the lane is shaped on its own link', async () => {
    const { host } = subscriber.network;
    await host.must([
      'tc',
      'qdisc',
      'add',
      'dev',
      'uplink',
      'root',
      'handle',
      '9:',
      'tbf',
      'rate',
      '50mbit',
      'burst',
      '50k',
      'latency',
      '50ms',
    ]);
    const before = await snapshotHost(host);
    const engine = subscriber.engine({ handle: 0x5b1b });
    const report = unwrap(await engine.converge(wishFor(labLane(1, { upld: upTo(1000) }))));
    expect(report.lanes[0]?.shaping).toBe('lane');
    expect(report.notes.join()).toContain('tbf');
    expect(await host.must(['tc', 'qdisc', 'show', 'dev', 'uplink'])).toContain('tbf 9:');
    unwrap(await engine.undo());
    expect(await snapshotHost(host)).toEqual(before);
    await host.must(['tc', 'qdisc', 'del', 'dev', 'uplink', 'root']);
  });

  test('two agents in two namespaces of one machine do not disturb each other', async () => {
    const other = Lab.open();
    try {
      const network = await openAccessNetwork(other);
      const first = subscriber.engine({ handle: 0x5b1b });
      unwrap(await first.converge(wishFor(labLane(1))));
      subscriber.leave();
      const neighbour = new SubscriberHost(network, other);
      const second = neighbour.engine();
      unwrap(await second.converge(wishFor(labLane(1), labLane(2))));
      const curl = ['curl', '-sS', `http://${ADDRESSES.server.v4}/`];
      expect((await neighbour.inGroup(2, curl)).stdout).toBe('192.0.2.52\n');
      unwrap(await second.undo());
      neighbour.leave();
      subscriber = new SubscriberHost(subscriber.network, lab);
      expect((await subscriber.inGroup(1, curl)).stdout).toBe('192.0.2.51\n');
      unwrap(await subscriber.engine({ handle: 0x5b1b }).undo());
    } finally {
      await other.close();
    }
  });
});
