import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { failed, type Result } from '@sublane/basics';
import { errnoName, F_SETFL, libc } from './libc.ts';

export type ExecFailure =
  /** As a shell has it: 127. */
  | { readonly kind: 'not-found'; readonly exitCode: 127; readonly message: string }
  /** As a shell has it: 126. */
  | { readonly kind: 'not-executable'; readonly exitCode: 126; readonly message: string };

/**
 * Turns this process into another program: same process id, same standard streams, and whatever it ends with is seen by
 * who started this one. Returns only where that failed. The caller has put this process where the program is to run
 * (`Engine.enter` with its own pid: children and all sockets made from then on belong to the group).
 */
export function becomeProgram(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Result<never, ExecFailure> {
  const found = findProgram(command, environment.PATH ?? '/usr/local/bin:/usr/bin:/bin');
  if (!found.ok) return found;
  // Node ignores these, and what is ignored stays so across execve(2): `yes | head` would not end.
  for (const number of [SIGPIPE, SIGXFSZ]) libc.signal(number, DEFAULT_ACTION);
  for (const descriptor of [0, 1, 2]) {
    // A pipe or terminal that Node has touched is left non-blocking, which programs do not expect.
    const flags = libc.fcntl(descriptor, GET_FLAGS, 'int', 0);
    if (flags >= 0) libc.fcntl(descriptor, F_SETFL, 'int', flags & ~NON_BLOCKING);
    // Those of Node's own may close on exec.
    libc.fcntl(descriptor, SET_DESCRIPTOR_FLAGS, 'int', 0);
  }
  const variables = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  libc.execve(found.value, [command, ...args, null], [...variables, null]);
  const name = errnoName();
  return failed({
    kind: 'not-executable',
    exitCode: 126,
    message: name === 'ENOEXEC' ? `${command}: neither a program nor a script with #!` : `${command}: ${name}`,
  });
}

function findProgram(command: string, path: string): Result<string, ExecFailure> {
  const places = command.includes('/')
    ? [command]
    : path.split(':').map((directory) => join(directory || '.', command));
  let seen = false;
  for (const place of places) {
    try {
      if (!statSync(place).isFile()) continue;
      seen = true;
      accessSync(place, constants.X_OK);
      return { ok: true, value: place };
    } catch {
      // The next place may have it.
    }
  }
  if (seen) return failed({ kind: 'not-executable', exitCode: 126, message: `${command}: permission denied` });
  return failed({ kind: 'not-found', exitCode: 127, message: `${command}: command not found` });
}

const SIGPIPE = 13;
const SIGXFSZ = 25;
const DEFAULT_ACTION = 0;
const GET_FLAGS = 3;
const SET_DESCRIPTOR_FLAGS = 2;
/** O_NONBLOCK: the same on x86-64 and arm64. */
const NON_BLOCKING = 0o4000;
