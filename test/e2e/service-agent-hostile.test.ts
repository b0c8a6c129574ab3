import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import type { ApplicationGroup } from '@sublane/yang';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentStatus } from '../../agent/service/status.ts';
import { WireguardKey } from '../../agent/service/wireguard-key.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES, compareSnapshots, type HostSnapshot, snapshotHost } from '../lab/index.ts';
import { HostileHeadend } from './hostile-headend.ts';
import { type Agent, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const PORT = 8831;

type Access = Partial<ApplicationGroup['access-interface-cfg']>;
const group = (id: number, access: Access = {}, more: Partial<ApplicationGroup> = {}): ApplicationGroup => ({
  id,
  'access-interface-cfg': {
    interface: `sl${id}`,
    type: 'iana-if-type:propVirtual',
    ipv4: { address: [{ ip: `192.0.2.${100 + id}`, 'prefix-length': 32 }] },
    ...access,
  },
  'qos-cfg': { dscp: 46 },
  lease: { id: `lease-${id}`, 'valid-lifetime': 600, 'renew-after': 300 },
  ...more,
});
const route = (id: number, destination: string, hop?: string) =>
  group(
    id,
    {},
    {
      'routing-cfg': {
        'ipv4-route': [{ 'destination-prefix': destination, ...(hop !== undefined && { 'next-hop-address': hop }) }],
      },
    },
  );
const address = (ip: string): Access => ({ ipv4: { address: [{ ip, 'prefix-length': 32 }] } });
const tunnel = (remote: string): Access => ({
  type: 'iana-if-type:tunnel',
  tunnel: { encapsulation: 'vxlan', 'remote-address': remote, key: 7 },
});

/** What is wrong with each, as the person is told. Group 1 is honest. */
const HARM: readonly (readonly [name: string, grant: (id: number) => ApplicationGroup, why: string])[] = [
  ['own-address', (id) => group(id, address(ADDRESSES.host.v4)), "is this host's own address (on uplink)"],
  ['router', (id) => group(id, address(ADDRESSES.edge.v4)), "is the router of this host's own network"],
  ['loopback', (id) => route(id, '127.0.0.0/8'), 'leads to what is loopback'],
  ['home-network', (id) => route(id, '192.168.7.0/24'), 'a network this host itself stands in (by home)'],
  ['hop', (id) => route(id, '198.51.100.0/24', ADDRESSES.host.v4), "is this host's own address"],
  ['tunnel-to-itself', (id) => group(id, tunnel(ADDRESSES.host.v4)), "is this host's own address"],
  ['tunnel-home', (id) => group(id, tunnel('192.168.7.9')), 'is in 192.168.7.0/24'],
  ['shared-name', (id) => group(id, { interface: 'sl-x7' }), 'is a name this agent uses itself'],
  ['twin', (id) => group(id, address('192.0.2.101')), "is also group 1's"],
  [
    'huge-list',
    (id) =>
      group(
        id,
        {},
        {
          'routing-cfg': {
            'ipv4-route': Array.from({ length: 2_000 }, (_, index) => ({
              'destination-prefix': `10.${index >> 8}.${index & 255}.0/24`,
            })),
          },
        },
      ),
    'has more than 256 entries',
  ],
  [
    'for-ever',
    (id) => group(id, {}, { lease: { id: 'l', 'valid-lifetime': 4_294_967_295, 'renew-after': 0 } }),
    'is longer than 2678400 s',
  ],
];
const NAMES = ['honest', ...HARM.map(([name]) => name)];
const yaml = (rules = '') =>
  [
    ...(rules === '' ? [] : [`accept: ${rules}`]),
    'groups:',
    ...NAMES.map((name, index) => `  - { id: ${index + 1}, name: ${name}, upld: { bandwidth: 100, priority: M } }`),
  ].join('\n');

/** A real session with a server that answers by the protocol and means harm. */
describeInLab('a hostile headend', () => {
  let lab: ServiceAgentLab;
  let headend: HostileHeadend;
  let agent: Agent;
  let before: HostSnapshot;

  beforeAll(async () => {
    process.env.SUBLANE_LOG = 'debug'; // what is never to be written must not be there at any level
    lab = await ServiceAgentLab.open({});
    const { host, edge } = lab.network;
    headend = await HostileHeadend.open(edge, join(lab.lab.folder, 'hostile'), ADDRESSES.edge.v4, PORT);
    await lab.lab.link(host, 'home', edge, 'away');
    await host.ip('address add 192.168.7.1/24 dev home');
    agent = await lab.agent('laptop', { yaml: yaml(), port: PORT, hostKey: headend.hostKey });
    before = await snapshotHost(host);
  });
  afterAll(async () => {
    delete process.env.SUBLANE_LOG;
    await lab?.close();
  });

  const configure = (rules?: string) => agent.configure({ yaml: yaml(rules), port: PORT, hostKey: headend.hostKey });
  const grantAll = () => headend.grants({ groups: [group(1), ...HARM.map(([, grant], index) => grant(index + 2))] });

  it('gets every harmful grant refused with the reason, by name of the rule, and the honest lane stands', async () => {
    grantAll();
    const { code, stdout, stderr } = await agent.run('request', '--once', '--json');
    expect([code, stderr]).toEqual([4, expect.not.stringMatching(/\n\s+at /)]);
    expect(stderr).not.toMatch(/\n\s+at /);
    const status = JSON.parse(stdout) as AgentStatus;
    expect(statesOf(status)).toEqual(
      Object.fromEntries(NAMES.map((name) => [name, name === 'honest' ? 'active' : 'refused'])),
    );
    for (const [name, , why] of HARM) {
      const shown = status.groups.find((one) => one.name === name)!;
      expect([name, shown.code, shown.reason]).toEqual([name, 'reply-not-accepted', expect.stringContaining(why)]);
    }
    expect(stderr).toContain('accept: { routes: { local-networks: yes } }');
    expect(headend.heard.map(({ id, state }) => `${id} ${state}`)).toEqual(
      NAMES.map((_, index) => `${index + 1} ${index === 0 ? 'applied' : 'failed'}`),
    );
    expect(headend.heard[1]!.reason).toContain("is this host's own address");
    // What stands is the honest lane's alone.
    const { host } = lab.network;
    const links = (await host.must(['ip', '-br', 'link'])).match(/^sl[^ @]*/gm);
    expect(links).toEqual(['sl1']);
    expect(await host.must(['ip', '-4', 'rule'])).not.toMatch(/lookup 5100(?!01)/);
    expect(await host.must(['ip', '-4', 'route', 'show', 'table', 'main'])).not.toContain('sl1');
    await agent.must('undo');
    expect(compareSnapshots(before, await snapshotHost(host))).toEqual([]);
  });

  it('has learned the host’s addresses and its public key, and nobody the private one', () => {
    const [request] = headend.requests;
    const addresses = request!['sublane-service:host-address'];
    expect(addresses).toEqual(expect.arrayContaining([ADDRESSES.host.v4, ADDRESSES.host.v6, '192.168.7.1']));
    expect(addresses!.filter((one) => one.startsWith('fe80'))).toEqual([]);
    const file = join(agent.folder, 'wireguard.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const secret = readFileSync(file, 'latin1').trim();
    expect(request!['sublane-service:wireguard-public-key']).toBe(unwrap(new WireguardKey(file).publicKey()));
    expect(JSON.stringify(headend.requests) + agent.printed).not.toContain(secret);
  });

  it('touches nothing where nothing it grants is honest', async () => {
    const alone = HARM.filter(([name]) => name !== 'twin');
    headend.grants({ groups: NAMES.map((_, index) => alone[index % alone.length]![1](index + 1)) });
    const { code } = await agent.run('request', '--once');
    expect(code).toBe(4);
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
  });

  it('is not understood where it breaks the schema: no lane of that reply', async () => {
    for (const replace of [
      { '>sl1<': '>eth0<' },
      { '>sl1<': '>sl/../../x<' },
      { '192.0.2.101': '192.0.2.101; reboot' },
      { '<dscp>46<': '<dscp>146<' },
    ] as readonly Readonly<Record<string, string>>[]) {
      headend.grants({ groups: NAMES.map((_, index) => group(index + 1)), replace });
      expect(await agent.refusal('request', '--once')).toMatch(
        /^1 .*^service-agent: the headend's answer cannot be used: /ms,
      );
    }
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
  });

  it('cannot fill the memory: an answer without end ends the session', async () => {
    const groups = NAMES.map((_, index) => group(index + 1));
    headend.grants({ groups, replace: { '>sl1<': `>${'x'.repeat(5 << 20)}<` } });
    expect(await agent.refusal('request', '--once')).toMatch(/^[13] .*over the limit on message \(4194304\)/s);
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
  });

  it('is held to rules that the user tightens, and let by those that are widened', async () => {
    grantAll();
    configure('{ routes: { local-networks: yes }, dscp: [ 0 ] }');
    const first = JSON.parse((await agent.run('request', '--once', '--json')).stdout) as AgentStatus;
    expect(first.groups[0]!.reason).toContain('qos-cfg/dscp "46" is not among the marks permitted (accept.dscp; ');
    configure('{ routes: { local-networks: yes } }');
    const { stdout } = await agent.run('request', '--once', '--json');
    const states = statesOf(JSON.parse(stdout) as AgentStatus);
    expect([states.honest, states['home-network'], states.loopback]).toEqual(['active', 'active', 'refused']);
    await agent.must('undo');
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
    configure();
  });

  it('keeps the daemon neither from running nor from saying so', async () => {
    grantAll();
    const daemon = await agent.start();
    const table = await agent.must('status');
    expect(table).toMatch(/honest \(1\) +active/);
    expect(table).toMatch(/loopback \(\d+\) +refused/);
    expect(table).toContain('(never accepted) [reply-not-accepted]; next try in');
    expect(await agent.json('off')).toEqual({ off: true });
    expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
    expect(await agent.refusal('request', 'honest')).toMatch(/^1 .*switched off; `service-agent on`/);
    await daemon.stop();
    await agent.start(({ off }) => off);
    expect(statesOf(await agent.status()).honest).toBe('off');
    expect(await agent.json('on')).toEqual({ off: false });
    await agent.becomes((status) => statesOf(status).honest === 'active');
    await agent.must('undo');
  });
});
