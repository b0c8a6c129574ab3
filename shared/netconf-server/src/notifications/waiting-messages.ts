import type { Framing } from '@sublane/netconf';
import type { EventMessage } from './notification-message.ts';

/** Events that one subscriber has not been sent yet, counted by the bytes they take on the wire. */
export class WaitingMessages {
  readonly #framing: Framing;
  #messages: EventMessage[] = [];
  /** The first that is still there. */
  #first = 0;
  bytes = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  get length(): number {
    return this.#messages.length - this.#first;
  }

  push(message: EventMessage): void {
    this.#messages.push(message);
    this.bytes += message.framed(this.#framing).length;
  }

  shift(): EventMessage | undefined {
    const message = this.#messages[this.#first];
    if (message === undefined) return undefined;
    this.#first++;
    this.bytes -= message.framed(this.#framing).length;
    if (this.#first === this.#messages.length) this.clear();
    return message;
  }

  clear(): void {
    this.#messages = [];
    this.#first = 0;
    this.bytes = 0;
  }

  /** Is there one that no log has? */
  get unlogged(): boolean {
    return this.#messages.some(({ sequence }) => sequence === undefined);
  }
}
