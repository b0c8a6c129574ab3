import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES } from '../lab/index.ts';
import { eventually } from './headend-program.ts';
import { type Agent, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  location: [
    { name: 'home', 'access-prefix': [ADDRESSES.access.v4, ADDRESSES.access.v6] },
    { name: 'cafe', 'access-prefix': ['203.0.113.0/24'] },
  ],
  pool: [
    {
      name: 'calls',
      class: 'calls',
      location: 'home',
      prefix: ['192.0.2.64/27', '2001:db8:a::1000/116'],
      gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6],
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
// The lab's server answers everything with 200, as a login page does.
const YAML = `portal-probe: http://${ADDRESSES.server.v4}/generate_204
groups: [ { id: 1, name: calls, when-down: block, upld: { bandwidth: 2000, priority: H } } ]`;

/** One story: each step rests on those before it. */
describeInLab('a daemon among others', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;
  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    await (await lab.operator()).call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: YAML });
    await lab.network.edge.ip('address add 203.0.113.1/24 dev access');
    await agent.start();
  });
  afterAll(() => lab?.close());

  const sh = (script: string) => lab.network.host.must(['sh', '-ec', script]);
  const becomes = (state: string) => agent.becomes((status) => statesOf(status).calls === state);
  const reaches = async () =>
    (await agent.run('exec', 'calls', '--', 'ping', '-nqc1', '-W2', ADDRESSES.server.v4)).code === 0;

  it('puts right what another program changes, and says how often', async () => {
    await sh('nft flush ruleset; ip rule flush protocol 151; ip -6 rule flush protocol 151');
    const { host } = await agent.becomes((status) => status.host.repairs.length > 0);
    expect(new Set(host.repairs.map(({ kind }) => kind))).toEqual(new Set(['firewall', 'rule']));
    expect(await agent.json('plan')).toEqual([]);
    const status = await agent.must('status');
    expect(status).toMatch(/\d+ changes by other programs put right/);
    expect(status).toContain('in the network of its lanes: uplink via 192.0.2.1 and 2001:db8:a::1 192.0.2.0/24');
    expect(await reaches()).toBe(true);
  });

  it('a second agent in the same network namespace is refused, whatever its folder', async () => {
    const other = await lab.agent('tablet', { subscriber: 'alice', yaml: YAML });
    const refusal = await other.refusal('run');
    expect(refusal).toMatch(
      /^1 service-agent: the lanes of this network namespace are kept by the service-agent with process id \d+/,
    );
    expect(refusal).toContain(agent.folder);
    // Nor may a command of its own take the first one's lanes for its own.
    for (const words of [['request', '--once'], ['undo']])
      expect(await other.refusal(...words)).toContain('the lanes of this network namespace are kept by');
    expect(await agent.json('plan')).toEqual([]);
  });

  it('gives way to a VPN that takes everything: away, its applications blocked, and back', async () => {
    await sh(`
      ip tuntap add dev vpn0 mode tun
      ip address add 10.99.0.2/32 dev vpn0
      ip link set vpn0 up
      ip route add 0.0.0.0/1 dev vpn0; ip route add 128.0.0.0/1 dev vpn0
      ip route add ${ADDRESSES.server.v4} via ${ADDRESSES.edge.v4}
    `);
    await becomes('away');
    expect(await agent.must('status')).toContain('the VPN vpn0 takes all IPv4 of this host');
    expect(await reaches()).toBe(false);
    await sh(`ip link del vpn0; ip route del ${ADDRESSES.server.v4}`);
    await becomes('active');
    expect(await reaches()).toBe(true);
  });

  it('in another network asks there what it holds, and is home again without a fault', async () => {
    const move = (from: string, to: string, via: string) =>
      sh(
        `ip address del ${from}/24 dev uplink; ip address add ${to}/24 dev uplink; ip route replace default via ${via}`,
      );
    await sh('ip -6 address del 2001:db8:a::7/64 dev uplink');
    await move(ADDRESSES.host.v4, '203.0.113.7', '203.0.113.1');
    await becomes('away');
    // Over a new session, from the new address: the headend has an answer for it.
    await agent.becomes(({ headend }) => headend.connected);
    await agent.becomes((status) => statesOf(status).calls !== 'away');

    await sh('ip -6 address add 2001:db8:a::7/64 dev uplink nodad; ip -6 route replace default via 2001:db8:a::1');
    await move('203.0.113.7', ADDRESSES.host.v4, ADDRESSES.edge.v4);
    // The headend may have said that the lane holds there as well: what counts is that it leads home.
    await eventually(reaches);
    await becomes('active');
  });

  it('with the headend out of reach behind a login page they are away, and back with the headend', async () => {
    await lab.killHeadend();
    const { host } = await agent.becomes(({ host }) => host.surroundings?.reason === 'portal');
    expect(host.surroundings?.text).toContain('/generate_204 was answered with 200');
    await lab.startHeadend();
    await becomes('active');
    expect(await reaches()).toBe(true);
  });

  it('undo ends it, and nothing is put right any more', async () => {
    await agent.must('undo');
    expect(await sh('ip rule; nft list ruleset')).not.toMatch(/sublane|proto 151/);
  });
});
