import { DAYS, type Rule, type RuleConditions } from './plan.ts';
import type { Situation } from './situation.ts';
import type { GroupWish } from './wish.ts';

/** Whether a rule matches, told a second time and as plainly as can be. For tests. */
export function matchesPlainly({ when, outcome }: Rule, wish: GroupWish, situation: Situation): boolean {
  const directions = [wish.upld, wish.dnld].filter((direction) => direction !== undefined);
  const used = situation.quotaUsed ?? 0;
  return [
    when.priority === undefined || directions.every(({ priority }) => priority === when.priority),
    directions.every(({ bandwidth }) => bandwidth >= (when.bandwidthMin ?? 0)),
    directions.every(({ bandwidth }) => bandwidth <= (when.bandwidthMax ?? Number.POSITIVE_INFINITY)),
    when.direction !== 'upld' || (wish.upld !== undefined && wish.dnld === undefined),
    when.direction !== 'dnld' || (wish.dnld !== undefined && wish.upld === undefined),
    isOn(when, situation),
    when.locations === undefined || situation.places.some((place) => when.locations?.includes(place)),
    when.applications === undefined ||
      when.applications.some((pattern) => wish.applications.some((label) => isLike(pattern, label))),
    when.security === undefined || wish.security === when.security,
    used >= (when.quotaUsed ?? 0),
    used < 100 || when.quotaUsed !== undefined || 'refuse' in outcome,
  ].every((holds) => holds);
}

/** Whether one of the week's beginnings is no longer ago than it lasts. Minutes of the week: 0 is Monday's first. */
function isOn({ time = { start: 0, end: 1440 }, days = DAYS }: RuleConditions, { moment }: Situation): boolean {
  const length = time.end > time.start ? time.end - time.start : time.end + 1440 - time.start;
  const now = DAYS.indexOf(moment.day) * 1440 + moment.minuteOfDay;
  return days.some((day) => (now - (DAYS.indexOf(day) * 1440 + time.start) + 7 * 1440) % (7 * 1440) < length);
}

function isLike(pattern: string, label: string): boolean {
  if (pattern === '') return label === '';
  const rest = pattern.slice(1);
  if (pattern[0] === '*') return isLike(rest, label) || (label !== '' && isLike(pattern, label.slice(1)));
  return label !== '' && (pattern[0] === '?' || pattern[0] === label[0]) && isLike(rest, label.slice(1));
}
