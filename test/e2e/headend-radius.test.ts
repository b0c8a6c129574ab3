// The headend against Debian's FreeRADIUS: who may have what is decided there, and what lanes carry is told there.
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Freeradius,
  type FreeradiusRecord,
  type FreeradiusUser,
  freeradiusMissing,
  radclient,
  startFreeradius,
} from '../interop/freeradius.ts';
import { Host, type KeyPair, newKey, type Refused, refusalInfo } from './headend-host.ts';
import { eventually, HeadendProgram } from './headend-program.ts';

const missing = freeradiusMissing();
if (missing !== undefined) console.warn(`skipped: the headend against FreeRADIUS: ${missing}`);

const plan = (name: string, dscp: number) => `name: ${name}
classes:
  calls: { dscp: ${dscp}, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
rules:
  - { name: calls, when: { priority: H }, class: calls, over-ceiling: lower }
lease: { valid: 600 }
`;

const REALM = 'isp.example';
const alice = (filter: string): FreeradiusUser => ({
  name: `alice@${REALM}`,
  password: 'correct horse',
  reply: {
    'Filter-Id': filter,
    'WISPr-Bandwidth-Max-Up': 1_500_000,
    'Framed-IP-Address': '192.0.2.77',
    'Acct-Interim-Interval': 60,
    Class: ['0x00ff', 'contract 17'],
  },
});
const OTHERS: readonly FreeradiusUser[] = [
  { name: `bob@${REALM}`, password: 'battery staple', reply: { 'Filter-Id': 'silver', 'User-Name': 'cust-4711' } },
  { name: `nameless@${REALM}`, password: 'no plan at all' },
];
const SECRET = 'a secret of the test';
const group = { id: 1, direction: 'upld', bandwidth: 2000, priority: 'H' } as const;

/** One story: each step rests on those before it. */
describe.skipIf(missing !== undefined)('the headend with RADIUS', () => {
  const program = new HeadendProgram();
  const keys: Record<string, KeyPair> = {};
  const open = new Map<string, Host>();
  let first: Freeradius;
  let second: Freeradius;
  let edge: { readonly port: number; close(): Promise<void>; readonly asked: FreeradiusRecord[] };
  let port = 0;
  let hostKey = '';
  let coaPort = 0;

  const secret = (name: string, text: string) => program.run(['aaa', 'secret', 'set', name], `${text}\n`);
  const enrol = async (hostId: string, subscriber: string) => {
    keys[hostId] = newKey(hostId);
    const file = program.file(`${hostId}.pub`);
    writeFileSync(file, keys[hostId].public);
    await program.must('host', 'enrol', hostId, '--subscriber', subscriber, '--key', file);
  };
  const connect = async (hostId: string): Promise<Host> => {
    const host = await Host.open(port, hostId, keys[hostId]!, hostKey);
    open.set(hostId, host);
    return host;
  };
  const host = (hostId: string): Host => open.get(hostId)!;
  const withPassword = (hostId: string, name: string, password: string) => {
    const file = program.file('password');
    writeFileSync(file, password, { mode: 0o600 });
    return host(hostId).password(name, file);
  };
  const leases = () =>
    program.json<{ id: string; 'host-id': string; plan: string; upld?: { rate: number }; ipv4: string }[]>(
      'lease',
      'list',
    );
  const leaseOf = async (hostId: string) => (await leases()).find((one) => one['host-id'] === hostId);
  const codes = (answer: Record<string, unknown> | Refused): readonly string[] =>
    'codes' in answer ? (answer as Refused).codes : ['granted'];
  /** Of both servers, since they share the work. */
  const accounts = () => [...first.accounts(), ...second.accounts()];
  const ofSession = (id: string) => accounts().filter((one) => one['Acct-Session-Id']?.[0] === id);
  const waiting = async () => Number((await program.json<Record<string, string>>('status'))['accounting-waiting']);
  const audited = async (event: string) =>
    (await program.json<{ event: string; subject: string; outcome: string }[]>('audit')).filter(
      (row) => row.event === event,
    );
  const ask = (kind: 'disconnect' | 'coa', ...attributes: readonly string[]) =>
    radclient({
      port: coaPort,
      secret: SECRET,
      kind,
      attributes: [...attributes, 'Message-Authenticator=0x00', `Event-Timestamp=${Math.floor(Date.now() / 1000)}`],
    });

  beforeAll(async () => {
    const users = [alice('gold'), ...OTHERS];
    first = await startFreeradius({ users, secret: SECRET });
    second = await startFreeradius({ users, secret: SECRET });
    edge = await listenAsEdge();
    coaPort = await freePort();
    const made = await program.must('init', '--listen', '127.0.0.1:0', '--name', 'edge-1');
    hostKey = /SHA256:[A-Za-z0-9+/]{43}/.exec(made)?.[0] ?? '';
    const settings = program.settings().replace('revalidate-replies: false', 'revalidate-replies: true');
    writeFileSync(join(program.folder, 'headend.yaml'), settings);
    port = await program.serve();
  }, 60_000);
  afterAll(async () => {
    for (const { client } of open.values()) await client.close();
    await program.dispose();
    await first?.[Symbol.asyncDispose]();
    await second?.[Symbol.asyncDispose]();
    await edge?.close();
  });
  it('is configured by commands; a secret is in a file, and nowhere else', async () => {
    for (const name of ['gold', 'silver', 'bronze']) {
      writeFileSync(program.file(`${name}.yaml`), plan(name, { gold: 46, silver: 34, bronze: 10 }[name]!));
      await program.must('plan', 'add', name, '--file', program.file(`${name}.yaml`));
    }
    await program.must('pool', 'add', 'calls', '--class', 'calls', '--prefix', '192.0.2.0/24', '--attach', 'routed');

    const radius = ['aaa', 'add', 'isp', '--secret-file', 'isp', '--timeout', '1000', '--dead-time', '20'];
    const server = (one: Freeradius) => ({ address: one.host, port: one.authenticationPort });
    const refusal = await program.run([...radius, '--server', `127.0.0.1:${first.authenticationPort}`]);
    expect(`${refusal.code} ${refusal.stderr}`).toMatch(/^4 .*secrets\/isp: is not there/);

    expect((await secret('isp', SECRET)).code).toBe(0);
    // The two servers have ports of their own for accounting, which only the configuration can say for each.
    await editRadius(
      program,
      [first, second].map((one, at) => ({ name: `server-${at + 1}`, ...server(one), accounting: one.accountingPort })),
    );
    await program.must('aaa', 'realm', 'add', 'ISP.example', 'isp');
    await program.must('aaa', 'edge', 'add', 'bng', '--at', `127.0.0.1:${edge.port}`, '--secret-file', 'isp');
    await program.must('aaa', 'listen', `127.0.0.1:${coaPort}`);
    await program.must('aaa', 'client', 'add', '127.0.0.1', '--group', 'isp', '--secret-file', 'isp');

    expect(await program.must('aaa', 'list')).toMatch(/isp +server-1 +127\.0\.0\.1 \d+\/\d+ +udp +unknown +0/);
    for (const shown of [
      await program.must('aaa', 'show'),
      await program.must('aaa', 'show', '--json'),
      program.stderr,
    ])
      expect(shown).not.toContain(SECRET);
  });

  it('trial asks the real servers and changes nothing', async () => {
    expect(await program.json('aaa', 'trial', `alice@${REALM}`)).toMatchObject({
      authority: 'isp',
      answer: 'accept',
      plan: 'gold',
      'upld-ceiling': 1500,
      ipv4: '192.0.2.77',
      'interim-interval': 60,
    });
    expect(first.accesses().at(-1)).toMatchObject({ 'NAS-Identifier': ['edge-1'] });
    const wrong = await program.run(['aaa', 'trial', `alice@${REALM}`, '--password-stdin', '--json'], 'wrong horse\n');
    expect(JSON.parse(wrong.stdout)).toMatchObject({ answer: 'refused', code: 'authentication-failed' });
    expect(await leases()).toEqual([]);
  });

  it('a host asks by its key alone: plan, ceiling and address are the server’s', async () => {
    // A subscriber whom only the server knows.
    await enrol('laptop', `alice@${REALM}`);
    await connect('laptop');
    expect(await host('laptop').request([group])).toMatchObject({ '1': { ipv4: '192.0.2.77', dscp: '46' } });
    expect(await leaseOf('laptop')).toMatchObject({ plan: 'gold', upld: { rate: 1500 }, subscriber: `alice@${REALM}` });
    const asked = first.accesses().at(-1)!;
    expect(asked).toMatchObject({
      'User-Name': [`alice@${REALM}`],
      'Service-Type': ['Authorize-Only'],
      'NAS-Identifier': ['edge-1'],
      'Called-Station-Id': ['edge-1'],
      'Calling-Station-Id': ['laptop'],
      'NAS-Port-Type': ['Virtual'],
    });
    expect(asked).not.toHaveProperty('User-Password');
  });

  it('another subscriber asks by a password; a wrong one is refused, and so is a right one without a plan', async () => {
    await enrol('phone', `alice@${REALM}`);
    await connect('phone');
    const bob = `bob@${REALM}`;
    expect(codes(await host('phone').request([group], { 'user-name': bob }))).toEqual([
      'missing-element password-required',
    ]);
    const wrong = await host('phone').request([group], await withPassword('phone', bob, 'battery horse'));
    expect(codes(wrong)).toEqual(['access-denied authentication-failed']);
    const nobody = await withPassword('phone', `nameless@${REALM}`, 'no plan at all');
    expect(codes(await host('phone').request([group], nobody))).toEqual(['operation-failed plan-not-granted']);
    const right = await host('phone').request(
      [group],
      await withPassword('phone', `bob@ISP.Example`, 'battery staple'),
    );
    expect(right).toMatchObject({ '1': { dscp: '34' } });
    expect(await leaseOf('phone')).toMatchObject({ plan: 'silver', subscriber: bob });
  });

  it('the server hears of both lanes, with the name it calls them by', async () => {
    const { id } = (await leaseOf('laptop'))!;
    const [start] = await eventually(() => (ofSession(id).length > 0 ? ofSession(id) : undefined));
    expect(start).toMatchObject({
      'Acct-Status-Type': ['Start'],
      'User-Name': [`alice@${REALM}`],
      'Framed-IP-Address': ['192.0.2.77'],
      'Acct-Multi-Session-Id': ['laptop'],
      Class: ['0x00ff', '0x636f6e7472616374203137'],
      'Acct-Authentic': ['RADIUS'],
    });
    const phone = (await leaseOf('phone'))!;
    const [other] = await eventually(() => (ofSession(phone.id).length > 0 ? ofSession(phone.id) : undefined));
    expect(other).toMatchObject({ 'User-Name': ['cust-4711'] });
  });

  it('another secret counts from SIGHUP on', async () => {
    await secret('isp', 'not what the servers have');
    program.signal('SIGHUP');
    // What is signed with another secret is not answered.
    await eventually(async () => codes(await host('laptop').request([group]))[0] === 'resource-denied aaa-away');
    await secret('isp', SECRET);
    program.signal('SIGHUP');
    await eventually(async () => codes(await host('laptop').request([group]))[0] === 'granted');
  });

  it('with the first server gone the second answers; with both gone a host is told to come later', async () => {
    await first.kill();
    expect(codes(await host('laptop').request([group]))).toEqual(['granted']);
    expect(second.accesses().length).toBeGreaterThan(0);
    await second.kill();
    const away = await host('laptop').request([group]);
    expect(codes(away)).toEqual(['resource-denied aaa-away']);
    expect(refusalInfo((away as Refused).errors[0]!)).toHaveProperty('retry-after');
    expect(await program.must('aaa', 'list')).toMatch(/server-1 .* dead /);
    expect(await program.must('status')).toMatch(/^isp +server-1 +dead +\d+ +[1-9]/m);
    // What is held stays held.
    expect(await leaseOf('laptop')).toBeDefined();
  });

  it('what lanes have carried waits for the servers, also across a kill of the headend', async () => {
    const { id } = (await leaseOf('phone'))!;
    const octets = { 'in-octets': '4294967301', 'out-octets': '12' };
    const report = await host('phone').call('sublane-service:report-service', {
      'host-id': 'phone',
      'application-group': [{ id: 1, state: 'applied', ...octets }],
    });
    expect('codes' in report && report.codes).toBe(false);
    await host('phone').call('sublane-service:release-service', { 'host-id': 'phone', 'group-id': [1] });
    await eventually(async () => (await waiting()) === 1);
    expect(await program.stop('SIGKILL')).toBe('SIGKILL');
    port = await program.serve();
    await eventually(async () => (await waiting()) === 1);

    await first.start();
    await second.start();
    const stop = await eventually(() => ofSession(id).find((one) => one['Acct-Status-Type']?.[0] === 'Stop'));
    expect(stop).toMatchObject({
      'User-Name': ['cust-4711'],
      'Acct-Terminate-Cause': ['User-Request'],
      'Acct-Output-Octets': ['5'],
      'Acct-Output-Gigawords': ['1'],
      'Acct-Input-Octets': ['12'],
    });
    await eventually(async () => (await waiting()) === 0);
    expect(await audited('lease-released')).toHaveLength(1);
  });

  it('the edge has heard of the lane that ended, by its address', async () => {
    const asked = await eventually(() => (edge.asked.length > 0 ? edge.asked : undefined));
    expect(asked[0]).toHaveProperty('Framed-IP-Address');
    await eventually(async () => (await program.json<Record<string, string>>('status'))['edge-waiting'] === '0');
  });

  it('a CoA lets a live host ask anew, and it gets what the server says then', async () => {
    await connect('laptop');
    first.keepUsers([alice('bronze'), ...OTHERS]);
    second.keepUsers([alice('bronze'), ...OTHERS]);
    for (const one of [first, second]) {
      await one.kill();
      await one.start();
    }
    const { answer, said } = await ask('coa', `User-Name="alice@${REALM}"`, 'Filter-Id="gold"');
    expect(answer, said).toBe('CoA-ACK');
    await eventually(async () => (await program.json<unknown[]>('session', 'list')).length === 1);
    await connect('laptop');
    const renewed = await host('laptop').call('sublane-service:renew-service', {
      'host-id': 'laptop',
      'group-id': [1],
    });
    expect(codes(renewed as never)).toEqual(['data-missing request-again']);
    expect(await host('laptop').request([group])).toMatchObject({ '1': { ipv4: '192.0.2.77', dscp: '10' } });
    expect(await leaseOf('laptop')).toMatchObject({ plan: 'bronze' });
    expect(await audited('change-requested')).toHaveLength(1);
  });

  it('a Disconnect ends the lane and the session; one for nobody, and a forged one, end nothing', async () => {
    expect((await ask('disconnect', 'User-Name="carol"')).said).toContain('Session-Context-Not-Found');
    const forged = await radclient({
      port: coaPort,
      secret: 'guessed',
      kind: 'disconnect',
      attributes: [
        `User-Name="alice@${REALM}"`,
        'Message-Authenticator=0x00',
        `Event-Timestamp=${Math.floor(Date.now() / 1000)}`,
      ],
    });
    expect(forged.answer).toBeUndefined();
    const { id } = (await leaseOf('laptop'))!;

    const { answer, said } = await ask('disconnect', 'Framed-IP-Address=192.0.2.77', 'Calling-Station-Id="laptop"');
    expect(answer, said).toBe('Disconnect-ACK');
    expect(await leaseOf('laptop')).toBeUndefined();
    await eventually(async () => (await program.json<unknown[]>('session', 'list')).length === 1);
    const stop = await eventually(() => ofSession(id).find((one) => one['Acct-Status-Type']?.[0] === 'Stop'));
    expect(stop).toMatchObject({ 'Acct-Terminate-Cause': ['Admin-Reset'], 'Framed-IP-Address': ['192.0.2.77'] });
    expect(await audited('disconnect-requested')).toMatchObject([
      { outcome: 'refused', subject: 'radius isp' },
      { outcome: 'done', subject: 'radius isp' },
    ]);
  });

  it('by TLS it is asked too, with a certificate instead of a secret', async () => {
    const radsec = await startFreeradius({ users: [alice('silver')], tls: true });
    try {
      const { port: tlsPort, caFile, certificateFile, keyFile } = radsec.tls!;
      for (const [name, file] of Object.entries({ 'ca.pem': caFile, 'own.pem': certificateFile, 'own.key': keyFile })) {
        copyFileSync(file, join(program.folder, 'secrets', name));
        chmodSync(join(program.folder, 'secrets', name), 0o600);
      }
      const files = ['--ca-file', 'ca.pem', '--certificate-file', 'own.pem', '--key-file', 'own.key'];
      const words = ['--transport', 'tls', '--server', `127.0.0.1:${tlsPort}`, ...files];
      await program.must('aaa', 'add', 'roam', ...words);
      await program.must('aaa', 'realm', 'add', REALM, 'roam');
      await connect('phone');
      const answer = await host('phone').request([group], { 'user-name': `alice@${REALM}` });
      expect(answer).toMatchObject({ '1': { dscp: '34', ipv4: '192.0.2.77' } });
      expect(await program.json('aaa', 'list')).toContainEqual(
        expect.objectContaining({ authority: 'roam', transport: 'tls', state: 'alive', requests: '1' }),
      );
    } finally {
      await radsec[Symbol.asyncDispose]();
    }
  });

  it('check says what is wrong with a secret, and no output ever had one', async () => {
    const file = join(program.folder, 'secrets', 'isp');
    chmodSync(file, 0o644);
    const { code, stderr } = await program.run(['check']);
    expect(`${code} ${stderr}`).toMatch(/secrets\/isp: others than its owner can get at it/);
    chmodSync(file, 0o600);
    expect(program.stderr).not.toContain(SECRET);
    expect(await program.stop()).toBe(0);
  });
});

/** A group whose servers have accounting ports of their own. */
async function editRadius(
  program: HeadendProgram,
  servers: readonly { name: string; address: string; port: number; accounting: number }[],
): Promise<void> {
  const words = ['aaa', 'add', 'isp', '--secret-file', 'isp', '--timeout', '1000', '--dead-time', '20'];
  const places = servers.flatMap(({ address, port, accounting }) => ['--server', `${address}:${port}:${accounting}`]);
  await program.must(...words, ...places, '--accounting', '--interim', '60');
}

/** Equipment that ends what it is asked to end, and remembers what that was. */
async function listenAsEdge() {
  const { listenDynamicAuthorization, keyText, valueText } = await import('@sublane/radius');
  const asked: FreeradiusRecord[] = [];
  const listening = await listenDynamicAuthorization({
    host: '127.0.0.1',
    port: 0,
    secretOf: () => SECRET,
    handle: async ({ attributes }) => {
      asked.push(Object.fromEntries(attributes.map((one) => [keyText(one), [valueText(one)]])));
      return { answer: 'ack' };
    },
  });
  if (!listening.ok) throw new Error(listening.failure.message);
  const { port, close } = listening.value;
  return { port, close, asked };
}

async function freePort(): Promise<number> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  const { port } = socket.address();
  await new Promise<void>((closed) => socket.close(closed));
  return port;
}
