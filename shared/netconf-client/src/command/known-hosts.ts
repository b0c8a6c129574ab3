import { mkdirSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Fingerprints of servers that were trusted before: `HOST:PORT SHA256:…` a line; `#` begins a comment. */
export class KnownHosts {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  fingerprints(host: string, port: number): readonly string[] {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch {
      return [];
    }
    return text
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([name]) => name === hostName(host, port))
      .map(([, fingerprint = '']) => fingerprint);
  }

  async remember(host: string, port: number, fingerprint: string): Promise<void> {
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    await appendFile(this.file, `${hostName(host, port)} ${fingerprint}\n`, { mode: 0o600 });
  }
}

export function hostName(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function configFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_CONFIG_HOME || join(homedir(), '.config'), 'netconf-client');
}

export function stateFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'netconf-client');
}
