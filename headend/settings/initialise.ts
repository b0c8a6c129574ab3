import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failed, ok, type Result } from '@sublane/basics';
import { generateHostKey } from '../keys/host-key.ts';
import { generatePasswordKey } from '../keys/password-key.ts';
import { type Endpoint, endpointText } from './endpoint.ts';
import { makeSecretsFolder } from './keep-secret.ts';
import type { Places } from './places.ts';
import { settingsText } from './settings-text.ts';

export interface Initialised {
  readonly settings: string;
  readonly hostKeyFile: string;
  /** Of the SSH host key: what hosts pin. */
  readonly fingerprint: string;
  readonly passwordKeyId: string;
}

export type InitFailure =
  | { readonly kind: 'exists'; readonly file: string }
  | { readonly kind: 'unwritable'; readonly folder: string; readonly reason: string };

const FILES = {
  hostKey: 'ssh_host_ed25519_key',
  hostKeyPublic: 'ssh_host_ed25519_key.pub',
  passwordKey: 'password-key.json',
  store: 'headend.db',
};

/**
 * A folder to serve from: keys, a commented headend.yaml, an empty store (made by `createStore`). Nothing is written
 * where one of the files is there already. Secrets are for their owner alone: 0600 in a folder of 0700.
 */
export async function initialise(
  places: Places,
  { name, listen }: { name: string; listen: Endpoint },
  createStore: (file: string) => Promise<void>,
): Promise<Result<Initialised, InitFailure>> {
  const file = (name: string) => join(places.folder, name);
  for (const taken of [places.settings, ...Object.values(FILES).map(file)])
    if (existsSync(taken)) return failed({ kind: 'exists', file: taken });
  const hostKey = generateHostKey(`headend ${name}`);
  const passwordKey = await generatePasswordKey();
  try {
    makeFolder(places.folder);
    write(file(FILES.hostKey), hostKey.privatePem, 0o600);
    write(file(FILES.hostKeyPublic), `${hostKey.publicLine}\n`, 0o644);
    write(file(FILES.passwordKey), `${JSON.stringify(passwordKey, null, 2)}\n`, 0o600);
    makeSecretsFolder(places.folder);
    await createStore(file(FILES.store));
    chmodSync(file(FILES.store), 0o600);
    // Last: a folder that was not finished has no headend.yaml, and `serve` says so.
    makeFolders(dirname(places.settings));
    write(places.settings, settingsText({ name, listen: endpointText(listen) }), 0o600);
  } catch (error) {
    return failed({ kind: 'unwritable', folder: places.folder, reason: (error as Error).message });
  }
  return ok({
    settings: places.settings,
    hostKeyFile: file(FILES.hostKey),
    fingerprint: hostKey.fingerprint,
    passwordKeyId: passwordKey.kid,
  });
}

/** Ours alone where it is new or empty; a folder that others use keeps its mode. */
function makeFolder(folder: string): void {
  makeFolders(folder);
  if (readdirSync(folder).length === 0) chmodSync(folder, 0o700);
}

/** Not mkdir's own `recursive`: it never returns where the file system refuses with ENOENT, as /proc does. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

function write(file: string, content: string, mode: number): void {
  // `wx`: never over a file that came meanwhile. The umask may only narrow the mode, so it is set again.
  writeFileSync(file, content, { mode, flag: 'wx' });
  chmodSync(file, mode);
}
