import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}/README.md`, 'utf8');

test('the first example of the README runs, and serves what it says', () => {
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  // Here it listens on loopback, on a port that is free.
  const local = example.replace("host: '::',", "host: '127.0.0.1', port: 0,");
  expect(local).not.toBe(example);
  const run = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', `${local}\n${ASK}`], {
    cwd: `${folder}/src`,
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  expect(run.stdout.split('\n').at(-2)).toBe('<angle xmlns="urn:door">90</angle>');
});

const ASK = `
const { duplexPair } = await import('node:stream');
const { TestClient } = await import('./testing/test-client.ts');
const { childElements, writeXml } = await import('@sublane/netconf');
const [near, far] = duplexPair();
server.accept(far, { identity: { user: 'ann', role: 'operator' }, transport: 'other' });
const client = new TestClient(near);
await client.open();
const reply = await client.rpc('<open xmlns="urn:door"/>');
console.log(childElements(reply).map(writeXml).join(''));
await server.close({ drain: 0 });
await listener.value.close();
`;

test('every standard it names has a row that says what is not done, or nothing', () => {
  const [, table = ''] = /## What is done of the standards\n\n(.*?)\n\n/s.exec(readme) ?? [];
  const rows = table.split('\n').slice(2);
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(5);
});

test('every name that its examples import is exported', async () => {
  const exported: readonly string[] = [
    ...Object.keys(await import('../index.ts')),
    ...Object.keys(await import('@sublane/netconf')),
  ];
  const named = Array.from(readme.matchAll(/import \{([^}]*)\} from '(?:netconf-server|@sublane\/netconf)'/g)).flatMap(
    ([, names = '']) => names.split(',').map((name) => name.trim()),
  );
  expect(named.length).toBeGreaterThan(3);
  for (const name of named) expect(exported).toContain(name);
});
