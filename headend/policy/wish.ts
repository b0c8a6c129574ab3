import type { KilobitsPerSecond } from '@sublane/basics';

/** As the host sees it: `upld` from it, `dnld` to it. */
export type Direction = 'upld' | 'dnld';
export const DIRECTIONS: readonly Direction[] = ['upld', 'dnld'];

/** Precedence among the groups of one host: high, medium, low. */
export type Priority = 'H' | 'M' | 'L';

export interface DirectionWish {
  readonly bandwidth: KilobitsPerSecond;
  readonly priority: Priority;
}

/** The whole wish for one application group, over both its directions. At least one direction is asked. */
export interface GroupWish {
  /** 1..65535, the host's own number. */
  readonly groupId: number;
  readonly upld?: DirectionWish;
  readonly dnld?: DirectionWish;
  /** Labels, in the host's order. */
  readonly applications: readonly string[];
  /** The name of a security profile. */
  readonly security?: string;
}
