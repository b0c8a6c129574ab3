import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { moduleSources, openContext, ROLE_MODULES, type Role } from '@sublane/yang';
import { Libyang, type SchemaNode } from 'libyang-wasm';
import { describe, expect, it } from 'vitest';
import { ALL_FILES, needsYanglint, OUR_FILES, yanglint } from './yanglint.ts';

const libyang = Libyang.load();
const roles = Object.keys(ROLE_MODULES) as Role[];
/** RFC 6470's own: the `when` of what it uses looks for its sibling one level too high. */
const KNOWN = /"confirm-event" .* "\/ietf-netconf-notifications:netconf-confirmed-commit"/;
const nameOf = (file: string): string => file.replace(/^.*\//, '').replace(/(@.*)?\.yang$/, '');

describe('all modules together', () => {
  it('load in yanglint without a word', (context) => {
    needsYanglint(context);
    const { said, ...rest } = yanglint(...ALL_FILES);
    const news = said.split('\n').filter((line) => line !== '' && !KNOWN.test(line));
    expect({ news, ...rest }).toEqual({ news: [], status: 0, output: '' });
  });

  it('load in libyang-wasm without a warning, with every feature', () => {
    const implement = ALL_FILES.map((file) => ({ name: nameOf(file), features: 'all' as const }));
    const context = libyang.createContext({ sources: moduleSources(), implement });
    if (!context.ok) throw new Error(JSON.stringify(context.failure));
    expect(context.value.warnings.filter(({ message }) => !KNOWN.test(message))).toEqual([]);
    const implemented = context.value.schema().filter((module) => module.implemented);
    expect(implemented.map(({ name }) => name)).toEqual(expect.arrayContaining(implement.map(({ name }) => name)));
    context.value.dispose();
  });
});

describe.each(roles)('the modules of role %s', (role) => {
  it('load without a warning, with the features of the role', () => {
    using context = openContext(libyang, role);
    expect(context.warnings.filter(({ message }) => !KNOWN.test(message))).toEqual([]);
    for (const { name, features } of ROLE_MODULES[role]) {
      const module = context.schema().find((one) => one.name === name);
      expect(module, name).toMatchObject({ implemented: true });
      expect(module?.features.toSorted(), name).toEqual(Array.from(features ?? []).toSorted());
    }
    expect(context.schema().find(({ name }) => name === 'ietf-yang-library')).toMatchObject({
      implemented: true,
      revision: '2019-01-04',
    });
  });

  it(`${role === 'headend' ? 'do not have' : 'have'} the service of hosts as configuration`, () => {
    using context = openContext(libyang, role);
    const module = context.schema().find(({ name }) => name === 'ietf-portal-backend-message');
    expect(module?.nodes.map(({ name }) => name)).toEqual(role === 'headend' ? [] : ['sp-service-message']);
  });
});

describe('our modules', () => {
  it('say of every node what it is', () => {
    using context = openContext(libyang, 'headend');
    const ours = context.schema().filter(({ name }) => OUR_FILES.some((file) => nameOf(file) === name));
    expect(ours).toHaveLength(5);
    const silent = (nodes: readonly SchemaNode[], path: string): string[] =>
      nodes.flatMap((node) => {
        const here = `${path}/${node.name}`;
        const speaks = node.description !== undefined || ['input', 'output', 'case'].includes(node.kind);
        return [...(speaks ? [] : [here]), ...silent(node.children ?? [], here)];
      });
    expect(
      ours.flatMap(({ name, nodes, rpcs, notifications }) => silent([...nodes, ...rpcs, ...notifications], name)),
    ).toEqual([]);
  });

  it('never give a password back', () => {
    using context = openContext(libyang, 'headend');
    const found = (nodes: readonly SchemaNode[], path: string): string[] =>
      nodes.flatMap((node) => [
        ...(/password$/.test(node.name) && !/^(has|without)-password$/.test(node.name) ? [`${path}/${node.name}`] : []),
        ...found(node.children ?? [], `${path}/${node.name}`),
      ]);
    const passwords = context
      .schema()
      .flatMap(({ nodes, rpcs, notifications }) => found([...nodes, ...rpcs, ...notifications], ''));
    expect(passwords).toEqual([
      '/subscriber-service-message/input/user-password',
      '/add-subscriber/input/password',
      '/set-subscriber/input/password',
    ]);
  });

  it('page every list of records', () => {
    using context = openContext(libyang, 'headend');
    const { rpcs } = context.schema().find(({ name }) => name === 'sublane-headend')!;
    const lists = rpcs.filter(({ name }) => name.startsWith('list-'));
    expect(lists).toHaveLength(11);
    for (const { name, children } of lists) {
      const [input, output] = children!;
      const limit = input!.children!.find((node) => node.name === 'limit');
      expect(limit, name).toMatchObject({ default: '100', type: { base: 'uint16', range: '1..1000' } });
      expect(
        input!.children!.map((node) => node.name),
        name,
      ).toContain('cursor');
      expect(
        output!.children!.map((node) => node.name),
        name,
      ).toContain('next-cursor');
    }
  });
});

describe('what is generated', () => {
  const generator = (script: string): string =>
    fileURLToPath(new URL(`../../yang/generate/${script}`, import.meta.url));
  it.for(['main.ts', 'trees.ts'])('by %s is what the modules say', (script, context) => {
    if (script === 'trees.ts') needsYanglint(context); // it draws them
    const { status, stderr } = spawnSync(process.execPath, [generator(script), '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('stands in the README too', () => {
    const read = (path: string): string => readFileSync(new URL(`../../yang/${path}`, import.meta.url), 'utf8');
    expect(read('README.md')).toContain(read('trees/ietf-subscriber-service-message.tree').trimEnd());
  });
});
