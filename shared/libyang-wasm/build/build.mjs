#!/usr/bin/env node
// Builds libyang.wasm into the cache, once. Prints what it does, and at the end where the result is.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ARTEFACT_VARIABLE, cachedArtefact, cacheFolder } from './artefact.mjs';
import { BuildFailure, say } from './command.mjs';
import { compile } from './compile.mjs';
import { installTools } from './debian.mjs';
import { unpackSources } from './sources.mjs';

const USAGE = `usage: node build.mjs [--force]

Compiles libyang to WebAssembly from pinned Debian sources, into
    ${cachedArtefact()}
and does nothing when it is there. Installs the compiler with apt (needs root) where it is missing.

  --force   build although the result is there; says whether the bytes came out the same

${ARTEFACT_VARIABLE}=FILE   use this libyang.wasm and build nothing`;

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  const options = parse(args);
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(`${USAGE}\n`);
    return options === undefined ? 2 : 0;
  }
  try {
    await build(options.force);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    process.stderr.write(`libyang-wasm: ${error.message}\n`);
    return 1;
  }
}

function parse(args) {
  try {
    return parseArgs({ args, options: { force: { type: 'boolean' }, help: { type: 'boolean' } } }).values;
  } catch {
    return undefined;
  }
}

async function build(force) {
  const given = process.env[ARTEFACT_VARIABLE];
  if (given) {
    if (!existsSync(given)) throw new BuildFailure(`${ARTEFACT_VARIABLE} names ${given}, which is not there.`);
    say(`uses ${given}, as ${ARTEFACT_VARIABLE} says`);
    return;
  }
  const result = cachedArtefact();
  const earlier = existsSync(result) ? sha256(result) : undefined;
  if (earlier !== undefined && !force) {
    say(`is built: ${result}`);
    return;
  }
  const made = await make(cacheFolder(), result);
  say(`built ${result} (sha256 ${made})`);
  if (earlier !== undefined)
    say(earlier === made ? 'the bytes are the same as before' : `before it was sha256 ${earlier}`);
}

async function make(cache, result) {
  mkdirSync(cache, { recursive: true });
  await installTools(cache);
  const work = mkdtempSync(join(cache, 'work-'));
  const tidy = () => rmSync(work, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  process.once('exit', tidy);
  try {
    const sources = await unpackSources(cache, work);
    const compiled = await compile(sources, work, say);
    const made = sha256(compiled);
    mkdirSync(dirname(result), { recursive: true });
    renameSync(compiled, result);
    return made;
  } finally {
    tidy();
  }
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
