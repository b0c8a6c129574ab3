import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';

/** Files that the configuration names and does not hold: shared secrets, tokens, keys, certificates. */
export interface Secrets {
  /** A secret: its one line, without the line's end. Refused where others than the owner may read or change it. */
  line(file: string): Result<string, string>;
  /** A private key in PEM: as `line`, all of it. */
  key(file: string): Result<string, string>;
  /** Certificates in PEM, which are no secret: others may read them. */
  certificates(file: string): Result<string, string>;
}

const FOLDER = 'secrets';
const SIZE_MAX = 65_536;
/** Group and others. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/**
 * Files of the folder `secrets` in `folder`. A failure is a sentence for the operator, without a word of the content.
 * `file` is of YANG's type `file-name`: it leads nowhere else.
 */
export function openSecrets(folder: string): Secrets {
  const read = (file: string, forbidden: number): Result<string, string> => {
    const path = join(folder, FOLDER, file);
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      // Of the opened file, not of whatever has its name a moment later.
      const { mode, size } = fstatSync(descriptor);
      if ((mode & forbidden) !== 0)
        return failed(`${path}: others than its owner can get at it. Make it private: chmod 600 ${path}`);
      if (size > SIZE_MAX) return failed(`${path}: is longer than ${SIZE_MAX} bytes; this is the wrong file`);
      const text = readFileSync(descriptor, 'utf8');
      return text.trim() === '' ? failed(`${path}: is empty`) : ok(text);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT')
        return failed(
          `${path}: is not there. Put the file there; a shared secret with: headend aaa secret set ${file}`,
        );
      return failed(`${path}: cannot be read (${code})`);
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  };
  return {
    line(file) {
      const text = read(file, OTHERS);
      if (!text.ok) return text;
      const line = text.value.replace(/\r?\n$/, '');
      return /[\r\n]/.test(line) ? failed(`${join(folder, FOLDER, file)}: has more than one line`) : ok(line);
    },
    key: (file) => read(file, OTHERS),
    certificates: (file) => read(file, OTHERS_WRITE),
  };
}
