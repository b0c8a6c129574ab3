import type { Milliseconds } from '@sublane/basics';
import { CODE, type Packet } from '../codec/packet.ts';
import { fraction, type Log, type RandomBytes } from '../surroundings.ts';
import type { ServerStatus } from './client-types.ts';
import type { Exchange, Link, Outcome } from './exchange.ts';
import type { Timers } from './timers.ts';

export interface ServerLineOptions {
  readonly server: string;
  readonly link: Link;
  readonly deadTime: Milliseconds;
  readonly probeInterval: Milliseconds;
  readonly timers: Timers;
  readonly random: RandomBytes;
  readonly log: Log;
}

/** How many dead times a server that is known to answer probes is given to do so. */
const PATIENCE = 10;

/** What one server did not answer; its `trouble` for a person. */
export type LineOutcome =
  | { readonly kind: 'answered'; readonly packet: Packet }
  | { readonly kind: 'silent'; readonly trouble: string }
  | Extract<Outcome, { kind: 'unsendable' }>;

/**
 * One port of one server, and whether it is worth asking. It is dead from a request on that it did not answer while it
 * answered no other either. A probe that is answered (Status-Server, RFC 5997) ends that; so does the dead time, unless the
 * server is known to answer probes. Then one request is tried, and others only when that is answered.
 */
export class ServerLine {
  readonly #options: ServerLineOptions;
  readonly #running = new Set<(outcome: LineOutcome) => void>();
  #state: ServerStatus['state'] = 'unknown';
  /** Its dead time is over, and nothing was heard yet. */
  #onTrial = false;
  #answers = 0;
  #answersProbes = false;
  #requests = 0;
  #timeouts = 0;
  #cancelProbe = () => {};
  #cancelDeadTime = () => {};

  constructor(options: ServerLineOptions) {
    this.#options = options;
  }

  get state(): ServerStatus['state'] {
    return this.#state;
  }

  get requests(): number {
    return this.#requests;
  }

  get timeouts(): number {
    return this.#timeouts;
  }

  /** Whether it may be asked now. */
  get available(): boolean {
    return this.#state !== 'dead' && !(this.#onTrial && this.#running.size > 0);
  }

  /** `done` is called once: also when another request has shown meanwhile that the server is dead. */
  ask(exchange: Omit<Exchange, 'done'>, done: (outcome: LineOutcome) => void): void {
    const { link } = this.#options;
    const answersBefore = this.#answers;
    this.#requests++;
    let over = false;
    let cancel = () => {};
    const end = (outcome: LineOutcome) => {
      if (over) return;
      over = true;
      this.#running.delete(end);
      cancel();
      if (outcome.kind === 'silent') this.#timeouts++;
      done(outcome);
    };
    this.#running.add(end);
    const giveUp = link.ask({
      ...exchange,
      done: (outcome) => {
        cancel = () => {};
        if (outcome.kind === 'answered') this.#isAlive();
        if (outcome.kind !== 'silent') return end(outcome);
        const trouble = outcome.trouble ?? 'it did not answer in time';
        end({ kind: 'silent', trouble });
        if (this.#answers === answersBefore) this.#isDead(trouble);
      },
    });
    if (!over) cancel = giveUp;
  }

  close(): Promise<void> {
    this.#cancelProbe();
    this.#cancelDeadTime();
    this.#running.clear();
    return this.#options.link.close();
  }

  #isAlive(): void {
    this.#answers++;
    if (this.#state === 'alive') return;
    if (this.#state === 'dead' || this.#onTrial) {
      this.#options.log.info({ server: this.#options.server }, 'RADIUS server answers again');
    }
    this.#cancelProbe();
    this.#cancelDeadTime();
    this.#state = 'alive';
    this.#onTrial = false;
  }

  #isDead(trouble: string): void {
    if (this.#state === 'dead') return;
    const { server, log, timers, deadTime } = this.#options;
    log.warn({ server, trouble }, 'RADIUS server does not answer');
    this.#state = 'dead';
    this.#onTrial = false;
    for (const end of [...this.#running]) end({ kind: 'silent', trouble });
    this.#cancelDeadTime = timers.after(this.#answersProbes ? PATIENCE * deadTime : deadTime, () => {
      this.#state = 'unknown';
      this.#onTrial = true;
    });
    this.#probeSoon();
  }

  #probeSoon(): void {
    const { timers, probeInterval, random, link } = this.#options;
    const interval = probeInterval * (2 / 3 + (2 / 3) * fraction(random));
    this.#cancelProbe();
    this.#cancelProbe = timers.after(interval, () => {
      const giveUp = link.ask({
        code: CODE.statusServer,
        attributes: () => [],
        ages: false,
        messageAuthenticator: 'optional',
        done: (outcome) => {
          if (outcome.kind !== 'answered') return this.#probeSoon();
          this.#answersProbes = true;
          this.#isAlive();
        },
      });
      this.#cancelProbe = giveUp;
    });
  }
}
