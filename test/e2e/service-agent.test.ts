import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentStatus } from '../../agent/service/status.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES, compareSnapshots, type HostSnapshot, snapshotHost } from '../lab/index.ts';
import { eventually } from './headend-program.ts';
import { type Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  location: [{ name: 'home', 'access-prefix': [ADDRESSES.access.v4, ADDRESSES.access.v6] }],
  pool: [
    { name: 'calls', class: 'calls', prefix: ['192.0.2.64/27', '2001:db8:a::1000/116'] },
    { name: 'films', class: 'films', prefix: ['192.0.2.96/27', '2001:db8:a::2000/116'] },
  ].map((pool) => ({ ...pool, location: 'home', gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6] })),
  plan: [
    {
      name: 'gold',
      class: [
        { name: 'calls', dscp: 46, priority: 'H', upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } },
        {
          name: 'films',
          dscp: 34,
          priority: 'M',
          scope: 'internal',
          upld: { ceiling: 1000 },
          dnld: { ceiling: 25_000 },
          route: [{ to: '198.51.100.0/24' }, { to: '2001:db8:b::/64' }],
        },
      ],
      rule: [
        { name: 'calls', when: { priority: 'H' }, class: 'calls' },
        { name: 'films', when: { priority: 'M' }, class: 'films' },
      ],
      lease: { valid: 600 },
    },
  ],
};

const GROUPS = (upld: number) => `groups:
  - { id: 1, name: calls, upld: { bandwidth: ${upld}, priority: H }, dnld: { bandwidth: 4000, priority: H } }
  - { id: 2, name: films, upld: { bandwidth: 500, priority: M }, dnld: { bandwidth: 20000, priority: M } }`;

const SENDER = `
import socket, sys, time
target = socket.getaddrinfo(sys.argv[1], 5001, type=socket.SOCK_DGRAM)[0]
sender = socket.socket(*target[:2])
while True:
    try:
        sender.sendto(b"x" * 100, target[4])
    except OSError:
        pass
    time.sleep(0.02)
`;

/** One story: each step rests on those before it. */
describeInLab('a host’s service agent', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;
  let before: HostSnapshot;
  let first: AgentStatus;

  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    await (await lab.operator()).call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: GROUPS(2000) });
    before = await snapshotHost(lab.network.host);
  });
  afterAll(() => lab?.close());

  /** The addresses that the server sees a command's connections come from. */
  const seen = async (group: string, command: readonly string[]) =>
    (await agent.must('exec', group, '--', ...command)).trim();
  const curl = (family: 4 | 6) => [
    'curl',
    '-gsS',
    '-m',
    '5',
    family === 4 ? `http://${ADDRESSES.server.v4}/` : `http://[${ADDRESSES.server.v6}]/`,
  ];
  /** Sends without end in a group, whatever the kernel says of it. */
  const sender = (group: string, family: 4 | 6) =>
    agent.program.start('exec', group, '--', 'python3', '-c', SENDER, ADDRESSES.server[`v${family}`]);
  /** The sources that its packets bear now. */
  const sources = async () => {
    await lab.network.observer.flows();
    await new Promise((resolve) => setTimeout(resolve, 400));
    const flows = await lab.network.observer.flows();
    return [...new Set(flows.filter(({ port }) => port === 5001).map(({ source }) => source))].sort();
  };

  it('request --dry-run prints the message and asks nothing', async () => {
    expect(await agent.must('request', 'calls', '--dry-run')).toMatch(/<subscriber-service-message.*<bandwidth>2000</s);
    const message = await agent.json<{ 'application-group': unknown[] }>('request', '--dry-run');
    expect(message['application-group']).toHaveLength(4);
    expect(existsSync(join(agent.folder, 'agent-state.json'))).toBe(false);
  });

  it('request --once applies without a daemon', async () => {
    expect(await agent.refusal('request')).toMatch(/^3 .*no service-agent runs here.*--once/s);
    first = await agent.json<AgentStatus>('request', '--once');
    expect(statesOf(first)).toEqual({ calls: 'active', films: 'active' });
    const [v4, v6] = addressesOf(first, 'calls');
    expect(v4).toMatch(/^192\.0\.2\.(6[4-9]|[78]\d|9[0-5])$/);
    expect(v6).toMatch(/^2001:db8:a::1[0-9a-f]{3}$/);
    expect([await seen('calls', curl(4)), await seen('calls', curl(6))]).toEqual([v4, v6]);
  });

  it('status shows address, routes, rates, DSCP, lease time left and bytes', async () => {
    const status = await agent.status();
    expect(status).toMatchObject({ hostId: 'laptop', headend: { headend: '192.0.2.1:8830', connected: false } });
    const [calls, films] = status.groups;
    expect(calls).toMatchObject({
      id: 1,
      name: 'calls',
      state: 'active',
      interface: expect.stringMatching(/^sl/),
      routes: [{ destination: '0.0.0.0/0' }, { destination: '::/0' }],
      dscp: 46,
      upld: { rate: 2000, priority: 'H' },
      dnld: { rate: 4000, priority: 'H' },
      lease: { id: expect.any(String) },
    });
    expect(films).toMatchObject({
      dscp: 34,
      upld: { rate: 500, priority: 'M' },
      routes: [{ destination: '198.51.100.0/24' }, { destination: '2001:db8:b::/64' }],
    });
    expect(calls!.lease!.left).toBeGreaterThan(500);
    expect(calls!.lease!.left).toBeLessThanOrEqual(600);
    await seen('calls', curl(4));
    const after = (await agent.status()).groups[0]!.traffic!;
    expect(after.upld).toBeGreaterThan(calls!.traffic!.upld + 100);
    expect(after.dnld).toBeGreaterThan(calls!.traffic!.dnld + 100);
    expect(after.dropped).toBe(0);
    const table = await agent.must('status');
    for (const word of ['calls (1)', addressesOf(first, 'calls')[1], '2 Mbit/s H', '46', 'routes: 198.51.100.0/24'])
      expect(table).toContain(word);
  });

  it('plan is empty when all is as it should be, and names what is not', async () => {
    expect(await agent.must('plan')).toContain('nothing to do');
    expect(await agent.json('plan')).toEqual([]);
    const device = first.groups[0]!.interface!;
    await lab.network.host.ip(`link delete ${device}`);
    const steps = await agent.json<{ do: string; undo: string; why: string }[]>('plan');
    expect(steps.map((step) => step.do).join('\n')).toContain(device);
    for (const step of steps) expect(Object.values(step).every((text) => text !== '')).toBe(true);
  });

  it('the daemon takes over what stands, and puts right what does not', async () => {
    await agent.start();
    const status = await agent.status();
    expect(status.headend.connected).toBe(true);
    expect(status.groups.map(({ lease, addresses }) => [lease!.id, addresses])).toEqual(
      first.groups.map(({ lease, addresses }) => [lease!.id, addresses]),
    );
    expect(await agent.json('plan')).toEqual([]);
    expect(await seen('calls', curl(6))).toBe(addressesOf(first, 'calls')[1]);
  });

  it('a second daemon on the same folder is refused', async () => {
    expect(await agent.refusal('run')).toMatch(/^1 service-agent: another service-agent is running/);
    expect((await agent.status()).headend.connected).toBe(true);
  });

  it('renew extends the lease, --once too, through the daemon that runs', async () => {
    const { groups } = await agent.status();
    for (const words of [
      ['renew', 'calls'],
      ['renew', '--once'],
    ]) {
      const renewed = await agent.json<AgentStatus>(...words);
      expect(renewed.headend.connected).toBe(true);
      expect(renewed.groups[0]!.lease!.id).toBe(groups[0]!.lease!.id);
      expect(renewed.groups[0]!.lease!.left).toBeGreaterThanOrEqual(598);
    }
    expect(await agent.refusal('renew', 'nothing')).toMatch(/^2 .*no group nothing.*calls, films/);
  });

  it('a killed daemon leaves the lanes; the next one keeps them', async () => {
    const daemon = await agent
      .becomes(() => true)
      .then(() => lab.network.host.started.findLast(({ isRunning }) => isRunning)!);
    const sending = [sender('calls', 4), sender('calls', 6)];
    await eventually(async () => (await sources()).length === 2);
    await daemon.stop('SIGKILL');
    expect(await sources()).toEqual([...addressesOf(first, 'calls')].sort());
    expect(await agent.refusal('renew')).toMatch(/^3 /);
    expect(statesOf(await agent.status())).toEqual({ calls: 'active', films: 'active' });
    const next = await agent.start();
    expect(await sources()).toEqual([...addressesOf(first, 'calls')].sort());
    expect(await next.stop('SIGTERM')).toBe(0);
    expect(existsSync(join(agent.folder, 'agent.sock'))).toBe(false);
    expect(await sources()).toEqual([...addressesOf(first, 'calls')].sort());
    for (const one of sending) await one.stop();
  });

  it('a wish that changed is asked for again: same lease, same addresses, other rate', async () => {
    agent.configure({ yaml: GROUPS(3000) });
    const daemon = await agent.start(({ groups }) => groups[0]?.upld?.rate === 3000);
    const { groups } = await agent.status();
    expect(groups[0]).toMatchObject({ upld: { rate: 3000 }, lease: { id: first.groups[0]!.lease!.id } });
    expect(groups[0]!.addresses).toEqual(first.groups[0]!.addresses);
    expect(groups[1]!.lease!.id).toBe(first.groups[1]!.lease!.id);
    await daemon.stop();
  });

  it('release of one group leaves the other, also after a restart, until it is requested', async () => {
    const daemon = await agent.start();
    await agent.must('release', 'calls');
    expect(statesOf(await agent.status())).toEqual({ calls: 'released', films: 'active' });
    expect(await agent.refusal('exec', 'calls', '--', 'true')).toMatch(/^1 .*group calls has no lane.*request calls/);
    expect(await seen('films', curl(4))).toBe(addressesOf(first, 'films')[0]);
    const operator = await lab.operator();
    const leases = await operator.call('sublane-headend:list-leases', {});
    expect(leases.lease?.map((lease) => lease['group-id'])).toEqual([2]);
    await daemon.stop();
    await agent.start();
    expect(statesOf(await agent.status())).toEqual({ calls: 'released', films: 'active' });
    expect(statesOf(await agent.json<AgentStatus>('request', 'calls'))).toEqual({ calls: 'active', films: 'active' });
  });

  it('undo through the daemon leaves the host as it was, and ends the daemon', async () => {
    const daemon = lab.network.host.started.findLast(({ isRunning }) => isRunning)!;
    expect(await agent.json('undo')).toEqual({ undone: true });
    expect(await daemon.ended).toBe(0);
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
  });

  it('undo without daemon, headend, or a memory that can be read, does the same', async () => {
    await agent.must('request', '--once');
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).not.toEqual([]);
    await lab.killHeadend();
    expect(await agent.refusal('release', 'films', '--once')).toMatch(
      /^3 .*The lanes are off this host; their addresses/s,
    );
    expect(statesOf(await agent.status())).toEqual({ calls: 'active', films: 'released' });
    const state = join(agent.folder, 'agent-state.json');
    const text = readFileSync(state, 'utf8');
    writeFileSync(state, text.slice(0, 20));
    expect(await agent.must('undo')).toContain('nothing of this agent');
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
    expect(await agent.must('undo')).toContain('nothing of this agent');
    writeFileSync(state, text);
    await lab.startHeadend();
  });

  it('with headend and daemon gone, the lane lives until the lease ends, and then no packet leaves with its address', async () => {
    const LEFT = 12;
    const once = await agent.json<AgentStatus>('request', '--once');
    const [v4, v6] = addressesOf(once, 'calls');
    await lab.killHeadend();
    // As if the agent had asked long ago: the lease has this much left.
    const file = join(agent.folder, 'agent-state.json');
    const state = JSON.parse(readFileSync(file, 'utf8'));
    for (const lane of state.lanes) lane.sentAt -= (600 - LEFT) * 1000;
    writeFileSync(file, JSON.stringify(state));
    const daemon = await agent.start(({ groups }) => groups.every(({ state }) => state === 'active'));
    const sending = [sender('calls', 4), sender('calls', 6)];
    await eventually(async () => (await sources()).length === 2);
    await daemon.stop('SIGKILL');
    expect(await sources()).toEqual([v4, v6].sort());
    await eventually(async () => (await sources()).length === 0);
    expect(sending.every(({ isRunning }) => isRunning)).toBe(true);
    for (const family of [4, 6] as const)
      expect((await agent.run('exec', 'calls', '--', ...curl(family))).code).not.toBe(0);
    expect((await lab.network.observer.flows()).filter(({ source }) => source === v4 || source === v6)).toEqual([]);
    for (const one of sending) await one.stop();
    // The next start takes away what is over.
    const next = await agent.start(({ groups }) => groups.every(({ state }) => state === 'waiting'));
    expect((await lab.network.host.must(['ip', '-o', 'address'])).includes(v4)).toBe(false);
    await next.stop();
    await lab.startHeadend();
  });
});
