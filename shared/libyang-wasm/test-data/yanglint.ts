// Debian's yanglint on the same modules: libyang 2.1.30, compiled for this machine.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FOLDER } from './fleet.ts';

const MODULES = ['fleet@2026-01-15.yang', 'fleet-tracking@2026-02-01.yang'];
const FEATURES = ['-F', 'fleet:tolls', '-F', 'fleet-tracking:'];

/** Why it cannot be asked, if it cannot. */
export const absent: string | undefined =
  spawnSync('yanglint', ['--version']).error === undefined
    ? undefined
    : 'yanglint is not installed (Debian: apt-get install libyang2-tools)';

export interface Verdict {
  readonly accepted: boolean;
  /** What it printed of the data. */
  readonly output: string;
  /** The messages of its errors, without the path that it adds in parentheses. */
  readonly errors: readonly string[];
}

/**
 * Asks yanglint to read `input` as data of a type, with other inputs by option. It validates messages only when it is
 * not to print them, so it is asked twice.
 */
export function yanglint(
  type: string,
  input: { readonly text: string; readonly format: 'xml' | 'json' },
  print: 'xml' | 'json',
  options: { readonly args?: readonly string[]; readonly files?: Readonly<Record<string, string>> } = {},
): Verdict {
  const folder = mkdtempSync(join(tmpdir(), 'yanglint-'));
  try {
    const file = join(folder, `input.${input.format}`);
    writeFileSync(file, input.text);
    const extra = Object.entries(options.files ?? {}).flatMap(([option, text]) => {
      const path = join(folder, `option${option}.xml`);
      writeFileSync(path, text);
      return [option, path];
    });
    const schemas = MODULES.map((module) => join(FOLDER, module));
    const ask = (...more: string[]) =>
      spawnSync('yanglint', ['-p', FOLDER, ...FEATURES, '-t', type, ...more, ...extra, ...schemas, file], {
        cwd: folder,
        encoding: 'utf8',
      });
    const validated = ask();
    if (validated.status !== 0) return { accepted: false, output: '', errors: errorsOf(validated.stderr) };
    return { accepted: true, output: ask('-f', print, ...(options.args ?? [])).stdout, errors: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ERROR = 'libyang err : ';

function errorsOf(stderr: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith(ERROR))
    .map((line) => line.slice(ERROR.length).replace(/ \((?:Data location|Schema location|Line number|\/).*\)$/, ''));
}
