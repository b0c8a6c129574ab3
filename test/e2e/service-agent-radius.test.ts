// A real host of a subscriber whom only FreeRADIUS knows: what the server says, changes and takes back reaches its lanes.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AgentStatus, GroupStatus } from '../../agent/service/status.ts';
import {
  type Freeradius,
  type FreeradiusUser,
  freeradiusMissing,
  radclient,
  startFreeradius,
} from '../interop/freeradius.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES } from '../lab/index.ts';
import { eventually } from './headend-program.ts';
import { type Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const ALICE = 'alice@isp.example';
const SECRET = 'a secret of the test';
const missing = freeradiusMissing();
if (missing !== undefined) console.warn(`skipped: an agent of a RADIUS subscriber: ${missing}`);

const plan = (name: string, dscp: number) => ({
  name,
  class: [{ name: 'calls', dscp, priority: 'H' as const, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }],
  rule: [{ name: 'calls', when: { priority: 'H' as const }, class: 'calls', 'over-ceiling': 'lower' as const }],
  lease: { valid: 3600 },
});
const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  location: [{ name: 'home', 'access-prefix': [ADDRESSES.access.v4, ADDRESSES.access.v6] }],
  pool: [
    {
      name: 'calls',
      class: 'calls',
      prefix: ['192.0.2.64/27', '2001:db8:a::1000/116'],
      location: 'home',
      gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6],
    },
  ],
  plan: [plan('gold', 46), plan('bronze', 10)],
};
const GROUPS = `groups:
  - { id: 1, name: calls, upld: { bandwidth: 4000, priority: H }, dnld: { bandwidth: 4000, priority: H } }`;

const knows = (filter: string): readonly FreeradiusUser[] => [
  {
    name: ALICE,
    reply: { 'Filter-Id': filter, 'WISPr-Bandwidth-Max-Up': 1_500_000, 'Framed-IP-Address': '192.0.2.90' },
  },
];

/** One story: each step rests on those before it. */
describeInLab('an agent of a RADIUS subscriber', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;
  let server: Freeradius;

  beforeEach(({ skip }) => {
    if (missing !== undefined) skip(missing);
  });
  beforeAll(async () => {
    if (missing !== undefined) return;
    lab = await ServiceAgentLab.open(CONFIGURATION);
    server = await startFreeradius({ users: knows('gold'), secret: SECRET, within: within() });
    const at = `${server.host}:${server.authenticationPort}:${server.accountingPort}`;
    await lab.headend.feed(`${SECRET}\n`, 'aaa', 'secret', 'set', 'isp');
    const radius = ['--server', at, '--secret-file', 'isp', '--accounting', '--timeout', '1000'];
    await lab.headend.must('aaa', 'add', 'isp', ...radius);
    await lab.headend.must('aaa', 'realm', 'add', 'isp.example', 'isp');
    await lab.headend.must('aaa', 'listen', '127.0.0.1');
    await lab.headend.must('aaa', 'client', 'add', '127.0.0.1', '--group', 'isp', '--secret-file', 'isp');
    agent = await lab.agent('laptop', { subscriber: ALICE, yaml: GROUPS });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await lab?.close();
  });

  const within = () => ['setpriv', '--pdeathsig', 'KILL', ...lab.network.edge.prefix];
  const calls = ({ groups }: AgentStatus): GroupStatus => groups.find(({ name }) => name === 'calls')!;
  const ask = async (kind: 'disconnect' | 'coa', ...attributes: readonly string[]) => {
    const now = Math.floor(Date.now() / 1000);
    const more = ['Message-Authenticator=0x00', `Event-Timestamp=${now}`];
    const request = { port: 3799, secret: SECRET, kind, attributes: [...attributes, ...more], within: within() };
    return (await radclient(request)).answer;
  };
  const says = async (filter: string) => {
    server.keepUsers(knows(filter));
    await server.kill();
    await server.start();
  };
  const records = (status: string) => server.accounts().filter((one) => one['Acct-Status-Type']?.[0] === status);

  it('has the plan, the ceiling and the address that the server names', async () => {
    await agent.start();
    const status = await agent.status();
    expect(statesOf(status)).toEqual({ calls: 'active' });
    expect(calls(status)).toMatchObject({ dscp: 46, upld: { rate: 1500 }, dnld: { rate: 4000 } });
    expect(addressesOf(status, 'calls')[0]).toBe('192.0.2.90');
    await agent.must('exec', 'calls', '--', 'ping', '-q', '-c', '5', '-i', '0.05', '-s', '1000', ADDRESSES.server.v4);
    await eventually(() => records('Start').length === 1);
  });

  it('a CoA changes the plan of its live lane, which keeps its address and stands meanwhile', async () => {
    await says('bronze');
    const words = ['ping', '-q', '-i', '0.02', '-c', '150', ADDRESSES.server.v4];
    const pinged = agent.program.start('exec', 'calls', '--', ...words);
    expect(await ask('coa', `User-Name="${ALICE}"`)).toBe('CoA-ACK');
    const status = await agent.becomes((now) => calls(now).dscp === 10);
    expect(addressesOf(status, 'calls')[0]).toBe('192.0.2.90');
    await pinged.ended;
    expect(pinged.output).toMatch(/150 packets transmitted, 1[45]\d received/);
    expect(records('Stop')).toEqual([]);
  });

  it('a Disconnect ends the lane; the agent asks anew, and the server decides', async () => {
    const lease = calls(await agent.status()).lease!.id;
    await says('gold');
    expect(await ask('disconnect', 'Framed-IP-Address=192.0.2.90')).toBe('Disconnect-ACK');
    const stop = (await eventually(() => records('Stop')[0]))!;
    expect(stop).toMatchObject({ 'Acct-Session-Id': [lease], 'Acct-Terminate-Cause': ['Admin-Reset'] });
    const status = await agent.becomes((now) => calls(now).lease !== undefined && calls(now).lease!.id !== lease);
    expect(calls(status)).toMatchObject({ dscp: 46 });
    await eventually(() => records('Start').length === 2);
  });

  it('whom the server knows no more gets nothing again', async () => {
    server.keepUsers([{ name: 'somebody@isp.example' }]);
    await server.kill();
    await server.start();
    expect(await ask('disconnect', 'Calling-Station-Id="laptop"')).toBe('Disconnect-ACK');
    const status = await agent.becomes((now) => calls(now).code === 'authentication-failed');
    expect(statesOf(status)).not.toEqual({ calls: 'active' });
  });
});
