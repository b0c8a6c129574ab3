// What a person sees while set-up works: one moving line on a terminal, plain lines elsewhere.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const terminal = process.stderr.isTTY === true;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export const say = (line) => process.stderr.write(`${line}\n`);

/** Shows that `what` is going on, beside whatever else is, until `end` says how it ended. */
export function progress(what) {
  const job = { what, started: Date.now(), detail: '' };
  going.add(job);
  if (terminal) draw();
  else say(`  … ${what}`);
  return {
    detail: (text) => {
      job.detail = text;
    },
    end: (mark) => {
      going.delete(job);
      say(`${terminal ? ERASE : ''}  ${mark} ${what}  ${elapsed(job)}`);
      if (terminal) draw();
    },
  };
}

const ERASE = '\r\u001b[K';
const going = new Set();
let frame = 0;
let timer;

const elapsed = ({ started }) => `${((Date.now() - started) / 1000).toFixed(0)} s`;

function draw() {
  clearTimeout(timer);
  if (going.size === 0) return;
  const jobs = [...going].map((job) => `${job.what} ${elapsed(job)}${going.size === 1 ? `  ${job.detail}` : ''}`);
  const line = `  ${FRAMES[frame++ % FRAMES.length]} ${jobs.join(' · ')}`;
  process.stderr.write(`${ERASE}${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  timer = setTimeout(draw, 120);
}

/** A command that ended otherwise than it should, with the end of what it printed. */
export class CommandFailure extends Error {
  constructor([command, first], code, log) {
    super(`${basename(command)} ${basename(first ?? '')} ended with ${code}`);
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
      else reject(new CommandFailure([command, ...args], signal ?? code, log));
    });
  });
}
