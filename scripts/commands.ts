import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const BIN = join(ROOT, 'node_modules/.bin');

export interface Ending {
  readonly code: number;
  readonly seconds: number;
  /** What it printed, both streams in order; empty if it wrote to the person's own terminal. */
  readonly output: string;
}

/** Runs one of the workspace's tools; `shown` lets it write where we write, else what it prints is kept. */
export function runTool(
  command: string,
  args: readonly string[],
  { shown = false, env = {} }: { shown?: boolean; env?: Record<string, string> } = {},
): Promise<Ending> {
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(join(BIN, command), args, {
      cwd: ROOT,
      env: { ...process.env, ...env, PATH: [BIN, process.env.PATH].join(delimiter) },
      stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, seconds: (Date.now() - started) / 1000, output }));
  });
}
