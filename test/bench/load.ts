import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface Account {
  readonly user: string;
  readonly privateKey: string;
  /** What its session asks, in turn. */
  readonly rpcs: readonly string[];
}

export interface LoadJob {
  /** `set-up`: connect and close, again and again. `rpc`: ask over standing sessions. `idle`: hold sessions. */
  readonly kind: 'set-up' | 'rpc' | 'idle';
  readonly port: number;
  readonly accounts: readonly Account[];
  /** At once. */
  readonly sessions: number;
  /** Requests of each session under way at once. */
  readonly inFlight: number;
  readonly seconds: number;
}

export interface LoadReport {
  readonly count: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** The server has one core, the clients the other. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = cpus().length > 1 ? 1 : 0;

/** Starts a TypeScript file of this folder on one core, with a channel for messages. */
export function startOn(
  core: number,
  file: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): ChildProcess {
  const path = new URL(file, import.meta.url).pathname;
  return spawn('taskset', ['-c', String(core), process.execPath, ...flags, path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

/** The first line a process prints. */
export async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error(`ended before it was ready: ${text}`);
}

/** Runs one load; `pid`: the server's, whose CPU time during the counted part is reported. */
export async function load(job: LoadJob, pid?: number): Promise<LoadReport & { readonly serverMicroseconds?: number }> {
  const child = startOn(CLIENT_CORE, './load.fixture.ts', [JSON.stringify(job)]);
  let spentBefore = 0;
  child.on('message', () => {
    if (pid !== undefined) spentBefore = cpuMicroseconds(pid);
  });
  let text = '';
  for await (const chunk of child.stdout ?? []) text += chunk;
  if (text === '') throw new Error('the load ended without a report');
  const report = JSON.parse(text) as LoadReport;
  if (pid === undefined) return report;
  return { ...report, serverMicroseconds: (cpuMicroseconds(pid) - spentBefore) / report.count };
}

/** User and system time of a process, in hundredths of a second from the kernel. */
function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
