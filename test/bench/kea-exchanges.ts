// Debian's Kea and perfdhcp on a cable between two network namespaces, each on one core.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Lab, labRefusal, type Namespace } from '../lab/index.ts';
import { CLIENT_CORE, SERVER_CORE } from './load.ts';

const PROGRAMS = { kea: '/usr/sbin/kea-dhcp4', perfdhcp: '/usr/sbin/perfdhcp' };

/** Why it cannot run here; `undefined` where it can. */
export function keaMissing(): string | undefined {
  const missing = Object.values(PROGRAMS).filter((path) => !existsSync(path));
  if (missing.length > 0)
    return `${missing.join(', ')} missing: apt-get install --no-install-recommends kea-dhcp4-server kea-admin`;
  return labRefusal();
}

/** Exchanges offered each second, one round after the other; what Kea cannot take of them is dropped and not counted. */
const OFFERED = [3_000, 4_500, 6_000, 8_000, 10_000, 13_000, 16_000];

/**
 * The most new leases by four-packet exchanges (discover, offer, request, ack) that Kea completes in a second: each of a
 * client not seen before, written to the memfile store. Kea does no fsync.
 */
export async function keaExchanges(seconds: number): Promise<number> {
  const lab = Lab.open();
  try {
    const [serving, asking] = [await lab.namespace('kea'), await lab.namespace('perfdhcp')];
    await lab.link(serving, 'serve', asking, 'ask');
    await serving.ip('address add 10.128.0.1/8 dev serve');
    await asking.ip('address add 10.128.0.2/8 dev ask');
    await startKea(serving, lab.folder);
    let best = 0;
    for (const [round, offered] of OFFERED.entries())
      best = Math.max(best, await exchanges(asking, offered, seconds, round));
    return best;
  } finally {
    await lab.close();
  }
}

async function startKea(namespace: Namespace, folder: string): Promise<void> {
  const file = join(folder, 'kea.json');
  const log = join(folder, 'kea.log');
  const configuration = {
    'interfaces-config': { interfaces: ['serve'] },
    'lease-database': { type: 'memfile', persist: true, name: join(folder, 'leases.csv'), 'lfc-interval': 0 },
    'valid-lifetime': 3600,
    subnet4: [{ subnet: '10.0.0.0/8', interface: 'serve', pools: [{ pool: '10.0.0.1-10.127.255.254' }] }],
    loggers: [{ name: 'kea-dhcp4', severity: 'WARN', output_options: [{ output: log }] }],
  };
  writeFileSync(file, JSON.stringify({ Dhcp4: configuration }));
  const kea = namespace.start(['taskset', '-c', String(SERVER_CORE), PROGRAMS.kea, '-c', file], {
    env: { KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder },
  });
  await kea.printed(/DHCP4_STARTING/);
  // It says that it starts, not that it is ready: the first exchange that succeeds does.
  for (let attempt = 0; attempt < 50; attempt++) {
    const { code } = await namespace.run(['sh', '-c', `grep -q . ${join(folder, 'leases.csv')}`]);
    if (code === 0) return;
    await delay(100);
  }
  throw new Error(`Kea is not ready after 5 s: ${kea.output}`);
}

async function exchanges(namespace: Namespace, offered: number, seconds: number, seed: number): Promise<number> {
  const load = ['-4', '-l', 'ask', '-r', offered, '-R', 10_000_000, '-p', seconds, '-s', seed + 1].map(String);
  // Its exit code tells of drops, which are expected.
  const { stdout, stderr } = await namespace.run(['taskset', '-c', String(CLIENT_CORE), PROGRAMS.perfdhcp, ...load]);
  const [, rate] = /^Rate: ([\d.]+) 4-way exchanges\/second/m.exec(stdout) ?? [];
  if (rate === undefined) throw new Error(`perfdhcp: ${stderr || stdout}`);
  return Number(rate);
}
