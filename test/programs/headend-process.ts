import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unwrap } from '@sublane/basics';
import { connectUnix } from 'netconf-client';
import { Operator } from './operator.ts';

const MAIN = fileURLToPath(new URL('../../headend/main.ts', import.meta.url));
const READY = /^headend ready on (\S+):(\d+)$/m;

/** The real headend, as a process on this machine with a folder of its own; it may be killed and started again. */
export class HeadendProcess implements AsyncDisposable {
  readonly folder: string;
  /** Of its SSH host key: what hosts pin. */
  readonly fingerprint: string;
  readonly #core: number | undefined;
  #child: ChildProcess | undefined;
  #address: { readonly host: string; readonly port: number } | undefined;

  private constructor(folder: string, fingerprint: string, core: number | undefined) {
    this.folder = folder;
    this.fingerprint = fingerprint;
    this.#core = core;
  }

  /**
   * `headend init` in a new folder, below `under`. `core`: the only one it may run on. `requestsPerMinute`: of each host,
   * for those that ask as fast as they can.
   */
  static async init({
    under = tmpdir(),
    core,
    requestsPerMinute,
  }: {
    readonly under?: string;
    readonly core?: number;
    readonly requestsPerMinute?: number;
  } = {}): Promise<HeadendProcess> {
    const folder = join(mkdtempSync(join(under, 'sublane-headend-')), 'edge');
    const words = ['init', '--dir', folder, '--listen', '127.0.0.1:0'];
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...words]);
    const [fingerprint] = /SHA256:\S+/.exec(stdout) ?? [];
    if (fingerprint === undefined) throw new Error(`headend init printed no fingerprint: ${stdout}`);
    if (requestsPerMinute !== undefined) limitRequests(folder, requestsPerMinute);
    return new HeadendProcess(folder, fingerprint, core);
  }

  /** `headend serve`, up to its line that it is ready; throws what it said when it ends before. */
  async start(): Promise<void> {
    const serve = [process.execPath, MAIN, 'serve', '--dir', this.folder];
    const [program = '', ...args] = this.#core === undefined ? serve : ['taskset', '-c', String(this.#core), ...serve];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    watchForTheEnd(child);
    let said = '';
    const ready = new Promise<void>((resolve, reject) => {
      const take = (text: string) => {
        // What it says after it is ready is read and let go of.
        if (this.#address !== undefined) return;
        said += text;
        const [, host, port] = READY.exec(said) ?? [];
        if (host === undefined) return;
        this.#address = { host, port: Number(port) };
        resolve();
      };
      child.stdout.setEncoding('utf8').on('data', take);
      child.stderr.setEncoding('utf8').on('data', take);
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the headend ended with ${signal ?? code}: ${said}`)));
    });
    this.#address = undefined;
    await ready;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Where hosts come in; another one after each start. */
  get address(): { readonly host: string; readonly port: number } {
    if (this.#address === undefined) throw new Error('the headend does not serve');
    return this.#address;
  }

  /** Sends a signal and waits for the end; `SIGKILL` lets it finish nothing. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** A session over its Unix socket: user `local`, who may do everything. */
  async operator(): Promise<Operator> {
    return new Operator(unwrap(await connectUnix(join(this.folder, 'headend.sock'))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(join(this.folder, '..'), { recursive: true, force: true });
  }
}

/** In the headend.yaml that init wrote. */
function limitRequests(folder: string, perMinute: number): void {
  const file = join(folder, 'headend.yaml');
  const before = readFileSync(file, 'utf8');
  const after = before.replace(/requests-per-minute: \d+/, `requests-per-minute: ${perMinute}`);
  if (after === before) throw new Error(`${file} has no requests-per-minute to change`);
  writeFileSync(file, after);
}

const running = new Set<ChildProcess>();

/** A headend must not outlive the process that started it. */
function watchForTheEnd(child: ChildProcess): void {
  if (running.size === 0) process.once('exit', killRunning);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killRunning);
  });
}

function killRunning(): void {
  for (const child of running) child.kill('SIGKILL');
}
