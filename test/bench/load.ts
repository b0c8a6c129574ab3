import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface Account {
  readonly user: string;
  readonly privateKey: string;
}

/** A server, and whose sessions: again from the first where there are fewer than sessions. */
export interface Target {
  readonly port: number;
  readonly accounts: readonly Account[];
}

/** What is done, over how many sessions at once. */
export type Shape = { readonly sessions: number; readonly seconds: number } & (
  | { /** Connect and close, again and again. */ readonly kind: 'set-up' }
  | {
      /** Ask the same over standing sessions. */
      readonly kind: 'rpc';
      readonly rpc: string;
      /** Of each session. */
      readonly inFlight: number;
    }
  | {
      /** Ask for one more lane each time, over standing sessions in turn. */
      readonly kind: 'lanes';
      /** Of all sessions together; each has one at most. */
      readonly inFlight: number;
    }
);

/** Sessions that do nothing until told to end. */
export interface Hold {
  readonly kind: 'hold';
  readonly sessions: number;
}

export type Job = Target & (Shape | Hold);

export interface LoadReport {
  readonly count: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** With those of the warm-up. */
  readonly total: number;
}

/** The server has one core, the clients the other. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = cpus().length > 1 ? 1 : 0;

/** Starts a TypeScript file of this folder on one core, with a channel for messages. */
export function startOn(core: number, file: string, flags: readonly string[] = []): ChildProcess {
  const path = new URL(file, import.meta.url).pathname;
  return spawn('taskset', ['-c', String(core), process.execPath, ...flags, path], {
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

export interface Load extends LoadReport {
  /** CPU time of the server's process for each. */
  readonly serverMicroseconds: number;
}

/** Runs one load; `pid`: the server's, whose CPU time during the counted part is reported. */
export async function load(target: Target, shape: Shape, pid?: number): Promise<Load> {
  const child = startOn(CLIENT_CORE, './load.fixture.ts');
  let spentBefore = 0;
  child.on('message', () => {
    if (pid !== undefined) spentBefore = cpuMicroseconds(pid);
  });
  child.send({ ...target, ...shape } satisfies Job);
  let text = '';
  for await (const chunk of child.stdout ?? []) text += chunk;
  if (text === '') throw new Error('the load ended without a report');
  const report = JSON.parse(text) as LoadReport;
  const spent = pid === undefined ? Number.NaN : cpuMicroseconds(pid) - spentBefore;
  return { ...report, serverMicroseconds: spent / report.count };
}

/** Sessions that are open and do nothing, until the holder is disposed of. */
export async function hold(target: Target, sessions: number): Promise<AsyncDisposable> {
  const child = startOn(CLIENT_CORE, './load.fixture.ts');
  const ended = once(child, 'exit');
  child.send({ ...target, kind: 'hold', sessions } satisfies Job);
  const first = await Promise.race([once(child, 'message'), ended]);
  if (first[0] !== 'held') throw new Error('the sessions could not be opened');
  return {
    async [Symbol.asyncDispose]() {
      child.send('end');
      await ended;
    },
  };
}

/** User and system time of a process, in hundredths of a second from the kernel. */
function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
