import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AvailableServices } from '../../agent/service/available-services.ts';
import type { AgentStatus, GroupStatus } from '../../agent/service/status.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES, type Running } from '../lab/index.ts';
import { type Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

/** Bytes a day: less than the story sends before it looks. */
const QUOTA = 400_000;

const pool = (name: string, v4: string, v6: string) => ({
  name,
  class: name,
  prefix: [v4, v6],
  location: 'home',
  gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6],
});
const calls = (dscp: number, ceiling: number) => ({
  name: 'calls',
  dscp,
  priority: 'H' as const,
  upld: { ceiling },
  dnld: { ceiling: 8000 },
});
const slow = { name: 'slow', dscp: 8, priority: 'L' as const, upld: { ceiling: 500 }, dnld: { ceiling: 500 } };
const films = { name: 'films', dscp: 34, priority: 'M' as const, upld: { ceiling: 1000 }, dnld: { ceiling: 25_000 } };
const rules = [
  { name: 'calls', when: { priority: 'H' as const }, class: 'calls' },
  { name: 'films', when: { priority: 'M' as const }, class: 'films' },
];

const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  location: [{ name: 'home', 'access-prefix': [ADDRESSES.access.v4, ADDRESSES.access.v6] }],
  pool: [
    pool('calls', '192.0.2.64/27', '2001:db8:a::1000/116'),
    pool('films', '192.0.2.96/27', '2001:db8:a::2000/116'),
    pool('slow', '192.0.2.128/27', '2001:db8:a::3000/116'),
  ],
  plan: [
    {
      name: 'gold',
      quota: { octets: String(QUOTA), period: 'day' },
      class: [calls(46, 5000), films, slow],
      rule: [
        { name: 'throttled', when: { priority: 'H', 'quota-used': 100 }, class: 'slow', 'over-ceiling': 'lower' },
        ...rules,
      ],
      lease: { valid: 3600 },
    },
    { name: 'silver', class: [calls(40, 3000), films], rule: rules, lease: { valid: 3600 } },
  ],
};

const GROUPS = `groups:
  - { id: 1, name: calls, upld: { bandwidth: 2000, priority: H }, dnld: { bandwidth: 4000, priority: H } }
  - { id: 2, name: films, upld: { bandwidth: 500, priority: M }, dnld: { bandwidth: 20000, priority: M } }`;

/** 600 packets of 1,000 bytes, slower than the lane. */
const BURST = `
import socket, sys, time
target = socket.getaddrinfo(sys.argv[1], 5001, type=socket.SOCK_DGRAM)[0]
sender = socket.socket(*target[:2])
for _ in range(600):
    sender.sendto(b"x" * 1000, target[4])
    time.sleep(0.005)
`;

/** Sends without end, whatever the kernel says of it. */
const SENDER = `
import socket, sys, time
target = socket.getaddrinfo(sys.argv[1], 5002, type=socket.SOCK_DGRAM)[0]
sender = socket.socket(*target[:2])
while True:
    try:
        sender.sendto(b"x" * 20, target[4])
    except OSError:
        pass
    time.sleep(0.01)
`;

/** One story: each step rests on those before it. */
describeInLab('a quota, and how changes reach a live host', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;
  let daemon: Running;
  let sender: Running | undefined;
  /** Every address that the sender's packets have borne. */
  const sources = new Set<string>();

  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    await (await lab.operator()).call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: GROUPS });
  });
  afterAll(async () => {
    await sender?.stop('SIGKILL');
    await lab?.close();
  });

  const of = ({ groups }: AgentStatus, name: string): GroupStatus => groups.find((group) => group.name === name)!;
  const look = async () => {
    for (const { port, source } of await lab.network.observer.flows()) if (port === 5002) sources.add(source);
  };
  const ping = (count: number) =>
    agent.program.start('exec', 'calls', '--', 'ping', '-q', '-i', '0.02', '-c', String(count), ADDRESSES.server.v4);
  const lost = (pinged: Running) => {
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(pinged.output) ?? [];
    return Number(sent) - Number(received);
  };

  it('services says what there is, without the daemon and with it', async () => {
    const alone = await agent.json<AvailableServices>('services');
    expect(alone).toMatchObject({
      hostId: 'laptop',
      location: 'home',
      classes: [
        { name: 'calls', directions: ['upld', 'dnld'], upldCeiling: 5000, dnldCeiling: 8000 },
        { name: 'films', upldCeiling: 1000 },
        { name: 'slow', unavailable: 'only with 100 % at least of the quota used' },
      ],
      quota: { octets: QUOTA, used: 0 },
    });
    daemon = await agent.start();
    expect(await agent.json('services')).toEqual(alone);
    expect(await agent.must('services')).toMatch(/quota \[\.{20}\] 0 %: 0 B of 400 kB used, anew in /);
  });

  it('used up, it lowers one group by a rule and refuses another; neither is without a lane meanwhile', async () => {
    const before = await agent.status();
    expect(of(before, 'calls')).toMatchObject({ dscp: 46, upld: { rate: 2000 } });
    sender = agent.program.start('exec', 'calls', '--', 'python3', '-c', SENDER, ADDRESSES.server.v4);
    await agent.must('exec', 'films', '--', 'python3', '-c', BURST, ADDRESSES.server.v4);
    await look();
    const carried = of(await agent.status(), 'calls').traffic?.upld;
    const { code, stderr } = await agent.run('renew');
    expect(`${code} ${stderr}`).toMatch(/^5 .*quota-exceeded/s);
    const after = await agent.status();
    expect(of(after, 'calls')).toMatchObject({ state: 'active', dscp: 8, upld: { rate: 500 }, dnld: { rate: 500 } });
    // The lane has changed, its counters go on.
    expect(of(after, 'calls').traffic?.upld).toBeGreaterThanOrEqual(carried!);
    // What it holds it keeps to the end of its lease.
    expect(of(after, 'films')).toMatchObject({ state: 'active', dscp: 34, code: 'quota-exceeded' });
    await look();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await look();
    // Never its own address: the old lane stood until the new one did.
    const lanes = [before, after].map((status) => addressesOf(status, 'calls')[0]);
    expect(lanes[1]).toMatch(/^192\.0\.2\.1(29|[3-5]\d)$/);
    expect([...sources].sort()).toEqual(lanes.toSorted());
    const { classes, quota } = await agent.json<AvailableServices>('services');
    expect(Object.fromEntries(classes.map(({ name, unavailable }) => [name, unavailable]))).toEqual({
      calls: 'the quota is used up',
      films: 'the quota is used up',
    });
    expect(quota?.used).toBeGreaterThan(QUOTA);
  });

  it('operators see it, and set it back: the live host has what it had within seconds', async () => {
    expect(await lab.headend.must('subscriber', 'show', 'alice')).toMatch(/quota: 1\d\d % of 400 kB, anew at \d{4}-/);
    await lab.headend.must('subscriber', 'set', 'alice', '--reset-quota');
    const status = await agent.becomes((now) => of(now, 'calls').dscp === 46 && of(now, 'films').code === undefined);
    expect(statesOf(status)).toEqual({ calls: 'active', films: 'active' });
    expect(await lab.headend.must('subscriber', 'list')).toMatch(/alice +gold +active +\d+ % of 400 kB/);
  });

  it('a restart of the agent counts nothing twice, and loses nothing', async () => {
    await daemon.stop('SIGTERM');
    daemon = await agent.start();
    await agent.must('renew');
    const { quota } = await agent.json<AvailableServices>('services');
    expect(quota?.used).toBeGreaterThan(0);
    // What films carried before the quota was set back.
    expect(quota?.used).toBeLessThan(600_000);
    expect(of(await agent.status(), 'films').traffic?.upld).toBeGreaterThan(600_000);
  });

  it('another plan reaches the live host within seconds, under the same addresses where the class is the same', async () => {
    const before = await agent.status();
    const pinged = ping(200);
    await lab.headend.must('subscriber', 'set', 'alice', '--plan', 'silver');
    const after = await agent.becomes((now) => of(now, 'calls').dscp === 40);
    expect(addressesOf(after, 'calls')).toEqual(addressesOf(before, 'calls'));
    expect(of(after, 'calls').lease?.id).toBe(of(before, 'calls').lease?.id);
    await pinged.ended;
    expect(lost(pinged)).toBeLessThan(10);
    const trail = await lab.headend.must('audit', '--host', 'laptop');
    expect(trail).toMatch(/lease-recalled/);
    expect((await agent.json<AvailableServices>('services')).quota).toBeUndefined();
    await look();
    expect([...sources].every((source) => source.startsWith('192.0.2.'))).toBe(true);
    expect(sources).not.toContain(ADDRESSES.host.v4);
  });

  it('services fails as every command does: refused 4, no headend 3', async () => {
    await lab.headend.must('subscriber', 'set', 'alice', '--suspend');
    await agent.becomes(({ headend }) => headend.connected);
    expect(await agent.refusal('services')).toMatch(/^4 .*suspended/s);
    const lost = await lab.agent('lost', { subscriber: 'alice', yaml: GROUPS, port: 8831 });
    expect(await lost.refusal('services')).toMatch(/^3 .*192\.0\.2\.1:8831/s);
  });
});
