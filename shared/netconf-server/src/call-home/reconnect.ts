import { type Backoff, backoffDelay, type Milliseconds, milliseconds } from '@sublane/basics';

/** In which order a client's endpoints are called, and how long is waited between (ietf-netconf-server's `reconnect-strategy`). */
export interface ReconnectStrategy {
  /** Which endpoint a new connection is looked for at first. */
  readonly startWith: 'first-listed' | 'last-connected' | 'random-selection';
  /** Attempts at one endpoint before the next has its turn. */
  readonly attempts: number;
  /** Doubles with each failure in a row, whichever endpoint it was at. */
  readonly backoff: Backoff;
}

export const RECONNECT: ReconnectStrategy = {
  startWith: 'first-listed',
  attempts: 3,
  backoff: { first: milliseconds(1_000), longest: milliseconds(60_000) },
};

/** Where the search for a connection stands. */
export interface Search {
  /** The endpoint to call now, from 0. */
  readonly endpoint: number;
  /** Attempts at it so far. */
  readonly attempts: number;
  /** Failures in a row, at all of them. */
  readonly failures: number;
  readonly lastConnected: number | undefined;
}

/** A search from its beginning. `random`: from 0 up to 1. */
export function beginSearch(
  { startWith }: ReconnectStrategy,
  endpoints: number,
  random: () => number,
  { lastConnected, failures }: Pick<Search, 'lastConnected' | 'failures'> = { lastConnected: undefined, failures: 0 },
): Search {
  const first = {
    'first-listed': 0,
    'last-connected': lastConnected ?? 0,
    'random-selection': Math.min(endpoints - 1, Math.floor(random() * endpoints)),
  }[startWith];
  return { endpoint: first, attempts: 0, failures, lastConnected };
}

/** After an attempt that came to no session: what is next, and after how long. */
export function afterFailure(
  strategy: ReconnectStrategy,
  endpoints: number,
  random: () => number,
  search: Search,
): { readonly search: Search; readonly wait: Milliseconds } {
  const attempts = search.attempts + 1;
  const here = attempts < strategy.attempts;
  return {
    search: {
      endpoint: here ? search.endpoint : (search.endpoint + 1) % endpoints,
      attempts: here ? attempts : 0,
      failures: search.failures + 1,
      lastConnected: search.lastConnected,
    },
    wait: backoffDelay(strategy.backoff, search.failures, random),
  };
}

/**
 * After a session. One that lasted shows that all is well, and the next is looked for almost at once; those that end as
 * soon as they begin, over and over, must not make a busy loop of it.
 */
export function afterSession(
  strategy: ReconnectStrategy,
  endpoints: number,
  random: () => number,
  search: Search,
  lasted: Milliseconds,
): { readonly search: Search; readonly wait: Milliseconds } {
  const failures = lasted >= strategy.backoff.longest ? 0 : search.failures;
  const lastConnected = search.endpoint;
  return {
    search: beginSearch(strategy, endpoints, random, { lastConnected, failures: failures + 1 }),
    wait: backoffDelay(strategy.backoff, failures, random),
  };
}

/** When a periodic connection is due next: the first of the times `anchor` + n × `period` after `now`. */
export function nextPeriod(now: Milliseconds, period: Milliseconds, anchor: Milliseconds): Milliseconds {
  return milliseconds(anchor + (Math.floor((now - anchor) / period) + 1) * period);
}
