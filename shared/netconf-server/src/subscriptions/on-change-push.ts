import type { XmlElement } from '@sublane/netconf';
import type { NotifiedSession } from '../notifications/outlet.ts';
import type { SchemaIndex } from '../schema-index.ts';
import type { PushOrder } from './dynamic-subscription.ts';
import type { FairTurns } from './fair-turns.ts';
import { patchEdits, patchXml } from './patch-edits.ts';
import { CENTISECOND } from './push-schedule.ts';
import { contentsXml, isTooBig, LONGEST_TIMER, type PushHome, PushSubscription, pushXml } from './push-subscription.ts';

/**
 * Changes of a configuration datastore (RFC 8641 §3.1). What the subscriber has been told is kept, and compared with what
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
    else this.#remember(this.#now() ?? []);
  }

  protected halt(): void {
    clearTimeout(this.#dampening);
    this.#turns.cancel(this.#deliver);
  }

  /** The datastore is not what it was. */
  changed(): void {
    if (this.ended || !this.#started) return;
    this.#changed = true;
    if (this.#dampening === undefined) this.#turns.book(this.#deliver);
  }

  /** Sends a full update (RFC 8641 §4.4.4). */
  synchronise(): void {
    const nodes = this.#now();
    this.#changed = false;
    if (nodes === undefined) return;
    if (this.push('push-update', contentsXml(nodes))) this.#remember(nodes);
    else if (this.#toldBy !== this.order.filter) this.#remember([]);
    this.#dampen();
  }

  get #syncs(): boolean {
    const { trigger } = this.terms;
    return trigger.kind === 'on-change' && trigger.syncOnStart;
  }

  /** What there is; undefined, and the subscription suspended, where the filter took too long to say. */
  #now(): readonly XmlElement[] | undefined {
    const { nodes, missing } = this.home.reader.configuration(this.order, this.session);
    if (missing.length === 0) return nodes;
    this.suspend('insufficient-resources');
    return undefined;
  }

  #remember(nodes: readonly XmlElement[]): void {
    this.#told = nodes;
    this.#toldBy = this.order.filter;
  }

  readonly #deliver = (): void => {
    if (this.ended || !this.#changed || this.#dampening !== undefined) return;
    if (this.session.congested) {
      this.#awaitReady();
      return;
    }
    this.#changed = false;
    try {
      this.#tellChanges();
    } catch (error) {
      const { id, session } = this;
      this.home.log.error({ err: error, session: session.id, subscription: id }, 'changes could not be told');
      this.suspend('insufficient-resources');
    }
  };

  #tellChanges(): void {
    const { trigger } = this.terms;
    if (trigger.kind !== 'on-change') return;
    const nodes = this.#now();
    if (nodes === undefined) return;
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
      this.synchronise();
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
