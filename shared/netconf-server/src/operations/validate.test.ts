import { failed, ok } from '@sublane/basics';
import { CAPABILITY, rpcError } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { edit, labOf, lock, said, validate } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';

const A = '<name>a</name>';
const inline = (inside: string) => `<config>${inLab(inside)}</config>`;

async function open(more = {}) {
  const datastores = await running(inLab(A), { candidate: true, startup: true, ...more });
  const server = serve({ datastores });
  return { datastores, server, client: await connect(server) };
}

describe('validate (RFC 6241 §8.6)', () => {
  test('is announced, in version 1.1', async () => {
    const { server } = await open();
    expect(server.capabilities).toContain(CAPABILITY.validate);
    expect(serve().capabilities).not.toContain(CAPABILITY.validate);
    expect(await said(await connect(serve()), validate('<running/>'))).toBe('operation-not-supported');
  });

  test.each(['running', 'candidate', 'startup'])('takes %s', async (name) => {
    const { client } = await open();
    expect(await said(client, validate(`<${name}/>`))).toBe('ok');
  });

  test.each([
    ['a valid configuration', inline('<level>3</level>'), 'ok'],
    ['an empty one', '<config/>', 'ok'],
    ['a wrong type', inline('<level>many</level>'), 'invalid-value'],
    ['a reference to nothing', inline('<first-box>1</first-box>'), 'data-missing'],
    ['a missing parameter', inline('<options/>'), 'data-missing'],
    ['a rule of the model', inline('<box><id>1</id><size>1000</size></box>'), 'operation-failed'],
    ['an unknown element', inline('<nobody/>'), 'unknown-element'],
    ['an unknown namespace', '<config><x xmlns="urn:nobody"/></config>', 'unknown-namespace'],
    ['the same twice', inline('<name>a</name><name>b</name>'), 'bad-element'],
  ])('of %s inline', async (_, source, answer) => {
    const { client } = await open();
    expect(await said(client, validate(source))).toBe(answer);
    expect(await labOf(client, 'running')).toBe(A);
  });

  test('asks all who have a say, and none to make it so', async () => {
    const steps: string[] = [];
    const participants = [
      {
        name: 'p',
        validate: ({ after }: { after: { xml: string } }) => {
          steps.push('validate');
          if (!after.xml.includes('<name>b')) return ok();
          return failed([rpcError.inUse('application', { appTag: 'leases', message: 'leases are held' })]);
        },
        apply: () => {
          steps.push('apply');
          return ok();
        },
      },
    ];
    const { client } = await open({ participants });
    expect(await said(client, edit('candidate', '<name>b</name>'))).toBe('ok');
    expect(steps).toEqual([]);
    const [error] = await client.errors(validate('<candidate/>'));
    expect(error).toMatchObject({ tag: 'in-use', appTag: 'leases' });
    expect(await said(client, validate(inline('<level>1</level>')))).toBe('ok');
    expect(steps).toEqual(['validate', 'validate']);
  });

  test('is held up by no lock: it changes nothing', async () => {
    const { client, server } = await open();
    const other = await connect(server, 'ben');
    for (const name of ['running', 'candidate', 'startup']) await said(other, lock(name));
    expect(await said(client, validate('<candidate/>'))).toBe('ok');
  });

  test.each([
    ['no source', '<validate/>', 'missing-element'],
    ['an empty source', validate(''), 'missing-element'],
    ['two', validate('<running/><candidate/>'), 'bad-element'],
    ['a URL where there are none', validate('<url>file:///x</url>'), 'operation-not-supported'],
  ])('refuses %s', async (_, operation, tag) => {
    const { client } = await open();
    expect(await said(client, operation)).toBe(tag);
  });
});
