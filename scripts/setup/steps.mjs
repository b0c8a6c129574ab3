// The steps of set-up as data. Each: what a person reads, whether it is needed now, and how it is done.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './console.mjs';
import { DEBIAN_PACKAGES, install, missing } from './debian-packages.mjs';
import { fingerprint } from './stamps.mjs';

/** What set-up can be for. `withoutRoot`: what an ordinary user does not get when Debian packages are missing. */
export const JOBS = {
  run: { name: 'the two programs', withoutRoot: 'the headend works; the service agent needs root anyway' },
  demo: { name: 'the demo', onlyRoot: 'it makes network namespaces, and lanes in them' },
  test: {
    name: 'the tests',
    withoutRoot: 'unit tests run; tests of the kernel and of foreign peers are skipped, each with its reason',
  },
  bench: { name: 'the benchmarks', withoutRoot: 'what is measured against a missing peer is left out' },
  check: { name: 'the checks', withoutRoot: 'all of them run' },
};

/**
 * @param {{ root: string, job: keyof typeof JOBS, stamps: import('./stamps.mjs').Stamps, logs: string }} setup
 * Steps run side by side; `after` names one that has to be over before.
 * @returns {Promise<{ name: string, what: string, shows: string[], needed: boolean, packages?: string[],
 *             compiler?: string[], instead?: string,
 *             after?: string, do: (onLine: (line: string) => void) => Promise<void> }[]>}
 */
export async function stepsFor({ root, job, stamps, logs }) {
  const log = (name) => join(logs, `${name}.log`);
  const absent = missing(DEBIAN_PACKAGES.filter(({ jobs }) => jobs.includes(job)));
  return [
    {
      name: 'debian',
      packages: absent.map(({ name }) => name),
      what: 'Debian packages',
      shows: absent.map(({ name, why }) => `${name.padEnd(18)} ${why}`),
      needed: absent.length > 0,
      do: (onLine) => install(absent, { log: log('debian'), onLine }),
    },
    nodePackages({ root, stamps, log: log('npm') }),
    collected({ root, stamps, log: log('yang') }),
    await libyang({ root, log: log('libyang') }),
  ];
}

function nodePackages({ root, stamps, log }) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const stamp = fingerprint(root, ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests(root)]);
  const bin = join(root, 'node_modules/.bin');
  return {
    name: 'npm',
    what: 'npm packages',
    shows: [`into node_modules, with ${manifest.packageManager}; Node ${nodeVersion(root)} among them`],
    needed: !stamps.matches('npm', stamp) || !SHIMS.every((name) => existsSync(join(bin, name))),
    do: async (onLine) => {
      await run(
        'npx',
        // npx already runs the pnpm that is asked for: it need not look for itself.
        ['--yes', manifest.packageManager, 'install', '--frozen-lockfile', '--pm-on-fail=ignore'],
        { cwd: root, log, onLine, env: { npm_config_update_notifier: 'false', npm_config_fund: 'false', CI: 'true' } },
      );
      stamps.write('npm', stamp);
    },
  };
}

/** What later steps and the `npm run` commands start; a node_modules without them is not whole. */
const SHIMS = ['node', 'tsc', 'biome', 'vitest', 'headend', 'service-agent', 'netconf'];

const manifests = (root) =>
  ['.', 'agent', 'headend', 'test', 'yang', ...readdirSync(join(root, 'shared')).map((name) => `shared/${name}`)].map(
    (folder) => join(folder, 'package.json'),
  );

const nodeVersion = (root) =>
  /^ {2}node: (\d.*)$/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))?.[1] ?? '';

function collected({ root, stamps, log }) {
  const stamp = fingerprint(root, ['yang/collect.mjs', 'yang/standard.json']);
  return {
    name: 'yang',
    what: 'standard YANG modules',
    shows: ['from the Debian package libyuma-base into yang/standard/'],
    needed: !stamps.matches('yang', stamp) || !existsSync(join(root, 'yang/standard')),
    after: 'debian',
    do: async (onLine) => {
      await run(process.execPath, ['yang/collect.mjs'], { cwd: root, log, onLine });
      stamps.write('yang', stamp);
    },
  };
}

async function libyang({ root, log }) {
  const folder = join(root, 'shared/libyang-wasm/build');
  const { ARTEFACT_VARIABLE, cachedArtefact } = await import(join(folder, 'artefact.mjs'));
  const { TOOLS } = await import(join(folder, 'pinned.mjs'));
  const given = process.env[ARTEFACT_VARIABLE];
  const absent = TOOLS.filter(({ file }) => !existsSync(file));
  return {
    name: 'libyang',
    compiler: absent.map(({ name }) => name),
    instead: ARTEFACT_VARIABLE,
    what: 'libyang as WebAssembly',
    shows: [
      'compiled from the pinned Debian sources of libyang and PCRE2, about a minute, once',
      ...absent.map(({ name, why }) => `${name.padEnd(26)} ${why}`),
    ],
    // A file that was handed in is looked at by the script: it says so when it is not there.
    needed: given ? !existsSync(given) : !existsSync(cachedArtefact()),
    after: 'debian',
    do: (onLine) => run(process.execPath, [join(folder, 'build.mjs')], { cwd: root, log, onLine }),
  };
}
