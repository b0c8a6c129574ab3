// Debian's yangcli (yuma123), the client at operators' terminals: scripts of its commands, and what the server said to each.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const YANGCLI = '/usr/bin/yangcli';

/** Why it cannot run here; `undefined` where it can. */
export function yangcliMissing(): string | undefined {
  return existsSync(YANGCLI) ? undefined : 'yangcli missing: apt-get install --no-install-recommends yangcli';
}

export interface YangcliAccount {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly key: { readonly private: string; readonly public: string };
}

export interface YangcliStep {
  readonly command: string;
  /** Messages that came meanwhile, its reply among them, as the server wrote them. */
  readonly messages: readonly string[];
  /** All that yangcli wrote to its log. */
  readonly said: string;
}

/**
 * Runs commands in one session; yangcli ends it with the first that is refused. `protocols`: `netconf1.0`, or both
 * versions where absent. `folder`: its home.
 */
export async function yangcli(
  folder: string,
  account: YangcliAccount,
  commands: readonly string[],
  protocols?: 'netconf1.0' | 'netconf1.1',
): Promise<{ readonly steps: readonly YangcliStep[]; readonly log: string }> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const log = file('log', '');
  const words = {
    server: account.host,
    ncport: account.port,
    user: account.user,
    password: 'none', // or it asks; the key comes first
    'private-key': file('key', account.key.private),
    'public-key': file('key.pub', `${account.key.public}\n`),
    'run-script': file('script', `${commands.join('\n')}\n`),
    'log-level': 'debug2',
    log,
    ...(protocols !== undefined && { protocols }),
  };
  const args = ['--batch-mode', ...Object.entries(words).map(([name, value]) => `--${name}=${value}`)];
  const env = { PATH: process.env.PATH, HOME: folder };
  await new Promise<void>((resolve) => {
    execFile(YANGCLI, args, { env, timeout: 60_000 }, () => resolve());
  });
  const text = readFileSync(log, 'utf8');
  const [, ...parts] = text.split(/^runstack: run line (\d+), .*$/m);
  const steps: YangcliStep[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const said = parts[at + 1] ?? '';
    steps.push({
      command: commands[Number(parts[at]) - 1] ?? '',
      messages: Array.from(said.matchAll(MESSAGE), ([, message]) => message ?? ''),
      said,
    });
  }
  return { steps, log: text };
}

const MESSAGE = /^Incoming msg for session \d+\n([\s\S]*?<\/(?:rpc-reply|notification)>)/gm;
