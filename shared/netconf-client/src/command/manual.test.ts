import { readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '@sublane/basics';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from './program.ts';
import { addConnect } from './run.ts';
import type { Surroundings } from './surroundings.ts';
import { addCallHome } from './verbs/call-home.ts';
import { Verbs } from './verbs.ts';

const manual = readFileSync(new URL('../../../../docs/netconf.md', import.meta.url), 'utf8');

test('the manual has every command and every option', () => {
  const surroundings: Surroundings = {
    stdin: Readable.from([]),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    environment: {},
    clock: systemClock,
    interruption: () => ({ signal: new AbortController().signal, release: () => {} }),
  };
  const verbs = new Verbs(surroundings, () => Promise.reject(new Error('no session here')));
  const program = createProgram(verbs);
  addCallHome(program, verbs);
  addConnect(program, verbs);
  const missing: string[] = [];
  const look = (command: Command, name: string) => {
    if (name !== '' && !manual.includes(name)) missing.push(name);
    for (const { long } of command.options) {
      if (long != null && !manual.includes(long) && long !== '--version') missing.push(`${name} ${long}`);
    }
    for (const inner of command.commands) look(inner, inner.name());
  };
  look(program, '');
  expect(missing).toEqual([]);
});
