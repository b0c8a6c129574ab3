import type { Bytes, KilobitsPerSecond } from '@sublane/basics';
import type { RefusalOf } from '../refusal/refusal.ts';
import type { ServiceClass } from './plan.ts';
import type { Priority } from './wish.ts';

/** Policy's answer for one group. Every answer names the rule that gave it. */
export type Decision =
  | {
      /** `lower`: some direction gets its ceiling instead of what was asked. */
      readonly kind: 'accept' | 'lower';
      readonly groupId: number;
      /** The rule's name, or DEFAULT_RULE. */
      readonly rule: string;
      readonly class: ServiceClass;
      /** Only directions that were asked. */
      readonly upld?: Treatment;
      readonly dnld?: Treatment;
      /** The security profile of its lane: the class's, else the one that the wish names. */
      readonly security?: string;
    }
  | { readonly kind: 'refuse'; readonly groupId: number; readonly rule: string; readonly refusal: PolicyRefusal };

export type Granted = Exclude<Decision, { kind: 'refuse' }>;

export type PolicyRefusal = RefusalOf<
  'rule-refuses' | 'no-rule' | 'quota-exceeded' | 'direction-not-offered' | 'over-ceiling' | 'security-not-offered'
>;

/** What one direction of a lane gets. */
export interface Treatment {
  readonly rate: KilobitsPerSecond;
  readonly burst?: Bytes;
  readonly priority: Priority;
}

/** Stands where a rule's name would when no rule matched: no rule can have this name (the YANG type forbids it). */
export const DEFAULT_RULE = '(default)';
