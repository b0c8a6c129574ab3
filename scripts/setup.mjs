#!/usr/bin/env node
// Makes the project ready to run on this machine: what is missing, and only that. Runs on the machine's own Node (18 or
// newer) and needs nothing installed.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CommandFailure, progress, say } from './setup/console.mjs';
import { isDebian } from './setup/debian-packages.mjs';
import { Stamps } from './setup/stamps.mjs';
import { JOBS, stepsFor } from './setup/steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache/setup');

const USAGE = `usage: node scripts/setup.mjs [--for ${Object.keys(JOBS).join('|')}]

Installs what the job needs and this machine lacks: Debian packages (needs root), npm packages, the standard YANG
modules, libyang as WebAssembly. Says what it will do before it does it. May be run again at any time.`;

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  const options = parse(args);
  if (options === undefined) {
    say(USAGE);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  const job = options.for;
  if (!isDebian()) {
    say('Set-up needs Debian or a system made from it (dpkg and apt-get): Debian 12 is what is tried.');
    return 2;
  }
  const isRoot = process.getuid() === 0;
  if (JOBS[job].onlyRoot !== undefined && !isRoot) {
    say(`${job} needs root: ${JOBS[job].onlyRoot}. Run it with sudo, or in a container or virtual machine as root.`);
    say('Without root these work: npm run check, npm run headend, npm test (what needs root is skipped and says so).');
    return 2;
  }
  const steps = await stepsFor({ root, job, stamps: new Stamps(join(cache, 'stamps')), logs: cache });
  let needed = steps.filter((step) => step.needed);
  if (!isRoot) {
    const packages = needed.flatMap((step) => step.packages ?? []);
    const uncompiled = needed.find(({ compiler = [] }) => compiler.length > 0);
    if (uncompiled !== undefined) return withoutCompiler(uncompiled, packages);
    if (packages.length > 0) sayWithoutRoot(job, packages);
    needed = needed.filter((step) => !step.packages);
  }
  if (needed.length === 0) return 0;

  say(`Set-up for ${JOBS[job].name}. This machine still needs:`);
  for (const { what, shows } of needed) {
    say(`  ${what}`);
    for (const line of shows) say(`      ${line}`);
  }
  say('');
  const done = await doSteps(needed);
  say('');
  return done ? 0 : 1;
}

/** Does the steps, side by side where none waits for another. False if one failed; what waits for it is not begun. */
async function doSteps(steps) {
  const running = new Map();
  for (const step of steps) {
    const earlier = running.get(step.after) ?? Promise.resolve(true);
    running.set(
      step.name,
      earlier.then((fine) => fine && doStep(step)),
    );
  }
  return (await Promise.all(running.values())).every(Boolean);
}

async function doStep({ name, what, do: act }) {
  rmSync(join(cache, `${name}.log`), { force: true });
  const shown = progress(what);
  try {
    await act(shown.detail);
    shown.end('✓');
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    shown.end('✗');
    say(`\n${error.tail()}\n\n${what}: ${error.message}. ${advice(error)}\nAll it printed: ${error.log}\n`);
    return false;
  }
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { for: { type: 'string', default: 'run' }, help: { type: 'boolean', default: false } },
    });
    return Object.hasOwn(JOBS, values.for) ? values : undefined;
  } catch {
    return undefined;
  }
}

function sayWithoutRoot(job, packages) {
  say(`Not root, so these Debian packages cannot be installed: ${packages.join(' ')}`);
  say(`Without them ${JOBS[job].withoutRoot}. To have them:`);
  say(`      ${installing(packages)}\n`);
}

function withoutCompiler({ compiler, instead }, packages) {
  say('Not root, and the compiler that libyang is built with (once) is not here. Nothing works without libyang.');
  say(`Do this once:\n      ${installing([...compiler, ...packages])}`);
  say(`or name a libyang.wasm that was built elsewhere:\n      export ${instead}=FILE`);
  return 2;
}

function installing(packages) {
  return `sudo apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/** Most failures of a set-up are a network that is not there; say so instead of leaving it to be guessed. */
function advice(error) {
  const said = error.tail(40);
  const offline =
    /Temporary failure resolving|Could not resolve|Could not connect|Network is unreachable|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/;
  return offline.test(said)
    ? 'It could not reach its registry or mirror: set-up needs a network the first time. Try again when there is one.'
    : 'Set-up may simply be run again; what is done is not done twice.';
}
