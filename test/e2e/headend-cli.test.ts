import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Host, type KeyPair, newKey } from './headend-host.ts';
import { eventually, HeadendProgram } from './headend-program.ts';

const GOLD = `name: gold
default-class: best-effort
classes:
  conversational: { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
  best-effort:    { dscp: 0,  priority: L, upld: { ceiling: 1000 }, dnld: { ceiling: unlimited } }
rules:
  - { name: calls, when: { priority: H, bandwidth-max: 5000 }, class: conversational }
`;

/** One story: each step rests on those before it. */
describe('the headend’s commands', () => {
  const program = new HeadendProgram();
  const keys: Record<string, KeyPair> = { laptop: newKey('laptop'), olga: newKey('olga'), aron: newKey('aron') };
  let port = 0;
  let hostKey = '';
  const keyFile = (name: string, half: 'private' | 'public') => {
    const file = program.file(half === 'public' ? `${name}.pub` : name);
    writeFileSync(file, keys[name]![half], { mode: 0o600 });
    return file;
  };
  const bySsh = (name: string) => [
    ...['--connect', `ssh://${name}@127.0.0.1:${port}`, '--identity', keyFile(name, 'private'), '--host-key', hostKey],
  ];
  /** Exit code and the whole of stderr of a command that must fail. */
  const refusal = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await program.run(words);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^headend: /);
    expect(stderr).not.toMatch(/\n {4}at /); // no stack trace
    return `${code} ${stderr}`;
  };

  beforeAll(() => writeFileSync(program.file('gold.yaml'), GOLD));
  afterAll(() => program.dispose());

  it('need a folder first', async () => {
    expect(await refusal('serve')).toMatch(/^2 .*headend\.yaml: .*\nMake one with: headend init/);
    expect(await refusal('check')).toMatch(/^2 /);
    expect(await refusal('status')).toMatch(/^3 .*Start it: headend serve --dir /s);
  });

  it('init makes it, closed to others, and never over another', async () => {
    const made = await program.must('init', '--listen', '127.0.0.1:0', '--name', 'edge-1');
    hostKey = /SHA256:[A-Za-z0-9+/]{43}/.exec(made)?.[0] ?? '';
    const mode = (name: string) => (statSync(join(program.folder, name)).mode & 0o777).toString(8);
    expect(mode('.')).toBe('700');
    for (const name of ['headend.yaml', 'ssh_host_ed25519_key', 'password-key.json', 'headend.db'])
      expect(`${name} ${mode(name)}`).toBe(`${name} 600`);
    const before = program.settings();
    expect(await refusal('init')).toMatch(/^1 .*headend\.yaml is there already, and nothing was changed/);
    expect(program.settings()).toBe(before);
    expect(await refusal('init', '--listen', 'here')).toMatch(/^2 .*ADDRESS:PORT/);
  });

  it('check says what would be served', async () => {
    const report = await program.json<{ 'host-keys': string[]; name: string; pools: number }>('check');
    expect(report).toMatchObject({ name: 'edge-1', 'host-keys': [hostKey], pools: 0 });
  });

  it('check and serve say what is wrong in headend.yaml, and where', async () => {
    const file = join(program.folder, 'headend.yaml');
    const good = program.settings();
    writeFileSync(file, good.replace('level: info', 'level: loud'));
    for (const command of ['check', 'serve'])
      expect(await refusal(command)).toMatch(/^2 .*headend\.yaml:\d+:\d+: log\.level: expected one of debug, info/);
    writeFileSync(file, good);
  });

  it('serve prints one line when it is ready, and serves alone', async () => {
    port = await program.serve();
    expect(program.stdout).toBe(`headend ready on 127.0.0.1:${port}\n`);
    expect((statSync(join(program.folder, 'headend.sock')).mode & 0o777).toString(8)).toBe('600');
    expect(await refusal('serve')).toMatch(/^1 .*another headend \(process \d+\)/);
    expect(await program.json('status')).toMatchObject({
      version: '0.1.0',
      sessions: { hosts: 0, operators: 1 },
      store: { backend: 'sqlite' },
    });
  });

  it('wrong usage ends with 2 and says what is right', async () => {
    expect(await refusal('pool', 'ad')).toMatch(/^2 .*unknown command 'ad'.*add/s);
    expect(await refusal('pool', 'add', 'x')).toMatch(/^2 .*required option '--class/);
    expect(await refusal('pool', 'add', 'x', '--class', 'c', '--prefix', '192.0.2.0/33')).toMatch(
      /^2 .*expected a prefix/,
    );
    expect(await refusal('lease', 'list', '--limit', 'many')).toMatch(/^2 .*whole number/);
    const { code, stderr } = await program.run(['pool']);
    expect(`${code} ${stderr}`).toMatch(/^2 Usage: headend pool/);
  });

  it('help and version go to standard output', async () => {
    expect(await program.must('--version')).toBe('0.1.0\n');
    expect(await program.must('--help')).toContain('headend host enrol laptop-7f');
    expect(await program.must('pool', 'add', '--help')).toMatch(/--exclude.*Examples:/s);
  });

  it('locations, pools, security profiles', async () => {
    await program.must('location', 'add', 'vienna', '--access-prefix', '127.0.0.0/8');
    await program.must('security-profile', 'add', 'strict', '--isolated');
    const prefixes = ['--prefix', '192.0.2.0/29', '--prefix', '2001:db8:1::/64', '--gateway', '192.0.2.1'];
    await program.must('pool', 'add', 'calls', '--class', 'conversational', '--location', 'vienna', ...prefixes);
    expect(await program.json('pool', 'list')).toMatchObject([
      { name: 'calls', class: 'conversational', location: 'vienna', held: '0', capacity: '5', 'admin-state': 'open' },
    ]);
    expect(await program.json('location', 'show', 'vienna')).toEqual({
      name: 'vienna',
      'access-prefix': ['127.0.0.0/8'],
      'upld-guaranteed': '0',
      'dnld-guaranteed': '0',
    });
    const capacity = ['--upld-capacity', '5000'];
    await program.must('location', 'add', 'vienna', '--access-prefix', '127.0.0.0/8', ...capacity, '--replace');
    expect(await program.must('location', 'list')).toMatch(/vienna +- +127\.0\.0\.0\/8 +0\/5000 +0\/no limit\n/);
    expect(await program.must('security-profile', 'list')).toContain('strict');
    const web = ['--permit', '{ name: web, to: 198.51.100.0/24, protocol: tcp, port: 80-443 }'];
    await program.must('security-profile', 'add', 'web', ...web, '--permit', '{ name: dns, port: 53 }');
    expect(await program.json('security-profile', 'show', 'web')).toEqual({
      name: 'web',
      permit: [
        { name: 'web', destination: '198.51.100.0/24', protocol: 6, 'lower-port': 80, 'upper-port': 443 },
        { name: 'dns', 'lower-port': 53 },
      ],
    });
    expect(await program.must('security-profile', 'list')).toMatch(/web +no +block +web dns/);
    expect(await refusal('security-profile', 'add', 'bad', '--permit', '{ name: a, port: http }')).toMatch(
      /^2 .*--permit:1:\d+: port: expected a port/,
    );
    expect(await refusal('pool', 'add', 'calls', '--class', 'x', '--prefix', '198.51.100.0/24')).toMatch(
      /^1 .*there already.*data-exists/s,
    );
    expect(
      await refusal('pool', 'add', 'x', '--class', 'x', '--location', 'mars', '--prefix', '198.51.100.0/24'),
    ).toMatch(/mars/);
    expect(await refusal('pool', 'add', 'x', '--class', 'x', '--prefix', '192.0.2.4/30')).toMatch(
      /^4 .*pools x and calls have addresses in common/,
    );
    const twice = ['--prefix', '198.51.100.0/24', '--prefix', '203.0.113.0/24'];
    expect(await refusal('pool', 'add', 'x', '--class', 'x', ...twice)).toMatch(
      /^4 .*at most one prefix of each family/,
    );
    expect(await refusal('location', 'remove', 'vienna')).toMatch(/^\d .*vienna/s);
    expect(await refusal('pool', 'show', 'films')).toMatch(/^1 .*no pool films/);
    expect(await refusal('pool', 'drain', 'films')).toMatch(/^1 .*no pool films/);
  });

  it('plans: a class without a pool is permitted, and mentioned', async () => {
    const { code, stderr } = await program.run(['plan', 'add', 'gold', '--file', program.file('gold.yaml')]);
    expect(code).toBe(0);
    expect(stderr).toContain('no pool serves class best-effort');
    writeFileSync(program.file('again.yaml'), await program.must('plan', 'show', 'gold'));
    await program.must('plan', 'add', 'gold', '--replace', '--file', program.file('again.yaml'));
    expect(await program.json('plan', 'list')).toMatchObject([{ name: 'gold', 'default-class': 'best-effort' }]);
    writeFileSync(program.file('bad.yaml'), GOLD.replace('dscp: 46', 'dscp: 64'));
    expect(await refusal('plan', 'add', 'bad', '--file', program.file('bad.yaml'))).toMatch(
      /^2 .*bad\.yaml:4:27: classes\.conversational\.dscp: expected a DSCP from 0 to 63/,
    );
    expect(await refusal('plan', 'add', 'silver', '--file', program.file('gold.yaml'))).toMatch(
      /^2 .*is the plan gold/,
    );
    const trial = ['plan', 'try', program.file('gold.yaml'), '--request'];
    expect(await program.json(...trial, '{ upld: { bandwidth: 2000, priority: H } }')).toMatchObject({
      decision: 'accept',
      rule: 'calls',
      class: 'conversational',
    });
    expect(await refusal(...trial, '{ upld: { bandwidth: 2000, priority: L } }')).toMatch(/^4 .*over-ceiling/s);
    expect(await refusal(...trial, '{ upld: fast }')).toMatch(/^2 .*--request:1:9: upld: expected members/);
    expect(await refusal('plan', 'show', 'silver')).toMatch(/^1 .*no plan silver/);
  });

  it('subscribers', async () => {
    await program.must('subscriber', 'add', 'alice', '--plan', 'gold');
    const bob = ['subscriber', 'add', 'bob', '--plan', 'gold', '--password-stdin'];
    expect((await program.run(bob, 'short\n')).code).toBe(2);
    expect((await program.run(bob, 'correct horse\n')).code).toBe(0);
    expect(await program.json('subscriber', 'list')).toMatchObject([
      { name: 'alice', plan: 'gold', 'has-password': false, suspended: false },
      { name: 'bob', 'has-password': true },
    ]);
    expect(await refusal('subscriber', 'add', 'alice', '--plan', 'gold')).toMatch(
      /^1 .*data-exists, subscriber-exists/s,
    );
    expect(await refusal('subscriber', 'add', 'carl', '--plan', 'silver')).toMatch(/^1 .*no plan silver/);
    expect(await refusal('subscriber', 'set', 'nobody', '--plan', 'gold')).toMatch(/^1 .*subscriber-unknown/s);
    expect(await refusal('subscriber', 'set', 'bob')).toMatch(/^2 .*nothing to change/);
    await program.must('subscriber', 'set', 'bob', '--suspend');
    expect(await program.json('subscriber', 'show', 'bob')).toMatchObject({ suspended: true, hosts: [] });
    await program.must('subscriber', 'set', 'bob', '--resume');
    expect(await refusal('plan', 'remove', 'gold')).toMatch(
      /^1 .*subscriber alice has plan gold.*in-use, plan-in-use/s,
    );
  });

  it('hosts and operators', async () => {
    const enrol = ['host', 'enrol', 'laptop', '--subscriber', 'alice', '--key'];
    await program.must(...enrol, keyFile('laptop', 'public'));
    expect(await program.json('host', 'list')).toMatchObject([{ 'host-id': 'laptop', connected: false }]);
    expect(await refusal(...enrol, keyFile('laptop', 'private'))).toMatch(/^2 .*private key/);
    expect(await refusal(...enrol, program.file('missing.pub'))).toMatch(/^2 .*cannot read/);
    expect(
      await refusal('host', 'enrol', 'desk', '--subscriber', 'nobody', '--key', keyFile('olga', 'public')),
    ).toMatch(/^1 .*subscriber-unknown/s);
    expect(
      await refusal('host', 'enrol', 'desk', '--subscriber', 'alice', '--key', keyFile('laptop', 'public')),
    ).toMatch(/^1 .*that of host laptop/);
    expect(await refusal('host', 'enrol', '-bad', '--subscriber', 'alice', '--key', keyFile('olga', 'public'))).toMatch(
      /^2 /,
    );
    expect(await refusal('subscriber', 'remove', 'alice')).toMatch(/^1 .*in-use/s);
    expect(await refusal('host', 'uninvite', 'banana')).toMatch(/^2 .*invitation-id: "banana" is not digits/);
    await program.must('operator', 'add', 'olga', '--key', keyFile('olga', 'public'));
    await program.must('operator', 'add', 'aron', '--key', keyFile('aron', 'public'), '--role', 'auditor');
    expect(await program.json('operator', 'list')).toMatchObject([
      { name: 'aron', role: 'auditor' },
      { name: 'olga', role: 'operator' },
    ]);
    expect(await refusal('operator', 'add', 'local', '--key', keyFile('olga', 'public'))).toMatch(
      /^4 .*name-reserved/s,
    );
    expect(await refusal('operator', 'remove', 'nobody')).toMatch(/^1 .*operator-unknown/s);
  });

  it('people come by SSH, and may do what their role says', async () => {
    expect(await program.must('pool', 'list', ...bySsh('olga'))).toContain('calls');
    await program.must('subscriber', 'add', 'dora', '--plan', 'gold', ...bySsh('olga'));
    expect(await refusal('operator', 'add', 'x', '--key', keyFile('laptop', 'public'), ...bySsh('olga'))).toMatch(
      /^4 .*access-denied/s,
    );
    expect(await program.must('status', ...bySsh('aron'))).toContain('listening on');
    expect(await refusal('subscriber', 'remove', 'dora', ...bySsh('aron'))).toMatch(/^4 .*access-denied/s);
    expect(await refusal('pool', 'drain', 'calls', ...bySsh('aron'))).toMatch(/^4 .*access-denied/s);
    await program.must('subscriber', 'remove', 'dora');
  });

  it('a headend that is not known is not spoken to', async () => {
    const to = ['--connect', `ssh://olga@127.0.0.1:${port}`, '--identity', keyFile('olga', 'private')];
    expect(await refusal('status', ...to)).toContain(`shows the key ${hostKey}, which is not known yet`);
    expect(await refusal('status', ...to, '--host-key', `SHA256:${'A'.repeat(43)}`)).toMatch(/^3 /);
    await program.must('status', ...to, '--trust-first-use');
    await program.must('status', ...to); // kept
    expect(await refusal('status', '--connect', 'olga@127.0.0.1', '--host-key', hostKey)).toMatch(/^2 .*ssh:\/\//);
    expect(
      await refusal('status', '--connect', 'ssh://nobody@127.0.0.1:1', '--identity', program.file('none')),
    ).toMatch(/^2 .*--identity/);
    const stranger = ['--identity', keyFile('laptop', 'private'), '--host-key', hostKey];
    expect(await refusal('status', '--connect', `ssh://olga@127.0.0.1:${port}`, ...stranger)).toMatch(/^3 /);
  });

  it('leases of a host that asks, and what stands in their way', async () => {
    const host = await Host.open(port, 'laptop', keys.laptop!, hostKey);
    const group = { id: 1, direction: 'upld', bandwidth: 2000, priority: 'H' } as const;
    expect(await host.request([group])).toMatchObject({ 1: { ipv4: '192.0.2.2', ipv6: '2001:db8:1::2', dscp: '46' } });
    const [lease] = await program.json<{ id: string }[]>('lease', 'list', '--host', 'laptop');
    expect(lease).toMatchObject({
      'host-id': 'laptop',
      'group-id': 1,
      class: 'conversational',
      rule: 'calls',
      pool: 'calls',
      ipv4: '192.0.2.2',
      location: 'vienna',
      upld: { rate: 2000 },
      'attachment-address': '127.0.0.1',
    });
    expect(await program.json('lease', 'list', '--pool', 'films')).toEqual([]);
    expect(await program.json('lease', 'show', lease!.id)).toMatchObject({ id: lease!.id });
    expect(await program.json('host', 'show', 'laptop')).toMatchObject({
      connected: true,
      leases: [{ id: lease!.id }],
    });
    expect(await refusal('lease', 'show', 'nothing')).toMatch(/^1 .*no lease nothing/);

    expect(await refusal('pool', 'remove', 'calls')).toMatch(
      /^1 .*pool calls holds leases: 192\.0\.2\.2 and 2001:db8:1::2 of host laptop group 1.*in-use, pool-in-use/s,
    );
    const moved = ['pool', 'add', 'calls', '--replace', '--class', 'conversational', '--prefix'];
    expect(await refusal(...moved, '198.51.100.0/29')).toMatch(/^1 .*would no longer contain/);
    await program.must(...moved, '192.0.2.0/28', '--prefix', '2001:db8:1::/64', '--location', 'vienna');
    expect(await program.json('pool', 'show', 'calls')).toMatchObject({ held: '1', capacity: '14' });

    await program.must('pool', 'drain', 'calls');
    expect(await host.request([{ ...group, id: 2 }])).toMatchObject({ codes: ['resource-denied pool-draining'] });
    await program.must('pool', 'undrain', 'calls');

    await program.must('lease', 'release', lease!.id);
    expect(await program.json('lease', 'list')).toEqual([]);
    expect(await refusal('lease', 'release', lease!.id)).toMatch(/^1 .*lease-unknown/s);
    await host.client.close();
  });

  it('sessions, and their ends', async () => {
    const host = await Host.open(port, 'laptop', keys.laptop!, hostKey);
    const sessions = await program.json<{ 'session-id': number; user: string }[]>('session', 'list');
    expect(sessions).toMatchObject([
      { user: 'laptop', role: 'host', transport: 'ssh', 'peer-address': '127.0.0.1' },
      { user: 'local', role: 'administrator', transport: 'unix' },
    ]);
    await program.must('session', 'close', String(sessions[0]!['session-id']));
    await host.client.closed;
    expect(await refusal('session', 'close', '999999')).toMatch(/^4 /);
  });

  it('a second session of a host closes the first; a revoked host is out', async () => {
    const first = await Host.open(port, 'laptop', keys.laptop!, hostKey);
    const second = await Host.open(port, 'laptop', keys.laptop!, hostKey);
    await first.client.closed;
    expect(await second.request([{ id: 1, direction: 'dnld', bandwidth: 100, priority: 'H' }])).toHaveProperty('1');
    await program.must('host', 'revoke', 'laptop');
    await second.client.closed;
    expect(await program.json('lease', 'list')).toEqual([]);
    expect(await Host.connect(port, 'laptop', keys.laptop!, hostKey)).toMatchObject({ kind: 'authentication-refused' });
    expect(await program.json('host', 'show', 'laptop')).toMatchObject({ revoked: expect.any(String) });
    await program.must('host', 'enrol', 'laptop', '--subscriber', 'alice', '--key', keyFile('laptop', 'public'));
  });

  it('the audit trail holds all of it', async () => {
    type Entry = { id: string; event: string; subject: string; 'host-id'?: string; code?: string };
    const entries = await program.json<Entry[]>('audit');
    expect(entries.map(({ id }) => Number(id))).toEqual(entries.map((_, index) => index + 1));
    const events = new Set(entries.map(({ event }) => event));
    for (const event of [
      'configuration-committed',
      'subscriber-added',
      'subscriber-changed',
      'host-enrolled',
      'host-revoked',
      'operator-added',
      'lease-granted',
      'lease-released',
      'session-opened',
      'session-closed',
      'session-replaced',
      'request-refused',
    ])
      expect(events).toContain(event);
    expect(entries.find(({ subject, code }) => subject === 'aron' && code === 'access-denied')).toMatchObject({
      event: 'request-refused',
      rule: 'nacm:default-deny-all',
    });
    const own = await program.json<Entry[]>('audit', '--host', 'laptop');
    expect(own.every((entry) => entry['host-id'] === 'laptop')).toBe(true);
    expect(own.find(({ event }) => event === 'request-refused')).toMatchObject({ code: 'pool-draining' });
    // Those who looked meanwhile are in it too.
    const lately = await program.json<Entry[]>('audit', '--since', '1h');
    expect(lately.slice(0, entries.length)).toEqual(entries);
    expect(new Set(lately.slice(entries.length).map(({ event }) => event))).toEqual(new Set(['history-read']));
    expect(await program.json('audit', '--since', '2099-01-01')).toEqual([]);
    expect(await refusal('audit', '--since', 'yesterday')).toMatch(/^2 .*2026/);
  });

  it('audit --follow shows what happens, until Ctrl-C', async () => {
    const following = program.start('audit', '--since', '1h', '--follow');
    await eventually(() => following.output.stdout.includes('host-revoked'));
    await program.must('subscriber', 'add', 'erna', '--plan', 'gold');
    await eventually(() => following.output.stdout.includes('subscriber=erna'));
    expect(await following.stop()).toBe(0);
  });

  it('SIGHUP reads headend.yaml again, and keeps what was right where it is not', async () => {
    const file = join(program.folder, 'headend.yaml');
    const good = program.settings();
    writeFileSync(file, good.replace('level: info', 'level: loud'));
    program.signal('SIGHUP');
    await eventually(() => program.stderr.includes('all stays as it was'));
    writeFileSync(file, good.replace('127.0.0.1:0', '127.0.0.1:1'));
    program.signal('SIGHUP');
    await eventually(() => program.stderr.includes('count from the next start'));
    writeFileSync(file, good);
  });

  it('SIGTERM ends it cleanly, and the next start knows all', async () => {
    const host = await Host.open(port, 'laptop', keys.laptop!, hostKey);
    await host.request([{ id: 7, direction: 'upld', bandwidth: 500, priority: 'H' }]);
    const asked = [
      ['lease', 'list'],
      ['pool', 'list'],
      ['plan', 'list'],
      ['subscriber', 'list'],
      ['operator', 'list'],
    ];
    const before = [];
    for (const words of asked) before.push(await program.json(...words));
    expect(await program.stop('SIGTERM')).toBe(0);
    await host.client.closed;
    expect(existsSync(join(program.folder, 'headend.sock'))).toBe(false);
    expect(program.stdout.split('\n')).toHaveLength(2); // the one line
    expect(program.stderr).not.toContain('"stack"');

    port = await program.serve();
    const after = [];
    for (const words of asked) after.push(await program.json(...words));
    expect(after).toEqual(before);
    const again = await Host.open(port, 'laptop', keys.laptop!, hostKey);
    expect(await again.request([{ id: 7, direction: 'upld', bandwidth: 500, priority: 'H' }])).toMatchObject({
      7: { ipv4: '192.0.2.1' },
    });
    await again.client.close();
  });

  it('kill -9 leaves nothing in the way of the next start', async () => {
    expect(await program.stop('SIGKILL')).toBe('SIGKILL');
    expect(await refusal('status')).toMatch(/^3 /);
    port = await program.serve();
    expect(await program.json('lease', 'list')).toHaveLength(1);
  });

  it('never writes a secret to its log', () => {
    expect(program.stderr).not.toContain('correct horse');
    const jwk = JSON.parse(readFileSync(join(program.folder, 'password-key.json'), 'utf8')) as { d: string };
    expect(program.stderr).not.toContain(jwk.d);
  });
});
