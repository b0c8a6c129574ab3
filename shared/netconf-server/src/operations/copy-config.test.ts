import { BASE_NAMESPACE } from '@sublane/netconf';
import { describe, expect, test } from 'vitest';
import { type Identity, PERMITTED, UNRESTRICTED } from '../access.ts';
import { accessByPath } from '../path-access.ts';
import { copy, deleteConfig, edit, labOf, said } from '../testing/config-calls.ts';
import { connect, inLab, running, serve } from '../testing/harness.ts';

const A = '<name>a</name>';
const inline = (inside: string) => `<config>${inLab(inside)}</config>`;

const all = (initial = inLab(A)) => running(initial, { candidate: true, startup: true });

describe('copy-config', () => {
  test.each([
    ['running', 'candidate'],
    ['running', 'startup'],
    ['candidate', 'running'],
    ['candidate', 'startup'],
    ['startup', 'running'],
    ['startup', 'candidate'],
  ])('from %s to %s replaces the whole', async (source, target) => {
    const client = await connect(serve({ datastores: await all() }));
    const contents = { running: 'r', candidate: 'c', startup: 's' } as Record<string, string>;
    for (const [name, text] of Object.entries(contents))
      expect(await said(client, copy(inline(`<name>${text}</name><box><id>1</id></box>`), `<${name}/>`))).toBe('ok');
    expect(await said(client, copy(`<${source}/>`, `<${target}/>`))).toBe('ok');
    for (const name of Object.keys(contents)) {
      const expected = contents[name === target ? source : name];
      expect(await labOf(client, name)).toBe(`<name>${expected}</name><box><id>1</id></box>`);
    }
  });

  test('of a whole configuration leaves nothing of what was there', async () => {
    const client = await connect(serve({ datastores: await all() }));
    expect(await said(client, copy(inline('<level>3</level>'), '<running/>'))).toBe('ok');
    expect(await labOf(client, 'running')).toBe('<level>3</level>');
    expect(await said(client, copy('<config/>', '<running/>'))).toBe('ok');
    expect(await labOf(client, 'running')).toBe('');
  });

  test('to itself is an invalid-value (§7.3)', async () => {
    const client = await connect(serve({ datastores: await all() }));
    for (const name of ['running', 'candidate', 'startup'])
      expect(await said(client, copy(`<${name}/>`, `<${name}/>`))).toBe('invalid-value');
  });

  test.each([
    ['no target', '<copy-config><source><running/></source></copy-config>', 'missing-element'],
    ['no source', '<copy-config><target><running/></target></copy-config>', 'missing-element'],
    ['a configuration as target', copy('<running/>', '<config/>'), 'unknown-element'],
    ['two sources', copy('<running/><candidate/>', '<startup/>'), 'bad-element'],
    ['a URL where there are none', copy('<url>file:///x</url>', '<running/>'), 'operation-not-supported'],
    ['an unknown element', copy(inline('<nobody/>'), '<candidate/>'), 'unknown-element'],
    ['the same twice', copy(inline('<name>a</name><name>b</name>'), '<candidate/>'), 'bad-element'],
    ['an entry twice', copy(inline('<box><id>1</id></box><box><id>01</id></box>'), '<candidate/>'), 'bad-element'],
    ['an entry without its key', copy(inline('<box><size>1</size></box>'), '<candidate/>'), 'missing-element'],
    ['a wrong type', copy(inline('<level>x</level>'), '<running/>'), 'invalid-value'],
    [
      'an operation of edit-config',
      copy(`<config>${inLab(`<name nc:operation="delete" xmlns:nc="${BASE_NAMESPACE}"/>`)}</config>`, '<running/>'),
      'unknown-attribute',
    ],
  ])('refuses %s', async (_, operation, tag) => {
    const client = await connect(serve({ datastores: await all() }));
    expect(await said(client, operation)).toBe(tag);
    expect(await labOf(client, 'running')).toBe(A);
  });
});

describe('access to a copy (RFC 8341 §3.2.6)', () => {
  /** Ben may not read the level, and may not delete it. */
  const access = {
    ...UNRESTRICTED,
    data: ({ user }: Identity) =>
      accessByPath((path, operation) => {
        const refused = user === 'ben' && path.endsWith('/level') && (operation === 'read' || operation === 'delete');
        return refused ? { permit: false, rule: 'no-level' } : PERMITTED;
      }),
  };

  test('what its author may not read is left out, and may not be lost by that', async () => {
    const datastores = await all(inLab(`${A}<level>9</level>`));
    const server = serve({ datastores, access });
    const [ann, ben] = [await connect(server), await connect(server, 'ben')];
    expect(await said(ben, copy('<running/>', '<candidate/>'))).toBe('access-denied');
    expect(await said(ann, copy(inline('<name>z</name>'), '<candidate/>'))).toBe('ok');
    expect(await said(ben, copy('<running/>', '<candidate/>'))).toBe('ok');
    expect(await labOf(ann, 'candidate')).toBe(A);
  });

  test('saving running as startup needs the right to the operation alone', async () => {
    const datastores = await all(inLab(`${A}<level>9</level>`));
    const server = serve({ datastores, access });
    const [ann, ben] = [await connect(server), await connect(server, 'ben')];
    expect(await said(ann, edit('running', '<level>5</level>'))).toBe('ok');
    expect(await said(ben, copy('<running/>', '<startup/>'))).toBe('ok');
    expect(await labOf(ann, 'startup')).toBe(`${A}<level>5</level>`);
  });
});

describe('delete-config', () => {
  test.each([
    ['running', deleteConfig('<running/>'), 'operation-not-supported'],
    ['candidate', deleteConfig('<candidate/>'), 'operation-not-supported'],
    ['nothing', '<delete-config/>', 'missing-element'],
    ['a configuration', deleteConfig('<config/>'), 'unknown-element'],
  ])('refuses %s (§7.4)', async (_, operation, tag) => {
    const client = await connect(serve({ datastores: await all() }));
    expect(await said(client, operation)).toBe(tag);
  });
});
