import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { connectUnix } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKey } from './headend-host.ts';
import { HeadendProgram } from './headend-program.ts';

interface Shown {
  readonly ruleLists: readonly {
    readonly name: string;
    readonly groups: readonly string[];
    readonly rules: readonly { readonly name: string; readonly path?: string }[];
  }[];
}

interface Explained {
  readonly permitted: boolean;
  readonly group: readonly string[];
  readonly 'decided-by': Readonly<Record<string, string>>;
}

/** One story: each step rests on those before it. */
describe('headend access', () => {
  const program = new HeadendProgram();
  const aron = newKey('aron');
  const olga = newKey('olga');
  const access = (...words: readonly string[]) => program.must('access', ...words);
  const explain = (...words: readonly string[]) => program.json<Explained>('access', 'explain', ...words);
  const lists = () => program.json<Shown>('access', 'list');
  let remote: (name: 'aron' | 'olga') => string[];

  const exitOf = async (...words: readonly string[]) => {
    const { code, stderr } = await program.run(words);
    return `${code} ${stderr.trim()}`;
  };

  beforeAll(async () => {
    await program.must('init', '--listen', '127.0.0.1:0');
    const port = await program.serve();
    for (const [name, role, key] of [
      ['aron', 'auditor', aron],
      ['olga', 'administrator', olga],
    ] as const) {
      writeFileSync(program.file(`${name}.pub`), key.public);
      writeFileSync(program.file(name), key.private, { mode: 0o600 });
      await program.must('operator', 'add', name, '--role', role, '--key', program.file(`${name}.pub`));
    }
    remote = (name) => [
      '--connect',
      `ssh://${name}@127.0.0.1:${port}`,
      '--identity',
      program.file(name),
      '--trust-first-use',
    ];
  });
  afterAll(() => program.dispose());

  it('a new store has rules for every group', async () => {
    const { ruleLists } = await lists();
    expect(ruleLists.map(({ name }) => name)).toEqual(['host', 'enrol', 'auditor', 'operator', 'administrator']);
    const host = ruleLists[0]?.rules.find(({ name }) => name === 'itself');
    expect(host?.path).toBe('/sublane-service:hosts/host[host-id=$USER]');
    const text = await access('show', 'operator');
    expect(text).toMatch(/administrators-add-operators\s+deny\s+\*\s+rpc sublane-headend:add-operator/);
    expect(await exitOf('access', 'show', 'nobody')).toMatch(/^1 .*no rule-list nobody/);
  });

  it('explains a refusal as the one who was refused saw it', async () => {
    const [, refused = ''] = /^4 (.*)$/s.exec(await exitOf('subscriber', 'remove', 'alice', ...remote('aron'))) ?? [];
    expect(refused).toContain('access denied (nacm:default-deny-all)');
    expect(await explain('--user', 'aron', '--rpc', 'remove-subscriber')).toMatchObject({
      permitted: false,
      group: ['auditor'],
      'decided-by': { default: 'nacm:default-deny-all' },
    });
    expect(await access('explain', '--user', 'aron', '--rpc', 'list-hosts')).toMatch(
      /^permitted to aron \(auditor\): rule list-hosts of rule-list auditor\n/,
    );
    expect(await access('explain', '--group', 'host', '--path', '/sublane-headend:headend')).toContain(
      'This is fixed: no rule of NACM can grant it.',
    );
  });

  it('takes a rule that permits, which holds at once, and one that denies', async () => {
    expect(await access('permit', 'remove', '--group', 'auditor', '--rpc', 'sublane-headend:remove-subscriber')).toBe(
      'rule remove of rule-list own-auditor added: asked first\n',
    );
    expect((await lists()).ruleLists[0]).toMatchObject({ name: 'own-auditor', groups: ['auditor'] });
    expect(await exitOf('subscriber', 'remove', 'alice', ...remote('aron'))).toMatch(/^1 .*alice/);
    await access(
      'deny',
      'no-pools',
      '--group',
      'auditor',
      '--path',
      '/sublane-headend:headend/pool',
      '--comment',
      'not his',
    );
    await program.must('pool', 'add', 'calls', '--class', 'c', '--prefix', '192.0.2.0/24');
    expect(await program.must('config', 'show')).toContain('192.0.2.0/24');
    expect(await program.must('config', 'show', ...remote('aron'))).not.toContain('192.0.2.0/24');
    expect(
      await access('explain', '--user', 'aron', '--path', "/sublane-headend:headend/pool[name='calls']/class"),
    ).toMatch(
      /^denied to aron \(auditor\): rule no-pools of rule-list own-auditor at \/sublane-headend:headend\/pool\n/,
    );
  });

  it('lets an administrator from elsewhere decide too, and nobody else', async () => {
    expect(await exitOf('access', 'remove', 'own-auditor', 'no-pools', ...remote('aron'))).toMatch(
      /^4 .*access denied \(exec-default\)/,
    );
    expect(await program.must('access', 'remove', 'own-auditor', 'no-pools', ...remote('olga'))).toBe(
      'rule no-pools of rule-list own-auditor removed\n',
    );
    expect(await program.must('config', 'show', ...remote('aron'))).toContain('192.0.2.0/24');
    await access('remove', 'own-auditor');
    expect((await lists()).ruleLists[0]?.name).toBe('host');
  });

  it('whoever locks everybody out comes back by the socket', async () => {
    await program.must('access', 'deny', 'all', '--group', '*', ...remote('olga'));
    expect(await exitOf('access', 'list', ...remote('olga'))).toMatch(/^4 .*access denied/);
    await access('remove', 'own-*');
    await program.must('access', 'list', ...remote('olga'));
  });

  it('where all rules were removed, the initial ones hold, and the first new one brings them along', async () => {
    const client = unwrap(await connectUnix(join(program.folder, 'headend.sock')));
    const remove =
      '<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="remove"/>';
    unwrap(await client.editConfig({ config: remove }));
    await client.closeSession();
    const { code, stderr } = await program.run(['access', 'list']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('these are the initial rules')]);
    expect(await exitOf('subscriber', 'remove', 'alice', ...remote('aron'))).toMatch(/^4 .*access denied/);
    await access('permit', 'remove', '--group', 'auditor', '--rpc', 'sublane-headend:remove-subscriber');
    expect((await lists()).ruleLists.map(({ name }) => name)).toEqual([
      'own-auditor',
      ...['host', 'enrol', 'auditor', 'operator', 'administrator'],
    ]);
    expect(await exitOf('lease', 'release', '1', ...remote('aron'))).toMatch(/^4 .*access denied/);
  });

  it.each([
    ['access explain', /^2 .*expected one of --rpc/],
    ['access explain --rpc fly', /^4 .*no module here has "fly"/],
    ['access explain --rpc get --operation read', /^2 .*--operation goes with --path/],
    ['access explain --user a --group b --rpc get', /^2 .*not both/],
    ['access permit x --group auditor --path /nowhere:a', /^2 .*no module nowhere/],
    ['access permit x --group auditor --path a', /^2 .*expected \/module:node/],
    ['access permit x --group auditor --rpc a --path /', /^2 .*at most one/],
    ['access permit x --group auditor --list host', /^1 .*rule-list host is for host/],
    ['access remove nobody', /^1 .*rule-list is not there to delete/],
  ])('%s: %s', async (words, said) => expect(await exitOf(...words.split(' '))).toMatch(said));
});
