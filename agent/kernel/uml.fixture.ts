import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why no user-mode Linux can be started here; undefined if one can. */
export function umlRefusal(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/usr/bin/linux.uml') || !existsSync('/usr/lib/uml/modules'))
    return 'needs user-mode-linux and kmod (npm run setup -- --for test)';
  return undefined;
}

/**
 * Runs a command as root in a stock kernel that runs as a process, on this machine's files: for what this machine's own
 * kernel lacks. Some seconds to start; ended after `timeout` milliseconds.
 */
export function runInUml(
  argv: readonly string[],
  timeout = 100_000,
): { readonly status: number; readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sublane-uml-'));
  try {
    writeFileSync(join(folder, 'command'), `exec ${argv.map(quoted).join(' ')}\n`);
    const init = fileURLToPath(new URL('./uml-init.fixture.sh', import.meta.url));
    const started = spawnSync(
      '/usr/bin/linux.uml',
      [
        'mem=768M',
        'rootfstype=hostfs',
        'rootflags=/',
        'rw',
        'root=/dev/root',
        `init=${init}`,
        `RUNDIR=${folder}`,
        'quiet',
        'con=null',
        'con0=null,fd:2',
        `uml_dir=${folder}/uml`,
        'umid=u',
      ],
      // Its memory is a file there; on a disk it would be written out.
      { env: { ...process.env, TMPDIR: '/dev/shm' }, timeout, killSignal: 'SIGKILL' },
    );
    const status = join(folder, 'status');
    if (!existsSync(status)) return { status: 125, output: `${started.stdout}${started.stderr}` };
    return { status: Number(readFileSync(status, 'utf8')), output: readFileSync(join(folder, 'output'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
