import { failed, ok, type Result } from '@sublane/basics';
import type { EnrolmentToken } from '@sublane/enrolment';
import { type EnrolFailure, enrol, type OpenEnrolment } from '../service/enrol.ts';
import { configText } from './config-text.ts';
import { generateKeyPair, type HostKeyPair, readKeyPair } from './host-key-pair.ts';
import { type InitFailure, InitFiles } from './init-files.ts';
import type { Places } from './places.ts';

export interface InitOptions {
  readonly headend: { readonly address: string; readonly port: number };
  readonly hostId: string;
  /** `SHA256:…`; undefined: trust on first use. */
  readonly hostKey?: string;
}

export interface Initialised {
  readonly config: string;
  readonly publicKeyFile: string;
  readonly publicKey: string;
}

/** Makes the key pair and a commented configuration. Nothing is written where one of the files is there already. */
export function initialise(
  places: Places,
  { headend, hostId, hostKey }: InitOptions,
): Result<Initialised, InitFailure> {
  const files = new InitFiles(places);
  const present = files.present([places.config, files.key, files.publicKey]);
  if (present !== undefined) return failed({ kind: 'exists', file: present });
  const pair = generateKeyPair(hostId);
  const headends = [{ ...headend, hostKeys: hostKey === undefined ? [] : [hostKey] }];
  const steps = [
    () => files.makeFolders(),
    () => files.write(files.key, pair.private, 0o600),
    () => files.write(files.publicKey, `${pair.public}\n`, 0o644),
    () => files.write(places.config, configText(hostId, headends), 0o600),
  ];
  for (const step of steps) {
    const done = step();
    if (done.ok) continue;
    files.undo();
    return done;
  }
  return ok({ config: places.config, publicKeyFile: files.publicKey, publicKey: pair.public });
}

export interface InitByTokenOptions {
  readonly token: EnrolmentToken;
  readonly hostId: string;
  readonly open: OpenEnrolment;
}

export type InitByTokenFailure =
  | InitFailure
  | { readonly kind: 'key'; readonly file: string; readonly reason: string }
  | EnrolFailure;

/**
 * Makes the key pair, enrols the host by the token, and writes a commented configuration. A key that is there without a
 * configuration is taken: an earlier run may have enrolled it and not come to its end. Where the headend refuses, what
 * was made is taken away; where it is not known what became of the question, the key stays for the next run.
 */
export async function initialiseByToken(
  places: Places,
  { token, hostId, open }: InitByTokenOptions,
): Promise<Result<Initialised, InitByTokenFailure>> {
  const files = new InitFiles(places);
  if (files.present([places.config]) !== undefined) return failed({ kind: 'exists', file: places.config });
  const folders = files.makeFolders();
  if (!folders.ok) return folders;
  const pair = keyPairIn(files, hostId);
  if (!pair.ok) {
    files.undo();
    return pair;
  }
  const enrolled = await enrol(token, { hostId, publicKey: pair.value.public }, open);
  if (!enrolled.ok) {
    if (enrolled.failure.kind !== 'uncertain') files.undo();
    return enrolled;
  }
  const headends = token.addresses.map(({ host, port }) => ({ address: host, port, hostKeys: token.hostKeys }));
  // The configuration last: while there is none, the same command may be run again.
  const publicKeyThere = files.present([files.publicKey]) !== undefined;
  const written = publicKeyThere ? ok() : files.write(files.publicKey, `${pair.value.public}\n`, 0o644);
  const configured = written.ok ? files.write(places.config, configText(hostId, headends), 0o600) : written;
  if (!configured.ok) return configured;
  return ok({ config: places.config, publicKeyFile: files.publicKey, publicKey: pair.value.public });
}

function keyPairIn(files: InitFiles, hostId: string): Result<HostKeyPair, InitByTokenFailure> {
  const present = readKeyPair(files.key, hostId);
  if (!present.ok) return failed({ kind: 'key', file: files.key, reason: present.failure });
  if (present.value !== undefined) return ok(present.value);
  const pair = generateKeyPair(hostId);
  const written = files.write(files.key, pair.private, 0o600);
  return written.ok ? ok(pair) : written;
}
