import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { decodeToken, ENROL_USER, secretText } from '@sublane/enrolment';
import { encodeRpc, openContext } from '@sublane/yang';
import Database from 'better-sqlite3';
import { type Context, Libyang } from 'libyang-wasm';
import { connect, connectUnix, type NetconfClient, operation } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Host, type KeyPair, newKey } from './headend-host.ts';
import { HeadendProgram } from './headend-program.ts';

const GOLD = `name: gold
classes:
  calls: { dscp: 46, priority: H, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
rules:
  - { name: calls, when: { priority: H }, class: calls }
`;
const SL = 'urn:sublane:params:xml:ns:yang:sublane-service';
const call = { id: 1, direction: 'upld', bandwidth: 100, priority: 'H' } as const;

const PASSWORD = 'alices-secret-password';
const WRONG_PASSWORD = 'a-guess-of-somebody';
const RADIUS_SECRET = 'the-secret-of-radius';
const HOOK_TOKEN = 'the-token-of-the-hook';

/** What is told to whom, and what is not: on the wire, in the log, in the trail, in the store. */
describe('privacy', () => {
  const program = new HeadendProgram();
  const keys: Record<string, KeyPair> = {};
  let context: Context;
  let port = 0;
  let hostKey = '';
  /** By name; none of it may come out. */
  const secrets: Record<string, string> = {};

  const enrol = async (hostId: string, subscriber: string): Promise<Host> => {
    keys[hostId] = newKey(hostId);
    writeFileSync(program.file(`${hostId}.pub`), keys[hostId].public);
    await program.must('host', 'enrol', hostId, '--subscriber', subscriber, '--key', program.file(`${hostId}.pub`));
    return Host.open(port, hostId, keys[hostId], hostKey);
  };
  /** As a service agent with a token does. */
  const enrolBy = async (password: string, hostId: string) => {
    const hostKeys = { fingerprints: [hostKey] };
    const client = unwrap(await connect({ host: '127.0.0.1', port, user: ENROL_USER, password, hostKey: hostKeys }));
    const { public: key } = newKey(hostId);
    unwrap(await client.rpc(encodeRpc('sublane-service:enrol-host', { 'host-id': hostId, 'public-key': key })));
    await client.close();
  };
  const person = async (name: string): Promise<NetconfClient> =>
    unwrap(
      await connect({
        host: '127.0.0.1',
        port,
        user: name,
        privateKey: keys[name]!.private,
        hostKey: { fingerprints: [hostKey] },
      }),
    );
  /** Everything that comes back, errors too. */
  const said = async (client: NetconfClient, xml: string): Promise<string> => JSON.stringify(await client.rpc(xml));

  beforeAll(async () => {
    context = openContext(Libyang.load(), 'headend');
    hostKey = /SHA256:\S{43}/.exec(await program.must('init', '--listen', '127.0.0.1:0', '--name', 'edge'))![0];
    writeFileSync(join(program.folder, 'headend.yaml'), program.settings().replace(/level: \w+/, 'level: debug'));
    expect(program.settings()).toContain('level: debug');
    mkdirSync(join(program.folder, 'secrets'), { recursive: true, mode: 0o700 });
    writeFileSync(join(program.folder, 'secrets', 'radius'), `${RADIUS_SECRET}\n`, { mode: 0o600 });
    writeFileSync(join(program.folder, 'secrets', 'opa.token'), `${HOOK_TOKEN}\n`, { mode: 0o600 });
    port = await program.serve();
    writeFileSync(program.file('gold.yaml'), GOLD);
    await program.must('pool', 'add', 'calls', '--class', 'calls', '--prefix', '192.0.2.0/26', '--check', '192.0.2.1');
    await program.must('plan', 'add', 'gold', '--file', program.file('gold.yaml'));
    for (const name of ['alice', 'bob'])
      await program.run(['subscriber', 'add', name, '--plan', 'gold', '--password-stdin'], PASSWORD);
    for (const [name, role] of [
      ['olga', 'operator'],
      ['aron', 'auditor'],
      ['ada', 'administrator'],
    ] as const) {
      keys[name] = newKey(name);
      writeFileSync(program.file(`${name}.pub`), keys[name].public);
      await program.must('operator', 'add', name, '--key', program.file(`${name}.pub`), '--role', role);
    }
    await program.must(
      'policy-hook',
      'set',
      'http://127.0.0.1:9/v1/data/x',
      '--token-file',
      'opa.token',
      '--when-away',
      'permit',
    );

    for (const name of ['used', 'unused']) {
      const invitation = ['host', 'invite', '--subscriber', 'bob', '--host-id', `bobs-${name}`];
      const { token } = await program.json<{ token: string }>(...invitation);
      secrets[`token ${name}`] = token;
      secrets[`secret of token ${name}`] = secretText(unwrap(decodeToken(token)).secret);
    }
    await enrolBy(secrets['secret of token used']!, 'bobs-used');
    await enrolBy(WRONG_PASSWORD, 'bobs-none').catch(() => {});

    // Nobody is there: what goes wrong is logged.
    await program.must('aaa', 'add', 'isp', '--server', '127.0.0.1:9', '--secret-file', 'radius', '--timeout', '1000');
    await program.must('aaa', 'realm', 'add', 'isp.example', 'isp');
    await program.must('aaa', 'edge', 'add', 'bng', '--at', '127.0.0.1:9', '--secret-file', 'radius');

    secrets.password = PASSWORD;
    secrets['wrong password'] = WRONG_PASSWORD;
    secrets['RADIUS secret'] = RADIUS_SECRET;
    secrets['hook token'] = HOOK_TOKEN;
    const passwordKey = JSON.parse(readFileSync(join(program.folder, 'password-key.json'), 'utf8')) as { d: string };
    secrets['private password key'] = passwordKey.d;
    // A line in the midst of it: the first and the last are the format's own.
    secrets['private host key'] = readFileSync(join(program.folder, 'ssh_host_ed25519_key'), 'utf8').split('\n')[3]!;
    const db = new Database(join(program.folder, 'headend.db'), { readonly: true });
    const stored = db.prepare<[], { password_hash: string }>('select password_hash from subscribers').all();
    db.close();
    for (const [i, { password_hash: hash }] of stored.entries()) secrets[`password hash ${i}`] = hash;
    for (const [name, secret] of Object.entries(secrets)) expect(`${name} ${secret.length}`).toMatch(/ \d\d+$/);
  });
  afterAll(async () => {
    context.dispose();
    await program.dispose();
  });

  /** Which of the secrets are in a text, also as base64 or hexadecimal. */
  const leaked = (text: string) =>
    Object.entries(secrets).flatMap(([name, secret]) => {
      const bytes = Buffer.from(secret);
      const forms = [secret, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')];
      return forms.some((form) => text.includes(form)) ? [name] : [];
    });

  describe('secrets', () => {
    it('are in no answer to any question of people, whatever their role', async () => {
      const headend = context.schema().find(({ name }) => name === 'sublane-headend')!;
      const questions = headend.rpcs.filter(({ name }) => /^(list|get)-/.test(name));
      expect(questions.length).toBeGreaterThan(9);
      for (const client of [await person('olga'), await person('aron'), await person('ada')]) {
        const answers = [
          await said(client, operation.getConfig({})),
          await said(client, operation.get({ filter: { subtree: `<headend-keys xmlns="${SL}"/>` } })),
          ...(await Promise.all(
            questions.map(({ name }) =>
              said(client, `<${name} xmlns="${headend.namespace}"><limit>1000</limit></${name}>`),
            ),
          )),
          ...(await Promise.all(questions.map(({ name }) => said(client, `<${name} xmlns="${headend.namespace}"/>`)))),
          await said(client, encodeRpc('sublane-headend:list-subscribers', { name: 'alice' })),
        ];
        // What there is to see was seen.
        expect(answers.join('')).toContain('opa.token');
        expect(answers.join('')).toContain('has-password');
        expect(answers.join('')).toContain('bobs-unused');
        expect(leaked(answers.join('\n'))).toEqual([]);
        await client.closeSession();
      }
    });

    it('are in no refusal, log line, audit row and host’s answer of what goes wrong with them', async () => {
      const host = await enrol('bobs-laptop', 'bob');
      writeFileSync(program.file('wrong'), WRONG_PASSWORD);
      writeFileSync(program.file('right'), PASSWORD);
      const answers = [
        await host.request([call], await host.password('alice', program.file('wrong'))),
        await host.request([call], await host.password('alice', program.file('right'))),
        await host.request([call]),
        await host.request([call], await host.password('carol@isp.example', program.file('right'))),
        // In the clear, by a host that has not read what is to be sent.
        await host.request([call], { 'user-name': 'alice', 'user-password': PASSWORD }),
        await host.request([call], { 'user-name': 'alice', 'user-password': PASSWORD.repeat(200) }),
      ];
      const ada = await person('ada');
      const line = `<password>${PASSWORD}</password>`;
      const headend = 'urn:sublane:params:xml:ns:yang:sublane-headend';
      const others = [
        // Wrong in other leaves; told back is what was wrong.
        await said(
          ada,
          `<add-subscriber xmlns="${headend}"><name>carol</name><plan>none</plan>${line}</add-subscriber>`,
        ),
        await said(ada, `<add-subscriber xmlns="${headend}"><name>!</name><plan>gold</plan>${line}</add-subscriber>`),
        await said(ada, `<set-subscriber xmlns="${headend}"><name>alice</name>${line}${line}</set-subscriber>`),
        await said(
          ada,
          `<set-subscriber xmlns="${headend}"><name>alice</name><password>${WRONG_PASSWORD.repeat(20)}</password></set-subscriber>`,
        ),
      ];
      expect(leaked(JSON.stringify([answers, others]))).toEqual([]);
      expect(leaked(await program.must('audit', '--json'))).toEqual([]);
      expect(program.stderr).toContain('refused');
      expect(program.stderr).toContain('aaa-away');
      expect(leaked(program.stderr + program.stdout)).toEqual([]);
      await ada.closeSession();
      await host.client.close();
    });

    it('are in nothing that the commands print', async () => {
      const commands = ['status', 'check', 'aaa show', 'aaa list', 'policy-hook show', 'subscriber show alice'];
      for (const command of [...commands, 'host list', 'host invitations', 'operator list', 'session list'])
        for (const form of [[], ['--json']]) {
          const { stdout, stderr } = await program.run([...command.split(' '), ...form]);
          expect([command, stdout === '' ? 'nothing' : leaked(stdout + stderr)]).toEqual([command, []]);
        }
    });

    it('in the store there are hashes, and in its other tables nothing', async () => {
      const db = new Database(join(program.folder, 'headend.db'), { readonly: true });
      const tables = db
        .prepare<[], { name: string }>("select name from sqlite_schema where type = 'table'")
        .all()
        .map(({ name }) => name);
      for (const table of tables) {
        const rows = JSON.stringify(db.prepare(`select * from "${table}"`).all());
        const hashes = table === 'subscribers' ? ['password hash 0', 'password hash 1'] : [];
        expect([table, leaked(rows).sort()]).toEqual([table, hashes]);
      }
      db.close();
    });
  });

  describe('a host', () => {
    let own: Host;
    beforeAll(async () => {
      const other = await enrol('alices-laptop', 'alice');
      await other.request([call]);
      own = await enrol('bobs-phone', 'bob');
      await own.request([call]);
    });

    it('sees nothing of another by any rpc there is', async () => {
      for (const { name: module, namespace, implemented, rpcs } of context.schema()) {
        if (!implemented) continue;
        for (const { name } of rpcs.filter(({ name }) => name !== 'close-session')) {
          const more =
            module === 'ietf-netconf' || module === 'ietf-netconf-monitoring' ? '' : '<host-id>alices-laptop</host-id>';
          const answer = await said(own.client, `<${name} xmlns="${namespace}">${more}</${name}>`);
          expect(`${name}: ${/192\.0\.2\.\d+|"alice"/.exec(answer)?.[0]}`).toBe(`${name}: undefined`);
        }
      }
    });

    it.each([
      '<hosts xmlns="X"><host><host-id>alices-laptop</host-id></host></hosts>',
      '<hosts xmlns="X"><host><subscriber>alice</subscriber></host></hosts>',
      '<hosts xmlns="X"><host><subscriber/></host></hosts>',
      '<hosts xmlns="X"/>',
      '<headend xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"/>',
      '<netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"/>',
      '',
    ])('sees nothing of another by the filter %s', async (filter) => {
      const subtree = filter.replace('X', SL);
      const answer = await said(own.client, filter === '' ? operation.get() : operation.get({ filter: { subtree } }));
      expect(answer).not.toMatch(/alice|olga|secret/);
    });

    it('what it tried is in the trail, once', async () => {
      const rows = await program.json<{ event: string; code?: string }[]>('audit', '--host', 'bobs-phone');
      const denied = rows.filter(({ event, code }) => event === 'request-refused' && code === 'access-denied');
      expect(denied.length).toBe(1);
    });
  });

  describe('who reads a subscriber’s history', () => {
    type Row = { event: string; subject: string; 'host-id'?: string; detail: { name: string; value: string[] }[] };
    const reads = async (subscriber: string) =>
      (await program.json<Row[]>('audit', '--subscriber', subscriber))
        .filter(({ event }) => event === 'history-read')
        .map(({ subject, detail }) => `${subject} ${detail.find(({ name }) => name === 'operation')?.value[0]}`);

    it('leaves a row, by whatever question and door', async () => {
      const olga = await person('olga');
      const aron = await person('aron');
      const before = await reads('alice');
      // Who asked for her record, above.
      expect(before).toContain('aron list-subscribers');
      for (const name of ['list-audit', 'list-hosts', 'list-leases', 'list-quarantine'] as const)
        await olga.rpc(encodeRpc(`sublane-headend:${name}`, { 'host-id': 'alices-laptop' }));
      await aron.rpc(encodeRpc('sublane-headend:list-audit', { subscriber: 'alice' }));
      await aron.rpc(encodeRpc('sublane-headend:list-hosts', { subscriber: 'alice' }));
      const held = await said(aron, encodeRpc('sublane-headend:list-leases', { subscriber: 'alice' }));
      expect(held).toContain('alices-laptop');
      expect(held).not.toContain('bobs');
      expect(new Set((await reads('alice')).slice(before.length))).toEqual(
        new Set([
          'olga list-audit',
          'olga list-hosts',
          'olga list-leases',
          'olga list-quarantine',
          'aron list-audit',
          'aron list-hosts',
          'aron list-leases',
          'local list-audit',
        ]),
      );
      await Promise.all([olga.closeSession(), aron.closeSession()]);
    });

    it('by a filter of <get> too', async () => {
      const ada = await person('ada');
      const subtree = `<hosts xmlns="${SL}"><host><host-id>alices-laptop</host-id></host></hosts>`;
      expect(await said(ada, operation.get({ filter: { subtree } }))).toContain('alice');
      expect(await reads('alice')).toContain('ada get');
      await ada.closeSession();
    });

    it('by an address too, of whoever has it', async () => {
      const aron = await person('aron');
      const [lease] = await program.json<{ ipv4: string }[]>('lease', 'list', '--host', 'alices-laptop');
      await aron.rpc(encodeRpc('sublane-headend:list-leases', { address: lease!.ipv4 }));
      expect(await reads('alice')).toContain('aron list-leases');
      await aron.closeSession();
    });

    it('a host that reads of itself leaves none', async () => {
      const host = await enrol('carols', 'bob');
      await host.client.rpc(operation.get({ filter: { subtree: `<hosts xmlns="${SL}"/>` } }));
      await host.call('sublane-service:get-service', { 'host-id': 'carols' });
      const rows = await program.json<Row[]>('audit', '--host', 'carols');
      expect(rows.filter(({ event, subject }) => event === 'history-read' && subject !== 'local')).toEqual([]);
      await host.client.close();
    });
  });

  it('an auditor changes nothing, and what was tried is in the trail', async () => {
    const aron = await person('aron');
    const headend = context.schema().find(({ name }) => name === 'sublane-headend')!;
    for (const { name } of headend.rpcs.filter(({ name }) => !/^(list|get|compare|explain)-/.test(name)))
      expect(await said(aron, `<${name} xmlns="${headend.namespace}"/>`)).not.toContain('"ok":true');
    const local = unwrap(await connectUnix(join(program.folder, 'headend.sock')));
    const rows = await program.json<{ event: string; subject: string }[]>('audit');
    expect(rows.filter(({ event, subject }) => event === 'request-refused' && subject === 'aron')).not.toEqual([]);
    await Promise.all([local.closeSession(), aron.closeSession()]);
  });
});
