// What must hold whatever happens: memory is given back, what is gone says so, and a failed instance takes nobody along.
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { unwrap } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { dispatch, fleet, fleetContext, recipe, STOP, vehicle } from '../test-data/fleet.ts';
import { readArtefact } from './artefact.ts';
import { Context } from './context.ts';
import { Libyang } from './libyang.ts';
import { Machine } from './machine.ts';
import { build } from './recipe.ts';

const MIB = 1024 * 1024;
const GOOD = dispatch(`<plate>AB-12</plate>${STOP}`);

describe('disposal', () => {
  it('ends a tree', () => {
    const context = fleetContext();
    const tree = unwrap(context.parseData(fleet(vehicle('AB-12')), 'xml'));
    const other = unwrap(tree.duplicate());
    const [view] = unwrap(tree.find('//vehicle'));
    tree.dispose();
    tree.dispose();
    const disposed = { ok: false, failure: { kind: 'disposed' } };
    for (const result of [
      tree.print('xml'),
      tree.find('/'),
      tree.duplicate(),
      tree.validate(),
      tree.diff(other),
      tree.merge(other),
      other.diff(tree),
      other.merge(tree),
      other.apply(tree),
      view!.print('xml'),
      context.readRpc(GOOD, { datastore: tree }),
    ]) {
      expect(result).toEqual(disposed);
    }
    expect(other.print('xml').ok).toBe(true);
  });

  it('of a context ends its trees', () => {
    const context = fleetContext();
    const tree = unwrap(context.parseData(fleet(), 'xml'));
    context.dispose();
    context.dispose();
    const disposed = { ok: false, failure: { kind: 'disposed' } };
    for (const result of [
      tree.print('xml'),
      context.readRpc(GOOD),
      context.readReply('fleet', 'dispatch', ''),
      context.readNotification(''),
      context.parseData('', 'xml'),
      context.parseRpc(GOOD),
      context.moduleText('fleet'),
      context.yangLibrary('1'),
    ]) {
      expect(result).toEqual(disposed);
    }
    expect(() => context.schema()).toThrow(/disposed/);
    tree.dispose();
  });

  it('is what using does', () => {
    const context = fleetContext();
    const tree = unwrap(context.parseData('', 'xml'));
    {
      using ended = tree;
      expect(ended.print('xml').ok).toBe(true);
    }
    expect(tree.print('xml').ok).toBe(false);
  });
});

describe('limits', () => {
  it('refuse an input that is too big, in bytes', () => {
    const limit = GOOD.length;
    const context = unwrap(Libyang.load({ limits: { input: Math.max(limit, 10_000) } }).createContext(recipe));
    const ofBytes = (bytes: number) => fleet(`<toll-account>${'a'.repeat(bytes)}</toll-account>`);
    const frame = ofBytes(0).length;
    expect(context.parseData(ofBytes(10_000 - frame), 'xml').ok).toBe(true);
    const tooBig = { ok: false, failure: { kind: 'too-big', limit: 10_000 } };
    expect(context.parseData(ofBytes(10_001 - frame), 'xml')).toEqual(tooBig);
    expect(context.parseData(Buffer.from(ofBytes(10_001 - frame)), 'xml')).toEqual(tooBig);
    expect(context.readRpc(ofBytes(10_001 - frame))).toEqual(tooBig);
    expect(context.parseData(fleet(`<toll-account>${'ø'.repeat(5_000)}</toll-account>`), 'xml')).toEqual(tooBig);
  });

  it('end deep nesting without ending the instance', () => {
    const context = fleetContext();
    const deep = (n: number) => `${'<a xmlns="urn:a">'.repeat(n)}${'</a>'.repeat(n)}`;
    expect(context.parseData(deep(100_000), 'xml', { unknown: 'keep', validate: false }).ok).toBe(false);
    expect(context.parseData(`${'['.repeat(100_000)}`, 'json').ok).toBe(false);
    const tree = unwrap(context.parseData(fleet(), 'xml'));
    expect(tree.find(`${'('.repeat(100_000)}1${')'.repeat(100_000)}`)).toMatchObject({ failure: { kind: 'invalid' } });
    expect(tree.print('xml').ok).toBe(true);
  });

  it.each([5, 6, 7])('of memory end the instance, not the process: %s MiB', (mebibytes) => {
    const libyang = Libyang.load({ limits: { memory: mebibytes * MIB } });
    const context = unwrap(libyang.createContext(recipe));
    const many = fleet(...Array.from({ length: 9_999 }, (_, number) => vehicle(`AB-${number}`)));
    expect(context.parseData(many, 'xml')).toEqual({
      ok: false,
      failure: { kind: 'trap', message: `no memory left: the limit is ${mebibytes * MIB} bytes` },
    });
    expect(context.parseData(fleet(vehicle('AB-12')), 'xml').ok).toBe(true);
    expect(libyang.memoryBytes).toBeLessThanOrEqual(mebibytes * MIB);
  });
});

describe('an instance that fails', () => {
  /** A context whose instance can be made to trap, and the instances that it had. */
  function fragile() {
    const module = new WebAssembly.Module(readArtefact());
    const limits = { memory: 256 * MIB, input: MIB };
    const had = [new Machine(module, limits)];
    const current = () => {
      if (had.at(-1)!.lost) had.push(new Machine(module, limits));
      return had.at(-1)!;
    };
    const { live, warnings } = unwrap(build(current(), recipe));
    const trap = () => {
      const machine = had.at(-1)!;
      return machine.guard(() => {
        machine.wasm.lyw_trap();
        throw new Error('it did not trap');
      });
    };
    return { context: new Context({ current }, recipe, live, warnings), had, trap };
  }

  it('tells the caller, and the context works again with its next use', () => {
    const { context, had, trap } = fragile();
    expect(trap()).toMatchObject({ ok: false, failure: { kind: 'trap', message: /unreachable/ } });
    const tree = unwrap(context.parseData(fleet(vehicle('AB-12')), 'xml'));
    expect(unwrap(context.readRpc(GOOD, { datastore: tree })).name).toBe('dispatch');
    expect(had).toHaveLength(2);
  });

  it('takes its trees with it, and they say so', () => {
    const { context, trap } = fragile();
    const tree = unwrap(context.parseData(fleet(), 'xml'));
    trap();
    const lost = { ok: false, failure: { kind: 'trap' } };
    expect(tree.print('xml')).toMatchObject(lost);
    expect(tree.duplicate()).toMatchObject(lost);
    expect(context.readRpc(GOOD, { datastore: tree })).toMatchObject(lost);
    tree.dispose();
    expect(tree.print('xml')).toEqual({ ok: false, failure: { kind: 'disposed' } });
  });

  it('can fail again', () => {
    const { context, had, trap } = fragile();
    for (let round = 0; round < 3; round++) {
      unwrap(context.parseData(fleet(), 'xml'));
      trap();
    }
    expect(context.schema().some(({ name }) => name === 'fleet')).toBe(true);
    expect(had).toHaveLength(4);
    context.dispose();
  });

  it('by running over its stack is a value, and other contexts go on', () => {
    const libyang = Libyang.load();
    const good = unwrap(libyang.createContext(recipe));
    const depth = 20_000;
    const chain = Array.from({ length: depth }, (_, i) => `grouping g${i} { container c { uses g${i + 1}; } }`).join(
      '\n',
    );
    const text = `module deep { namespace "urn:deep"; prefix d; ${chain} grouping g${depth} { leaf l { type int8; } } uses g0; }`;
    const created = libyang.createContext({ sources: [{ name: 'deep', text }], implement: [{ name: 'deep' }] });
    expect(created).toMatchObject({ ok: false, failure: { kind: 'trap' } });
    expect(good.parseData(fleet(vehicle('AB-12')), 'xml').ok).toBe(true);
  });
});

describe('memory', () => {
  const libyang = Libyang.load();
  const context = unwrap(libyang.createContext(recipe));
  const datastore = unwrap(context.parseData(fleet(vehicle('AB-12')), 'xml'));
  const refused = [
    GOOD.replace('AB-12', 'ZZ-99'),
    GOOD.replace('<order>1<', '<order>x<'),
    GOOD.slice(0, -40),
    GOOD.replace('<where>Harbour</where>', ''),
    '<nothing/>',
    '',
  ];

  function everything(): void {
    unwrap(context.readRpc(GOOD, { datastore }));
    for (const text of refused) expect(context.readRpc(text, { datastore }).ok).toBe(false);
    const tree = unwrap(context.parseData(fleet(vehicle('AB-12', '<tag>a</tag>')), 'xml'));
    const diff = unwrap(datastore.diff(tree));
    const copy = unwrap(datastore.duplicate());
    unwrap(copy.apply(diff));
    unwrap(copy.merge(tree));
    unwrap(copy.validate());
    unwrap(copy.find('//tag'));
    expect(copy.find('//tag[').ok).toBe(false);
    expect(context.parseData(fleet('<wings/>'), 'xml').ok).toBe(false);
    const operation = unwrap(context.parseRpc(GOOD, 'xml', { datastore }));
    for (const each of [tree, diff, copy, operation.tree]) each.dispose();
  }

  it('does not grow with what is done', () => {
    for (let round = 0; round < 200; round++) everything();
    const before = libyang.memoryBytes;
    for (let round = 0; round < 600; round++) everything();
    expect(libyang.memoryBytes).toBe(before);
  });

  it('does not grow with contexts that come and go', () => {
    const cycle = () => {
      const context = unwrap(libyang.createContext(recipe));
      unwrap(context.parseData(fleet(vehicle('AB-12')), 'xml'));
      context.dispose();
      expect(libyang.createContext({ ...recipe, implement: [{ name: 'none' }] }).ok).toBe(false);
    };
    for (let round = 0; round < 10; round++) cycle();
    const before = libyang.memoryBytes;
    for (let round = 0; round < 40; round++) cycle();
    expect(libyang.memoryBytes).toBe(before);
  });

  it('of forgotten trees and contexts comes back with the garbage collector', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const libyang = Libyang.load({ limits: { memory: 48 * MIB } });
    const context = unwrap(libyang.createContext(recipe));
    const many = fleet(...Array.from({ length: 3_000 }, (_, number) => vehicle(`AB-${number}`)));
    for (let round = 0; round < 30; round++) {
      unwrap(context.parseData(many, 'xml'));
      unwrap(libyang.createContext(recipe));
      collect();
      await setImmediate();
      await setImmediate();
    }
    expect(context.readRpc(GOOD).ok).toBe(false);
  });
});
