import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Host keys kept at first sight (`SHA256:… ADDRESS:PORT` a line), for headends whose configuration pins none. A key that
 * differs later is refused: either the headend was set up anew, or somebody stands in between.
 */
export class HostKeyPins {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Is this key the headend's? The first one seen is, and is written down. Throws where the file cannot be used. */
  verify(headend: string, fingerprint: string): boolean {
    const known = this.#lines().filter(([, name]) => name === headend);
    if (known.length > 0) return known.some(([key]) => key === fingerprint);
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    appendFileSync(this.file, `${fingerprint} ${headend}\n`, { mode: 0o600 });
    return true;
  }

  #lines(): string[][] {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    return text.split('\n').map((line) => line.split(' '));
  }
}
