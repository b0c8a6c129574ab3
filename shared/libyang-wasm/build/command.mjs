// Running other programs, quietly unless they fail.
import { spawn } from 'node:child_process';

export const say = (line) => process.stdout.write(`libyang-wasm: ${line}\n`);

/** What the person who started the build can do something about. */
export class BuildFailure extends Error {}

/** Runs a program to its end and gives what it wrote to stdout. Rejects with a BuildFailure that has its last words. */
export function run(program, args, { cwd, env, what = program } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const written = [];
    const said = [];
    child.stdout.on('data', (chunk) => written.push(chunk));
    child.stderr.on('data', (chunk) => said.push(chunk));
    child.on('error', (error) => reject(new BuildFailure(`${what}: ${error.message}`)));
    child.on('close', (code, signal) => {
      const output = Buffer.concat(written).toString();
      if (code === 0) return resolve(output);
      const last = `${output}${Buffer.concat(said)}`.trimEnd().split('\n').slice(-20).join('\n');
      reject(new BuildFailure(`${what} ended with ${signal ?? code}:\n${last}`));
    });
  });
}

/** Runs `work` over all items, `width` at a time; the first failure ends it. */
export async function inParallel(items, width, work) {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
