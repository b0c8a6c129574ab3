import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Bytes, bytes, type FileFault, failed, faultText, ok, type Result, readYaml } from '@sublane/basics';
import * as v from 'valibot';
import { type CallHomeSettings, callHomeSchema, readCallHome } from './call-home-settings.ts';
import type { Endpoint } from './endpoint.ts';
import { members } from './members.ts';
import type { Places } from './places.ts';
import { readTls, type TlsSettings, tlsSchema } from './tls-settings.ts';
import { count, endpoints, fileName, fileNames, integer, oneOf, readEndpoints } from './value-schemas.ts';

/** What headend.yaml says, checked, with absolute file names: what is needed to start, and no more. */
export interface Settings {
  /** The headend's own name: what hosts seal into user-password. */
  readonly name: string;
  readonly listen: readonly Endpoint[];
  /** NETCONF over TLS beside SSH. */
  readonly tls?: TlsSettings;
  /** Management systems that are called. */
  readonly callHome: readonly CallHomeSettings[];
  /** The SQLite file. */
  readonly store: string;
  /** The store grows so far and no further. */
  readonly storeSizeLimit?: Bytes;
  /** SSH host keys in OpenSSH's private format; the first of a kind is offered. */
  readonly hostKeys: readonly string[];
  /** Private JWKs for user-password; the first is the one hosts are to use, the others still open what they sealed. */
  readonly passwordKeys: readonly string[];
  readonly logLevel: LogLevel;
  /** Every reply is validated once more by libyang before it leaves. */
  readonly revalidate: boolean;
  readonly limits: SettingsLimits;
}

export interface SettingsLimits {
  readonly sessions: number;
  readonly unauthenticated: number;
  /** What one host may ask for in a minute: requests, each group named counting as one. */
  readonly requestsPerMinute: number;
}

export type LogLevel = (typeof LOG_LEVELS)[number];
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

export type SettingsFailure =
  | { readonly kind: 'unreadable'; readonly file: string; readonly reason: string }
  | { readonly kind: 'wrong'; readonly faults: readonly FileFault[] };

/** Reads headend.yaml; a fault comes with its line. */
export function readSettings(places: Places): Result<Settings, SettingsFailure> {
  let text: string;
  try {
    text = readFileSync(places.settings, 'utf8');
  } catch (error) {
    return failed({ kind: 'unreadable', file: places.settings, reason: (error as Error).message });
  }
  return parseSettings(text, places.settings, places.folder);
}

/** `folder`: where names in it that are not absolute start. */
export function parseSettings(text: string, file: string, folder: string): Result<Settings, SettingsFailure> {
  const read = readYaml(text, file, settingsFile);
  if (!read.ok) return failed({ kind: 'wrong', faults: read.failure });
  const { listen, tls, store, keys, log, limits, ...rest } = read.value;
  const absolute = (name: string) => resolve(folder, name);
  return ok({
    name: rest.name,
    listen: readEndpoints(listen),
    ...(tls !== undefined && { tls: readTls(tls, absolute) }),
    callHome: readCallHome(rest['call-home']),
    store: absolute(store.sqlite),
    ...(store['size-limit'] !== undefined && { storeSizeLimit: bytes(store['size-limit'] * 1_000_000) }),
    hostKeys: keys['ssh-host'].map(absolute),
    passwordKeys: keys['password-encryption'].map(absolute),
    logLevel: log.level,
    revalidate: rest['revalidate-replies'],
    limits: {
      sessions: limits.sessions,
      unauthenticated: limits.unauthenticated,
      requestsPerMinute: limits['requests-per-minute'],
    },
  });
}

/** Sentences for the person who wrote the file. */
export function settingsFailureText(failure: SettingsFailure): string {
  switch (failure.kind) {
    case 'unreadable':
      return `cannot read ${failure.file}: ${failure.reason}\nMake one with: headend init --dir DIR`;
    case 'wrong':
      return failure.faults.map(faultText).join('\n');
  }
}

const settingsFile = v.pipe(
  members({
    name: v.pipe(
      v.string('expected a name for this headend'),
      v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected up to 64 letters, digits, dots, underscores and dashes'),
    ),
    listen: endpoints,
    tls: v.optional(tlsSchema),
    'call-home': v.optional(callHomeSchema, []),
    store: v.optional(
      members({ sqlite: v.optional(fileName, 'headend.db'), 'size-limit': v.optional(integer(1, 1_000_000_000)) }),
      {},
    ),
    keys: v.optional(
      members({
        'ssh-host': v.optional(fileNames, ['ssh_host_ed25519_key']),
        'password-encryption': v.optional(fileNames, ['password-key.json']),
      }),
      {},
    ),
    log: v.optional(members({ level: v.optional(oneOf(LOG_LEVELS), 'info') }), {}),
    'revalidate-replies': v.optional(v.boolean('expected true or false'), false),
    limits: v.optional(
      members({
        sessions: count(1, 1_000_000, 20_000),
        unauthenticated: count(1, 100_000, 256),
        'requests-per-minute': count(1, 10_000_000, 600),
      }),
      {},
    ),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.tls !== undefined) return;
    const input = dataset.value;
    const value = input['call-home'];
    if (!value.some(({ transport }) => transport === 'tls')) return;
    const message = 'a client is called over tls, and there is no member tls with its certificates';
    addIssue({ message, path: [{ type: 'object', origin: 'value', input, key: 'call-home', value }] });
  }),
);
