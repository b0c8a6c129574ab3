import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, type Milliseconds, milliseconds } from '@sublane/basics';

/** One way to know that a login page stands before the network: how it is known, in words; undefined: not by this. */
export type PortalSign = (signal: AbortSignal) => Promise<string | undefined>;

export interface PortalWatchParts {
  readonly signs: readonly PortalSign[];
  readonly clock: Clock;
  /** What is known has changed. */
  readonly onChange: () => void;
}

/** How long an answer is good for, and how long to wait for one. */
const GOOD_FOR = milliseconds(30_000);
const ANSWER_WITHIN = milliseconds(5_000);
const LONGEST_ANSWER = 64 * 1024;

/**
 * Whether a login page stands before the network. Asks only while somebody wants to know, and never keeps them waiting:
 * the answer is the last one, and a new one is told.
 */
export class PortalWatch {
  readonly #parts: PortalWatchParts;
  #known: string | undefined;
  #askedAt: Milliseconds | undefined;
  #asking = false;

  constructor(parts: PortalWatchParts) {
    this.#parts = parts;
  }

  /** What is known now. */
  read(): string | undefined {
    const now = this.#parts.clock.sinceBoot();
    if (!this.#asking && (this.#askedAt === undefined || now - this.#askedAt >= GOOD_FOR)) void this.#ask();
    return this.#known;
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    const { signs, clock, onChange } = this.#parts;
    const ending = new AbortController();
    const late = clock.sleep(ANSWER_WITHIN, ending.signal).then(
      () => ending.abort(),
      () => {},
    );
    const answers = await Promise.all(signs.map((sign) => sign(ending.signal).catch(() => undefined)));
    ending.abort();
    await late;
    const known = answers.find((answer) => answer !== undefined);
    this.#askedAt = clock.sinceBoot();
    this.#asking = false;
    if (known === this.#known) return;
    this.#known = known;
    onChange();
  }
}

/**
 * Signs of this host: what the network says of itself, what NetworkManager found, what a probe of the user's own says.
 * `get` is fetch.
 */
export function portalSigns(probe: string | undefined, root = '/', get: typeof fetch = fetch): readonly PortalSign[] {
  return [
    async (signal) => {
      const api = announcedIn(join(root, 'run/systemd/netif/links'));
      return api === undefined ? undefined : askApi(api, signal, get);
    },
    async (signal) => (existsSync(join(root, 'run/NetworkManager')) ? connectivity(signal) : undefined),
    ...(probe === undefined ? [] : [(signal: AbortSignal) => tryProbe(probe, signal, get)]),
  ];
}

/**
 * RFC 8910: the network names by DHCP or router advertisement whom to ask; systemd-networkd (254 and later) writes it
 * down. Only https counts (RFC 8908 §4): who answers has to be whom the name says.
 */
function announcedIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  for (const link of readdirSync(folder)) {
    const [, url] = /^CAPTIVE_PORTAL=(.+)$/m.exec(readFileSync(join(folder, link), 'utf8')) ?? [];
    if (url !== undefined && URL.canParse(url) && new URL(url).protocol === 'https:') return url;
  }
  return undefined;
}

/** RFC 8908 §5: whether this host is held captive. An announcement alone says nothing: one may have logged in. */
async function askApi(api: string, signal: AbortSignal, get: typeof fetch): Promise<string | undefined> {
  const response = await get(api, { redirect: 'error', signal, headers: { accept: 'application/captive+json' } });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('latin1');
    if (text.length > LONGEST_ANSWER) return undefined;
  }
  const said = JSON.parse(text) as { captive?: unknown; 'user-portal-url'?: unknown } | null;
  if (said?.captive !== true) return undefined;
  const page = said['user-portal-url'];
  return typeof page === 'string' ? `log in at ${printable(page)}` : `the network itself says so (${printable(api)})`;
}

function connectivity(signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('nmcli', ['--terse', '--get-values', 'CONNECTIVITY', 'general'], { signal }, (error, stdout) =>
      resolve(error === null && stdout.trim() === 'portal' ? 'NetworkManager found one' : undefined),
    );
  });
}

/** Where nothing answers, nothing is known. */
async function tryProbe(url: string, signal: AbortSignal, get: typeof fetch): Promise<string | undefined> {
  const response = await get(url, { redirect: 'manual', signal, headers: { 'cache-control': 'no-cache' } });
  await response.body?.cancel();
  if (response.status === 204) return undefined;
  const to = response.headers.get('location');
  return `${url} was answered with ${response.status}${to === null ? '' : `, to ${printable(to)}`}`;
}

/** It is a stranger's, and a terminal may show it. */
const printable = (text: string) => text.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 200);
