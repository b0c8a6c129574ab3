import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentStatus } from '../../agent/service/status.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES, compareSnapshots, type HostSnapshot, type Running, snapshotHost } from '../lab/index.ts';
import { eventually } from './headend-program.ts';
import { type Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const PAIR = ['192.0.2.96', '192.0.2.97'] as const;

const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  pool: [
    {
      name: 'calls',
      class: 'calls',
      prefix: ['192.0.2.64/27', '2001:db8:a::1000/116'],
      gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6],
    },
    { name: 'pair', class: 'pair', prefix: [`${PAIR[0]}/31`], gateway: [ADDRESSES.edge.v4] },
  ],
  plan: [
    {
      name: 'gold',
      class: [
        { name: 'calls', dscp: 46, priority: 'H', upld: { ceiling: 5000 } },
        { name: 'pair', dscp: 0, priority: 'L', upld: { ceiling: 1000 } },
      ],
      rule: [
        { name: 'calls', when: { priority: 'H' }, class: 'calls' },
        { name: 'rest', when: { priority: 'L' }, class: 'pair' },
      ],
    },
  ],
};
const CALLS = 'groups:\n  - { id: 1, name: calls, upld: { bandwidth: 2000, priority: H }, when-down: block }';
const TWO = `groups:
  - { id: 1, name: first, upld: { bandwidth: 100, priority: L } }
  - { id: 2, name: second, upld: { bandwidth: 100, priority: L } }`;

const SENDER = `
import socket, sys, time
target = socket.getaddrinfo(sys.argv[1], 5001, type=socket.SOCK_DGRAM)[0]
while True:
    try:
        with socket.socket(*target[:2]) as sender:
            sender.sendto(b"x" * 100, target[4])
    except OSError:
        pass
    time.sleep(0.02)
`;

describeInLab('a group whose applications are to reach nothing without a lane', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;
  let before: HostSnapshot;
  let daemon: Running;
  let applications: Running[];
  let lane: readonly string[];

  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    await (await lab.operator()).call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: CALLS });
    before = await snapshotHost(lab.network.host);
  });
  afterAll(() => lab?.close());

  /** The sources of what its applications send now; they try without end, with a new socket each time. */
  const sources = async () => {
    await lab.network.observer.flows();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const flows = await lab.network.observer.flows();
    return [...new Set(flows.filter(({ port }) => port === 5001).map(({ source }) => source))].sort();
  };
  const host: readonly string[] = [ADDRESSES.host.v4, ADDRESSES.host.v6].sort();

  it('goes by its lane while it has one', async () => {
    daemon = await agent.start();
    lane = [...addressesOf(await agent.status(), 'calls')].sort();
    applications = [4, 6].map((family) =>
      agent.program.start('exec', 'calls', '--', 'python3', '-c', SENDER, ADDRESSES.server[`v${family as 4 | 6}`]),
    );
    await eventually(async () => (await sources()).length === 2);
    expect(await sources()).toEqual(lane);
  });

  it('reaches nothing once it is given back, and no packet leaves as the host’s meanwhile', async () => {
    await lab.network.observer.flows();
    await agent.must('release', 'calls');
    const flows = (await lab.network.observer.flows()).filter(({ port }) => port === 5001);
    expect(flows.filter(({ source }) => host.includes(source))).toEqual([]);
    expect(await sources()).toEqual([]);
    const status = await agent.status();
    expect(status.groups[0]).toMatchObject({ state: 'released', blocked: true });
    expect(await agent.must('status')).toMatch(/calls \(1\) +released, blocked/);
    expect(await agent.refusal('exec', 'calls', '--', 'true')).toMatch(
      /^1 .*no lane.*reaches nothing \(when-down: block\)/s,
    );
    expect(applications.every(({ isRunning }) => isRunning)).toBe(true);
  });

  it('stays so when the daemon is killed, and when the next one finds no headend', async () => {
    await daemon.stop('SIGKILL');
    await lab.killHeadend();
    expect(await sources()).toEqual([]);
    await agent.start(({ groups }) => groups.every(({ blocked }) => blocked));
    expect(await sources()).toEqual([]);
    expect(await agent.json('plan')).toEqual([]);
    await lab.startHeadend();
  });

  it('goes by its lane again once it is asked for, without a packet of the host’s', async () => {
    await agent.becomes(({ headend }) => headend.connected);
    await lab.network.observer.flows();
    await agent.must('request', 'calls');
    await eventually(async () => (await sources()).length === 2);
    expect(await sources()).toEqual(lane);
    const flows = (await lab.network.observer.flows()).filter(({ port }) => port === 5001);
    expect(flows.filter(({ source }) => host.includes(source))).toEqual([]);
  });

  it('is let go by off, closed again by on, let go by undo', async () => {
    await agent.must('release', 'calls');
    expect(await sources()).toEqual([]);
    const watching = agent.program.start('status', '--watch', '--json');
    await watching.printed(/"off":false/);
    expect(await agent.must('off')).toContain('everything goes by the host’s own way');
    expect(await sources()).toEqual(host);
    expect(await agent.refusal('exec', 'calls', '--', 'true')).toMatch(/^1 .*lanes are off, until: service-agent on/);
    await watching.printed(/"off":true/);
    await agent.must('on');
    expect(await sources()).toEqual([]);
    await watching.printed(/"off":true[\s\S]*"off":false/);
    await watching.stop();
    const seen = watching.output
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as AgentStatus).off);
    expect(seen.filter((off, index) => off !== seen[index - 1])).toEqual([false, true, false]);
    await agent.must('undo');
    expect(await sources()).toEqual(host);
    for (const application of applications) await application.stop();
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
  });
});

describeInLab('an address that a neighbour has', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;
  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    await (await lab.operator()).call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: TWO });
  });
  afterAll(() => lab?.close());

  it('is not taken; the headend keeps it from everyone, and the group gets another', async () => {
    const first = await agent.json<AgentStatus>('request', 'first', '--once');
    const [mine] = addressesOf(first, 'first');
    const other = PAIR.find((one) => one !== mine)!;
    await lab.network.edge.ip(`address add ${other}/32 dev access`);
    // Of the pair one is held, so the second group is granted what the neighbour has.
    await agent.start(({ groups }) => groups[1]!.conflict !== undefined);
    const status = await agent.status();
    expect(status.groups[1]).toMatchObject({ state: 'waiting', conflict: [other], addresses: [] });
    expect(await agent.must('status')).toContain(`in use by another device: ${other}`);
    expect(await lab.network.host.must(['ip', '-o', 'address'])).not.toContain(other);
    const operator = await lab.operator();
    const quarantine = await operator.call('sublane-headend:list-quarantine', {});
    expect(JSON.stringify(quarantine)).toContain(other);
    // The one that is left comes free, and is what it gets.
    await agent.must('release', 'first');
    const settled = await agent.becomes((now) => statesOf(now).second === 'active');
    expect(addressesOf(settled, 'second')[0]).toBe(mine);
    expect(settled.groups[1]!.conflict).toBeUndefined();
    await agent.must('undo');
  });
});
