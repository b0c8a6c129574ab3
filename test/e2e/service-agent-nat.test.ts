// The real service agent behind a NAT: a WireGuard tunnel to the edge, and what becomes of it when programs are killed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithWireguard } from '../lab/describe-with-wireguard.ts';
import {
  ADDRESSES,
  compareSnapshots,
  type HostSnapshot,
  type Namespace,
  type Running,
  snapshotHost,
  WireguardEnd,
} from '../lab/index.ts';
import { eventually } from './headend-program.ts';
import { type Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const edgeEnd = new WireguardEnd();
const TUNNELLED = ['10.8.0.0/24', '2001:db8:f::/64'];
const NAT = '203.0.113.2';

const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  // Both would do for the class: which of them is the network's to say.
  pool: [
    {
      name: 'access',
      class: 'calls',
      prefix: ['192.0.2.64/27', '2001:db8:a::1000/116'],
      gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6],
    },
    {
      name: 'tunnels',
      class: 'calls',
      prefix: TUNNELLED,
      attachment: 'tunnel',
      tunnel: {
        encapsulation: 'wireguard',
        'remote-address': ADDRESSES.edge.v4,
        'public-key': edgeEnd.publicKey,
      },
    },
  ],
  plan: [
    {
      name: 'gold',
      class: [{ name: 'calls', dscp: 46, priority: 'H', upld: { ceiling: 5000 } }],
      rule: [{ name: 'calls', when: { priority: 'H' }, class: 'calls' }],
      lease: { valid: 600 },
    },
  ],
};
const YAML = 'groups: [ { id: 1, name: calls, upld: { bandwidth: 2000, priority: H } } ]';

/** One story: each step rests on those before it. */
describeWithWireguard('a host behind a NAT', () => {
  let lab: ServiceAgentLab;
  let home: Namespace;
  let before: HostSnapshot;
  let agent: Agent;
  let daemon: Running;

  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    home = await behindNat(lab);
    await (await lab.operator()).call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: YAML, namespace: home });
    before = await snapshotHost(home);
  });
  afterAll(() => lab?.close());

  const seen = async (server: string) =>
    (await agent.must('exec', 'calls', '--', 'curl', '-gsS', '-m', '20', `http://${server}/`)).trim();
  /** The addresses that the server sees the group come from. */
  const byServer = async () => [await seen(ADDRESSES.server.v4), await seen(`[${ADDRESSES.server.v6}]`)];
  /** The WireGuard programs of the host. */
  const tunnelPrograms = () => processesOf(home).filter((pid) => read(`/proc/${pid}/comm`) === 'wireguard-go\n');
  const tunnelProgram = (): number => {
    const [program, ...others] = tunnelPrograms();
    if (program === undefined || others.length > 0) throw new Error(`tunnel programs: ${tunnelPrograms()}`);
    return program;
  };
  const socketPath = async () => `/var/run/wireguard/${ownLink(await home.must(['ip', '-json', 'link']))}.sock`;
  const isActive = (status: Parameters<typeof statesOf>[0]) => statesOf(status).calls === 'active';

  it('is seen to be so, and gets a lane that passes it', async () => {
    daemon = await agent.start(isActive);
    const operator = await lab.operator();
    const { lease = [] } = await operator.call('sublane-headend:list-leases', { 'host-id': 'laptop' });
    expect(lease).toMatchObject([{ pool: 'tunnels', 'wireguard-public-key': expect.stringMatching(/^.{43}=$/) }]);
    const { session = [] } = await operator.call('sublane-headend:list-sessions', {});
    expect(session).toContainEqual(expect.objectContaining({ 'peer-address': NAT }));

    await edgeEnd.start(lab.network.edge, lease[0]?.['wireguard-public-key'] ?? '', TUNNELLED);
    const [v4, v6] = addressesOf(await agent.status(), 'calls');
    expect(v4).toMatch(/^10\.8\.0\./);
    expect(v6).toMatch(/^2001:db8:f:/);
    expect(await byServer()).toEqual([v4, v6]);
    // The others have the way they had.
    expect(await home.must(['curl', '-gsS', '-m', '20', `http://${ADDRESSES.server.v4}/`])).toBe(`${NAT}\n`);
  });

  it('keeps its key to itself', async () => {
    const file = join(agent.folder, 'wireguard.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const key = Buffer.from(readFileSync(file, 'utf8'), 'base64');
    expect(key).toHaveLength(32);
    await Promise.all([['status'], ['status', '--json'], ['plan'], ['doctor']].map((words) => agent.must(...words)));
    const texts = new Map([
      ['what the agent printed', agent.printed + agent.log],
      ['what the headend printed', lab.headendLog],
      ['links', await home.must(['ip', '-details', 'link'])],
    ]);
    for (const path of filesIn(lab.lab.folder)) if (path !== file) texts.set(path, read(path));
    const processes = processesOf(home);
    expect(processes).toEqual(expect.arrayContaining(tunnelPrograms()));
    for (const pid of processes)
      for (const of of ['cmdline', 'environ']) texts.set(`${of} ${pid}`, read(`/proc/${pid}/${of}`));
    const forms = [key.toString('base64').replace(/=+$/, ''), key.toString('base64url'), key.toString('hex')];
    const telling = [...texts].filter(
      ([, text]) => forms.some((form) => text.includes(form)) || text.includes(key.toString('latin1')),
    );
    expect(telling.map(([where]) => where)).toEqual([]);
    // It would have been found.
    expect(forms.some((form) => read(file).includes(form))).toBe(true);
    expect([...texts.keys()].some((path) => path.includes('agent-state.json'))).toBe(true);
  });

  it('a killed agent leaves the tunnel as it is, and finds it again', async () => {
    const program = tunnelProgram();
    await daemon.stop('SIGKILL');
    const own = await byServer();
    daemon = await agent.start(isActive);
    expect(tunnelPrograms()).toEqual([program]);
    expect(await byServer()).toEqual(own);
    expect(own).toEqual([...addressesOf(await agent.status(), 'calls')]);
  });

  it('a killed tunnel program is started anew by the agent that runs', async () => {
    const program = tunnelProgram();
    process.kill(program, 'SIGKILL');
    await eventually(async () => tunnelPrograms().some((pid) => pid !== program));
    await agent.becomes((status) => isActive(status) && status.host.repairs.some(({ kind }) => kind === 'link'));
    expect(await agent.json('plan')).toEqual([]);
    expect(await byServer()).toEqual([...addressesOf(await agent.status(), 'calls')]);
  });

  it('a tunnel program that hangs is replaced at the next look', async () => {
    const program = tunnelProgram();
    process.kill(program, 'SIGSTOP');
    // Nobody is told of that; of this somebody is.
    await home.must(['nft', 'flush', 'ruleset']);
    const patience = Date.now() + 60_000;
    while (tunnelPrograms().includes(program) && Date.now() < patience) await delay(200);
    expect(tunnelPrograms()).not.toContain(program);
    await agent.becomes((status) => isActive(status) && tunnelPrograms().length === 1);
    expect(await byServer()).toEqual([...addressesOf(await agent.status(), 'calls')]);
  });

  it('where both were killed, the next start makes the tunnel again', async () => {
    const program = tunnelProgram();
    await daemon.stop('SIGKILL');
    process.kill(program, 'SIGKILL');
    await eventually(async () => tunnelPrograms().length === 0);
    daemon = await agent.start(isActive);
    expect(tunnelPrograms()).toHaveLength(1);
    expect(await byServer()).toEqual([...addressesOf(await agent.status(), 'calls')]);
  });

  it('where both were killed and nothing is to come back, undo leaves nothing', async () => {
    const socket = await socketPath();
    const program = tunnelProgram();
    await daemon.stop('SIGKILL');
    process.kill(program, 'SIGKILL');
    await eventually(async () => tunnelPrograms().length === 0);
    expect(existsSync(socket)).toBe(true);
    await agent.must('undo');
    expect(existsSync(socket)).toBe(false);
    expect(compareSnapshots(before, await snapshotHost(home))).toEqual([]);
    daemon = await agent.start(isActive);
    expect(await byServer()).toEqual([...addressesOf(await agent.status(), 'calls')]);
  });

  it('given back, it leaves the host as it was', async () => {
    const socket = await socketPath();
    expect(existsSync(socket)).toBe(true);
    await agent.must('release');
    expect(tunnelPrograms()).toEqual([]);
    expect(existsSync(socket)).toBe(false);
    await daemon.stop();
    expect(compareSnapshots(before, await snapshotHost(home))).toEqual([]);
    expect(processesOf(home)).toEqual([]);
    const { lease = [] } = await (await lab.operator()).call('sublane-headend:list-leases', {});
    expect(lease).toEqual([]);
  });
});

/** A home network: private IPv4 addresses, and a router that stands between it and the provider. */
async function behindNat({ lab, network: { edge } }: ServiceAgentLab): Promise<Namespace> {
  const [home, router] = [await lab.namespace('home'), await lab.namespace('router')];
  await lab.link(home, 'uplink', router, 'lan');
  await lab.link(router, 'wan', edge, 'access2');
  await edge.ip('address add 203.0.113.1/24 dev access2');
  await router.ip(
    'address add 192.168.7.1/24 dev lan',
    `address add ${NAT}/24 dev wan`,
    'route add default via 203.0.113.1',
  );
  await router.sysctl({ 'net.ipv4.ip_forward': 1 });
  await router.must(['nft', '-f', '-'], {
    input: 'table ip nat { chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }; }',
  });
  await home.ip('address add 192.168.7.2/24 dev uplink', 'route add default via 192.168.7.1');
  return home;
}

const processesOf = ({ name }: Namespace) =>
  spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
    .map(Number)
    .filter((pid) => !/^State:\s+Z/m.test(read(`/proc/${pid}/status`)));

/** The one link that is ours. */
const ownLink = (listed: string) =>
  (JSON.parse(listed) as { ifname: string }[])
    .map(({ ifname }) => ifname)
    .filter((name) => name.startsWith('sl'))
    .join();

/** Empty where it is gone meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
