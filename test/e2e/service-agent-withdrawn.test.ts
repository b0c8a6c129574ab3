import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES, compareSnapshots, type HostSnapshot, snapshotHost } from '../lab/index.ts';
import { Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  pool: [{ name: 'calls', class: 'calls', prefix: ['192.0.2.64/27'], gateway: [ADDRESSES.edge.v4] }],
  plan: [
    {
      name: 'gold',
      'default-class': 'calls',
      class: [{ name: 'calls', dscp: 46, priority: 'H', upld: { ceiling: 5000 } }],
      lease: { valid: 3600 },
    },
  ],
};
const GROUPS = `groups:
  - { id: 1, name: calls, upld: { bandwidth: 2000, priority: H } }`;

/** One story: each step rests on those before it. */
describeInLab('a host whose service the provider withdraws', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;
  let before: HostSnapshot;

  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    await lab.headend.must('subscriber', 'add', 'alice', '--plan', 'gold');
    before = await snapshotHost(lab.network.host);
    agent = new Agent(lab, 'laptop');
  });
  afterAll(() => lab?.close());

  const untouched = async () => compareSnapshots(before, await snapshotHost(lab.network.host));

  it('enrolled itself by a token, over the access network', async () => {
    const token = (await lab.headend.must('host', 'invite', '--subscriber', 'alice')).trim();
    expect(await agent.must('init', '--token', token, '--host-id', 'laptop')).toContain('Host laptop is enrolled');
    agent.configure({ yaml: GROUPS });
    await agent.start();
    expect(addressesOf(await agent.status(), 'calls')[0]).toBe('192.0.2.65');
  });

  it('suspended, has no lane within moments, and knows why; resumed, it has one again', async () => {
    await lab.headend.must('subscriber', 'set', 'alice', '--suspend');
    const suspended = await agent.becomes((status) => statesOf(status).calls === 'refused');
    expect(suspended.headend.connected).toBe(true);
    expect(JSON.stringify(suspended)).toContain('subscriber-suspended');
    expect(await lab.headend.must('lease', 'list', '--json')).toBe('[]\n');
    await lab.headend.must('subscriber', 'set', 'alice', '--resume');
    await agent.becomes((status) => statesOf(status).calls === 'active');
  });

  it('whose lease is taken back asks for another', async () => {
    const [lease] = JSON.parse(await lab.headend.must('lease', 'list', '--json')) as { id: string }[];
    await lab.headend.must('lease', 'release', lease!.id);
    await agent.becomes(({ groups }) => {
      const [calls] = groups;
      return calls?.state === 'active' && calls.lease?.id !== lease!.id;
    });
  });

  it('revoked, has no lane within moments, long before the lease would have ended', async () => {
    await lab.headend.must('host', 'revoke', 'laptop');
    const status = await agent.becomes((one) => !one.headend.connected && statesOf(one).calls !== 'active');
    expect(status.headend.reason).toMatch(/the host was revoked|does not let "laptop" in/);
    await expect.poll(untouched, { timeout: 20_000 }).toEqual([]);
    expect(agent.log).toContain('the host was revoked');
  });

  it('enrolled again with the same key, comes back by itself', async () => {
    const operator = await lab.operator();
    const host = { 'host-id': 'laptop', subscriber: 'alice', 'public-key': agent.publicKey };
    await operator.call('sublane-headend:add-host', host);
    await agent.becomes((status) => statesOf(status).calls === 'active');
  });
});
