import { type CommandOptions, type Ended, mustRun, Running, runCommand } from './command.ts';

/** A network namespace. Commands in it see the whole machine but its network. */
export class Namespace {
  readonly name: string;
  /** What the rest of a test calls it: `host`, `edge`. */
  readonly role: string;
  readonly #started: Running[] = [];

  constructor(name: string, role: string) {
    this.name = name;
    this.role = role;
  }

  get path(): string {
    return `/run/netns/${this.name}`;
  }

  /** The words that put a command into this namespace; `ip netns exec` would also hide cgroups and bpf pins. */
  get prefix(): readonly string[] {
    return ['nsenter', `--net=${this.path}`, '--'];
  }

  run(argv: readonly string[], options?: CommandOptions): Promise<Ended> {
    return runCommand([...this.prefix, ...argv], options);
  }

  /** Runs a command that must succeed. */
  must(argv: readonly string[], options?: CommandOptions): Promise<string> {
    return mustRun([...this.prefix, ...argv], options);
  }

  /** Starts a program that is stopped with the lab. */
  start(argv: readonly string[], options?: Omit<CommandOptions, 'input' | 'timeout'>): Running {
    // Even a killed lab leaves no program: the kernel ends those whose parent is gone.
    const running = new Running(['setpriv', '--pdeathsig', 'KILL', ...this.prefix, ...argv], options);
    this.#started.push(running);
    return running;
  }

  get started(): readonly Running[] {
    return this.#started;
  }

  /** Runs lines of `ip -batch`; family-neutral lines only, or give `-6`/`-4` words inside `options`. */
  async ip(...lines: readonly string[]): Promise<void> {
    await this.must(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** Sets sysctls of this namespace: `net.ipv4.ip_forward` → `1`. */
  async sysctl(settings: Readonly<Record<string, string | number>>): Promise<void> {
    const lines = Object.entries(settings).map(
      ([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`,
    );
    await this.must(['sh', '-e'], { input: `${lines.join('\n')}\n` });
  }
}
