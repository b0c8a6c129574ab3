import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AgentStatus } from '../../agent/service/status.ts';
import { describeInLab } from '../lab/describe-in-lab.ts';
import { ADDRESSES, compareSnapshots, type Ended, PYTHON, snapshotHost, toolPath } from '../lab/index.ts';
import { type Agent, addressesOf, ServiceAgentLab, statesOf } from './service-agent-lab.ts';

const PASSWORD = 'correct horse battery staple';

const POOLS = [
  { name: 'calls', class: 'calls', prefix: ['192.0.2.64/27', '2001:db8:a::1000/116'], dns: ['198.51.100.53'] },
  { name: 'one', class: 'one', prefix: ['192.0.2.96/32'] },
  { name: 'films', class: 'films', prefix: ['192.0.2.128/27'] },
].map((pool) => ({ ...pool, gateway: [ADDRESSES.edge.v4, ADDRESSES.edge.v6].slice(0, pool.prefix.length) }));

const CONFIGURATION: Parameters<typeof ServiceAgentLab.open>[0] = {
  pool: POOLS,
  plan: [
    {
      name: 'gold',
      class: [
        { name: 'calls', dscp: 46, priority: 'H', upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } },
        { name: 'films', dscp: 34, priority: 'M', upld: { ceiling: 1000 } },
        { name: 'one', dscp: 0, priority: 'L', upld: { ceiling: 1000 } },
      ],
      rule: [
        { name: 'calls', when: { priority: 'H' }, class: 'calls' },
        { name: 'films', when: { priority: 'M' }, class: 'films' },
        { name: 'rest', when: { priority: 'L' }, class: 'one' },
      ],
      'groups-max': 3,
    },
  ],
};

const group = (id: number, name: string, bandwidth: number, priority: 'H' | 'M' | 'L') =>
  `  - { id: ${id}, name: ${name}, upld: { bandwidth: ${bandwidth}, priority: ${priority} } }`;
const groups = (...lines: readonly string[]) => ['groups:', ...lines].join('\n');
const CALLS = group(1, 'calls', 2000, 'H');

/** What a person meets at the command line. */
describeInLab('service-agent', () => {
  let lab: ServiceAgentLab;
  let agent: Agent;

  beforeAll(async () => {
    process.env.SUBLANE_LOG = 'debug'; // what is never to be written must not be there at any level
    lab = await ServiceAgentLab.open(CONFIGURATION);
    const operator = await lab.operator();
    await operator.call('sublane-headend:add-subscriber', { name: 'alice', plan: 'gold' });
    await operator.call('sublane-headend:add-subscriber', { name: 'bob', plan: 'gold', password: PASSWORD });
    agent = await lab.agent('laptop', { subscriber: 'alice', yaml: groups(CALLS) });
  });
  afterAll(async () => {
    delete process.env.SUBLANE_LOG;
    await lab?.close();
  });

  const once = () => agent.json<AgentStatus>('request', '--once');

  describe('refused', () => {
    /** `request --once` of these groups: exit code and message, and what each group came to. */
    const ask = async (...lines: readonly string[]) => {
      agent.configure({ yaml: groups(...lines) });
      const { code, stdout, stderr } = await agent.run('request', '--once', '--json');
      expect(stderr).not.toMatch(/\n\s+at /);
      return { said: `${code} ${stderr}`, states: statesOf(JSON.parse(stdout) as AgentStatus) };
    };
    beforeEach(async () => {
      const operator = await lab.operator();
      const held = await operator.call('sublane-headend:list-leases', { 'host-id': 'laptop' });
      for (const { id } of held.lease ?? []) await operator.call('sublane-headend:release-lease', { 'lease-id': id });
    });

    it('over the ceiling: 4, and the other group has its lane', async () => {
      const { said, states } = await ask(CALLS, group(2, 'films', 9000, 'M'));
      expect(said).toMatch(
        /^4 .*Group 2 asks for 9000 kbit\/s upld; class films gives at most 1000.*\[over-ceiling\]/s,
      );
      expect(states).toEqual({ calls: 'active', films: 'refused' });
    });

    it('too many groups: 4', async () => {
      const more = [2, 3, 4].map((id) => group(id, `films-${id}`, 100, 'M'));
      const { said, states } = await ask(CALLS, ...more);
      expect(said).toMatch(/^4 .*The plan allows 3 groups.*\[too-many-groups\]/s);
      expect(Object.values(states).filter((state) => state === 'active')).toHaveLength(3);
    });

    it('nothing left in the pool: 5, with the time to try again', async () => {
      const { said, states } = await ask(CALLS, group(2, 'mail', 100, 'L'), group(3, 'backup', 100, 'L'));
      expect(said).toMatch(/^5 .*Every address of pool one is in use.*\[pool-empty\]/s);
      expect(Object.values(states).sort()).toEqual(['active', 'active', 'refused']);
    });

    it('the pool is being emptied: 5; and where another is not allowed too, 4', async () => {
      const operator = await lab.operator();
      const admin = (state: 'open' | 'draining') =>
        operator.configure({
          pool: POOLS.map((pool) => ({ ...pool, ...(pool.name === 'films' && { 'admin-state': state }) })),
        });
      await admin('draining');
      const drained = await ask(CALLS, group(2, 'films', 100, 'M'));
      expect(drained.said).toMatch(/^5 .*Pool films is being emptied.*\[pool-draining\]/s);
      expect(drained.states).toEqual({ calls: 'active', films: 'refused' });
      const both = await ask(group(1, 'calls', 6000, 'H'), group(2, 'films', 100, 'M'), group(3, 'mail', 100, 'L'));
      expect(both.said).toMatch(/^4 .*\[over-ceiling\]/s);
      expect(both.said).toContain('[pool-draining]');
      // The calls keep the lane they have.
      expect(both.states).toEqual({ calls: 'active', films: 'refused', mail: 'active' });
      await admin('open');
    });

    it('the daemon holds the lanes it got, and says why it has not the others', async () => {
      agent.configure({ yaml: groups(CALLS, group(2, 'films', 9000, 'M')) });
      const daemon = await agent.start();
      const { groups: shown } = await agent.status();
      expect(shown[1]).toMatchObject({
        state: 'refused',
        code: 'over-ceiling',
        addresses: [],
        retryIn: expect.any(Number),
      });
      expect(await agent.must('status')).toMatch(/films: Group 2 asks for 9000.*\[over-ceiling\]; next try in/);
      expect(await agent.refusal('request', 'films')).toMatch(/^4 .*\[over-ceiling\]/s);
      await agent.must('request', 'calls');
      await daemon.stop();
    });
  });

  describe('without a session', () => {
    it('not enrolled: 3, and how to be', async () => {
      const stranger = await lab.agent('stranger', { yaml: groups(CALLS) });
      expect(await stranger.refusal('request', '--once')).toMatch(
        /^3 .*does not let "stranger" in.*headend host enrol stranger --subscriber NAME --key \S+id_ed25519\.pub/s,
      );
    });

    it('another key than the one pinned: 3, before anything is sent', async () => {
      const wrong = `SHA256:${'A'.repeat(43)}`;
      agent.configure({ yaml: groups(CALLS), hostKey: wrong });
      const said = await agent.refusal('request', '--once');
      expect(said).toMatch(/^3 .*somebody stands in between/s);
      for (const key of [lab.hostKey, wrong]) expect(said).toContain(key);
    });

    it('trust on first use keeps the key, and holds to it', async () => {
      agent.configure({ yaml: groups(CALLS) });
      const file = join(agent.folder, 'agent.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/host-keys: \[.*?\]/, 'host-keys: []'));
      await once();
      const pins = join(agent.folder, 'known-host-keys');
      expect(readFileSync(pins, 'utf8')).toBe(`${lab.hostKey} ${ADDRESSES.edge.v4}:8830\n`);
      writeFileSync(pins, `SHA256:${'A'.repeat(43)} ${ADDRESSES.edge.v4}:8830\n`);
      expect(await agent.refusal('request', '--once')).toMatch(/^3 .*is in \S+known-host-keys: remove its line/s);
      rmSync(pins);
    });

    it('nobody there: 3', async () => {
      agent.configure({ yaml: groups(CALLS), port: 8831 });
      expect(await agent.refusal('request', '--once')).toMatch(/^3 .*192\.0\.2\.1:8831.*ECONNREFUSED|^3 .*refused/s);
      for (const command of ['request', 'renew', 'release'])
        expect(await agent.refusal(command)).toMatch(/^3 .*no service-agent runs here/s);
    });
  });

  describe('by password', () => {
    let tablet: Agent;
    const settings = (name: string) =>
      [`subscriber: { user-name: ${name}, password-file: password }`, groups(CALLS)].join('\n');
    const password = (text: string) => writeFileSync(join(tablet.folder, 'password'), `${text}\n`, { mode: 0o600 });
    beforeAll(async () => {
      tablet = await lab.agent('tablet', { subscriber: 'alice', yaml: settings('bob') });
      await agent.must('undo');
    });

    it('no file: 2; an empty one: 2', async () => {
      expect(await tablet.refusal('request', '--once')).toMatch(
        /^2 .*password cannot be sent: \S+password cannot be read/s,
      );
      password('');
      expect(await tablet.refusal('request', '--once')).toMatch(/^2 .*is empty/s);
    });

    it('right: a lane; and again, for each message is sealed anew', async () => {
      password(PASSWORD);
      const [first, second] = [
        await tablet.json<AgentStatus>('request', '--once'),
        await tablet.json<AgentStatus>('request', '--once'),
      ];
      expect(statesOf(first)).toEqual({ calls: 'active' });
      expect(second.groups[0]!.lease!.id).toBe(first.groups[0]!.lease!.id);
    });

    it('with the daemon, the same', async () => {
      const daemon = await tablet.start();
      expect(statesOf(await tablet.status())).toEqual({ calls: 'active' });
      await tablet.must('request');
      await daemon.stop();
    });

    it('wrong, or of nobody: 4, in the same words', async () => {
      password(`not ${PASSWORD.toUpperCase()}`);
      const wrong = await tablet.refusal('request', '--once');
      expect(wrong).toMatch(/^4 .*User name and password do not fit together.*\[authentication-failed\]/s);
      tablet.configure({ yaml: settings('nobody') });
      expect((await tablet.refusal('request', '--once')).replace(/\{.*\}\n/g, '')).toBe(wrong.replace(/\{.*\}\n/g, ''));
      await tablet.must('undo');
    });

    it('the password is written nowhere', async () => {
      const audit = await (await lab.operator()).pages('sublane-headend:list-audit', {}, ({ entry }) => entry);
      expect(audit.some(({ code }) => code === 'authentication-failed')).toBe(true);
      rmSync(join(tablet.folder, 'password'));
      const files = readdirSync(lab.lab.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      const written = [
        ...files.map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1')] as const),
        ['audit', JSON.stringify(audit)] as const,
        ['headend', lab.headendLog] as const,
        ['agent', tablet.printed + tablet.log] as const,
      ];
      expect(files.map(({ name }) => name)).toContain('headend.db');
      expect(lab.headendLog.length).toBeGreaterThan(500);
      const secrets = [PASSWORD, PASSWORD.toUpperCase()].flatMap((text) => [
        text,
        Buffer.from(text).toString('base64url').slice(0, -2),
      ]);
      expect(
        written.filter(([, text]) => secrets.some((secret) => text.includes(secret))).map(([name]) => name),
      ).toEqual([]);
    });
  });

  describe('exec', () => {
    const exec = (...words: readonly string[]) => agent.run('exec', 'calls', '--', ...words);
    const shell = (line: string): Promise<Ended> =>
      lab.network.host.run(['sh', '-c', line.replaceAll('EXEC', agent.program.argv('exec', 'calls', '--').join(' '))], {
        env: { PATH: [join(agent.program.argv()[0]!, '..'), process.env.PATH].join(delimiter) },
      });
    let lane: readonly [v4: string, v6: string];

    it('needs a lane, and a group of the configuration', async () => {
      agent.configure({ yaml: groups(CALLS) });
      expect(await agent.refusal('exec', 'calls', '--', 'true')).toMatch(
        /^1 .*group calls has no lane.*request calls/s,
      );
      expect(await agent.refusal('exec', 'games', '--', 'true')).toMatch(/^2 .*no group games.*calls/s);
      lane = addressesOf(await once(), 'calls');
    });

    it('TCP, UDP and ping, in IPv4 and IPv6, bear the lane’s address and DSCP', async () => {
      await lab.network.observer.flows();
      const send = (address: string) =>
        `import socket; t = socket.getaddrinfo("${address}", 5001, type=socket.SOCK_DGRAM)[0]; socket.socket(*t[:2]).sendto(b"x", t[4])`;
      for (const [address, url] of [
        [ADDRESSES.server.v4, `http://${ADDRESSES.server.v4}/`],
        [ADDRESSES.server.v6, `http://[${ADDRESSES.server.v6}]/`],
      ] as const) {
        const { code, stderr } = await exec(
          'sh',
          '-ec',
          `curl -gsS -m 5 ${url}; python3 -c '${send(address)}'; ping -n -c 1 -W 2 ${address}`,
        );
        expect(`${code} ${stderr}`).toBe('0 ');
      }
      const flows = await lab.network.observer.flows();
      for (const protocol of ['tcp', 'udp', 'icmp'] as const)
        for (const [family, source] of [
          [4, lane[0]],
          [6, lane[1]],
        ] as const)
          expect(flows.filter((flow) => flow.protocol === protocol && flow.family === family)).toMatchObject([
            { source, dscp: 46 },
          ]);
    });

    it('asks the DNS servers granted, and the host those of its own', async () => {
      await lab.network.server.ip('address add 198.51.100.53/32 dev net');
      const provider = lab.network.server.start([PYTHON, toolPath('dns-server.py'), '198.51.100.53/1']);
      await provider.printed(/^ready$/m);
      const own = readFileSync('/etc/resolv.conf', 'utf8');
      const { stdout, stderr } = await exec('sh', '-c', 'grep nameserver /etc/resolv.conf; getent ahostsv4 an.example');
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^nameserver 198\.51\.100\.53\n203\.0\.113\.1 /);
      expect(readFileSync('/etc/resolv.conf', 'utf8')).toBe(own);
      provider.write('\n');
      const [asked] = await provider.printed(/^\[.*\]$/m);
      expect(JSON.parse(asked)).toContainEqual({ name: 'an.example', over: 'udp', from: lane[0], at: '198.51.100.53' });
    });

    it('without a resolv.conf of its own the command runs, and who started it knows whom it asks', async () => {
      const { code, stdout, stderr } = await lab.network.host.run([
        ...['unshare', '--mount', 'sh', '-ec', 'mount -t tmpfs none /etc; exec "$@"', 'sh'],
        ...agent.program.argv('exec', 'calls', '--', 'echo', 'ran'),
      ]);
      expect([code, stdout]).toEqual([0, 'ran\n']);
      expect(stderr).toMatch(
        /^service-agent: .*no \/etc\/resolv\.conf.*kernel leads its DNS queries to the servers of group calls/m,
      );
    });

    it('ends as the command does', async () => {
      expect((await exec('sh', '-c', 'exit 7')).code).toBe(7);
      expect(await exec('no-such-command')).toMatchObject({
        code: 127,
        stderr: expect.stringContaining('command not found'),
      });
      expect(await exec('/etc/passwd')).toMatchObject({
        code: 126,
        stderr: expect.stringContaining('permission denied'),
      });
      const trap = agent.program.start(
        'exec',
        'calls',
        '--',
        'sh',
        '-c',
        'trap "exit 9" USR1; echo up; while :; do sleep 0.05; done',
      );
      await trap.printed(/^up$/m);
      process.kill(trap.pid, 'SIGUSR1'); // the very process: nothing stands in between
      expect(await trap.ended).toBe(9);
      const sleeping = agent.program.start('exec', 'calls', '--', 'sh', '-c', 'echo up; exec sleep 60');
      await sleeping.printed(/^up$/m);
      expect(await sleeping.stop('SIGTERM')).toBe(143);
    });

    it('stands in a pipe as the command would', async () => {
      expect(await shell('EXEC yes | head -n 2')).toMatchObject({ code: 0, stdout: 'y\ny\n', stderr: '' });
      expect(await shell('printf "a\\nb\\n" | EXEC wc -l')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\s*2\n$/),
      });
      expect(await shell('EXEC sh -c "echo out; echo err >&2" 2>/dev/null')).toMatchObject({ stdout: 'out\n' });
    });

    it('--user: as that user, in the lane all the same', async () => {
      const as = (user: string, line: string) => agent.run('exec', '--user', user, 'calls', '--', 'sh', '-c', line);
      const who = spawnSync('sh', ['-c', 'id -u nobody; id -g nobody; getent passwd nobody | cut -d: -f6'], {
        encoding: 'utf8',
      }).stdout;
      expect((await as('nobody', 'id -u; id -g; echo $HOME')).stdout).toBe(who);
      expect((await as('nobody', `curl -gsS -m 5 http://${ADDRESSES.server.v4}/`)).stdout.trim()).toBe(lane[0]);
      expect(await agent.refusal('exec', '--user', 'no-such-user', 'calls', '--', 'true')).toMatch(
        /^2 .*no user no-such-user/s,
      );
      await agent.must('undo');
    });
  });

  describe('a person', () => {
    it('is told what is wrong in agent.yaml, and where', async () => {
      const before = await snapshotHost(lab.network.host);
      agent.configure({ yaml: groups(CALLS, group(2, 'films', 0, 'M')) });
      for (const words of [['run'], ['status'], ['exec', 'calls', '--', 'true']])
        expect(await agent.refusal(...words)).toMatch(
          /^2 service-agent: \S+agent\.yaml:6:\d+: groups\[1\]\.upld\.bandwidth: expected a whole number/,
        );
      rmSync(join(agent.folder, 'agent.yaml'));
      expect(await agent.refusal('run')).toMatch(/^2 .*there is no \S+agent\.yaml; `service-agent init` makes one/);
      expect(await agent.must('undo')).toContain('nothing of this agent');
      expect(compareSnapshots(before, await snapshotHost(lab.network.host))).toEqual([]);
    });

    it('gets JSON beside every table', async () => {
      agent.configure({ yaml: groups(CALLS) });
      const capabilities = await agent.json<{ name: string; present: boolean; purpose: string }[]>('doctor');
      expect(capabilities.map(({ name }) => name)).toEqual(expect.arrayContaining(['root', 'tool:nft', 'cgroup-mark']));
      expect(await once()).toMatchObject({ refusals: [], groups: [{ state: 'active' }] });
      expect(await agent.json('renew', '--once')).toMatchObject({ refusals: [], groups: [{ state: 'active' }] });
      expect(await agent.json('plan')).toEqual([]);
      expect(await agent.json('status')).toMatchObject({ groups: [{ state: 'active' }] });
      expect(await agent.json('release', '--once')).toMatchObject({ groups: [{ state: 'released' }] });
      expect(await agent.json('undo')).toEqual({ undone: true });
    });

    it('who is not root is told so, and what works without works', async (context) => {
      const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
      const asNobody = (folder: string, ...words: readonly string[]) => {
        const [program = ''] = agent.program.argv();
        return lab.network.host.run([...NOBODY, program, '--dir', folder, ...words], {
          env: { PATH: [join(program, '..'), process.env.PATH].join(delimiter), HOME: '/nonexistent' },
        });
      };
      const tried = await asNobody('/nonexistent', '--version');
      if (tried.code !== 0) context.skip(`the user nobody cannot read this checkout: ${tried.stderr.trim()}`);
      const said = async (folder: string, ...words: readonly string[]) => {
        const { code, stderr } = await asNobody(folder, ...words);
        expect(stderr).not.toMatch(/\n\s+at /);
        return `${code} ${stderr}`;
      };
      // Root's folder.
      chmodSync(lab.lab.folder, 0o755);
      for (const command of ['status', 'request'])
        expect(await said(agent.folder, command)).toMatch(/^[12] service-agent: .*run this as root \(or with sudo\)/);
      // Their own.
      const own = join(lab.lab.folder, 'own');
      cpSync(agent.folder, own, { recursive: true });
      spawnSync('chown', ['-R', '65534:65534', own]);
      for (const words of [['run'], ['request', '--once'], ['exec', 'calls', '--', 'true']])
        expect(await said(own, ...words)).toMatch(/^1 service-agent: .*run this as root \(or with sudo\)/);
      expect((await asNobody(own, 'request', '--dry-run')).stdout).toContain('<subscriber-service-message');
      expect((await asNobody(own, 'status')).stdout).toContain('calls (1)');
      const doctor = await asNobody(own, 'doctor', '--json');
      expect(JSON.parse(doctor.stdout)).toEqual(
        expect.arrayContaining([expect.objectContaining({ name: 'root', present: false })]),
      );
      expect(doctor.code).toBe(1);
    });
  });
});
