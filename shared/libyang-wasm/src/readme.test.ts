import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}/README.md`, 'utf8');

it('the quick start of the README runs, and prints what it says', () => {
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  const run = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', example], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  const promised = [...example.matchAll(/(?:^ *\/\/ +[{}m p].*\n)+/gm)]
    .map(([comment]) => comment.replace(/^ *\/\//gm, ''))
    .filter((comment) => comment.trim().startsWith('{'));
  expect(promised).toHaveLength(4);
  expect(flat(run.stdout)).toBe(flat(promised.join('')));
});

/** Without the line breaks and spaces of console.log. */
const flat = (text: string): string => text.replace(/\s+/g, '');
