import { type Milliseconds, milliseconds } from '@sublane/basics';

/** Whether a request is new; if not, what it was answered, or that it is still being done. */
export type Recollection = 'new' | 'being-done' | 'too-many' | { readonly answer: Uint8Array };

/**
 * As long as Event-Timestamp lets a request be replayed, either way: what is forgotten sooner could be done twice.
 */
const KEPT = milliseconds(2 * 300_000);

/**
 * Requests of late and their answers, so that a retransmission, or a replay, is answered and not done again (RFC 5176
 * §2.3). Bounded: where it is full of what may still be replayed, new requests are not taken.
 */
export class AnswerMemory {
  readonly #most: number;
  /** In the order they came. */
  readonly #all = new Map<string, { readonly came: Milliseconds; answer: Uint8Array | undefined }>();

  constructor(most: number) {
    this.#most = most;
  }

  /** `key`: who asked, and what makes this request itself. A new one is remembered from now on. */
  recall(key: string, now: Milliseconds): Recollection {
    for (const [oldest, { came }] of this.#all) {
      if (now - came < KEPT) break;
      this.#all.delete(oldest);
    }
    const known = this.#all.get(key);
    if (known !== undefined) return known.answer === undefined ? 'being-done' : { answer: known.answer };
    if (this.#all.size >= this.#most) return 'too-many';
    this.#all.set(key, { came: now, answer: undefined });
    return 'new';
  }

  /** What a new request was answered. */
  answered(key: string, answer: Uint8Array): void {
    const known = this.#all.get(key);
    if (known !== undefined) known.answer = answer;
  }
}
