import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { opa, startPolicyServer, type TestPolicyServer } from '../../headend/policy-hook/policy-server-fixture.ts';
import { Host, newKey, type Refused, refusalInfo } from './headend-host.ts';
import { HeadendProgram } from './headend-program.ts';

const GOLD = `name: gold
classes:
  calls: { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
  bulk: { dscp: 8, priority: L, dnld: { ceiling: 20000 } }
rules:
  - { name: calls, when: { priority: H }, class: calls }
default-class: bulk
`;
const call = { id: 1, direction: 'upld', bandwidth: 2000, priority: 'H', 'application-list': ['zoom'] } as const;
const bulk = { id: 2, direction: 'dnld', bandwidth: 9000, priority: 'L' } as const;
const REQUEST = '{ upld: { bandwidth: 2000, priority: H } }';

interface Input {
  readonly 'host-id': string;
  readonly groups: readonly { readonly id: number; readonly decision: { readonly class: string } }[];
}

/** A policy as a provider might write it in Rego: no bulk for laptop-7f, and calls at half a megabit. */
const policy = opa((input) => {
  const { 'host-id': hostId, groups } = input as Input;
  return {
    allow: true,
    groups: Object.fromEntries(
      groups.map(({ id, decision }) => [
        String(id),
        decision.class === 'bulk' ? { allow: hostId !== 'laptop-7f', reason: 'no bulk for you' } : { upld: 500 },
      ]),
    ),
  };
});

describe('a headend with a policy server', () => {
  const program = new HeadendProgram();
  let server: TestPolicyServer;
  let host: Host;
  let other: Host;
  const rates = async () =>
    (await program.json<{ 'group-id': number; upld?: { rate: number } }[]>('lease', 'list', '--host', 'laptop-7f')).map(
      (lease) => `${lease['group-id']} ${lease.upld?.rate}`,
    );

  beforeAll(async () => {
    const hostKey = /SHA256:\S{43}/.exec(await program.must('init', '--listen', '127.0.0.1:0'))![0];
    mkdirSync(join(program.folder, 'secrets'), { recursive: true, mode: 0o700 });
    writeFileSync(join(program.folder, 'secrets', 'opa.token'), 'geheim\n', { mode: 0o600 });
    const port = await program.serve();
    server = await startPolicyServer(policy);
    writeFileSync(program.file('gold.yaml'), GOLD);
    for (const name of ['calls', 'bulk'])
      await program.must(
        'pool',
        'add',
        name,
        '--class',
        name,
        '--prefix',
        name === 'calls' ? '192.0.2.0/26' : '198.51.100.0/26',
      );
    await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
    await program.must('subscriber', 'add', 'alice', '--plan', 'gold');
    const enrol = async (hostId: string) => {
      const key = newKey(hostId);
      writeFileSync(program.file(`${hostId}.pub`), key.public);
      await program.must('host', 'enrol', hostId, '--subscriber', 'alice', '--key', program.file(`${hostId}.pub`));
      return Host.open(port, hostId, key, hostKey);
    };
    host = await enrol('laptop-7f');
    other = await enrol('phone');
    await program.must('policy-hook', 'set', server.url, '--token-file', 'opa.token', '--timeout', '2000');
  });
  beforeEach(() => {
    server.answering = policy;
  });
  afterAll(async () => {
    await program.dispose();
    await server.close();
  });

  it('grants what the plan gives and the server leaves', async () => {
    expect(await host.request([call])).not.toHaveProperty('codes');
    expect(await rates()).toEqual(['1 500']);
    const trail = await program.json<{ event: string; rule?: string; detail: object[] }[]>(
      'audit',
      '--host',
      'laptop-7f',
    );
    expect(trail.find(({ event }) => event === 'policy-hook-lowered')).toMatchObject({
      rule: 'calls',
      detail: expect.arrayContaining([
        { name: 'upld-of-plan', value: ['2000'] },
        { name: 'upld', value: ['500'] },
      ]),
    });
    expect(server.asked.at(-1)?.headers.authorization).toBe('Bearer geheim');
    expect(JSON.parse(server.asked.at(-1)!.body)).toMatchObject({
      input: {
        version: 1,
        'host-id': 'laptop-7f',
        subscriber: 'alice',
        plan: 'gold',
        authority: 'embedded',
        'peer-address': '127.0.0.1',
        groups: [{ id: 1, wish: { applications: ['zoom'] }, decision: { rule: 'calls', upld: { rate: 2000 } } }],
      },
    });
  });

  it('refuses with the server’s reason, all of the request; and what was held stays', async () => {
    const answer = await host.request([call, bulk]);
    expect(answer).toMatchObject({ codes: ['access-denied policy-hook-refuses'] });
    expect(errorOf(answer).message).toContain('no bulk for you');
    expect(refusalInfo(errorOf(answer))).toMatchObject({ 'group-id': '2', rule: '(default)' });
    expect(await program.must('audit', '--host', 'laptop-7f')).toMatch(/policy-hook-refuses .*reason=no bulk for you/);
    expect(await rates()).toEqual(['1 500']);
  });

  it('does not ask about what the plan refuses, nor about renewals', async () => {
    const before = server.asked.length;
    expect(await host.request([{ ...call, bandwidth: 9000 }])).toMatchObject({ codes: ['access-denied over-ceiling'] });
    expect(await host.call('sublane-service:renew-service', { 'host-id': 'laptop-7f' })).not.toHaveProperty('codes');
    expect(server.asked.length).toBe(before);
  });

  it('answers others while the server thinks', async () => {
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    let letGo = () => {};
    server.answering = (question, response) => {
      letGo = () => policy(question, response);
      asked();
    };
    const waiting = host.request([call]);
    await isAsked;
    expect(await other.call('sublane-service:get-available-services', { 'host-id': 'phone' })).not.toHaveProperty(
      'codes',
    );
    expect((await program.json<{ version: string }>('status')).version).toBeDefined();
    letGo();
    expect(await waiting).not.toHaveProperty('codes');
  });

  it('says what it would say, and grants nothing by it', async () => {
    expect(await program.must('policy-hook', 'test', REQUEST, '--host', 'phone')).toContain('upld 500 kbit/s');
    const refused = await program.must(
      'policy-hook',
      'test',
      '{ dnld: { bandwidth: 10, priority: L } }',
      '--host',
      'laptop-7f',
    );
    expect(refused).toContain('refuses it: no bulk for you');
    expect(await program.json('lease', 'list', '--host', 'phone')).toEqual([]);
  });

  it('without an answer it refuses, with the time to ask again; or permits, as configured', async () => {
    server.answering = (_, response) => response.writeHead(503).end();
    const answer = await host.request([call]);
    expect(answer).toMatchObject({ codes: ['resource-denied policy-hook-away'] });
    expect(refusalInfo(errorOf(answer))).toEqual({ 'retry-after': '10' });
    const shown = await program.json<{ status: object }>('policy-hook', 'show');
    expect(shown.status).toMatchObject({ state: 'away', trouble: 'status', unanswered: '1' });
    expect(await program.must('status')).toContain('away (status)');

    await program.must('policy-hook', 'set', server.url, '--when-away', 'permit');
    expect(await host.request([call])).not.toHaveProperty('codes');
    expect(await rates()).toEqual(['1 2000']);
    expect(await program.must('policy-hook', 'test', REQUEST, '--host', 'phone')).toContain('status 503');
    expect(program.stderr.match(/the policy server is away/g)?.length).toBe(2);
    expect(program.stderr).not.toContain('geheim');
  });

  it('removed, it is asked no more', async () => {
    await program.must('policy-hook', 'remove');
    const before = server.asked.length;
    expect(await host.request([call, bulk])).not.toHaveProperty('codes');
    expect(server.asked.length).toBe(before);
    expect((await program.run(['policy-hook', 'test', REQUEST, '--host', 'phone'])).stderr).toContain(
      'policy-hook set URL',
    );
  });
});

function errorOf(answer: object) {
  const [error] = (answer as Refused).errors;
  return error!;
}
