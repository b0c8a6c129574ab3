// What a person sees while set-up works: one moving line on a terminal, plain lines elsewhere.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const terminal = process.stderr.isTTY === true;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export const say = (line) => process.stderr.write(`${line}\n`);

/** Shows that `what` is going on until the returned function is called with how it ended. */
export function progress(what) {
  const started = Date.now();
  const elapsed = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  let frame = 0;
  let detail = '';
  let timer;
  if (terminal) {
    timer = setInterval(() => {
      const width = (process.stderr.columns ?? 80) - 1;
      const line = `${FRAMES[frame++ % FRAMES.length]} ${what}  ${elapsed()}  ${detail}`;
      process.stderr.write(`\r\u001b[K${line.slice(0, width)}`);
    }, 120);
  } else {
    say(`  … ${what}`);
  }
  return {
    detail: (text) => {
      detail = text;
    },
    end: (mark, ending = '') => {
      clearInterval(timer);
      say(`${terminal ? '\r\u001b[K' : ''}  ${mark} ${what}  ${elapsed()}${ending && `  ${ending}`}`);
    },
  };
}

/** A command that ended otherwise than it should, with the end of what it printed. */
export class CommandFailure extends Error {
  constructor(command, code, log) {
    super(`${command} ended with ${code}`);
    this.log = log;
  }

  /** What it printed last. */
  tail(lines = 15) {
    return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}

/** Runs a command quietly: what it prints goes to `log`, its last line to `onLine`. Rejects with a CommandFailure. */
export function run(command, args, { log, cwd, env, onLine = () => {} }) {
  mkdirSync(dirname(log), { recursive: true });
  const file = openSync(log, 'a');
  writeSync(file, `$ ${command} ${args.join(' ')}\n`);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk) => {
      writeSync(file, chunk);
      const line = chunk.toString().trimEnd().split('\n').pop().trim();
      if (line !== '') onLine(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => {
      writeSync(file, `${error.message}\n`);
    });
    child.on('close', (code, signal) => {
      closeSync(file);
      if (code === 0) resolve();
      else reject(new CommandFailure(command, signal ?? code, log));
    });
  });
}
