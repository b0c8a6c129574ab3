import { type Milliseconds, milliseconds } from '@sublane/basics';

/** One of the 256 identifiers of one of the sockets to a server. */
export interface IdentifierSlot {
  readonly socket: number;
  readonly id: number;
}

/** As long as servers remember an answer by default: an identifier that comes back sooner meets that memory. */
const REST = milliseconds(5_000);
/** As long as a server may work on a request that nobody waits for any more. */
const REST_AFTER_SILENCE = milliseconds(30_000);
const IDS = 256;

/**
 * Which identifier is used next: the one that has rested longest. Where that is not long enough, another socket is begun,
 * up to `sockets`; a busy client has them all, an idle one has one.
 */
export class IdentifierSlots {
  readonly #sockets: number;
  #begun = 0;
  #fresh: IdentifierSlot[] = [];
  readonly #rested: Queue = new Queue();
  readonly #silent: Queue = new Queue();

  constructor(sockets: number) {
    this.#sockets = sockets;
  }

  /** Nothing where every identifier is in use. */
  take(now: Milliseconds): IdentifierSlot | undefined {
    return (
      this.#fresh.pop() ??
      this.#silent.take(now - REST_AFTER_SILENCE) ??
      this.#rested.take(now - REST) ??
      this.#begin() ??
      this.#rested.take(now) ??
      this.#silent.take(now)
    );
  }

  /** It was answered: `silent` where it was not. */
  release(slot: IdentifierSlot, now: Milliseconds, { silent }: { readonly silent: boolean }): void {
    (silent ? this.#silent : this.#rested).put(slot, now);
  }

  #begin(): IdentifierSlot | undefined {
    if (this.#begun === this.#sockets) return undefined;
    const socket = this.#begun++;
    this.#fresh = Array.from({ length: IDS }, (_, at) => ({ socket, id: IDS - 1 - at }));
    return this.#fresh.pop();
  }
}

/** First in, first out, with the time each came in. */
class Queue {
  #head = 0;
  #ones: { readonly slot: IdentifierSlot; readonly at: number }[] = [];

  put(slot: IdentifierSlot, at: number): void {
    this.#ones.push({ slot, at });
  }

  take(notAfter: number): IdentifierSlot | undefined {
    const one = this.#ones[this.#head];
    if (one === undefined || one.at > notAfter) return undefined;
    this.#head++;
    if (this.#head > 1024) {
      this.#ones = this.#ones.slice(this.#head);
      this.#head = 0;
    }
    return one.slot;
  }
}
