import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The cgroup2 hierarchy: the only one, or beside those of cgroup v1. One for all network namespaces of the machine. */
export class CgroupTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Where cgroup2 is mounted is the distribution's choice (`/sys/fs/cgroup`, `/sys/fs/cgroup/unified`). */
  static find(mounts = readFileSync('/proc/self/mounts', 'utf8')): CgroupTree | undefined {
    for (const line of mounts.split('\n')) {
      const [, place, type, options = ''] = line.split(' ');
      if (type === 'cgroup2' && place !== undefined && options.split(',').includes('rw'))
        return new CgroupTree(
          place.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8))),
        );
    }
    return undefined;
  }

  directory(path: string): string {
    return join(this.root, path);
  }

  /** The slice and the groups in it, as far as they are there. */
  list(slice: string): { readonly path: string; readonly members: number }[] {
    let names: string[];
    try {
      names = readdirSync(this.directory(slice));
    } catch {
      return [];
    }
    const groups = names.filter((name) => /^g\d{1,5}$/.test(name)).map((name) => `${slice}/${name}`);
    return [slice, ...groups].map((path) => ({ path, members: this.members(path).length }));
  }

  make(path: string): void {
    mkdirSync(this.directory(path));
  }

  remove(path: string): void {
    rmdirSync(this.directory(path));
  }

  members(path: string): number[] {
    try {
      return readFileSync(join(this.directory(path), 'cgroup.procs'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map(Number);
    } catch {
      return [];
    }
  }

  /** Where a process is. */
  directoryOf(pid: number): string | undefined {
    const path = /^0::\/(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
    return path === undefined ? undefined : this.directory(path);
  }

  /** The whole process, all its threads. */
  enter(path: string, pid: number): void {
    writeFileSync(join(this.directory(path), 'cgroup.procs'), String(pid));
  }

  /** Everything in a group goes to where the slice stands; again, for what was born meanwhile. */
  expel(path: string, slice: string): void {
    const target = dirname(slice);
    for (let round = 0; round < 10; round++) {
      const members = this.members(path);
      if (members.length === 0) return;
      for (const pid of members) {
        try {
          this.enter(target, pid);
        } catch {
          // It has ended since it was listed.
        }
      }
    }
  }
}
