// Writes yang/trees/ with Debian's yanglint: the tree diagram (RFC 8340) of each of our modules, for people to read and
// for a test to compare, so that no change of a message goes unnoticed. With --check: compares instead, and fails where
// they differ.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OUR_MODULES } from './schema-input.ts';

const YANG = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const stale = trees().filter(({ file, tree }) => !existsSync(file) || readFileSync(file, 'utf8') !== tree);
if (values.check && stale.length > 0) {
  for (const { file } of stale) console.error(`${file} is not what the module says; run: node yang/generate/trees.ts`);
  process.exitCode = 1;
} else {
  for (const { file, tree } of stale) writeFileSync(file, tree);
  console.log(`yang/trees: ${values.check ? 'as the modules say' : `${stale.length} written`}`);
}

/** All in one call, so that each tree shows what the other modules add to it. */
function trees(): { file: string; tree: string }[] {
  const { stdout, stderr, status, error } = spawnSync(
    'yanglint',
    ['-p', 'modules', '-p', 'standard', '-f', 'tree', ...OUR_MODULES.map((name) => `modules/${name}.yang`)],
    { cwd: YANG, encoding: 'utf8' },
  );
  if (error) throw new Error(`yanglint does not start (${error.message}); it is in Debian's package libyang2-tools`);
  if (status !== 0 || stderr !== '') throw new Error(`yanglint: ${stderr}`);
  const parts = stdout.split(/^(?=module: )/m);
  return OUR_MODULES.map((name) => {
    const part = parts.find((text) => text.startsWith(`module: ${name}\n`));
    if (part === undefined) throw new Error(`yanglint printed no tree of ${name}`);
    return { file: `${YANG}trees/${name}.tree`, tree: `${part.trimEnd()}\n` };
  });
}
