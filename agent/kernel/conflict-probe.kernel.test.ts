import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds, unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { PYTHON, snapshotHost } from '../../test/lab/index.ts';
import type { ProbeRequest } from '../lanes/kernel.ts';
import { probeConflicts } from './conflict-probe.ts';
import { labLane, type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('asking whether someone else has an address', () => {
  let subscriber: SubscriberHost;
  const window = { times: 3, interval: milliseconds(200) };
  const on = (link: string, ...addresses: string[]): ProbeRequest[] =>
    addresses.map((address) => ({ link, family: address.includes(':') ? 6 : 4, address }));
  const ask = (...requests: ProbeRequest[]) => probeConflicts(requests, window, sleep);
  let edgeMac: string;

  onSubscriberHost(async (opened) => {
    subscriber = opened;
    const { edge } = subscriber.network;
    const links = JSON.parse(await edge.must(['ip', '-json', 'link', 'show', 'access'])) as { address: string }[];
    edgeMac = links[0]?.address as string;
    await edge.ip('address add 192.0.2.51/32 dev access', 'address add 2001:db8:a::51/128 dev access nodad');
  });

  test('who has it answers; what is free is free; the host itself does not count', async () => {
    const asked = on('uplink', '192.0.2.51', '2001:db8:a::51', '192.0.2.52', '2001:db8:a::52', '192.0.2.7');
    const { holders, notes } = await ask(...asked);
    expect(Object.fromEntries(holders)).toEqual({ '192.0.2.51': edgeMac, '2001:db8:a::51': edgeMac });
    expect(notes).toEqual([]);
  });

  test.each([
    ['by an ARP probe', 'arp', '192.0.2.53'],
    ['by neighbour discovery', 'nd', '2001:db8:a::53'],
  ])('two that ask at once see each other, %s', async (_, kind, address) => {
    const { edge } = subscriber.network;
    const other = edge.start([PYTHON, '-u', '-c', ASK_ON, 'access', kind, address]);
    await other.printed(/asking/);
    const { holders } = await ask(...on('uplink', address));
    await other.stop();
    expect([...holders.keys()]).toEqual([address]);
  });

  test('a link that is down, or not there, is said; a tunnel has no neighbours to ask', async () => {
    const { host } = subscriber.network;
    await host.ip('link add down0 type veth peer name down1', 'tuntap add dev tun0 mode tun', 'link set tun0 up');
    const { holders, notes } = await ask(
      ...on('down0', '192.0.2.60'),
      ...on('gone0', '192.0.2.61'),
      ...on('tun0', '192.0.2.62'),
    );
    expect(holders.size).toBe(0);
    expect(notes.map((note) => /on (\w+): (.*)\./.exec(note)?.slice(1))).toEqual([
      ['gone0', 'there is no such link'],
      ['down0', 'ENETDOWN'],
    ]);
    await host.ip('link delete down0', 'link delete tun0');
  });

  test('a lane with such an address is refused, named, and the host is as before', async () => {
    const engine = subscriber.engine({ probe: window });
    unwrap(await engine.converge(wishFor(labLane(2))));
    const before = await snapshotHost(subscriber.network.host);
    expect(await engine.converge(wishFor(labLane(1), labLane(2)))).toEqual({
      ok: false,
      failure: {
        kind: 'conflict',
        groupId: 1,
        addresses: ['192.0.2.51', '2001:db8:a::51'],
        message: expect.stringContaining(edgeMac),
      },
    });
    expect(await snapshotHost(subscriber.network.host)).toEqual(before);
    unwrap(await engine.converge(wishFor(labLane(2), labLane(3))));
    unwrap(await engine.undo());
  });

  test('on a tunnel’s segment it is asked once the segment is there, and that goes again', async () => {
    const { edge, host } = subscriber.network;
    await edge.ip(
      'link add vx type vxlan id 9 remote 192.0.2.7 local 192.0.2.1 dstport 4789 dev access',
      'link set vx up',
      'address add 10.9.0.1/24 dev vx',
      'address add 10.9.0.52/24 dev vx',
    );
    const attachment = {
      type: 'tunnel',
      encapsulation: 'vxlan',
      remote: '192.0.2.1',
      port: 4789,
      identifier: 9,
    } as const;
    const lane = (address: string) =>
      labLane(1, {
        attachment,
        addresses: [{ address, prefixLength: 24, deprecated: false }],
        routes: [{ destination: '0.0.0.0/0', nextHop: '10.9.0.1' }],
      });
    const engine = subscriber.engine({ probe: window });
    const before = await snapshotHost(host);
    expect(await engine.converge(wishFor(lane('10.9.0.52')))).toMatchObject({
      ok: false,
      failure: { kind: 'conflict', groupId: 1, addresses: ['10.9.0.52'] },
    });
    expect(await snapshotHost(host)).toEqual(before);
    expect(unwrap(await engine.converge(wishFor(lane('10.9.0.53')))).notes).not.toContainEqual(
      expect.stringContaining('could not be asked'),
    );
    unwrap(await engine.undo());
  });
});

/** Asks again and again, without an address of its own, for one. */
const ASK_ON = `
import socket, struct, sys, time
device, kind, address = sys.argv[1:]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); s.bind((device, 0)); mac = s.getsockname()[4]
if kind == "arp":
    frame = b"\\xff" * 6 + mac + b"\\x08\\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, 1) + mac + b"\\0" * 10 + socket.inet_aton(address)
else:
    target = socket.inet_pton(socket.AF_INET6, address)
    group = bytes.fromhex("ff0200000000000000000001ff") + target[13:]
    message = b"\\x87\\0\\0\\0\\0\\0\\0\\0" + target
    total = sum(struct.unpack("!%dH" % ((16 + 16 + 8 + 24) // 2), b"\\0" * 16 + group + struct.pack("!II", 24, 58) + message))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    message = message[:2] + struct.pack("!H", ~total & 0xffff) + message[4:]
    frame = b"\\x33\\x33\\xff" + target[13:] + mac + b"\\x86\\xdd" + struct.pack("!IHBB", 6 << 28, 24, 58, 255) + b"\\0" * 16 + group + message
print("asking")
while True: s.send(frame); time.sleep(.05)
`;
