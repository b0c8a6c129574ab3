import { createHash } from 'node:crypto';
import { constants, copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kilobitsPerSecond, milliseconds, type Result, unwrap } from '@sublane/basics';
import { openSqliteStore } from '../../headend/store/index.ts';
import type { Reservation, Store } from '../../headend/store/store.ts';
import type { HeadendProcess } from '../programs/index.ts';
import { cacheFolder } from './cache-folder.ts';

/** How much a headend of a provider has to hold. */
export interface Scale {
  readonly subscribers: number;
  /** One for each of the first subscribers. */
  readonly hosts: number;
  /** One for each of the first hosts. */
  readonly leases: number;
}

/** So many wait for one flush of the store: its own groups, filled. */
const AT_ONCE = 4096;
const FAR = milliseconds(Date.UTC(2100, 0, 1));

/**
 * Fills the store of a headend that is configured and does not run: every record by the store's own operations, with
 * its audit row. It takes a minute, so what comes of it is kept, for as long as the configuration and the schema are
 * the same.
 */
export async function fillStore(
  headend: HeadendProcess,
  scale: Scale,
  progress: (text: string) => void,
): Promise<void> {
  const path = join(headend.folder, 'headend.db');
  const kept = join(cacheFolder(), `scale-${await fingerprint(path, scale)}.db`);
  if (!existsSync(kept)) {
    const store = unwrap(await openSqliteStore({ path }));
    await fill(store, scale, progress);
    await store.close();
    const part = `${kept}.part`;
    copyFileSync(path, part, constants.COPYFILE_FICLONE);
    renameSync(part, kept);
    return;
  }
  for (const log of ['-wal', '-shm']) rmSync(`${path}${log}`, { force: true });
  copyFileSync(kept, path, constants.COPYFILE_FICLONE);
}

export const subscriberName = (index: number): string => `subscriber-${index}`;
export const hostName = (index: number): string => `host-${index}`;

async function fill(store: Store, { subscribers, hosts, leases }: Scale, progress: (text: string) => void) {
  const deed = { actor: 'local', at: milliseconds(Date.now()) };
  progress(`writing ${subscribers.toLocaleString('en')} subscribers, once`);
  await times(subscribers, (index) => store.subscribers.add({ name: subscriberName(index), plan: 'gold' }, deed));
  progress(`writing ${hosts.toLocaleString('en')} hosts, once`);
  await times(hosts, (index) => {
    // As long as a real one, and like no other.
    const publicKey = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${createHash('sha256').update(`${index}`).digest('base64')}`;
    return store.hosts.enrol({ hostId: hostName(index), subscriber: subscriberName(index), publicKey }, deed);
  });
  progress(`writing ${leases.toLocaleString('en')} leases, once`);
  await times(leases, (index) => store.leases.reserve(lane(index)));
}

/** Done `count` times, many at once; whatever is refused is thrown. */
async function times(count: number, work: (index: number) => Promise<Result<unknown, unknown>>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    const size = Math.min(AT_ONCE, count - from);
    const answers = await Promise.all(Array.from({ length: size }, (_, at) => work(from + at)));
    for (const answer of answers) unwrap(answer);
  }
}

export function lane(index: number, more: Partial<Reservation> = {}): Reservation {
  return {
    hostId: hostName(index),
    subscriber: subscriberName(index),
    at: milliseconds(Date.now()),
    state: 'active',
    authority: 'embedded',
    groupsMax: 8,
    location: 'vienna',
    peerAddress: '198.51.100.7',
    groups: [
      {
        groupId: 1,
        plan: 'gold',
        class: 'conversational',
        rule: 'calls',
        dscp: 46,
        priority: 'H',
        upld: { rate: kilobitsPerSecond(2000) },
        dnld: { rate: kilobitsPerSecond(4000) },
        applications: ['zoom', 'teams'],
        guaranteed: true,
        open: ['calls'],
        keep: ['calls'],
        draining: new Set(),
        wireguard: new Set(),
        validUntil: FAR,
      },
    ],
    audit: [],
    ...more,
  };
}

async function fingerprint(path: string, scale: Scale): Promise<string> {
  const store = unwrap(await openSqliteStore({ path }));
  const { schemaVersion } = store.status();
  const configuration = (await store.configuration.latest())?.content;
  await store.close();
  const text = JSON.stringify([schemaVersion, configuration, scale]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
