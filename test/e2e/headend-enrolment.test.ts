// Hosts that enrol themselves, and hosts that are put out: real programs on both sides.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { milliseconds, unwrap } from '@sublane/basics';
import { decodeToken, ENROL_USER, type EnrolmentToken, encodeToken, secretText } from '@sublane/enrolment';
import { encodeRpc } from '@sublane/yang';
import { connect, type NetconfClient } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAgentConfig } from '../../agent/config/agent-config.ts';
import { type NcclientStep, ncclientMissing, ncclientSession } from '../interop/ncclient.ts';
import { addBestEffort } from './best-effort-plan.ts';
import { Host, newKey } from './headend-host.ts';
import { type Ended, eventually, HeadendProgram } from './headend-program.ts';

const AGENT = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));
const WISH = { id: 1, direction: 'dnld', bandwidth: 100, priority: 'L' } as const;
const CLOSE = '<close-session xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"/>';

/** One story: each step rests on those before it. */
describe('enrolment', () => {
  const program = new HeadendProgram();
  const stranger = new HeadendProgram();
  let port = 0;
  let hostKey = '';

  const serveIn = async (headend: HeadendProgram) => {
    const key = /SHA256:\S{43}/.exec(await headend.must('init', '--listen', '127.0.0.1:0'))?.[0] ?? '';
    return [await headend.serve(), key] as const;
  };
  beforeAll(async () => {
    [port, hostKey] = await serveIn(program);
    await addBestEffort(program, 'alice', 'bob');
  });
  afterAll(() => Promise.all([program.dispose(), stranger.dispose()]));

  const invite = async (...words: string[]) =>
    (await program.must('host', 'invite', '--subscriber', 'alice', ...words)).trim();
  const folderOf = (name: string) => program.file(`agent-${name}`);
  const agent = async (name: string, words: readonly string[], input = ''): Promise<Ended> => {
    const env = { ...process.env, NO_COLOR: '1' };
    const child = spawn(process.execPath, [AGENT, 'init', '--dir', folderOf(name), ...words], { env });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (piece) => (output.stdout += piece));
    child.stderr.on('data', (piece) => (output.stderr += piece));
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number];
    return { code, ...output };
  };
  /** Exit code and stderr of an `init` that must fail, and leave nothing. */
  const refusal = async (name: string, ...words: string[]) => {
    const { code, stdout, stderr } = await agent(name, words);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(existsSync(folderOf(name))).toBe(false);
    return `${code} ${stderr}`;
  };
  const openAs = async (name: string) => {
    const config = unwrap(readAgentConfig(join(folderOf(name), 'agent.yaml'), folderOf(name)));
    const [headend] = config.headends;
    const key = { private: readFileSync(headend?.keyFile ?? '', 'utf8'), public: '' };
    return Host.open(headend?.port ?? 0, config.hostId, key, headend?.hostKeys[0] ?? '');
  };
  const hosts = async () =>
    (await program.json<{ 'host-id': string; subscriber: string; revoked?: string }[]>('host', 'list')).map(
      (host) => `${host['host-id']} ${host.subscriber}${host.revoked === undefined ? '' : ' revoked'}`,
    );
  const withToken = (token: string, more: Partial<EnrolmentToken>) =>
    encodeToken({ ...unwrap(decodeToken(token)), ...more });

  it('is one command at the provider and one on the host; then the host asks for service', async () => {
    const { stdout: token, stderr } = await program.run(['host', 'invite', '--subscriber', 'alice']);
    expect(token).toMatch(/^sublane1\.[A-Za-z0-9_-]+\n$/);
    expect(stderr).toMatch(/^invitation 1, for one host of alice, good until/);
    expect(unwrap(decodeToken(token))).toMatchObject({ addresses: [{ host: '127.0.0.1', port }], hostKeys: [hostKey] });
    const { code, stdout } = await agent('laptop', ['--token', '-', '--host-id', 'laptop'], token);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^ssh-ed25519 \S+ laptop\n.*is enrolled/s)]);
    expect(readdirSync(folderOf('laptop')).sort()).toEqual(['agent.yaml', 'id_ed25519', 'id_ed25519.pub']);
    const host = await openAs('laptop');
    expect(await host.request([WISH])).toMatchObject({ 1: { ipv4: '192.0.2.1' } });
    await host.client.close();
    expect(await hosts()).toEqual(['laptop alice']);
    // Neither secret nor token is anywhere but in the hands of the host.
    const secret = secretText(unwrap(decodeToken(token)).secret);
    const kept = [
      program.stderr,
      program.stdout,
      await program.must('audit'),
      await program.must('host', 'invitations'),
    ];
    const files = ['headend.db', 'headend.db-wal'].map((file) => join(program.folder, file)).filter(existsSync);
    for (const text of [...kept, ...files.map((file) => readFileSync(file, 'latin1'))])
      expect(text.includes(secret) || text.includes(token.trim())).toBe(false);
  });

  it('again by the same token: this host finishes what was cut off, no other comes in', async () => {
    const token = await invite();
    expect((await agent('phone', ['--token', token, '--host-id', 'phone'])).code).toBe(0);
    rmSync(join(folderOf('phone'), 'agent.yaml')); // as if killed just before its end
    expect((await agent('phone', ['--token', token, '--host-id', 'phone'])).code).toBe(0);
    expect(await refusal('thief', '--token', token, '--host-id', 'thief')).toMatch(/^4 .*\[invitation-spent\]/s);
    expect(await refusal('thief', '--token', token, '--host-id', 'phone')).toMatch(/^4 .*\[invitation-spent\]/s);
    expect(await hosts()).toEqual(['laptop alice', 'phone alice']);
  });

  it('by two at once lets in exactly one', async () => {
    const token = await invite();
    const both = await Promise.all(['left', 'right'].map((name) => agent(name, ['--token', token, '--host-id', name])));
    expect(both.map(({ code }) => code).sort()).toEqual([0, 4]);
    expect((await hosts()).filter((line) => /left|right/.test(line))).toHaveLength(1);
  });

  it('refuses a name that is taken, and the token stays good', async () => {
    const token = await invite();
    expect(await refusal('again', '--token', token, '--host-id', 'laptop')).toMatch(/^4 .*\[host-id-taken\]/s);
    expect(await refusal('again', '--token', token, '--host-id', 'local')).toMatch(/^4 .*\[name-reserved\]/s);
    expect((await agent('again', ['--token', token, '--host-id', 'again'])).code).toBe(0);
  });

  it('is for the one host that the invitation names', async () => {
    const token = await invite('--host-id', 'desk');
    expect(await refusal('desk', '--token', token, '--host-id', 'other')).toMatch(/^2 .*for host desk alone/s);
    expect((await agent('desk', ['--token', token])).code).toBe(0);
    expect(await hosts()).toContain('desk alice');
  });

  it('tells what is wrong with a token, and with what was given beside it', async () => {
    const token = await invite();
    expect(await refusal('x', '--token', token.slice(0, -5))).toMatch(/^2 .*its end is missing/s);
    expect(await refusal('x', '--token', `${token.slice(0, 40)}x${token.slice(41)}`)).toMatch(
      /^2 .*a character of it is wrong/s,
    );
    expect(await refusal('x', '--token', token.replace('sublane1', 'sublane2'))).toMatch(/^2 .*newer version/s);
    expect(await refusal('x', '--token', 'SHA256:abc')).toMatch(/^2 .*this is no token/s);
    expect(await refusal('x', '--token', token, '--host-key', hostKey)).toMatch(/^2 .*in the token already/s);
    expect(await refusal('x', '--token', token, '--host-id', '../x')).toMatch(/^2 .*--host-id/s);
    const id = (await program.json<{ 'invitation-id': string }[]>('host', 'invitations')).at(-1)!['invitation-id'];
    await program.must('host', 'uninvite', id);
    expect(await refusal('x', '--token', token, '--host-id', 'x')).toMatch(/^4 .*knows no such token/s);
    const nowhere = withToken(token, { addresses: [{ host: '127.0.0.1', port: 1 }] });
    expect(await refusal('x', '--token', nowhere, '--host-id', 'x')).toMatch(
      /^3 .*cannot be reached.*Nothing was changed/s,
    );
    const past = withToken(token, { addresses: [{ host: '127.0.0.1', port: 1 }], expires: milliseconds(0) });
    expect(await refusal('x', '--token', past, '--host-id', 'x')).toMatch(/^3 .*the token ended on 1970/s);
  });

  it('sends nothing to a stranger in between', async () => {
    const [strangerPort] = await serveIn(stranger);
    const token = await invite();
    const led = withToken(token, { addresses: [{ host: '127.0.0.1', port: strangerPort }] });
    expect(await refusal('x', '--token', led, '--host-id', 'x')).toMatch(/^3 .*nothing was sent to it/s);
    await eventually(() => stranger.stderr.includes('ready'));
    expect(stranger.stderr).not.toMatch(/authentication refused|"user"/);
    const second = withToken(token, {
      addresses: [
        { host: '127.0.0.1', port: strangerPort },
        { host: '127.0.0.1', port },
      ],
    });
    expect((await agent('led', ['--token', second, '--host-id', 'led'])).code).toBe(0);
  });

  describe('the user enrol', () => {
    const STEPS: readonly NcclientStep[] = [
      { method: 'get', arguments: {} },
      { method: 'get_config', arguments: { source: 'running' } },
      { method: 'get_schema', arguments: { identifier: 'sublane-service' } },
      ...[
        encodeRpc('sublane-service:get-service', { 'host-id': 'laptop' }),
        encodeRpc('sublane-service:release-service', { 'host-id': 'laptop' }),
        encodeRpc('sublane-headend:list-hosts', {}),
        encodeRpc('sublane-headend:invite-host', { subscriber: 'alice' }),
        '<kill-session xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><session-id>1</session-id></kill-session>',
      ].map((rpc): NcclientStep => ({ method: 'dispatch', arguments: { rpc } })),
    ];

    it('can do nothing but enrol and close: as ncclient sees it', async ({ skip }) => {
      const missing = ncclientMissing();
      if (missing !== undefined) return skip(missing);
      const password = secretText(unwrap(decodeToken(await invite())).secret);
      const account = { host: '127.0.0.1', port, user: ENROL_USER };
      const { results } = ncclientSession({ ...account, password }, STEPS);
      expect(results).toMatchObject(STEPS.map(() => ({ errors: [{ tag: 'access-denied' }] })));
      expect(() => ncclientSession({ ...account, user: 'laptop', password }, [])).toThrow(/[Aa]uthentication/);
      const privateKey = newKey('x').private;
      expect(() => ncclientSession({ ...account, privateKey }, [])).toThrow(/[Aa]uthentication/);
    });

    const comeIn = async (token: string) =>
      unwrap(
        await connect({
          host: '127.0.0.1',
          port,
          user: ENROL_USER,
          password: secretText(unwrap(decodeToken(token)).secret),
          hostKey: { fingerprints: [hostKey] },
        }),
      );
    const enrolment = (client: NetconfClient, hostId: string, publicKey: string) =>
      client.rpc(encodeRpc('sublane-service:enrol-host', { 'host-id': hostId, 'public-key': publicKey }));

    it('is refused names and keys that are none, of any size, and keeps its session', async () => {
      const client = await comeIn(await invite());
      const key = newKey('x').public;
      for (const [hostId, publicKey] of [
        ['x'.repeat(65), key],
        ['x'.repeat(100_000), key],
        ['', key],
        ['a b', key],
        ['x', 'ssh-ed25519 AAAA'],
        ['x', `ssh-ed25519 ${'A'.repeat(100_000)}`],
        ['x', newKey('x').private],
        ['x', ''],
      ] as const) {
        const answer = await enrolment(client, hostId, publicKey);
        expect(answer).toMatchObject({ ok: false, failure: { kind: 'refused' } });
      }
      unwrap(await enrolment(client, 'tablet', key));
      expect(await client.closed).toMatchObject({ said: 'the host is enrolled' });
    });

    it('is refused the key of another host', async () => {
      const client = await comeIn(await invite());
      const key = readFileSync(join(folderOf('laptop'), 'id_ed25519.pub'), 'utf8');
      expect(await enrolment(client, 'twin', key)).toMatchObject({
        failure: { errors: [{ tag: 'in-use', appTag: 'host-key-taken' }] },
      });
      unwrap(await client.rpc(CLOSE));
    });
  });

  it('a host that is revoked is out within moments, is told so, and comes back by a new token', async () => {
    const host = await openAs('laptop');
    await program.must('host', 'revoke', 'laptop');
    expect(await host.client.closed).toMatchObject({ said: 'the host was revoked' });
    expect(await program.json('lease', 'list')).toEqual([]);
    await expect(openAs('laptop')).rejects.toThrow(/does not let "laptop" in/);
    rmSync(folderOf('laptop'), { recursive: true });
    const bobs = await program.must('host', 'invite', '--subscriber', 'bob');
    expect(await refusal('laptop', '--token', bobs.trim(), '--host-id', 'laptop')).toMatch(/^4 .*host-id-taken/s);
    expect((await agent('laptop', ['--token', await invite(), '--host-id', 'laptop'])).code).toBe(0);
    const again = await openAs('laptop');
    expect(await again.request([WISH])).toHaveProperty('1');
    await again.client.close();
  });

  it('the hosts of a subscriber who is suspended lose their leases and sessions, and are told why when they ask', async () => {
    const host = await openAs('laptop');
    expect(await program.json('lease', 'list')).toHaveLength(1);
    await program.must('subscriber', 'set', 'alice', '--suspend');
    expect(await host.client.closed).toMatchObject({ said: 'the subscriber was suspended' });
    expect(await program.json('lease', 'list')).toEqual([]);
    const again = await openAs('laptop');
    expect(await again.request([WISH])).toMatchObject({ codes: ['access-denied subscriber-suspended'] });
    await program.must('subscriber', 'set', 'alice', '--resume');
    expect(await again.client.closed).toMatchObject({ said: 'the subscriber is served again' });
    const resumed = await openAs('laptop');
    expect(await resumed.request([WISH])).toHaveProperty('1');
    await program.must('subscriber', 'set', 'alice', '--resume'); // which it is: nobody is disturbed
    await program.must('lease', 'release', (await program.json<{ id: string }[]>('lease', 'list'))[0]!.id);
    expect(await resumed.client.closed).toMatchObject({ said: 'a lease of the host was taken back' });
  });

  it('who guesses is not listened to for long, and makes no work', async () => {
    const guess = (password: string) =>
      connect({ host: '127.0.0.1', port, user: ENROL_USER, password, hostKey: { fingerprints: [hostKey] } });
    await eventually(async () => !(await guess('a guess')).ok && program.stderr.includes('too-many-failures'));
    const looked = () => program.stderr.match(/"reason":"not-accepted"/g)?.length ?? 0;
    const before = looked();
    // Refused before a word is exchanged.
    const closed = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const socket = connectSocket(port, '127.0.0.1').on('error', () => {});
        const said: Buffer[] = [];
        socket.on('data', (piece) => said.push(piece));
        await once(socket, 'close');
        return Buffer.concat(said).length;
      }),
    );
    expect(Math.max(...closed)).toBe(0);
    expect(looked()).toBe(before);
    expect(before).toBeLessThanOrEqual(40);
  });
});
