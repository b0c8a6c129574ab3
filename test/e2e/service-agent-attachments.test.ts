// The real service agent and the real headend: lanes by other ways than the access link, and addresses others use.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES } from '../lab/index.ts';
import { type Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const rate = { ceiling: 10_000 };
const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  pool: [
    {
      name: 'calls',
      class: 'calls',
      prefix: ['192.0.2.64/27', '2001:db8:a::1000/116'],
      gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6],
    },
    {
      name: 'films',
      class: 'films',
      prefix: ['10.2.0.0/24', '2001:db8:c::/64'],
      attachment: 'tunnel',
      tunnel: { encapsulation: 'vxlan', 'remote-address': ADDRESSES.edge.v4, key: 5000 },
      gateway: ['10.2.0.1', '2001:db8:c::1'],
    },
    { name: 'bulk', class: 'bulk', prefix: ['10.3.0.0/24', '2001:db8:d::/64'], attachment: 'routed' },
  ],
  'security-profile': [{ name: 'web', permit: [{ name: 'web', protocol: 6, 'lower-port': 80 }] }],
  plan: [
    {
      name: 'gold',
      class: [
        { name: 'calls', dscp: 46, priority: 'H', upld: rate },
        { name: 'films', dscp: 34, priority: 'M', upld: rate },
        { name: 'bulk', dscp: 8, priority: 'L', upld: rate },
      ],
      rule: [
        { name: 'calls', when: { priority: 'H' }, class: 'calls' },
        { name: 'films', when: { priority: 'M' }, class: 'films' },
        { name: 'bulk', when: { priority: 'L' }, class: 'bulk' },
      ],
      lease: { valid: 600 },
    },
  ],
};

const GROUPS = `groups:
  - { id: 1, name: calls, upld: { bandwidth: 2000, priority: H } }
  - { id: 2, name: films, upld: { bandwidth: 2000, priority: M } }
  - { id: 3, name: bulk, upld: { bandwidth: 2000, priority: L }, security: web }`;

/** One story: each step rests on those before it. */
describeInLab('lanes by every way', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;

  beforeAll(async () => {
    lab = await ServiceAgentLab.open(CONFIGURATION);
    await (await lab.operator()).call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: GROUPS });
    // The provider's side: the far end of the segment, and the way to the routed lanes.
    await lab.network.edge.ip(
      `link add films type vxlan id 5000 remote ${ADDRESSES.host.v4} dstport 4789 dev access`,
      'address add 10.2.0.1/24 dev films',
      'address add 2001:db8:c::1/64 dev films nodad',
      'link set films up',
      `route add 10.3.0.0/24 via ${ADDRESSES.host.v4}`,
      `route add 2001:db8:d::/64 via ${ADDRESSES.host.v6}`,
    );
  });
  afterAll(() => lab?.close());

  /** The address that the server sees a connection of the group come from. */
  const seen = async (group: string, server: string) =>
    (await agent.must('exec', group, '--', 'curl', '-gsS', '-m', '10', `http://${server}/`)).trim();
  const byServer = async (group: string) => [
    await seen(group, ADDRESSES.server.v4),
    await seen(group, `[${ADDRESSES.server.v6}]`),
  ];

  it('an address that somebody else answers for is quarantined, and the group gets another', async () => {
    await lab.network.edge.ip('address add 192.0.2.65/32 dev access');
    await agent.start(
      (status) =>
        Object.values(statesOf(status)).every((state) => state === 'active') &&
        addressesOf(status, 'calls')[0] === '192.0.2.66',
    );
    const operator = await lab.operator();
    const { quarantine } = await operator.call('sublane-headend:list-quarantine', {});
    expect(quarantine).toMatchObject([
      { pool: 'calls', ipv4: '192.0.2.65', 'conflict-address': ['192.0.2.65'], 'host-id': 'laptop', 'group-id': 1 },
    ]);
  });

  it.each(['calls', 'films', 'bulk'])(
    'the lane of %s reaches the server by its own addresses, both ways',
    async (group) => {
      expect(await byServer(group)).toEqual(addressesOf(await agent.status(), group));
    },
  );

  it('a security profile of the headend holds on the host: its destinations and no others', async () => {
    const ask = (port: number) =>
      agent.run('exec', 'bulk', '--', 'curl', '-gsS', '-m', '2', `http://${ADDRESSES.server.v4}:${port}/`);
    expect(await ask(80)).toMatchObject({ code: 0, stdout: expect.stringContaining('10.3.0.') });
    expect(await ask(8001)).toMatchObject({ code: 28, stdout: '' });
    const free = ['exec', 'films', '--', 'curl', '-gsS', '-m', '5', `http://${ADDRESSES.server.v4}:8001/`];
    expect(await agent.run(...free)).toMatchObject({ code: 0 });
  });

  it('behind a NAT is refused what does not pass it, and says what would', async () => {
    const { edge } = lab.network;
    await agent.must('undo'); // a network namespace has one agent
    await edge.must(['nft', 'add table ip between']);
    await edge.must(['nft', 'add chain ip between in { type nat hook input priority 100 ; }']);
    await edge.must(['nft', `add rule ip between in ip saddr ${ADDRESSES.host.v4} tcp dport 8830 snat to 192.0.2.200`]);
    const behind = await lab.agent('phone', { subscriber: 'alice', yaml: GROUPS });
    expect(await behind.refusal('request', '--once', 'calls')).toMatch(/^5 .*192\.0\.2\.200.*NAT.*behind-nat/s);
    const operator = await lab.operator();
    const { entry = [] } = await operator.call('sublane-headend:list-audit', { 'host-id': 'phone', limit: 1000 });
    expect(entry.find(({ event }) => event === 'request-refused')).toMatchObject({ code: 'behind-nat' });
  });
});
