import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANNOUNCEMENTS, FLEET, FLEET_TYPES, schemaServer, TEXTS } from '../testing/schema-server.ts';
import { collectSchemas } from './collect-schemas.ts';
import { SchemaCache } from './schema-cache.ts';
import { readYangHeader } from './yang-header.ts';

let folder: string;
let cache: SchemaCache;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'schemas-'));
  cache = new SchemaCache({ folder });
  return () => rm(folder, { recursive: true });
});

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.destroy();
});

async function serve(...options: Parameters<typeof schemaServer>) {
  const served = await schemaServer(...options);
  open.push(served.client);
  return served;
}

const without = (name: string) =>
  Object.fromEntries(Object.entries(TEXTS).filter(([key]) => !key.startsWith(`${name}@`)));

describe('the head of a YANG text', () => {
  test('says what it is and what it needs; comments and strings say nothing', () => {
    expect(readYangHeader(FLEET)).toEqual({
      kind: 'module',
      name: 'fleet',
      revisions: ['2026-02-01', '2026-01-01'],
      imports: [{ name: 'fleet-types', revision: '2026-01-01' }],
      includes: [{ name: 'fleet-drivers' }],
    });
  });

  test.each(['', 'fleet', '<html>no</html>', '"module" fleet {}'])('of %j is none', (text) => {
    expect(readYangHeader(text)).toBeUndefined();
  });
});

describe('what a server has', () => {
  test.each(Object.keys(ANNOUNCEMENTS) as (keyof typeof ANNOUNCEMENTS)[])('is told by %s', async (from) => {
    const { client } = await serve({ from });
    const { announced, texts, missing } = unwrap(await collectSchemas(client, cache));
    expect(announced.from).toBe(from);
    expect(announced.modules[0]).toMatchObject({ name: 'fleet', implemented: true, features: ['radar'] });
    expect(texts.map(({ name }) => name).sort()).toEqual(['fleet', 'fleet-drivers', 'fleet-types', 'ietf-netconf']);
    expect(missing).toEqual([]);
  });

  test('is named where it does not come', async () => {
    const { client } = await serve({ texts: without('fleet-types') });
    const { missing, texts } = unwrap(await collectSchemas(client, undefined));
    expect(missing).toEqual([
      {
        name: 'fleet-types',
        revision: '2026-01-01',
        why: 'the server does not give it: invalid-value: no schema "fleet-types"',
      },
    ]);
    expect(texts).toHaveLength(3);
  });

  test('is named with what needs it', async () => {
    const { client } = await serve({ from: 'hello', texts: without('fleet-drivers') });
    expect(unwrap(await collectSchemas(client, undefined)).missing).toMatchObject([
      { name: 'fleet-drivers', neededBy: 'fleet' },
    ]);
  });

  test.each<[string, string, string]>([
    ['no YANG', '<html/>', 'what the server gives is no YANG module'],
    ['another module', 'module other { }', 'the server gives "other" instead'],
    [
      'another revision',
      FLEET_TYPES.replace('2026-01-01', '2025-01-01'),
      'the server gives its revision 2025-01-01 instead of 2026-01-01',
    ],
  ])('is not believed where it is %s', async (_, text, why) => {
    const { client } = await serve({ texts: { ...TEXTS, 'fleet-types@2026-01-01': text } });
    expect(unwrap(await collectSchemas(client, cache)).missing).toMatchObject([{ name: 'fleet-types', why }]);
    expect((await readdir(join(folder, 'the_peer'))).some((file) => file.startsWith('fleet-types'))).toBe(false);
  });

  test('is not asked further when the session ends', async () => {
    const { client } = await serve({
      say: (envelope, peer) => {
        if (envelope.operation.name === 'get-schema') peer.stream.end();
        return undefined;
      },
    });
    expect(await collectSchemas(client, cache)).toMatchObject({ ok: false, failure: { kind: 'closed' } });
  });

  test('can be given up', async () => {
    const { client } = await serve();
    expect(await collectSchemas(client, cache, { signal: AbortSignal.abort() })).toMatchObject({
      failure: { kind: 'aborted' },
    });
  });
});

describe('the cache', () => {
  test('knows the second time, without a single question', async () => {
    unwrap(await collectSchemas((await serve()).client, cache));
    const second = await serve();
    const { texts, announced } = unwrap(await collectSchemas(second.client, new SchemaCache({ folder })));
    expect(second.server.asked).toEqual([]);
    expect(texts.every(({ fetched }) => fetched === 'from-cache')).toBe(true);
    expect(announced.modules).toHaveLength(3);
  });

  test('does not believe a file that was changed, and removes it', async () => {
    unwrap(await collectSchemas((await serve()).client, cache));
    const at = join(folder, 'the_peer');
    const file = (await readdir(at)).find((name) => name.startsWith('fleet@'))!;
    await writeFile(join(at, file), FLEET.replace('uint32', 'string'));
    const { client, asked } = await serve();
    const { texts } = unwrap(await collectSchemas(client, new SchemaCache({ folder })));
    expect(texts.find(({ name }) => name === 'fleet')).toEqual({
      name: 'fleet',
      revision: '2026-02-01',
      text: FLEET,
      fetched: 'from-server',
    });
    expect(asked('get-schema')).toBe(1);
    expect(await cache.of('the peer').module('fleet', '2026-02-01')).toBe(FLEET);
  });

  test('keeps what one server says apart from what another says', async () => {
    unwrap(await collectSchemas((await serve({ name: 'ssh://ann@one:830' })).client, cache));
    const other = await serve({ name: 'ssh://ann@two:830' });
    unwrap(await collectSchemas(other.client, cache));
    expect(other.asked('get-schema')).toBe(4);
    const again = await serve({ name: 'ssh://ben@one:830' });
    unwrap(await collectSchemas(again.client, cache));
    expect(again.asked('get-schema')).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['ssh_one_830', 'ssh_two_830']);
  });

  test('shares texts among servers where it is told to', async () => {
    const shared = new SchemaCache({ folder, shared: true });
    unwrap(await collectSchemas((await serve({ name: 'ssh://ann@one:830' })).client, shared));
    const other = await serve({ name: 'ssh://ann@two:830' });
    unwrap(await collectSchemas(other.client, shared));
    expect(other.asked('get-schema')).toBe(0);
  });

  test('makes no file of a name that is no name of a module', async () => {
    const kept = cache.of('../../x');
    await kept.keepModule('../evil', '2026-01-01', 'module evil { }');
    await kept.keepModule('good', '../../..', 'module good { }');
    expect(await readdir(folder, { recursive: true })).toEqual([]);
    await kept.keepModule('good', '2026-01-01', 'module good { }');
    expect(await readdir(folder)).toEqual(['.._.._x']);
  });

  test('drops what was not used for longest, beyond its limit', async () => {
    const small = new SchemaCache({ folder, limit: 250 });
    const kept = small.of('a');
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await kept.keepModule(name, '2026-01-01', name.repeat(100));
      const file = (await readdir(join(folder, 'a'))).find((one) => one.startsWith(`${name}@`))!;
      await utimes(join(folder, 'a', file), index, index);
    }
    await small.trim();
    const left = (await readdir(join(folder, 'a'))).map((file) => file[0]);
    expect(left.sort()).toEqual(['b', 'c']);
  });

  test('on a disk that cannot be written is as if there were none', async () => {
    await writeFile(join(folder, 'file'), '');
    const { client } = await serve();
    const broken = new SchemaCache({ folder: join(folder, 'file') });
    expect(unwrap(await collectSchemas(client, broken)).texts).toHaveLength(4);
  });
});
