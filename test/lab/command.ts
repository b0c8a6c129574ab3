import { type ChildProcess, spawn } from 'node:child_process';

export interface CommandOptions {
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed; default 30,000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface Ended {
  /** 128 + the signal's number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. Resolves whatever its exit code is. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const { input = '', timeout = 30_000, signal, cwd, env } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      timeout,
      killSignal: 'SIGKILL',
      signal,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, by) => resolve({ code: code ?? (by === 'SIGKILL' ? 137 : 143), stdout, stderr }));
    child.stdin.on('error', () => {}); // It may end without reading.
    child.stdin.end(input);
  });
}

/** Runs a command that must succeed; throws what it said otherwise. */
export async function mustRun(argv: readonly string[], options?: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await runCommand(argv, options);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/** A program that keeps running, in a process group of its own. */
export class Running {
  readonly #child: ChildProcess;
  readonly #name: string;
  #output = '';
  #watchers: (() => void)[] = [];
  /** Resolves with the exit code (128 + signal) when it has ended. */
  readonly ended: Promise<number>;

  constructor(argv: readonly string[], options: Omit<CommandOptions, 'input' | 'timeout'> = {}) {
    this.#name = argv.join(' ');
    this.#child = spawn(argv[0]!, argv.slice(1), {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: true,
    });
    const take = (text: string) => {
      this.#output += text;
      for (const watcher of this.#watchers) watcher();
    };
    this.#child.stdout?.setEncoding('utf8').on('data', take);
    this.#child.stderr?.setEncoding('utf8').on('data', take);
    this.#child.stdin?.on('error', () => {});
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, by) => {
        resolve(code ?? (by === 'SIGKILL' ? 137 : 143));
        for (const watcher of this.#watchers) watcher();
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that it printed so far, both streams in order. */
  get output(): string {
    return this.#output;
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Resolves with the match when its output, from `from` on, matches; throws when it ends first or `timeout` passes. */
  printed(pattern: RegExp, { timeout = 20_000, from = 0 } = {}): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#watchers = this.#watchers.filter((other) => other !== look);
        act();
      };
      const fail = (why: string) =>
        settle(() => reject(new Error(`${this.#name} ${why} before it printed ${pattern}:\n${this.#output}`)));
      const look = () => {
        const match = pattern.exec(this.#output.slice(from));
        if (match !== null) settle(() => resolve(match));
        else if (!this.isRunning) fail('ended');
      };
      const timer = setTimeout(() => fail(`took more than ${timeout} ms`), timeout);
      this.#watchers.push(look);
      look();
    });
  }

  /** Sends a signal to it and its children; resolves with its exit code once it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.signal(signal);
    const patience = setTimeout(() => this.signal('SIGKILL'), 10_000);
    try {
      return await this.ended;
    } finally {
      clearTimeout(patience);
    }
  }

  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
