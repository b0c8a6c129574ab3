import { readFileSync, writeFileSync } from 'node:fs';

/** Sysctls of the network namespace of this process. */
export function readSetting(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

export function writeSetting(path: string, value: string): void {
  writeFileSync(`/proc/sys/${path}`, value);
}
