import { type Clock, type Log, milliseconds, type Result } from '@sublane/basics';
import type { DynamicAuthorizationListener, DynamicAuthorizationOptions, ListenFailure } from '@sublane/radius';
import type { DynamicAuthorizationSettings } from '../aaa/aaa-configuration.ts';

export interface ListenerParts {
  readonly obey: DynamicAuthorizationOptions['handle'];
  readonly secretOf: (address: string) => string | undefined;
  /** `listenDynamicAuthorization` of the RADIUS package. */
  readonly listen: (
    options: DynamicAuthorizationOptions,
  ) => Promise<Result<DynamicAuthorizationListener, ListenFailure>>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A place that somebody else has is tried again so often. */
const AGAIN = milliseconds(10_000);

/** Listens for dynamic authorization where the configuration says so. */
export class RadiusListener {
  readonly #parts: ListenerParts;
  #place = '';
  #listener: DynamicAuthorizationListener | undefined;
  #trying: AbortController | undefined;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  async apply(settings: DynamicAuthorizationSettings | undefined): Promise<void> {
    const place = settings === undefined ? '' : JSON.stringify([settings.listen, settings.port]);
    if (place === this.#place) return;
    await this.close();
    this.#place = place;
    if (settings === undefined) return;
    const trying = new AbortController();
    this.#trying = trying;
    if (!(await this.#listen(settings, trying.signal))) void this.#tryAgain(settings, trying.signal);
  }

  async close(): Promise<void> {
    this.#trying?.abort();
    this.#place = '';
    const listener = this.#listener;
    this.#listener = undefined;
    await listener?.close();
  }

  async #listen({ listen: host, port }: DynamicAuthorizationSettings, signal: AbortSignal): Promise<boolean> {
    const { listen, obey, secretOf, clock, log } = this.#parts;
    const listening = await listen({ host, port, secretOf, handle: obey, clock, log });
    if (!listening.ok) {
      log.error({ fault: listening.failure.message }, 'dynamic authorization is not listened for; it is tried again');
      return false;
    }
    if (signal.aborted) await listening.value.close();
    else this.#listener = listening.value;
    log.info({ address: host, port }, 'listening for dynamic authorization');
    return true;
  }

  async #tryAgain(settings: DynamicAuthorizationSettings, signal: AbortSignal): Promise<void> {
    for (;;) {
      const slept = await this.#parts.clock.sleep(AGAIN, signal).then(
        () => true,
        () => false,
      );
      if (!slept || (await this.#listen(settings, signal))) return;
    }
  }
}
