import { spawn } from 'node:child_process';

export interface ToolRun {
  /** Exit status; 127 where there is no such program. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end with a text as its input. Does not throw: what went wrong is in the status. */
export function runTool(program: string, args: readonly string[], input = ''): Promise<ToolRun> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, PATH: SEARCH, LC_ALL: 'C' } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => resolve({ status: 127, stdout: '', stderr: error.message }));
    child.on('close', (code) =>
      resolve({ status: code ?? 128, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
    // A program that stops reading early says why on stderr.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** A user's path may lack where Debian keeps them. */
export const SEARCH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`;

/** What a tool said, in one line, without its own frame. */
export function complaint({ status, stderr }: ToolRun): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  // nft names the place first and repeats the script after.
  const errors = lines.flatMap((line) => /Error: (.+?);?$/.exec(line)?.[1] ?? []);
  const said = errors.length > 0 ? errors : lines.filter((line) => line !== '');
  return said.slice(0, 2).join('; ') || `exit status ${status}`;
}
