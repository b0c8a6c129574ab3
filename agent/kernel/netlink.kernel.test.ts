import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { milliseconds, systemClock, unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import type { LinkObject } from '../lanes/kernel-object.ts';
import { ownershipOf } from '../lanes/lanes-engine.ts';
import { LinuxKernel } from './linux-kernel.ts';
import { NetlinkSocket, PROTOCOL } from './netlink/netlink-socket.ts';
import { readGeneration } from './netlink/nft-generation.ts';
import { listRules, readRule } from './netlink/rule-messages.ts';
import { loadNftLibrary, runNft } from './nft-library.ts';
import { NftReader } from './nft-reader.ts';
import { fromNow, labLane, type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

function sh(script: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', script]);
  expect({ script, status, stderr: stderr.toString() }).toEqual({ script, status: 0, stderr: '' });
  return stdout.toString();
}

describeInLab('the kernel spoken with in process', () => {
  let subscriber: SubscriberHost;
  let kernel: LinuxKernel;
  const own = () => ownershipOf(subscriber.options);
  onSubscriberHost((opened) => {
    subscriber = opened;
    kernel = new LinuxKernel(own());
  });

  const link = (name: string): LinkObject => ({
    kind: 'link',
    name,
    device: { type: 'macvlan', parent: 'uplink' },
    group: own().linkGroup,
    mtu: 1500,
  });
  const names = Array.from({ length: 5 }, (_, index) => `sl${index + 1}`);
  const apply = (verb: 'add' | 'remove', some: readonly string[]) =>
    kernel.apply(
      some.map((name) => ({ verb, object: link(name) })),
      systemClock.sinceBoot(),
    );
  const there = () => sh('ip -br link').match(/^sl\d+/gm) ?? [];

  test('links that go together go, and nothing else of their group', async () => {
    unwrap(await apply('add', names));
    sh(`ip link add other type veth peer name another; ip link set other group ${own().linkGroup}`);
    unwrap(await apply('remove', names.slice(1)));
    expect(there()).toEqual(['sl1']);
    expect(sh('ip -br link')).toMatch(/^other/m);
    unwrap(await apply('remove', ['sl1']));
    sh('ip link del other');
  });

  test('of links that go together the first that is not there is named, and those after it stay', async () => {
    unwrap(await apply('add', names));
    sh('ip link del sl3');
    expect(await apply('remove', names)).toMatchObject({ ok: false, failure: { index: 2 } });
    expect(there()).toEqual(['sl4', 'sl5']);
    unwrap(await apply('remove', ['sl4', 'sl5']));
  });

  test('a refusal says what the kernel says', async () => {
    const socket = unwrap(NetlinkSocket.open(PROTOCOL.route));
    socket.close();
    expect(await apply('remove', ['sl1'])).toMatchObject({ failure: { message: expect.stringContaining('device') } });
    const route = {
      kind: 'route',
      family: 4,
      table: 510_001,
      destination: 'default',
      type: 'unicast',
      metric: 0,
      // An address of the host itself.
      via: '192.0.2.7',
      link: 'uplink',
    } as const;
    expect(await kernel.apply([{ verb: 'add', object: route }], systemClock.sinceBoot())).toMatchObject({
      failure: { index: 0, message: 'Nexthop has invalid gateway' },
    });
  });

  test('a list is whole, also while it changes', async () => {
    const all = (family: 4 | 6) => {
      const socket = unwrap(NetlinkSocket.open(PROTOCOL.route));
      const listed = unwrap(socket.dump(listRules(family)));
      socket.close();
      return listed.flatMap(({ payload }) => readRule(payload)?.object.preference ?? []);
    };
    const batch = (first: number, verb: string) =>
      Array.from({ length: 500 }, (_, index) => `rule ${verb} lookup 99 preference ${first + index}`).join('\n');
    const settled = spawnSync('ip', ['-batch', '-'], { input: batch(1000, 'add') });
    expect(settled.status).toBe(0);
    // Others come and go behind them, from a program that runs at the same time.
    const others = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = once(others, 'close');
    others.stdin.end(`${batch(5000, 'add')}\n${batch(5000, 'del')}\n`);
    for (let round = 0; round < 30; round++) {
      const seen = all(4).filter((preference) => preference >= 1000 && preference < 1500);
      expect(new Set(seen).size).toBe(500);
      await new Promise(setImmediate);
    }
    await ended;
    spawnSync('ip', ['-batch', '-'], { input: batch(1000, 'del') });
    expect(all(4)).toEqual([0, 32_766, 32_767]);
  });

  test('nft answers the same in process and as a program', async () => {
    const library = loadNftLibrary();
    expect(library).not.toBeNull();
    unwrap(await subscriber.engine().converge(wishFor(labLane(1))));
    const list = `list table inet ${own().table}`;
    const [here, there] = [
      await runNft(list, { json: true, library }),
      await runNft(list, { json: true, library: null }),
    ];
    const plain = (text: string) => JSON.parse(text.replaceAll(/"expires": \d+/g, '"expires": 0'));
    expect({ ...here, stdout: plain(here.stdout) }).toEqual({ ...there, stdout: plain(there.stdout) });
    for (const way of [library, null]) {
      const refused = await runNft('delete table inet nobody', { library: way });
      expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('No such file or directory') });
    }
    unwrap(await subscriber.engine().undo());
  });

  test('with no descriptor left nft is refused, and the process lives', () => {
    const program = fileURLToPath(new URL('./few-descriptors.fixture.ts', import.meta.url));
    const run = spawnSync('sh', ['-c', 'ulimit -n 100 && exec "$@"', 'sh', process.execPath, program]);
    expect({ status: run.status, stderr: run.stderr.toString() }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(run.stdout.toString())).toEqual([0, 1, 'Error: too many open files']);
  });

  test('the ruleset is read again only when it has changed, and lifetimes go on', async () => {
    let monotonic = 0;
    const reader = new NftReader(own().table, () => monotonic);
    const now = systemClock.sinceBoot();
    const at = (later: number) => {
      monotonic = later;
      return reader.read(milliseconds(now + later));
    };
    expect(await at(0)).toBeUndefined();
    unwrap(await subscriber.engine().converge(wishFor(labLane(1, { validUntil: fromNow(600_000) }))));
    const first = await at(10);
    expect(first?.live).toHaveLength(4);
    expect(await at(1000)).toBe(first);

    // Somebody else's table is a change too: read again, and the same.
    const before = unwrap(readGeneration());
    sh('nft add table ip somebody');
    expect(unwrap(readGeneration())).not.toBe(before);
    const second = await at(2000);
    expect(second).not.toBe(first);
    expect(second?.shape).toBe(first?.shape);
    expect(await at(3000)).toBe(second);

    // What has ended since is not shown, without asking.
    expect((await at(700_000))?.live).toEqual([]);

    // A suspended machine: the clock of the lease ran on, that of the timeouts did not.
    monotonic = 3100;
    const third = await reader.read(milliseconds(now + 63_100));
    expect(third).not.toBe(second);
    expect(third?.live).toHaveLength(4);
    sh('nft delete table ip somebody');
    unwrap(await subscriber.engine().undo());
  });
});
