import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { cgroupRoot } from './cgroup-root.ts';
import { mustRun } from './command.ts';
import { Namespace } from './namespace.ts';

/** Why no lab can be made here, in words for a person; undefined if one can. */
export function labRefusal(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root, to make network namespaces';
  const absent = ['ip', 'nsenter', 'nft', 'tc', 'python3', 'curl', 'ping'].filter((name) => !isOnPath(name));
  if (absent.length > 0) return `needs ${absent.join(', ')} (npm run setup -- --for test)`;
  const tried = spawnSync('unshare', ['--net', 'true']);
  if (tried.status !== 0) return `needs network namespaces: ${tried.stderr.toString().trim()}`;
  return undefined;
}

const isOnPath = (name: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * Network namespaces, links between them and programs in them, which all end with the lab: on `close`, when the process
 * ends, on signals. What a killed run left is removed by the next one.
 */
export class Lab {
  readonly #namespaces: Namespace[] = [];
  readonly #prefix = `${PREFIX}${process.pid}-${startOf(process.pid)}-${labs++}-`;
  /** A temporary folder, gone with the lab. */
  readonly folder: string;
  #closed = false;

  private constructor() {
    this.folder = join(tmpdir(), this.#prefix.slice(0, -1));
    mkdirSync(this.folder, { mode: 0o700 });
  }

  /** A name for a cgroup of this lab's own: cgroups are one tree for all namespaces. What is in it goes with the lab. */
  get slice(): string {
    return `${this.#prefix.slice(0, -1)}.slice`;
  }

  /** The same for one of several hosts. */
  sliceOf({ role }: Namespace): string {
    return `${this.#prefix}${role}.slice`;
  }

  static open(): Lab {
    sweep();
    const lab = new Lab();
    open.add(lab);
    watchForTheEnd();
    return lab;
  }

  async namespace(role: string): Promise<Namespace> {
    const namespace = new Namespace(`${this.#prefix}${role}`, role);
    // At one go: the process could end before an answer came, and leave what it does not know of.
    const { status, stderr } = spawnSync('ip', ['netns', 'add', namespace.name]);
    if (status !== 0) throw new Error(`ip netns add: ${stderr}`);
    this.#namespaces.push(namespace);
    await namespace.ip('link set lo up');
    return namespace;
  }

  /** A cable between two namespaces, up at both ends. */
  async link(a: Namespace, aDevice: string, b: Namespace, bDevice: string): Promise<void> {
    await mustRun([
      'ip',
      'link',
      'add',
      aDevice,
      'netns',
      a.name,
      'type',
      'veth',
      'peer',
      'name',
      bDevice,
      'netns',
      b.name,
    ]);
    for (const [namespace, device] of [
      [a, aDevice],
      [b, bDevice],
    ] as const) {
      // Nobody else can have an address on this cable: it is ready at once, not after a second of asking (RFC 4862 §5.4).
      await namespace.sysctl({ [`net.ipv6.conf.${device}.accept_dad`]: 0 });
      await namespace.ip(`link set ${device} up`);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const running = this.#namespaces.flatMap(({ started }) => started).filter((program) => program.isRunning);
    await Promise.all(running.reverse().map((program) => program.stop()));
    this.destroy();
  }

  /** What `close` does, at once and without manners: for the end of the process. */
  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    open.delete(this);
    for (const { name } of this.#namespaces.splice(0).reverse()) removeNamespace(name);
    const slices = namesIn(cgroupRoot()).filter((name) => name === this.slice || name.startsWith(this.#prefix));
    for (const name of slices) removeCgroup(name);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const PREFIX = 'sublane-lab-';
let labs = 0;
const open = new Set<Lab>();

/** Clock ticks after boot at which a process started: with its id, a name that is never used twice. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Removes the namespaces, cgroups and folders of labs whose process is gone, with what still runs in them. */
export function sweep(): void {
  const namespaces = namesIn('/run/netns').filter(isOfTheDead);
  for (const name of namespaces) removeNamespace(name);
  for (const name of namesIn(cgroupRoot()).filter(isOfTheDead)) removeCgroup(name);
  for (const name of namesIn(tmpdir()).filter(isOfTheDead))
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
}

const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

const OWNED = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-\\d`);

const isOfTheDead = (name: string): boolean => {
  const [, pid, start] = OWNED.exec(name) ?? [];
  return pid !== undefined && startOf(Number(pid)) !== start;
};

/** Removes a group of the version 2 hierarchy with the groups in it; their processes are gone with the namespaces. */
function removeCgroup(name: string): void {
  const root = join(cgroupRoot(), name);
  if (!existsSync(root)) return;
  const inside = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  const deepestFirst = inside.map((entry) => join(entry.parentPath, entry.name)).sort((a, b) => b.length - a.length);
  for (const folder of [...deepestFirst, root]) {
    try {
      rmdirSync(folder);
    } catch {
      // A process of somebody else is in it: theirs to end; the next sweep tries again.
    }
  }
}

function removeNamespace(name: string): void {
  const pids = spawnSync('ip', ['netns', 'pids', name]).stdout.toString().split('\n').filter(Boolean).map(Number);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  spawnSync('ip', ['netns', 'delete', name]);
}

let watching = false;
function watchForTheEnd(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const lab of open) lab.destroy();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : signal === 'SIGHUP' ? 129 : 143));
  }
}
