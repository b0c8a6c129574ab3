import type { XmlElement } from '@sublane/netconf';
import type { NotifiedSession } from '../notifications/outlet.ts';
import type { SchemaIndex } from '../schema-index.ts';
import type { PushOrder } from './dynamic-subscription.ts';
import type { FairTurns } from './fair-turns.ts';
import { patchEdits, patchXml } from './patch-edits.ts';
import type { PushContents } from './push-reader.ts';
import { CENTISECOND } from './push-schedule.ts';
import { contentsXml, isTooBig, LONGEST_TIMER, type PushHome, PushSubscription, pushXml } from './push-subscription.ts';

/**
 * Changes of a datastore (RFC 8641 §3.1). What the subscriber has been told is kept, and compared with what
 * there is when the next update may be sent: however much happens while its dampening period lasts, or while it does not
 * take what was sent, no more waits for it than that.
 */
export class OnChangePush extends PushSubscription {
  readonly #schema: SchemaIndex;
  readonly #turns: FairTurns;
  #told: readonly XmlElement[] = [];
  #started = false;
  #toldBy: XmlElement | undefined;
  #changed = false;
  #awaitsReady = false;
  /** State is being read; what was asked for meanwhile is done afterwards. */
  #reading = false;
  #toSynchronise = false;
  readonly #abort = new AbortController();
  #dampening: NodeJS.Timeout | undefined;
  #patches = 0;

  constructor(
    id: number,
    session: NotifiedSession,
    order: PushOrder,
    home: PushHome & { readonly schema: SchemaIndex; readonly turns: FairTurns },
  ) {
    super(id, session, order, home);
    this.#schema = home.schema;
    this.#turns = home.turns;
  }

  protected begin(): void {
    const known = this.#started && this.#toldBy === this.order.filter;
    this.#started = true;
    if (known) {
      this.changed();
      return;
    }
    // At the start, and with another filter: what is selected is another thing, which the subscriber has not seen.
    if (this.#syncs) this.synchronise();
    else this.#read((nodes) => this.#remember(nodes));
  }

  protected halt(): void {
    clearTimeout(this.#dampening);
    this.#turns.cancel(this.#deliver);
    this.#abort.abort();
  }

  /** The datastore is not what it was. */
  changed(): void {
    if (this.ended || !this.#started) return;
    this.#changed = true;
    if (this.#dampening === undefined) this.#turns.book(this.#deliver);
  }

  /** Sends a full update (RFC 8641 §4.4.4). */
  synchronise(): void {
    if (this.#reading) {
      this.#toSynchronise = true;
      return;
    }
    this.#changed = false;
    this.#read((nodes) => this.#tellAll(nodes));
  }

  get #syncs(): boolean {
    const { trigger } = this.terms;
    return trigger.kind === 'on-change' && trigger.syncOnStart;
  }

  /**
   * What there is: of a configuration at once, so that turns are as long as they take. Where it cannot be had, the
   * subscription is suspended.
   */
  #read(then: (nodes: readonly XmlElement[]) => void): void {
    const { order, session } = this;
    const { reader } = this.home;
    if (order.terms.datastore !== 'operational') {
      this.#take(reader.configuration(order, session), then);
      return;
    }
    this.#reading = true;
    const over = () => {
      this.#reading = false;
      if (this.ended) return;
      if (this.#toSynchronise) {
        this.#toSynchronise = false;
        this.synchronise();
      } else if (this.#changed) this.changed();
    };
    void reader.read(order, session, this.#abort.signal).then(
      (contents) => {
        // What was read for terms that hold no more is of no use.
        if (!this.ended && this.order === order) this.#take(contents, then);
        over();
      },
      (error: unknown) => {
        if (!this.ended) this.#fail(error);
        over();
      },
    );
  }

  #take({ nodes, missing }: PushContents, then: (nodes: readonly XmlElement[]) => void): void {
    if (missing.length > 0) {
      this.suspend('insufficient-resources');
      return;
    }
    try {
      then(nodes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const { id, session } = this;
    this.home.log.error({ err: error, session: session.id, subscription: id }, 'changes could not be told');
    this.suspend('insufficient-resources');
  }

  #remember(nodes: readonly XmlElement[]): void {
    this.#told = nodes;
    this.#toldBy = this.order.filter;
  }

  readonly #deliver = (): void => {
    if (this.ended || !this.#changed || this.#reading || this.#dampening !== undefined) return;
    if (this.session.congested) {
      this.#awaitReady();
      return;
    }
    this.#changed = false;
    this.#read((nodes) => this.#tellChanges(nodes));
  };

  #tellAll(nodes: readonly XmlElement[]): void {
    if (this.push('push-update', contentsXml(nodes))) this.#remember(nodes);
    else if (this.#toldBy !== this.order.filter) this.#remember([]);
    this.#dampen();
  }

  #tellChanges(nodes: readonly XmlElement[]): void {
    const { trigger } = this.terms;
    if (trigger.kind !== 'on-change') return;
    const edits = patchEdits(this.#told, nodes, this.#schema).filter(
      ({ operation }) => !trigger.excluded.includes(operation),
    );
    if (edits.length === 0) {
      this.#remember(nodes);
      this.resume();
      return;
    }
    const changes = `<datastore-changes>${patchXml(String(++this.#patches), edits)}</datastore-changes>`;
    // All of it may be smaller than what changed of it.
    if (isTooBig(pushXml('push-change-update', this.id, changes), this.home.limits) && this.#syncs) {
      this.#tellAll(nodes);
      return;
    }
    if (this.push('push-change-update', changes)) this.#remember(nodes);
    this.#dampen();
  }

  #awaitReady(): void {
    if (this.#awaitsReady) return;
    this.#awaitsReady = true;
    this.session.whenReady(() => {
      this.#awaitsReady = false;
      this.#deliver();
    });
  }

  /** "the minimum interval between the assembly of successive update records" (RFC 8641 §5). */
  #dampen(): void {
    const { trigger } = this.terms;
    if (trigger.kind !== 'on-change' || trigger.dampening === 0) return;
    clearTimeout(this.#dampening);
    this.#dampening = setTimeout(
      () => {
        this.#dampening = undefined;
        this.#deliver();
      },
      Math.min(trigger.dampening * CENTISECOND, LONGEST_TIMER),
    );
  }
}
