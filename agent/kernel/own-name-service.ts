import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import type { GroupDns } from '../lanes/render-dns.ts';
import { errnoName, libc } from './libc.ts';
import { nsswitchFor, resolvConfFor } from './name-service.ts';

export interface NameServiceFailure {
  /** What the kernel refused, or what there was nothing of. */
  readonly message: string;
}

/**
 * Gives this process, and what it becomes and starts, a resolv.conf with the group's servers and an nsswitch.conf that
 * has nobody else look names up; nscd and systemd-resolved are out of its sight. A mount namespace of its own holds
 * them: nothing of it reaches the host, what the host mounts later still arrives, and it is gone with the last process
 * in it. Only the calling thread is moved, so it is for a process about to exec. Needs CAP_SYS_ADMIN.
 *
 * A resolv.conf that stands in /etc itself is covered only until the host replaces the file: Linux takes a mount away
 * with what it stands on, in every namespace. A directory below /run is covered whole and stays so.
 */
export function ownNameService({ group, servers, folder }: GroupDns): Result<undefined, NameServiceFailure> {
  try {
    const place = placeOf(RESOLV_CONF);
    const named = resolvConfFor(readFileSync(place, 'utf8'), servers, group);
    const services = existsSync(NSSWITCH) ? nsswitchFor(readFileSync(NSSWITCH, 'utf8')) : undefined;
    done(libc.unshare(MOUNTS), 'no mount namespace of its own');
    mount('none', '/', null, RECURSIVE | SLAVE, null);
    mount('sublane', folder, 'tmpfs', NO_SUID | NO_DEVICES | NO_EXEC, 'mode=0755,size=256k');
    try {
      const file = (name: string, content: string) => {
        writeFileSync(join(folder, name), content);
        return forAll(join(folder, name), 0o644);
      };
      const directory = (name: string) => {
        mkdirSync(join(folder, name));
        return forAll(join(folder, name), 0o755);
      };
      const cover = (from: string, over: string) => mount(from, over, null, BIND, null);
      if (RUNTIME.test(place)) {
        const resolver = directory('resolver');
        for (const name of new Set([basename(place), 'resolv.conf', 'stub-resolv.conf']))
          file(join('resolver', name), named);
        cover(resolver, dirname(place));
      } else cover(file('resolv.conf', named), place);
      if (services !== undefined) cover(file('nsswitch.conf', services), NSSWITCH);
      if (existsSync(NSCD)) cover(directory('nscd'), NSCD);
      return ok();
    } finally {
      done(libc.umount2(folder, DETACH), `unmount ${folder}`);
    }
  } catch (error) {
    return failed({ message: (error as Error).message });
  }
}

/** Whatever the umask is: the program may be another user's. */
function forAll(path: string, mode: number): string {
  chmodSync(path, mode);
  return path;
}

const RESOLV_CONF = '/etc/resolv.conf';
const NSSWITCH = '/etc/nsswitch.conf';
const NSCD = '/run/nscd';
/** Where resolvers keep theirs in a directory of their own, `/run` and `/var/run` being one. */
const RUNTIME = /^\/run\/.+\//;

function placeOf(resolvConf: string): string {
  try {
    return realpathSync(resolvConf);
  } catch {
    throw new Error(`there is no ${resolvConf}`);
  }
}

const NO_SUID = 2;
const NO_DEVICES = 4;
const NO_EXEC = 8;
const BIND = 4096;
const RECURSIVE = 16384;
const SLAVE = 1 << 19;
/** CLONE_NEWNS. */
const MOUNTS = 0x20000;
/** MNT_DETACH. */
const DETACH = 2;

const mount = (from: string, over: string, type: string | null, flags: number, options: string | null) =>
  done(libc.mount(from, over, type, flags, options), `mount on ${over}`);

function done(returned: number, what: string): void {
  if (returned !== 0) throw new Error(`${what}: ${errnoName()}`);
}
