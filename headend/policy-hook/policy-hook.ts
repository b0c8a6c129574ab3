import type { Milliseconds, Result } from '@sublane/basics';
import type { Granted } from '../policy/decision.ts';
import type { GroupWish } from '../policy/wish.ts';
import type { Refusals } from '../refusal/refusal.ts';

/** A policy server that has a word in what the plan grants: it can refuse or lower, and never grant more. */
export interface PolicyHook {
  /**
   * Asks about one request before anything of it is held. Answers the decisions as they stand then, in the order of the
   * question's groups; or `policy-hook-refuses`, or `policy-hook-away` where the configuration says to refuse without
   * an answer. Without a configured server the decisions stay as they are.
   */
  judge(question: HookQuestion): Promise<Result<readonly Granted[], Refusals>>;
  /** As `judge`, for somebody who wants to see what is said. Undefined: no server is configured. */
  try(question: HookQuestion): Promise<HookTrial | undefined>;
  /** Since the start; undefined where none is configured. */
  status(): HookStatus | undefined;
  /** Token and certificates are read again when the next question is asked. */
  reread(): void;
  close(): void;
}

export interface HookTrial {
  readonly judged: Result<readonly Granted[], Refusals>;
  /** What the server said, or why that was nothing of use. */
  readonly verdict: Result<HookVerdict, HookTrouble>;
}

/** What a policy server says of a request. */
export interface HookVerdict {
  readonly allow: boolean;
  /** For the subscriber: printable and short. */
  readonly reason?: string;
  readonly groups: ReadonlyMap<number, GroupVerdict>;
}

export interface GroupVerdict {
  readonly allow: boolean;
  readonly reason?: string;
  /** Ceilings in whole kbit/s, at least 1. */
  readonly upld?: number;
  readonly dnld?: number;
}

/** One request of a host, as it was asked for and as the plan decided. */
export interface HookQuestion {
  readonly hostId: string;
  readonly subscriber: string;
  readonly plan: string;
  /** Who granted the plan: EMBEDDED, or a group of RADIUS servers of the configuration. */
  readonly authority: string;
  /** Where the network sees the host; absent: nowhere in particular. */
  readonly location?: string;
  /** Where the host's session comes from; canonical text. */
  readonly peerAddress?: string;
  /** When the request was received. */
  readonly at: Milliseconds;
  readonly groups: readonly HookGroup[];
}

export interface HookGroup {
  readonly wish: GroupWish;
  readonly decision: Granted;
}

export interface HookStatus {
  /** `unknown`: not asked yet. */
  readonly state: 'unknown' | 'answering' | 'away';
  /** Questions; how many answers refused one, lowered one; how many were no answer. */
  readonly asked: number;
  readonly refused: number;
  readonly lowered: number;
  readonly unanswered: number;
  /** Why there was no answer, while it is away. */
  readonly trouble?: HookTrouble['kind'];
}

/** Why a question got no answer that can be used. */
export type HookTrouble =
  | { readonly kind: 'secret-unreadable'; readonly message: string }
  | { readonly kind: 'overloaded' | 'timed-out' | 'redirected' | 'too-big' }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'status'; readonly status: number }
  /** No JSON, or not of the documented shape. */
  | { readonly kind: 'unusable'; readonly message: string }
  /** OPA's way to say that the document asked for has no value. */
  | { readonly kind: 'undefined' };
