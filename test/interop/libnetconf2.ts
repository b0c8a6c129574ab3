// A client and a server on Debian's libnetconf2, the library under netopeer2, compiled for the test.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('./libnetconf2-day.c', import.meta.url));
const SERVER = fileURLToPath(new URL('./libnetconf2-server.c', import.meta.url));
const COMPILER = '/usr/bin/gcc';
const HEADERS = ['/usr/include/nc_client.h', '/usr/include/libyang/libyang.h', '/usr/include/libssh/libssh.h'];

/** Why it cannot run here; `undefined` where it can. */
export function libnetconf2Missing(): string | undefined {
  const there = existsSync(COMPILER) && HEADERS.every((file) => existsSync(file));
  const packages = 'gcc libc6-dev libnetconf2-dev libyang2-dev libssh-dev libssl-dev';
  return there ? undefined : `libnetconf2 missing: apt-get install --no-install-recommends ${packages}`;
}

/** The client's program, in `folder`. */
export const compileClient = (folder: string) => compile(CLIENT, folder);

/** The server's program, in `folder`. */
export const compileServer = (folder: string) => compile(SERVER, folder);

function compile(source: string, folder: string): string {
  const program = join(folder, basename(source, '.c'));
  execFileSync(COMPILER, ['-Wall', '-Wextra', '-Werror', '-o', program, source, '-lnetconf2', '-lyang'], {
    stdio: 'pipe',
  });
  return program;
}

/** What the client needs to know, by the names of its environment. */
export interface ClientJob {
  readonly TRANSPORT: 'ssh' | 'tls' | 'call-home-ssh' | 'call-home-tls';
  readonly HOST: string;
  readonly PORT: number;
  readonly USER_NAME?: string;
  readonly KEY?: string;
  readonly KEY_PUBLIC?: string;
  readonly CERTIFICATE?: string;
  readonly CERTIFICATE_KEY?: string;
  readonly CA?: string;
}

/** Steps by name, in order; what came of each. */
export interface ClientRun {
  readonly steps: readonly (readonly [step: string, came: string])[];
  readonly stderr: string;
}

/** Runs it to its end. `folder`: its home, where it keeps the schemas it fetched. */
export function runClient(program: string, folder: string, job: ClientJob): Promise<ClientRun> {
  const schemas = join(folder, 'schemas');
  mkdirSync(schemas, { recursive: true });
  const words = Object.fromEntries(
    Object.entries({ ...job, SCHEMAS: schemas, HOME: folder }).map(([k, v]) => [k, `${v}`]),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(program, { env: { PATH: process.env.PATH, ...words }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      stdout += piece;
    });
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      stderr += piece;
    });
    child.once('error', reject);
    child.once('close', () => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const steps = lines.map((line) => line.split('\t', 2) as [string, string]);
      resolve({ steps, stderr });
    });
  });
}
