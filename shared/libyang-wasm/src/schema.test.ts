import { describe, expect, it } from 'vitest';
import { fleetContext } from '../test-data/fleet.ts';
import type { SchemaNode } from './schema.ts';

const context = fleetContext();
const modules = context.schema();
const fleet = modules.find(({ name }) => name === 'fleet')!;

/** The schema node at a path of names from the module's top. */
function at(...names: string[]): SchemaNode {
  let nodes: readonly SchemaNode[] = [...fleet.nodes, ...fleet.rpcs, ...fleet.notifications];
  let found: SchemaNode | undefined;
  for (const name of names) {
    found = nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`no ${name} among ${nodes.map((node) => node.name)}`);
    nodes = found.children ?? [];
  }
  return found!;
}

const leaf = (name: string) => at('fleet', 'vehicle', name);

describe('schema()', () => {
  it('has the modules', () => {
    expect(fleet).toMatchObject({
      revision: '2026-01-15',
      namespace: 'urn:example:fleet',
      prefix: 'f',
      description: 'Vehicles and where they stand.',
      implemented: true,
      features: ['tolls'],
    });
    expect(modules.find(({ name }) => name === 'ietf-inet-types')).toMatchObject({ implemented: false, nodes: [] });
    expect([fleet.nodes, fleet.rpcs, fleet.notifications].map((nodes) => nodes.map(({ name }) => name))).toEqual([
      ['fleet'],
      ['dispatch', 'wake-up'],
      ['arrived'],
    ]);
  });

  it('is read once', () => {
    expect(context.schema()).toBe(modules);
  });

  it('has lists with their keys and bounds', () => {
    expect(at('fleet', 'vehicle')).toMatchObject({ kind: 'list', keys: ['plate'], config: true });
    expect(at('dispatch', 'input', 'stop')).toMatchObject({ minElements: 1, maxElements: 8, mandatory: true });
    expect(leaf('tag')).toMatchObject({ kind: 'leaf-list', orderedBy: 'user', maxElements: 3 });
    expect(leaf('tag').minElements).toBeUndefined();
  });

  it('has defaults, units, descriptions, presence', () => {
    expect(leaf('seats').default).toBe('2');
    expect(leaf('load').units).toBe('t');
    expect(at('fleet', 'limits', 'zone').defaults).toEqual(['city', 'port']);
    expect(at('dispatch').description).toBe('Sends a vehicle on its way.');
    expect(at('dispatch', 'input', 'at').description).toBe('When it happened.');
    expect(at('fleet', 'night-shift').presence).toBe(true);
    expect(at('fleet', 'limits').presence).toBeUndefined();
  });

  it('has conditions', () => {
    expect(leaf('axles')).toMatchObject({ must: ['. >= 2'], when: ["derived-from-or-self(../kind, 'f:truck')"] });
    expect(leaf('kind').mandatory).toBe(true);
    expect(leaf('seats').mandatory).toBeUndefined();
  });

  it.each([
    ['seats', { base: 'uint8', range: '1..9' }],
    ['axles', { base: 'int8' }],
    ['load', { base: 'decimal64', fractionDigits: 2, range: '-0.50 | 0.00..40.00' }],
    [
      'plate',
      {
        base: 'string',
        length: '4..7',
        patterns: ['[A-Z]{2}-[0-9]{1,4}'],
        invertedPatterns: ['XX-.*'],
      },
    ],
    ['retired', { base: 'empty' }],
    ['features', { base: 'bits', bits: ['crane', 'lift'] }],
    ['depot', { base: 'leafref', path: '/fleet/depot/name', leafrefTarget: { base: 'string' } }],
  ])('has the type of %s', (name, type) => {
    expect(leaf(name).type).toEqual(type);
  });

  it('has the members of a union, in order', () => {
    const members = leaf('gateway').type?.members ?? [];
    expect(members.map(({ base }) => base)).toEqual(['string', 'string', 'enumeration']);
    expect(members.at(-1)).toMatchObject({ enums: ['none', 'any'], enumValues: [0, 1] });
  });

  it('has identities that data may name, each once, and their bases', () => {
    expect(leaf('kind').type?.identities).toEqual([
      { module: 'fleet', name: 'van' },
      { module: 'fleet', name: 'electric-van' },
      { module: 'fleet', name: 'truck' },
      { module: 'fleet-tracking', name: 'drone' },
    ]);
    expect(fleet.identities.find(({ name }) => name === 'electric-van')?.bases).toEqual([
      { module: 'fleet', name: 'emission-free' },
      { module: 'fleet', name: 'van' },
    ]);
    expect(fleet.identities.find(({ name }) => name === 'truck')?.description).toBe('Carries loads.');
  });

  it('has choices with only their own cases’ nodes', () => {
    const cases = leaf('fuel').children ?? [];
    expect(cases.map(({ kind, name, children }) => [kind, name, children?.map((child) => child.name)])).toEqual([
      ['case', 'electric', ['battery']],
      ['case', 'burnt', ['litres', 'grade']],
    ]);
  });

  it('tells the module of what is augmented', () => {
    expect(leaf('position')).toMatchObject({ module: 'fleet-tracking', kind: 'container' });
    expect(at('dispatch', 'input', 'follow').module).toBe('fleet-tracking');
    expect(at('dispatch', 'input', 'at').module).toBe('fleet');
  });

  it('has rpcs, actions and notifications with what belongs to them', () => {
    expect(at('wake-up').children).toMatchObject([
      { kind: 'input', children: [] },
      { kind: 'output', children: [] },
    ]);
    expect(leaf('refuel')).toMatchObject({
      kind: 'action',
      children: [
        { kind: 'input', children: [{ name: 'amount', mandatory: true }] },
        { kind: 'output', children: [{ name: 'total' }] },
      ],
    });
    expect(leaf('broken-down')).toMatchObject({ kind: 'notification', children: [{ name: 'at' }, { name: 'cause' }] });
    expect(leaf('state')).toMatchObject({
      kind: 'container',
      config: false,
      children: [{ name: 'mileage', config: false }],
    });
    expect(at('fleet', 'extra')).toMatchObject({ kind: 'anydata', config: true });
  });
});
