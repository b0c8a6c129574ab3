import { kilobitsPerSecond, seconds } from '@sublane/basics';
import type { Plan, Rule, ServiceClass } from './plan.ts';
import type { Situation } from './situation.ts';
import type { DirectionWish, GroupWish, Priority } from './wish.ts';

/** Short words for the tests of policy. */

export const kbps = kilobitsPerSecond;

export const serviceClass = (name: string, more: Partial<ServiceClass> = {}): ServiceClass => ({
  name,
  dscp: 0,
  priority: 'L',
  scope: 'external',
  admission: 'guaranteed',
  routes: [],
  ...more,
});

export const planOf = (
  classes: readonly ServiceClass[],
  rules: readonly Rule[],
  more: Pick<Partial<Plan>, 'defaultClass' | 'quota' | 'timeZone'> = {},
): Plan => ({
  name: 'gold',
  classes: new Map(classes.map((entry) => [entry.name, entry])),
  rules,
  lease: { valid: seconds(3600), renewAt: 0.5 },
  groupsMax: 8,
  routes: [],
  ...more,
});

export const asked = (bandwidth: number, priority: Priority = 'L'): DirectionWish => ({
  bandwidth: kbps(bandwidth),
  priority,
});

export const wishOf = (parts: Partial<GroupWish>): GroupWish => ({ groupId: 7, applications: [], ...parts });

export const GRANT = { subscriber: 'alice', plan: 'gold', authority: 'embedded' };

/** On a Saturday, nowhere in particular, with nothing counted. */
export const situationOf = (minuteOfDay: number, more: Partial<Situation> = {}): Situation => ({
  moment: { minuteOfDay, day: 'sat' },
  places: [],
  ...more,
});
