// What comes from Debian: which package, for which jobs, and what for.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { run } from './console.mjs';

const RUN = ['demo', 'test', 'bench', 'run'];

/** `why` is shown to the person before anything is installed. `service`: what must not start by itself for our sake. */
export const DEBIAN_PACKAGES = [
  { name: 'iproute2', jobs: ['demo', 'test', 'bench'], why: 'networks to try lanes in (ip, tc)' },
  { name: 'nftables', jobs: RUN, why: 'DSCP marking and the end of a lease in the kernel (nft)' },
  { name: 'iputils-ping', jobs: ['demo', 'test'], why: 'traffic of the demo and of tests' },
  { name: 'curl', jobs: ['demo', 'test'], why: 'traffic of the demo and of tests' },
  { name: 'python3', jobs: ['demo', 'test'], why: 'servers, senders and the observer of the demo' },
  {
    name: 'libyang2-tools',
    jobs: ['test', 'bench'],
    why: 'yanglint, which our YANG and our libyang are compared with',
  },
  { name: 'python3-ncclient', jobs: ['test'], why: 'a foreign NETCONF client for interop tests' },
  { name: 'python3-paramiko', jobs: ['test'], why: 'the SSH of that client' },
  { name: 'yangcli', jobs: ['test'], why: 'another foreign NETCONF client' },
  { name: 'libnetconf2-dev', jobs: ['test'], why: 'a foreign NETCONF library, of which a client is compiled' },
  { name: 'libyang2-dev', jobs: ['test'], why: 'what that library is compiled with' },
  { name: 'libssh-dev', jobs: ['test'], why: 'what that library is compiled with' },
  { name: 'libssl-dev', jobs: ['test'], why: 'what that library is compiled with' },
  { name: 'gcc', jobs: ['test'], why: 'compiles that client' },
  { name: 'libc6-dev', jobs: ['test'], why: 'what every C program is compiled with' },
  { name: 'openssh-client', jobs: ['test'], why: 'a foreign SSH client for interop tests' },
  { name: 'netconfd', jobs: ['test', 'bench'], why: 'a foreign NETCONF server' },
  { name: 'openssh-server', jobs: ['test', 'bench'], why: 'the SSH server that netconfd stands behind' },
  { name: 'user-mode-linux', jobs: ['test'], why: 'a stock kernel, run as a program, for what this kernel lacks' },
  { name: 'kmod', jobs: ['test'], why: 'its modules' },
  { name: 'systemd', jobs: ['test'], why: 'its networkd, beside which lanes are tried' },
  { name: 'wireguard-go', jobs: ['demo', 'test'], why: 'WireGuard where the kernel has none' },
  { name: 'kea-dhcp4-server', jobs: ['bench'], why: 'the DHCP server that service requests are measured against' },
  { name: 'kea-admin', jobs: ['bench'], why: 'perfdhcp' },
  {
    name: 'freeradius',
    jobs: ['demo', 'test', 'bench'],
    why: 'a foreign RADIUS server, of which private copies run on loopback',
    service: 'freeradius',
  },
  { name: 'freeradius-utils', jobs: ['demo', 'test', 'bench'], why: 'radclient' },
  { name: 'openssl', jobs: ['demo', 'test', 'bench'], why: 'throwaway certificates for RADIUS and NETCONF over TLS' },
];

export const isDebian = () => existsSync('/usr/bin/dpkg-query') && existsSync('/usr/bin/apt-get');

/** Those of `packages` that dpkg does not know as installed. */
export function missing(packages) {
  const names = packages.map(({ name }) => name);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's
  const answer = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...names]);
  const installed = new Set(
    answer.stdout
      .toString()
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return packages.filter(({ name }) => !installed.has(name));
}

const APT = ['-qq', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=2'];
const QUIET = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };

/**
 * Installs by apt-get what was not there. The lists are brought up to date when there are none, or when they no longer fit
 * the mirror.
 */
export async function install(packages, { log, onLine }) {
  const allow = keepServicesDown();
  try {
    await installPackages(
      packages.map(({ name }) => name),
      { log, onLine },
    );
  } finally {
    allow();
  }
  // Nor when the machine starts the next time.
  const services = packages.flatMap(({ service = [] }) => service);
  if (services.length > 0 && existsSync(SYSTEMCTL)) {
    await run(SYSTEMCTL, ['--quiet', 'disable', ...services], { log, onLine });
  }
}

const SYSTEMCTL = '/usr/bin/systemctl';

/** Server packages are here to be run by tests, not to start on this machine: Debian's policy-rc.d says so. */
function keepServicesDown() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const allow = () => rmSync(policy, { force: true });
  process.once('exit', allow);
  return allow;
}

async function installPackages(names, { log, onLine }) {
  const update = () => run('apt-get', [...APT, 'update'], { log, onLine, env: QUIET });
  const add = () =>
    run('apt-get', [...APT, 'install', '-y', '--no-install-recommends', ...names], { log, onLine, env: QUIET });
  if (!haveLists()) {
    await update();
    return add();
  }
  try {
    await add();
  } catch {
    await update();
    await add();
  }
}

const haveLists = () => {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => /_Packages(\.|$)/.test(name));
  } catch {
    return false;
  }
};
