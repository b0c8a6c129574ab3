import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
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
  readonly folder: string;
  #closed = false;

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'sublane-lab-'));
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
    await mustRun(['ip', 'netns', 'add', namespace.name]);
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
    await a.ip(`link set ${aDevice} up`);
    await b.ip(`link set ${bDevice} up`);
  }

  /** Leaves everything as it is when the process ends, for a person to look at; the commands that remove it are returned. */
  keep(): string[] {
    open.delete(this);
    return [
      ...this.#namespaces.map(({ name }) => `ip netns pids ${name} | xargs -r kill; ip netns delete ${name}`),
      `rm -r ${this.folder}`,
    ];
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

/** Removes the namespaces of labs whose process is gone, with what still runs in them. */
export function sweep(): string[] {
  const folder = '/run/netns';
  const dead = (existsSync(folder) ? readdirSync(folder) : []).filter((name) => {
    const owner = new RegExp(`^${PREFIX}(\\d+)-(\\d+)-`).exec(name);
    return owner !== null && startOf(Number(owner[1])) !== owner[2];
  });
  for (const name of dead) removeNamespace(name);
  return dead;
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
