import type { DatastoreName } from '../datastores.ts';

/** One thing that befalls the datastores. `who` is 0 or 1; values are what the leaf `name` is set to. */
export type Step =
  | { readonly kind: 'lock' | 'unlock'; readonly who: number; readonly name: Exclude<DatastoreName, 'startup'> }
  | {
      readonly kind: 'edit';
      readonly who: number;
      readonly name: Exclude<DatastoreName, 'startup'>;
      readonly value: string;
    }
  | {
      readonly kind: 'commit';
      readonly who: number;
      /** Seconds. */
      readonly confirmed?: number;
      readonly persist?: string;
      readonly persistId?: string;
    }
  | { readonly kind: 'cancel'; readonly who: number; readonly persistId?: string }
  | { readonly kind: 'discard' | 'end'; readonly who: number }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'restart' }
  /** A step during which nothing can be saved. */
  | { readonly kind: 'full'; readonly step: Step & { readonly kind: 'edit' | 'commit' | 'cancel' } };

interface Pending {
  readonly owner: number;
  readonly persist: string | undefined;
  readonly revertTo: string;
  readonly left: number;
}

/** What RFC 6241 §7.5, §7.6, §8.3 and §8.4 say becomes of one leaf in running and candidate, between two sessions. */
export class DatastoresModel {
  running: string;
  draft: { readonly base: string; readonly content: string } | undefined;
  pending: Pending | undefined;
  readonly locks = new Map<string, number>();

  constructor(running: string) {
    this.running = running;
  }

  get candidate(): string {
    return this.draft?.content ?? this.running;
  }

  /** What a crash at this instant would find. */
  get saved(): string {
    return this.pending === undefined ? this.running : `${this.running} revert-to ${this.pending.revertTo}`;
  }

  /** `ok`, or the error's tag. */
  take(step: Step): string {
    switch (step.kind) {
      case 'lock':
        return this.#lock(step.name, step.who);
      case 'unlock':
        return this.#unlock(step.name, step.who);
      case 'edit':
        return this.#edit(step);
      case 'commit':
        return this.#commit(step);
      case 'cancel': {
        if (this.#heldByOther('running', step.who)) return 'in-use';
        const refusal = this.#refusal(step.who, step.persistId);
        if (refusal !== undefined) return refusal;
        if (this.pending === undefined) return 'operation-failed';
        return this.#revert();
      }
      case 'discard':
        if (this.#heldByOther('candidate', step.who)) return 'in-use';
        this.draft = undefined;
        return 'ok';
      case 'end':
        for (const name of ['running', 'candidate'] as const) this.#unlock(name, step.who);
        if (this.pending?.owner === step.who && this.pending.persist === undefined) this.#revert();
        else if (this.pending?.owner === step.who) this.pending = { ...this.pending, owner: NOBODY };
        return 'ok';
      case 'pass':
        if (this.pending !== undefined) {
          this.pending = { ...this.pending, left: this.pending.left - step.seconds };
          if (this.pending.left <= 0) this.#revert();
        }
        return 'ok';
      case 'restart':
        this.#revert();
        this.draft = undefined;
        this.locks.clear();
        return 'ok';
      case 'full':
        return this.#full(step.step);
    }
  }

  /** What cannot be saved is not done. */
  #full(step: Step): string {
    const { running, draft, pending, saved } = this;
    const answer = this.take(step);
    if (this.saved === saved) return answer;
    Object.assign(this, { running, draft, pending });
    return 'operation-failed';
  }

  #lock(name: string, who: number): string {
    if (this.locks.has(name)) return 'lock-denied';
    if (name === 'candidate' && this.draft !== undefined) return 'lock-denied';
    if (name === 'running' && this.pending !== undefined && this.pending.owner !== who) return 'lock-denied';
    this.locks.set(name, who);
    return 'ok';
  }

  #unlock(name: string, who: number): string {
    if (this.locks.get(name) !== who) return 'operation-failed';
    this.locks.delete(name);
    if (name === 'candidate') this.draft = undefined;
    return 'ok';
  }

  #edit({ name, who, value }: Step & { readonly kind: 'edit' }): string {
    if (this.#heldByOther(name, who)) return 'in-use';
    if (name === 'running') {
      this.running = value;
      return 'ok';
    }
    const base = this.draft?.base ?? this.running;
    this.draft = value === base ? undefined : { base, content: value };
    return 'ok';
  }

  #commit({ who, confirmed, persist, persistId }: Step & { readonly kind: 'commit' }): string {
    if (this.#heldByOther('running', who) || this.#heldByOther('candidate', who)) return 'in-use';
    const refusal = this.#refusal(who, persistId);
    if (refusal !== undefined) return refusal;
    const before = this.pending;
    const revertTo = before?.revertTo ?? this.running;
    this.running = this.candidate;
    this.draft = undefined;
    this.pending =
      confirmed === undefined
        ? undefined
        : { owner: who, persist: persist ?? before?.persist, revertTo, left: confirmed };
    return 'ok';
  }

  #refusal(who: number, persistId: string | undefined): string | undefined {
    if (persistId !== undefined && persistId !== this.pending?.persist) return 'invalid-value';
    if (this.pending === undefined || persistId !== undefined) return undefined;
    return this.pending.persist === undefined && this.pending.owner === who ? undefined : 'in-use';
  }

  #revert(): string {
    this.running = this.pending?.revertTo ?? this.running;
    this.pending = undefined;
    return 'ok';
  }

  #heldByOther(name: string, who: number): boolean {
    const holder = this.locks.get(name);
    return holder !== undefined && holder !== who;
  }
}

const NOBODY = -1;
