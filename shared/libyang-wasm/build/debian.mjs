// Debian's packages and sources by apt, with lists of our own: the machine's lists may be absent or old, and stay as
// they are.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildFailure, run, say } from './command.mjs';
import { RELEASE, TOOLS } from './pinned.mjs';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const missingTools = () => TOOLS.filter(({ file }) => !existsSync(file));

/** Fails where tools are missing that this user may not install. */
export function checkTools() {
  const missing = missingTools();
  if (missing.length === 0 || process.getuid() === 0) return;
  throw new BuildFailure(
    'these Debian packages are missing, and only root may install them:\n' +
      `${listed(missing).join('\n')}\n` +
      `Do it once, as root:\n    apt-get install --no-install-recommends ${missing.map(({ name }) => name).join(' ')}\n` +
      'or set SUBLANE_LIBYANG_WASM to a libyang.wasm that was built elsewhere.',
  );
}

/** Installs the tools that are missing; says so first. */
export async function installTools(folder) {
  const missing = missingTools();
  if (missing.length === 0) return;
  say('installs with apt:');
  for (const line of listed(missing)) say(line);
  const options = lists(folder, 'binary');
  await run('apt-get', [...options, 'update'], { what: 'apt-get update' });
  const names = missing.map(({ name }) => name);
  await run('apt-get', [...options, 'install', '-y', '--no-install-recommends', ...names], {
    what: 'apt-get install',
    env: { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
  });
}

const listed = (tools) => tools.map(({ name, why }) => `    ${name.padEnd(26)} ${why}`);

/** Downloads the archives of Debian source packages into `folder`. */
export async function downloadSources(folder, packages) {
  const options = lists(folder, 'source');
  const list = join(folder, 'sources.list');
  writeFileSync(list, `deb-src [signed-by=${KEYRING}] ${await mirror()} ${RELEASE} main\n`);
  const sources = ['-o', `Dir::Etc::SourceList=${list}`, '-o', 'Dir::Etc::SourceParts=/dev/null'];
  await run('apt-get', [...options, ...sources, 'update'], { what: 'apt-get update' });
  await run('apt-get', [...options, ...sources, 'source', '--download-only', ...packages], {
    cwd: folder,
    what: 'apt-get source',
  });
}

/** The mirror that this machine takes its Debian packages from. */
async function mirror() {
  const targets = await run('apt-get', [
    'indextargets',
    '-o',
    'APT::Get::IndexTargets::ReleaseInfo=false',
    '--format',

    '$(RELEASE) $(COMPONENT) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const rows = targets.split('\n').map((line) => line.split(' '));
  const uri = rows.find(([release, component]) => release === RELEASE && component === 'main')?.[2];
  if (uri === undefined) {
    throw new BuildFailure(
      `apt knows no mirror of Debian ${RELEASE}, where the sources are. ` +
        'Set SUBLANE_LIBYANG_WASM to a libyang.wasm that was built elsewhere.',
    );
  }
  return uri;
}

function lists(folder, name) {
  const own = join(folder, `apt-${name}`);
  mkdirSync(join(own, 'partial'), { recursive: true });
  const set = (key, value) => ['-o', `${key}=${value}`];
  return [
    '-q',
    ...set('Dir::State::lists', own),
    ...set('Dir::Cache::pkgcache', ''),
    ...set('Dir::Cache::srcpkgcache', ''),
    ...set('DPkg::Lock::Timeout', '600'),
    ...set('Acquire::Retries', '2'),
    ...(process.getuid() === 0 ? set('APT::Sandbox::User', 'root') : []),
  ];
}
