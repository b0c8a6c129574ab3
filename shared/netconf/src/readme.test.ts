import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}/README.md`, 'utf8');
const examples = Array.from(readme.matchAll(/```ts\n(.*?)```/gs), ([, example = '']) => example);

test('the first example runs, and prints what it says', () => {
  const [example = ''] = examples;
  const run = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', example], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  const promised = Array.from(example.matchAll(/^ *\/\/ (.*)$/gm), ([, line]) => line);
  expect(promised).toEqual(['1 get', 'resource-denied']);
  expect(run.stdout.trim().split('\n')).toEqual(promised);
});

test('every name that the examples import is exported', async () => {
  const exported = Object.keys(await import('../index.ts'));
  const named = examples.flatMap((example) =>
    Array.from(example.matchAll(/import \{([^}]*)\} from '@sublane\/netconf'/g)).flatMap(([, names = '']) =>
      names.split(',').map((name) => name.trim()),
    ),
  );
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(exported).toContain(name);
});
