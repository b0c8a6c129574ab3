import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../headend/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real headend program in a temporary folder: its commands, and the one that serves. */
export class HeadendProgram {
  /** Holds the headend's folder, and whatever a test puts beside it. */
  readonly scratch = mkdtempSync(join(tmpdir(), 'sublane-'));
  readonly folder = join(this.scratch, 'edge');
  #serving: ChildProcess | undefined;
  /** What `serve` has printed since it was started last. */
  stdout = '';
  stderr = '';

  async run(words: readonly string[], input = ''): Promise<Ended> {
    const child = this.#spawn(words);
    const output = collect(child);
    child.stdin?.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...output };
  }

  /** What a command prints that must succeed. */
  async must(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(words);
    if (code !== 0) throw new Error(`headend ${words.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse(await this.must(...words, '--json')) as T;
  }

  /** Starts `serve`; the port of its ready line. */
  async serve(): Promise<number> {
    const child = this.#spawn(['serve']);
    this.#serving = child;
    this.stdout = '';
    this.stderr = '';
    const ready = new Promise<number>((resolve, reject) => {
      child.stdout?.on('data', (piece) => {
        this.stdout += piece;
        const port = /^headend ready on 127\.0\.0\.1:(\d+)\n/.exec(this.stdout)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
      child.stderr?.on('data', (piece) => {
        this.stderr += piece;
      });
      child.once('close', (code) => reject(new Error(`serve ended with ${code}: ${this.stderr}`)));
    });
    return ready;
  }

  /** Ends `serve`; its exit code, or the signal that ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    const child = this.#serving;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    child.kill(signal);
    const [code, by] = (await once(child, 'close')) as [number | null, string | null];
    return code ?? by;
  }

  /** Starts a command that goes on until it is told to end. */
  start(...words: readonly string[]): { readonly output: { stdout: string }; stop(): Promise<number | null> } {
    const child = this.#spawn(words);
    const output = collect(child);
    return {
      output,
      async stop() {
        child.kill('SIGINT');
        const [code] = (await once(child, 'close')) as [number | null];
        return code;
      },
    };
  }

  signal(signal: NodeJS.Signals): void {
    this.#serving?.kill(signal);
  }

  file(name: string): string {
    return join(this.scratch, name);
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** The fingerprint of the host key, as init wrote it. */
  settings(): string {
    return readFileSync(join(this.folder, 'headend.yaml'), 'utf8');
  }

  #spawn(words: readonly string[]): ChildProcess {
    const env = { ...process.env, XDG_CONFIG_HOME: this.scratch, NO_COLOR: '1' };
    return spawn(process.execPath, [MAIN, ...words, '--dir', this.folder], { env });
  }
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (piece) => {
    output.stdout += piece;
  });
  child.stderr?.on('data', (piece) => {
    output.stderr += piece;
  });
  return output;
}

/** Asks again until it is so; for what another process does in its own time. */
export async function eventually<T>(
  question: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (const end = performance.now() + 20_000; performance.now() < end; ) {
    const answer = await question();
    if (answer !== undefined && answer !== false) return answer as T;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`did not become so within 20 s: ${question}`);
}
