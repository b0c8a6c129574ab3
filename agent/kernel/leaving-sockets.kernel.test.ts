import { unwrap } from '@sublane/basics';
import { afterEach, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, PYTHON, type Running } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import { labLane, type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

describeInLab('connections of a lane that goes', () => {
  let subscriber: SubscriberHost;
  let engine: Engine;
  onSubscriberHost((opened) => {
    subscriber = opened;
    engine = subscriber.engine();
  });
  afterEach(async () => {
    unwrap(await engine.undo());
    engine = subscriber.engine();
  });

  const { server } = ADDRESSES;
  /** Opens a connection of each kind, and tells what becomes of each when told to look. */
  async function open(argv: (words: readonly string[]) => readonly string[]): Promise<Running> {
    const running = subscriber.network.host.start(argv([PYTHON, '-u', '-c', CONNECT, server.v4, server.v6]));
    await running.printed(/^open$/m);
    return running;
  }
  async function look(running: Running): Promise<Record<string, string>> {
    running.write('\n');
    const [line] = await running.printed(/^\{.*\}$/m);
    return JSON.parse(line);
  }
  const ended = {
    tcp4: 'ECONNABORTED',
    udp4: 'ECONNABORTED',
    tcp6: 'ECONNABORTED',
    udp6: 'ECONNABORTED',
    mapped: 'ECONNABORTED',
  };
  const alive = { tcp4: 'open', udp4: 'open', tcp6: 'open', udp6: 'open', mapped: 'open' };

  test('are ended, and the peers told; those of the host and of other lanes are not', async () => {
    unwrap(await engine.converge(wishFor(labLane(1), labLane(2))));
    const [one, two, host] = await Promise.all([
      open((words) => subscriber.asGroup(1, words)),
      open((words) => subscriber.asGroup(2, words)),
      open((words) => words),
    ]);
    unwrap(await engine.converge(wishFor(labLane(2))));
    expect(await look(one as Running)).toEqual(ended);
    expect(await look(two as Running)).toEqual(alive);
    expect(await look(host as Running)).toEqual(alive);
    const left = async () => {
      const sources = 'src 192.0.2.52 or src [2001:db8:a::52]';
      return (await subscriber.network.host.must(['ss', '-Htun', sources])).trim().split('\n').filter(Boolean).length;
    };
    expect(await left()).toBe(5);
    await subscriber.network.observer.flows();
    unwrap(await engine.undo());
    // What were left of IPv6 would send again and again, by the host's way.
    expect(await left()).toBe(0);
    // While the lane stood, from the lane: one reset for each TCP connection.
    const flows = await subscriber.network.observer.flows();
    expect(flows.map(({ protocol, source, packets }) => `${protocol} ${source} ${packets}`).sort()).toEqual([
      'tcp 192.0.2.52 2',
      'tcp 2001:db8:a::52 1',
    ]);
  });

  test('are ended when the address changes, and new ones have the new address', async () => {
    const lane = labLane(1);
    unwrap(await engine.converge(wishFor(lane)));
    const running = await open((words) => subscriber.asGroup(1, words));
    const [four, six] = lane.addresses;
    unwrap(await engine.converge(wishFor({ ...lane, addresses: [{ ...four!, address: '192.0.2.91' }, six!] })));
    expect(await look(running)).toEqual({ ...ended, tcp6: 'open', udp6: 'open' });
    const { stdout } = await subscriber.inGroup(1, ['curl', '-sS', `http://${server.v4}/`]);
    expect(stdout).toBe('192.0.2.91\n');
  });

  test('stay when anything else of the lane changes', async () => {
    unwrap(await engine.converge(wishFor(labLane(1))));
    const running = await open((words) => subscriber.asGroup(1, words));
    unwrap(await engine.converge(wishFor(labLane(1, { dscp: 10, dns: ['198.51.100.53'] }))));
    expect(await look(running)).toEqual(alive);
  });
});

const CONNECT = `
import errno, json, socket, sys
four, six = sys.argv[1:]
def to(family, kind, target, port):
    s = socket.socket(family, kind); s.connect((target, port)); s.settimeout(0.2); return s
T, U = socket.SOCK_STREAM, socket.SOCK_DGRAM
open_ = {
    "tcp4": to(socket.AF_INET, T, four, 8001), "udp4": to(socket.AF_INET, U, four, 5001),
    "tcp6": to(socket.AF_INET6, T, six, 8001), "udp6": to(socket.AF_INET6, U, six, 5001),
    "mapped": to(socket.AF_INET6, T, "::ffff:" + four, 8001),
}
print("open"); sys.stdin.readline()
def state(s):
    try: return "closed by the peer" if s.recv(1) == b"" else "data"
    except TimeoutError: return "open"
    except OSError as error: return errno.errorcode[error.errno]
print(json.dumps({name: state(s) for name, s in open_.items()}))
sys.stdin.readline()
`;
