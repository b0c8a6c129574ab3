import { CENTISECOND, nextUpdate } from './push-schedule.ts';
import { contentsXml, LONGEST_TIMER, PushSubscription } from './push-subscription.ts';

/** All that was subscribed to, again and again (RFC 8641 §3.1). */
export class PeriodicPush extends PushSubscription {
  #timer: NodeJS.Timeout | undefined;
  #anchor = 0;
  /** When the last update was due: a timer may come a little before its time, and that update would be due again. */
  #last = 0;
  /** One update is being made: what falls due meanwhile is left out. */
  #reading = false;
  readonly #abort = new AbortController();

  protected begin(): void {
    const { trigger } = this.terms;
    if (trigger.kind !== 'periodic') return;
    this.#anchor = trigger.anchor?.at.getTime() ?? Date.now();
    this.#last = Date.now();
    this.#schedule();
    if (trigger.anchor === undefined) this.#due();
  }

  protected halt(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { trigger } = this.terms;
    if (trigger.kind !== 'periodic') return;
    const now = Date.now();
    const next = nextUpdate(Math.max(now, this.#last), this.#anchor, trigger.period * CENTISECOND);
    const left = Math.max(0, next - now);
    const due = () => {
      if (left <= LONGEST_TIMER) this.#last = next;
      this.#schedule();
      if (left <= LONGEST_TIMER) this.#due();
    };
    this.#timer = setTimeout(due, Math.min(left, LONGEST_TIMER));
  }

  #due(): void {
    if (this.#reading) return;
    if (!this.session.congested) {
      void this.#update();
      return;
    }
    if (this.suspended) return;
    this.suspend('unsupportable-volume');
    this.session.whenReady(() => {
      if (!this.ended) this.resume();
    });
  }

  async #update(): Promise<void> {
    const { reader, log } = this.home;
    this.#reading = true;
    try {
      const { nodes, missing } = await reader.read(this.order, this.session, this.#abort.signal);
      if (!this.ended) this.push('push-update', contentsXml(nodes, missing.length > 0));
    } catch (error) {
      log.error({ err: error, session: this.session.id, subscription: this.id }, 'a datastore could not be read');
      if (!this.ended) this.suspend('insufficient-resources');
    } finally {
      this.#reading = false;
    }
  }
}
