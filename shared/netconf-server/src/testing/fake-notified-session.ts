import type { Framing } from '@sublane/netconf';
import type { Identity } from '../access.ts';
import type { NotificationMessage, NotifiedSession } from '../notifications/outlet.ts';

/** A session that takes notifications until it is told not to; it throws where it is used as a real one must not be. */
export class FakeNotifiedSession implements NotifiedSession {
  readonly id = 7;
  readonly identity: Identity;
  readonly transport = 'other';
  readonly startedAt = new Date();
  readonly framing: Framing = 'chunked';
  readonly counters = { inRpcs: 0, inBadRpcs: 0, outRpcErrors: 0, outNotifications: 0 };
  /** What it was sent, as text. */
  readonly sent: string[] = [];
  /** Messages it takes before it is congested; undefined: any number. */
  room: number | undefined;
  open = true;
  closedFor: string | undefined;
  #ready: (() => void)[] = [];
  readonly #ended = new Set<() => void>();

  constructor(identity: Identity = { user: 'ann', role: 'host' }) {
    this.identity = identity;
  }

  send(message: NotificationMessage): void {
    if (!this.open) throw new Error('a notification for a session that has ended');
    if (this.congested) throw new Error('a notification for a congested session');
    if (this.room !== undefined) this.room--;
    this.sent.push(message.framed(this.framing).toString());
  }

  get congested(): boolean {
    return this.room !== undefined && this.room <= 0;
  }

  whenReady(call: () => void): void {
    this.#ready.push(call);
  }

  /** The peer reads. */
  thaw(room?: number): void {
    this.room = room;
    for (const call of this.#ready.splice(0)) call();
  }

  afterReply(call: () => void): void {
    call();
  }

  whenEnded(call: () => void): () => void {
    this.#ended.add(call);
    return () => void this.#ended.delete(call);
  }

  close(reason: string): void {
    this.closedFor = reason;
    this.end();
  }

  closeWhenIdle(reason: string): void {
    this.close(reason);
  }

  endAfterReply(): void {
    this.end();
  }

  end(): void {
    this.open = false;
    for (const call of this.#ended) call();
    this.#ended.clear();
  }
}
