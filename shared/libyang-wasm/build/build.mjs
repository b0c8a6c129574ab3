#!/usr/bin/env node
// Builds libyang.wasm into the cache, once. Prints what it does, and at the end where the result is.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ARTEFACT_VARIABLE, cachedArtefact, cacheFolder, recipeKey } from './artefact.mjs';
import { BuildFailure, say } from './command.mjs';
import { compile } from './compile.mjs';
import { checkTools, installTools } from './debian.mjs';
import { unpackSources } from './sources.mjs';

const OPTIONS = { force: { type: 'boolean' }, record: { type: 'boolean' }, help: { type: 'boolean' } };
const RECORD = fileURLToPath(new URL('artefact.sha256', import.meta.url));

const USAGE = `usage: node build.mjs [--force | --record]

Compiles libyang to WebAssembly from pinned Debian sources, into
    ${cachedArtefact()}
and does nothing when it is there. Installs the compiler with apt (needs root) where it is missing.

  --force    build although the result is there
  --record   the same, and note its sha256: after a change to the recipe

${ARTEFACT_VARIABLE}=FILE   use this libyang.wasm and build nothing`;

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  const options = parse(args);
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(`${USAGE}\n`);
    return options === undefined ? 2 : 0;
  }
  try {
    await build(options);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    process.stderr.write(`libyang-wasm: ${error.message}\n`);
    return 1;
  }
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch {
    return undefined;
  }
}

async function build({ force, record }) {
  const given = process.env[ARTEFACT_VARIABLE];
  if (given) {
    if (!existsSync(given)) throw new BuildFailure(`${ARTEFACT_VARIABLE} names ${given}, which is not there.`);
    say(`uses ${given}, as ${ARTEFACT_VARIABLE} says`);
    return;
  }
  const result = cachedArtefact();
  if (existsSync(result) && !force && !record) {
    say(`is built: ${result}`);
    return;
  }
  const made = await make(cacheFolder(), result);
  say(`built ${result}`);
  const expected = readRecord()[recipeKey()];
  say(`sha256 ${made}${made === expected ? ', as recorded' : ''}`);
  if (made !== expected && !record) say(`${RECORD} has ${expected ?? 'nothing of this recipe'}`);
  if (record) writeFileSync(RECORD, `${recipeKey()}  ${made}\n`);
}

/** The sha256 of the artefact that its authors built, by recipe. */
function readRecord() {
  if (!existsSync(RECORD)) return {};
  return Object.fromEntries([readFileSync(RECORD, 'utf8').trim().split(/\s+/)]);
}

async function make(cache, result) {
  checkTools();
  mkdirSync(cache, { recursive: true });
  removeLeftovers(cache);
  const work = mkdtempSync(join(cache, `work-${process.pid}-`));
  const tidy = () => rmSync(work, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  process.once('exit', tidy);
  try {
    const sources = await unpackSources(cache, work);
    await installTools(work);
    const compiled = await compile(sources, work, say);
    const made = sha256(compiled);
    mkdirSync(dirname(result), { recursive: true });
    renameSync(compiled, result);
    return made;
  } finally {
    tidy();
  }
}

/** Folders of builds that were killed. */
function removeLeftovers(cache) {
  for (const name of readdirSync(cache)) {
    const pid = /^work-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
