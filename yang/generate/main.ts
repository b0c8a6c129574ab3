// Writes yang/bindings/ from the YANG modules. With --check: compares instead, and fails where they differ.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Libyang } from 'libyang-wasm';
import { bindings } from './bindings.ts';

const FOLDER = fileURLToPath(new URL('../bindings/', import.meta.url));

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const wanted = bindings(Libyang.load());
const stale = [
  ...[...wanted].filter(([name, text]) => read(name) !== text).map(([name]) => name),
  ...present().filter((name) => !wanted.has(name)),
];
if (stale.length === 0) {
  console.log(`yang/bindings: ${wanted.size} files, as the modules say`);
} else if (values.check) {
  console.error(`yang/bindings is not what the modules say (${stale.join(', ')}); run: npm run generate`);
  process.exitCode = 1;
} else {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of present()) if (!wanted.has(name)) rmSync(join(FOLDER, name));
  for (const [name, text] of wanted) writeFileSync(join(FOLDER, name), text);
  console.log(`yang/bindings: ${stale.join(', ')} written`);
}

function read(name: string): string | undefined {
  const file = join(FOLDER, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function present(): string[] {
  return existsSync(FOLDER) ? readdirSync(FOLDER) : [];
}
