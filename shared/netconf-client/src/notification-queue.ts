import type { XmlElement } from '@sublane/netconf';

export interface NotificationEvent {
  /** When it happened: RFC 3339 date and time, as the server wrote it. */
  readonly eventTime: string;
  /** The event itself. */
  readonly content: XmlElement;
  /** The whole `<notification>`. */
  readonly xml: string;
  /** How many between the one before and this one were dropped because the handler was too slow. */
  readonly missed: number;
}

/** May return a promise: the next notification then waits for it. */
export type NotificationHandler = (event: NotificationEvent) => void | Promise<void>;

/** Hands notifications to one handler, one after another; at most `limit` wait, the rest are dropped and counted. */
export class NotificationQueue {
  readonly #handler: NotificationHandler;
  readonly #limit: number;
  readonly #report: (reason: unknown) => void;
  readonly #waiting: NotificationEvent[] = [];
  /** Since the last one that was taken. */
  #missed = 0;
  #busy = false;
  #dropped = 0;

  /** @param report of what the handler throws */
  constructor(handler: NotificationHandler, limit: number, report: (reason: unknown) => void) {
    this.#handler = handler;
    this.#limit = limit;
    this.#report = report;
  }

  /** Dropped in all. */
  get dropped(): number {
    return this.#dropped;
  }

  push(event: Omit<NotificationEvent, 'missed'>): void {
    if (this.#waiting.length >= this.#limit) {
      this.#missed++;
      this.#dropped++;
      return;
    }
    this.#waiting.push({ ...event, missed: this.#missed });
    this.#missed = 0;
    if (!this.#busy) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      try {
        // A handler that is done at once is not waited for: what came in one piece would pile up meanwhile.
        const done = this.#handler(event);
        if (done !== undefined) await done;
      } catch (reason) {
        this.#report(reason);
      }
    }
    this.#busy = false;
  }
}
