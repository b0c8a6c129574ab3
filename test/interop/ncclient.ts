// Debian's ncclient, the NETCONF client that operators' scripts use, over paramiko's SSH.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian's: its packages are for no other. */
const PYTHON = '/usr/bin/python3';
const PROGRAM = fileURLToPath(new URL('./ncclient-steps.py', import.meta.url));

/** A method of ncclient's manager with its arguments; `dispatch` sends any `rpc`. */
export interface NcclientStep {
  readonly method:
    | 'dispatch'
    | 'get'
    | 'get_config'
    | 'get_schema'
    | 'edit_config'
    | 'copy_config'
    | 'lock'
    | 'unlock'
    | 'validate'
    | 'commit'
    | 'discard_changes'
    | 'cancel_commit';
  readonly arguments: Readonly<Record<string, string>>;
}

/** ncclient's RPCError. */
export interface NcclientError {
  readonly type: string;
  readonly tag: string;
  readonly app_tag: string | null;
  readonly severity: string;
  /** XML. */
  readonly info: string | null;
  readonly path: string | null;
  readonly message: string | null;
}

export interface NcclientSession {
  readonly sessionId: string;
  readonly capabilities: readonly string[];
  readonly results: readonly ({ readonly reply: string } | { readonly errors: readonly NcclientError[] })[];
}

/** Why it cannot run here; `undefined` where it can. */
export function ncclientMissing(): string | undefined {
  const found = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import ncclient']).status === 0;
  return found ? undefined : 'python3-ncclient missing: apt-get install --no-install-recommends python3-ncclient';
}

/** One session from its hello to its close. */
export function ncclientSession(
  account: { readonly host: string; readonly port: number; readonly user: string } & (
    | { readonly privateKey: string }
    | { readonly password: string }
  ),
  steps: readonly NcclientStep[],
): NcclientSession {
  const folder = mkdtempSync(join(tmpdir(), 'ncclient-'));
  try {
    const keyFile = join(folder, 'key');
    if ('privateKey' in account) writeFileSync(keyFile, account.privateKey, { mode: 0o600 });
    const { host, port, user } = account;
    const proof = 'privateKey' in account ? { keyFile } : { password: account.password };
    const input = JSON.stringify({ host, port, user, ...proof, steps });
    return JSON.parse(execFileSync(PYTHON, [PROGRAM], { input, encoding: 'utf8', stdio: 'pipe' })) as NcclientSession;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
