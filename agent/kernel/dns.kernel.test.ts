import { unwrap } from '@sublane/basics';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { ADDRESSES, PYTHON, snapshotHost } from '../../test/lab/index.ts';
import type { Engine } from '../lanes/engine.ts';
import type { LaneWish } from '../lanes/wish.ts';
import { BpfAssembler } from './bpf-assembler.ts';
import { attachProgram, closeDescriptor, detachProgram, listPrograms, loadProgram } from './bpf-syscall.ts';
import { CgroupTree } from './cgroup-tree.ts';
import { DNS_HOOKS } from './dns-program.ts';
import { loadDns } from './dns-redirect.ts';
import { DnsServer, type Question } from './dns-server.fixture.ts';
import { labLane, type SubscriberHost, wishFor } from './subscriber-host.fixture.ts';
import { onSubscriberHost } from './subscriber-lab.fixture.ts';

/** The provider's servers, and the resolvers of the host that would leak a group's names. */
const GROUP = { first: '198.51.100.53', second: '198.51.100.54', six: '2001:db8:b::53' };
const STUBS = { four: '127.0.0.53', six: '::1', box: '192.0.2.1', boxSix: '2001:db8:a::1' };
/** What an answer's last number says: which server it is of. */
const NUMBER = { first: 1, second: 2, six: 3, stub: 7, stubSix: 8, box: 9, boxSix: 10 };

describeInLab('DNS of a group on a real kernel', () => {
  let subscriber: SubscriberHost;
  let engine: Engine;
  let provider: DnsServer;
  let stub: DnsServer;
  let box: DnsServer;
  onSubscriberHost(async (opened) => {
    subscriber = opened;
    engine = subscriber.engine();
    const { host, edge, server } = subscriber.network;
    await server.ip(
      `address add ${GROUP.first}/32 dev net`,
      `address add ${GROUP.second}/32 dev net`,
      `address add ${GROUP.six}/128 dev net nodad`,
    );
    provider = await DnsServer.start(server, [
      [GROUP.first, NUMBER.first],
      [GROUP.second, NUMBER.second],
      [GROUP.six, NUMBER.six],
    ]);
    stub = await DnsServer.start(host, [
      [STUBS.four, NUMBER.stub],
      [STUBS.six, NUMBER.stubSix],
    ]);
    box = await DnsServer.start(edge, [
      [STUBS.box, NUMBER.box],
      [STUBS.boxSix, NUMBER.boxSix],
    ]);
  });
  beforeEach(async () => {
    await Promise.all([provider.asked(), stub.asked(), box.asked()]);
  });
  afterEach(async () => {
    unwrap(await engine.undo());
    engine = subscriber.engine();
  });

  const lane = { v4: '192.0.2.51', v6: '2001:db8:a::51' };
  /** What `script` prints, run as an application of the group. */
  const ask = async (script: string, ...words: string[]) =>
    (await subscriber.inGroup(1, [PYTHON, '-c', `${ASK}${script}`, ...words])).stdout.trim();
  /** Asks each target by each kind of socket: `KIND of TARGET: ANSWER FROM`. */
  const askEach = async (targets: readonly string[], kinds: readonly string[] = ['unconnected', 'connected', 'tcp']) =>
    (await ask(EACH, kinds.join(), ...targets)).split('\n');
  const seen = (questions: readonly Question[]) =>
    questions.map(({ over, from, at }) => `${over} ${from} > ${at}`).sort();
  const nobody = async () => {
    expect([...(await stub.asked()), ...(await box.asked())]).toEqual([]);
  };

  test('whomever a program asks, over whichever socket, its group’s server is asked from its lane', async () => {
    const report = unwrap(await engine.converge(wishFor(labLane(1, { dns: [GROUP.first, GROUP.six] }))));
    expect(report.lanes[0]?.dns).toBe('redirected');
    for (const { targets, number, expected } of [
      {
        targets: [STUBS.four, STUBS.box, '203.0.113.200', `::ffff:${STUBS.four}`, `::ffff:${STUBS.box}`],
        number: NUMBER.first,
        expected: `${lane.v4} > ${GROUP.first}`,
      },
      { targets: [STUBS.six, STUBS.boxSix], number: NUMBER.six, expected: `${lane.v6} > ${GROUP.six}` },
    ]) {
      const kinds = ['unconnected', 'connected', 'sendto-connected', 'message', 'tcp'];
      const answers = await askEach(targets, kinds);
      // Where the answer seems to come from; TCP is not asked.
      const answer = (kind: string, target: string) =>
        `${kind} of ${target}: ${number} ${kind === 'tcp' ? '-' : target}`;
      expect(answers).toEqual(targets.flatMap((target) => kinds.map((kind) => answer(kind, target))));
      const over = kinds.map((kind) => `${kind === 'tcp' ? 'tcp' : 'udp'} ${expected}`);
      expect(seen(await provider.asked())).toEqual(targets.flatMap(() => over).sort());
    }
    await nobody();
  });

  test('a server of the group is asked itself, the second one too', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { dns: [GROUP.first, GROUP.second, GROUP.six] }))));
    const numbers = { [GROUP.first]: 1, [GROUP.second]: 2, [`::ffff:${GROUP.second}`]: 2, [GROUP.six]: 3 };
    expect(await askEach(Object.keys(numbers), ['unconnected', 'connected'])).toEqual(
      Object.entries(numbers).flatMap(([target, number]) =>
        ['unconnected', 'connected'].map((kind) => `${kind} of ${target}: ${number} ${target}`),
      ),
    );
    const { second } = GROUP;
    expect(seen(await provider.asked()).filter((line) => line.endsWith(second))).toHaveLength(4);
  });

  test('one socket to two servers: each answer seems to come from the last one asked', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { dns: [GROUP.first] }))));
    const two = `
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)
for target in sys.argv[1:]:
    s.sendto(QUERY, (target, 53))
print(*sorted(s.recvfrom(512)[1][0] for _ in sys.argv[1:]))`;
    expect(await ask(two, STUBS.four, STUBS.box)).toBe(`${STUBS.box} ${STUBS.box}`);
  });

  const refused = (targets: readonly string[]) =>
    targets.flatMap((target) => ['unconnected', 'connected', 'tcp'].map((kind) => `${kind} of ${target}: EPERM -`));

  test('a family without a server is refused, and nobody asked', async () => {
    for (const [dns, targets] of [
      [[GROUP.first], [STUBS.six, STUBS.boxSix, '::']],
      [[GROUP.six], [STUBS.four, `::ffff:${STUBS.box}`, '0.0.0.0']],
      [[], [STUBS.four, `::ffff:${STUBS.four}`, '0.0.0.0', '::', STUBS.six, GROUP.first, GROUP.six]],
    ] as const) {
      unwrap(await engine.converge(wishFor(labLane(1, { dns }))));
      expect(await askEach(targets)).toEqual(refused(targets));
    }
    expect(await provider.asked()).toEqual([]);
    await nobody();
  });

  test('a group that is cut off has nobody ask for it either', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { addresses: [], unmatched: 'unreachable' }))));
    const targets = [STUBS.four, `::ffff:${STUBS.four}`, STUBS.six, STUBS.box];
    expect(await askEach(targets)).toEqual(refused(targets));
    await nobody();
  });

  test('the servers are asked by the lane also where its listed routes do not lead there', async () => {
    const routes = [{ destination: '203.0.113.0/24', nextHop: '192.0.2.1' }, { destination: '2001:db8:c::/48' }];
    const dns = [GROUP.first, GROUP.six];
    for (const unmatched of ['unreachable', 'host'] as const) {
      unwrap(await engine.converge(wishFor(labLane(1, { routes, unmatched, dns }))));
      expect(await askEach([STUBS.four, STUBS.six], ['unconnected'])).toEqual([
        `unconnected of ${STUBS.four}: ${NUMBER.first} ${STUBS.four}`,
        `unconnected of ${STUBS.six}: ${NUMBER.six} ${STUBS.six}`,
      ]);
      expect(seen(await provider.asked())).toEqual([
        `udp ${lane.v4} > ${GROUP.first}`,
        `udp ${lane.v6} > ${GROUP.six}`,
      ]);
    }
  });

  test('what is not DNS is left alone, and so is a group without servers', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { dns: [GROUP.first] }), labLane(2))));
    const { server } = ADDRESSES;
    const web = await subscriber.inGroup(1, ['curl', '-sS', `http://${server.v4}/`, `http://[${server.v6}]/`]);
    expect(web.stdout).toBe(`${lane.v4}\n${lane.v6}\n`);
    const other = ['python3', '-c', `${ASK}print(*run('connected', '${STUBS.four}'))`];
    expect((await subscriber.inGroup(2, other)).stdout.trim()).toBe(`${NUMBER.stub} ${STUBS.four}`);
    expect((await subscriber.network.host.run(other)).stdout.trim()).toBe(`${NUMBER.stub} ${STUBS.four}`);
  });

  test('resolvers as they are: glibc, c-ares, curl', async () => {
    unwrap(await engine.converge(wishFor(labLane(1, { dns: [GROUP.first, GROUP.six] }))));
    const getent = await subscriber.inGroup(1, ['getent', 'ahostsv4', 'one.example']);
    expect(getent.stdout).toContain(`203.0.113.${NUMBER.first}`);
    const script = `const r = new (require('node:dns').Resolver)(); r.setServers(['${STUBS.four}']);
      r.resolve4('two.example', (_, four) => { r.setServers(['[${STUBS.six}]']);
      r.resolve6('three.example', (_, six) => console.log(four, six)); });`;
    const ares = await subscriber.inGroup(1, [process.execPath, '-e', script]);
    expect(ares.stdout.trim()).toBe(`[ '203.0.113.${NUMBER.first}' ] [ '2001:db8:ffff::${NUMBER.six}' ]`);
    await subscriber.inGroup(1, ['curl', '-sS', '-4', '-m', '2', 'http://four.example/']);
    const names = new Set((await provider.asked()).map(({ name, from }) => `${name} ${from}`));
    expect(names).toEqual(
      new Set([
        `one.example ${lane.v4}`,
        `two.example ${lane.v4}`,
        `three.example ${lane.v6}`,
        `four.example ${lane.v4}`,
      ]),
    );
    await nobody();
  });

  test('while servers, addresses and routes change, no question reaches a resolver of the host', async () => {
    const [four, six] = labLane(1).addresses;
    const changes: Partial<LaneWish>[] = [
      { dns: [GROUP.first, GROUP.six] },
      { dns: [GROUP.second] },
      { dns: [] },
      { dns: [GROUP.six], addresses: [six!] },
      { addresses: [], unmatched: 'unreachable' },
      { dns: [GROUP.second, GROUP.first, GROUP.six], addresses: [four!], dscp: 10 },
      {
        dns: [GROUP.first],
        addresses: [{ ...four!, address: '192.0.2.90' }, six!],
        routes: [{ destination: '203.0.113.0/24' }],
      },
    ];
    unwrap(await engine.converge(wishFor(labLane(1, { dns: [GROUP.first] }))));
    const words = [PYTHON, '-u', '-c', `${ASK}${ASK_ON}`, STUBS.four, STUBS.six, STUBS.box, STUBS.boxSix];
    const asking = subscriber.network.host.start(subscriber.asGroup(1, words));
    await asking.printed(/asked/);
    for (let round = 0; round < 4; round++)
      for (const change of changes) unwrap(await engine.converge(wishFor(labLane(1, change))));
    await asking.stop();
    expect((await provider.asked()).length).toBeGreaterThan(10);
    await nobody();
  });

  test('what somebody took or a change cut short left is made whole', async () => {
    const wish = wishFor(labLane(1, { dns: [GROUP.first, GROUP.six] }));
    const directory = () => CgroupTree.find()?.directory(`${subscriber.options.slice}/g1`) as string;
    const attached = () =>
      DNS_HOOKS.map(({ attachType }) => {
        const listed = listPrograms(directory(), attachType);
        return listed.ok ? listed.value : [];
      });
    for (const [index, { attachType }] of DNS_HOOKS.entries()) {
      unwrap(await engine.converge(wish));
      const [program] = attached()[index] ?? [];
      expect(detachProgram(directory(), attachType, program?.id ?? 0).ok).toBe(true);
      unwrap(await engine.converge(wish));
      expect(attached().map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
      // Programs of other servers in some places, as after a crash between two of them.
      const others = loadDns([GROUP.second]);
      if (!others.ok) throw new Error(others.message);
      for (const [other, { attachType }] of DNS_HOOKS.slice(0, index + 1).entries())
        expect(attachProgram(directory(), attachType, others.value[other] as number).ok).toBe(true);
      for (const one of others.value) closeDescriptor(one);
      unwrap(await engine.converge(wish));
      expect(attached().map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
      expect(await ask(`print(*run('unconnected', '${STUBS.four}'))`)).toBe(`${NUMBER.first} ${STUBS.four}`);
    }
  });

  test('other servers are other programs; undo takes them all, and only ours', async () => {
    const before = await snapshotHost(subscriber.network.host);
    unwrap(await engine.converge(wishFor(labLane(1))));
    const directory = CgroupTree.find()?.directory(`${subscriber.options.slice}/g1`) as string;
    const foreign = attachForeign(directory);
    const wishes = [[GROUP.first], [GROUP.second, GROUP.six], []].map((dns) => wishFor(labLane(1, { dns })));
    for (const wish of wishes) {
      unwrap(await engine.converge(wish));
      expect(unwrap(await engine.plan(wish)).steps).toEqual([]);
      // A successor sees by itself what stands.
      expect(unwrap(await subscriber.engine().plan(wish)).steps).toEqual([]);
    }
    const { steps } = unwrap(await engine.plan(wishes[0] as (typeof wishes)[0]));
    expect(steps.map(({ operation }) => `${operation.verb} ${operation.object.kind}`)).toEqual(['change dns']);
    unwrap(await engine.converge(wishFor(labLane(1))));
    expect(await ask(`print(*run('connected', '${STUBS.four}'))`)).toBe(`${NUMBER.stub} ${STUBS.four}`);
    const left = listPrograms(directory, CONNECT4);
    expect(left).toEqual({ ok: true, value: [{ id: foreign, name: 'sl1_dnsmasq' }] });
    unwrap(await engine.undo());
    expect(await snapshotHost(subscriber.network.host)).toEqual(before);
  });
});

const CONNECT4 = 10;

/** A program of somebody else's, that lets everything pass. */
function attachForeign(directory: string): number {
  const code = new BpfAssembler().set(0, 1).exit().finish();
  const program = loadProgram({ type: 18, attachType: CONNECT4, name: 'sl1_dnsmasq', code });
  if (!program.ok) throw new Error(program.message);
  const attached = attachProgram(directory, CONNECT4, program.value);
  closeDescriptor(program.value);
  if (!attached.ok) throw new Error(attached.message);
  const listed = listPrograms(directory, CONNECT4);
  return listed.ok ? (listed.value[0]?.id ?? 0) : 0;
}

/** One question by one kind of socket: who answered, and from where the answer seems to come; or how it failed. */
const ASK = `
import errno, socket, struct, sys
QUERY = b"\\x12\\x34" + struct.pack("!HHHHH", 0x100, 1, 0, 0, 0) + b"\\x04name\\x07example\\0" + struct.pack("!HH", 1, 1)
def run(how, target):
    s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_STREAM if how == "tcp" else socket.SOCK_DGRAM)
    s.settimeout(5); place = (target, 53)
    try:
        if how == "tcp":
            s.connect(place); s.sendall(struct.pack("!H", len(QUERY)) + QUERY)
            size, = struct.unpack("!H", s.recv(2, socket.MSG_WAITALL)); answer, source = s.recv(size, socket.MSG_WAITALL), ["-"]
        else:
            if how in ("connected", "sendto-connected"): s.connect(place)
            if how == "connected": s.send(QUERY)
            elif how == "message": s.sendmsg([QUERY], [], 0, place)
            else: s.sendto(QUERY, place)
            answer, source = (lambda m: (m[0], m[3]))(s.recvmsg(512)) if how == "message" else s.recvfrom(512)
        return answer[-1], source[0]
    except OSError as error:
        return errno.errorcode.get(error.errno, error), "-"
`;

/** Asks one after the other, by sockets new and old, whatever comes of it. */
const ASK_ON = `
import itertools, select
old = {}
for target in itertools.cycle(sys.argv[1:]):
    for keep in (True, False):
        s = old.get(target) if keep else None
        if s is None:
            s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
            if keep: old[target] = s
        try:
            if not keep: s.connect((target, 53))
            s.send(QUERY) if not keep else s.sendto(QUERY, (target, 53))
        except OSError: pass
        if select.select([s], [], [], 0.002)[0]:
            try: s.recv(512)
            except OSError: pass
    print("asked")
`;

const EACH = `
for target in sys.argv[2:]:
    for kind in sys.argv[1].split(","): print(kind, "of", target + ":", *run(kind, target))
`;
