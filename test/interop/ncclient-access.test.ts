// An administrator decides by ncclient who may do what at the headend; others meet it by ncclient.
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newKey } from '../e2e/headend-host.ts';
import { HeadendProgram } from '../e2e/headend-program.ts';
import { type NcclientStep, ncclientMissing, ncclientSession } from './ncclient.ts';

const missing = ncclientMissing();
if (missing !== undefined) console.warn(`skipped: access control by ncclient: ${missing}`);

const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
const HEADEND = 'xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"';
const ROLES = { olga: 'administrator', otto: 'operator', aron: 'auditor' } as const;

/** One story: each step rests on those before it. */
describe('who may do what, by ncclient', () => {
  const program = new HeadendProgram();
  const keys = { olga: newKey('olga'), otto: newKey('otto'), aron: newKey('aron') };
  let port: number;

  beforeEach(({ skip }) => {
    if (missing !== undefined) skip(missing);
  });
  beforeAll(async () => {
    if (missing !== undefined) return;
    await program.must('init', '--listen', '127.0.0.1:0');
    port = await program.serve();
    for (const [name, role] of Object.entries(ROLES)) {
      writeFileSync(program.file(`${name}.pub`), keys[name as keyof typeof ROLES].public);
      await program.must('operator', 'add', name, '--role', role, '--key', program.file(`${name}.pub`));
    }
    await program.must('pool', 'add', 'calls', '--class', 'c', '--prefix', '192.0.2.0/24');
  });
  afterAll(() => program.dispose());

  /** The reply, or the one error. */
  function as(user: keyof typeof ROLES, step: NcclientStep) {
    const [result] = ncclientSession({ host: '127.0.0.1', port, user, privateKey: keys[user].private }, [step]).results;
    if (result === undefined) throw new Error('no answer');
    return 'reply' in result ? result.reply : result.errors[0]!;
  }
  const edit = (config: string): NcclientStep => ({
    method: 'edit_config',
    arguments: {
      target: 'running',
      config: `<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${config}</config>`,
    },
  });
  const READ: NcclientStep = { method: 'get_config', arguments: { source: 'running' } };
  const POOL = edit(
    `<headend ${HEADEND}><pool><name>more</name><class>c</class><prefix>198.51.100.0/24</prefix></pool></headend>`,
  );
  const OTTO =
    `<rule-list><name>otto</name><group>operator</group><rule><name>hidden</name>` +
    `<path xmlns:h="urn:sublane:params:xml:ns:yang:sublane-headend">/h:headend/h:pool[h:name='calls']</path>` +
    `<action>deny</action></rule></rule-list>`;

  test('an auditor is refused, and reads what refused it', () => {
    const error = as('aron', POOL);
    expect(error).toMatchObject({ tag: 'access-denied', type: 'application', message: 'access denied (exec-default)' });
    expect(error).toHaveProperty('info', expect.stringMatching(/refused-by.*<default>exec-default<\/default>/s));
  });

  test('an operator works, and grants itself nothing', () => {
    expect(as('otto', POOL)).toContain('<ok');
    const grant = edit(`<nacm ${NACM}><exec-default>permit</exec-default></nacm>`);
    const error = as('otto', grant);
    expect(error).toMatchObject({ tag: 'access-denied', path: expect.stringContaining('exec-default') });
    expect(error).toHaveProperty(
      'info',
      expect.stringMatching(/<rule-list>operator<\/rule-list>.*<rule>administrators-decide-on-access<\/rule>/s),
    );
  });

  test('an administrator hides an entry, which is then not there, and not to be found out', () => {
    expect(as('otto', READ)).toContain('192.0.2.0/24');
    const first = OTTO.replace(
      '<rule-list>',
      '<rule-list xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert="first">',
    );
    expect(as('olga', edit(`<nacm ${NACM}>${first}</nacm>`))).toContain('<ok');
    const seen = as('otto', READ);
    expect(seen).not.toContain('192.0.2.0/24');
    expect(seen).toContain('198.51.100.0/24');
    expect(as('olga', READ)).toContain('192.0.2.0/24');
    const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"';
    const create = (name: string) =>
      edit(
        `<headend ${HEADEND}><pool ${NC} nc:operation="create"><name>${name}</name><class>c</class><prefix>203.0.113.0/24</prefix></pool></headend>`,
      );
    expect(as('otto', create('calls'))).toMatchObject({ tag: 'access-denied', path: null });
    expect(as('otto', create('other'))).toContain('<ok');
  });

  test('$USER stays what it is, there and back', () => {
    const own =
      '<rule-list><name>own</name><group>auditor</group><rule><name>own</name>' +
      '<path xmlns:s="urn:sublane:params:xml:ns:yang:sublane-service">/s:hosts/s:host[s:host-id=$USER]</path>' +
      '<action>permit</action></rule></rule-list>';
    expect(as('olga', edit(`<nacm ${NACM}>${own}</nacm>`))).toContain('<ok');
    const path = /<path[^>]*xmlns:(\w+)="[^"]*sublane-service"[^>]*>([^<]*)</.exec(
      (as('olga', READ) as string).slice((as('olga', READ) as string).indexOf('<name>own</name>')),
    );
    expect(path?.[2]).toBe(`/${path?.[1]}:hosts/${path?.[1]}:host[${path?.[1]}:host-id=$USER]`);
  });

  test('what was denied is counted', () => {
    const reply = as('aron', {
      method: 'dispatch',
      arguments: { rpc: `<get xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><filter><nacm ${NACM}/></filter></get>` },
    });
    const counted = ['denied-operations', 'denied-data-writes'].map(
      (name) => new RegExp(`<${name}>(\\d+)<`).exec(reply as string)?.[1],
    );
    expect(counted).toEqual(['1', '2']);
  });
});
