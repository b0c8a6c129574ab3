import * as v from 'valibot';
import { DAYS, type DayOfWeek } from '../policy/plan.ts';
import { isTimeZone } from '../policy/zone-clock.ts';
import { formatPrefix, parsePrefix } from '../pools/ip-address.ts';
import { members } from '../settings/members.ts';
import { octetsOf } from './octets-text.ts';
import { isAddress, isPrefix } from './prefix-text.ts';

/** A plan as people write it; every message says what was expected. */

const RATE_MAX = 4_294_967_295;

const integer = (from: number, to: number, what = 'a whole number') => {
  const expected = `expected ${what} from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};
const text = (longest: number, what: string) => {
  const expected = `expected ${what} of 1 to ${longest} characters`;
  const fits = (value: string) => value !== '' && [...value].length <= longest && !NO_YANG_CHARACTER.test(value);
  return v.pipe(v.string(expected), v.check(fits, expected));
};
/** What no YANG string has: control characters, halves of surrogate pairs, noncharacters (RFC 7950 §14, yang-char). */
const NO_YANG_CHARACTER = /(?![\t\n\r\u007F-\u009F])\p{Control}|\p{Surrogate}|\p{Noncharacter_Code_Point}/u;
const NAME_EXPECTED =
  'expected a name: 1 to 64 letters, digits, dots, underscores and dashes, beginning with a letter or digit';
const name = v.pipe(v.string(NAME_EXPECTED), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, NAME_EXPECTED));
const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `expected ${options.slice(0, -1).join(', ')} or ${options.at(-1)}`);

/** One, or a list of them without repetition. */
const oneOrMore = <T extends v.GenericSchema>(item: T, what: string) => {
  const expected = `expected ${what}, or a list of them, each once`;
  return v.union(
    [
      v.pipe(
        v.array(item),
        v.minLength(1, expected),
        v.check((items) => new Set(items).size === items.length, expected),
      ),
      v.pipe(
        item,
        v.transform((one) => [one]),
      ),
    ],
    expected,
  );
};

const PREFIX_EXPECTED = 'expected a prefix, as 198.51.100.0/24 or 2001:db8::/32';
const prefix = v.pipe(v.string(PREFIX_EXPECTED), v.check(isPrefix, PREFIX_EXPECTED));
const ADDRESS_EXPECTED = 'expected an IP address';
const address = v.pipe(v.string(ADDRESS_EXPECTED), v.check(isAddress, ADDRESS_EXPECTED));

const priority = oneOf(['H', 'M', 'L']);
const rate = integer(1, RATE_MAX, 'a rate in kbit/s');
const limit = members({
  ceiling: v.optional(
    v.union(
      [integer(1, RATE_MAX), v.literal('unlimited')],
      `expected a rate in kbit/s (1 to ${RATE_MAX}), or unlimited`,
    ),
  ),
  burst: v.optional(integer(1514, RATE_MAX, 'bytes')),
});
const ROUTES_EXPECTED = 'expected a list of routes, each destination once';
const routes = v.optional(
  v.pipe(
    v.array(members({ to: prefix, via: v.optional(address) }), ROUTES_EXPECTED),
    v.check((list) => new Set(list.map(({ to }) => canonical(to))).size === list.length, ROUTES_EXPECTED),
  ),
);

const serviceClass = members({
  dscp: integer(0, 63, 'a DSCP'),
  priority,
  scope: v.optional(oneOf(['internal', 'external'])),
  admission: v.optional(oneOf(['guaranteed', 'best-effort'])),
  'security-profile': v.optional(name),
  'service-chain': v.optional(text(255, 'a text')),
  upld: v.optional(limit),
  dnld: v.optional(limit),
  routes,
});

const DAYS_EXPECTED = `expected a day (${DAYS.join(', ')}), a range as mon-fri, or a list of them`;
const days = v.pipe(
  v.union([v.string(DAYS_EXPECTED), v.array(v.string(DAYS_EXPECTED), DAYS_EXPECTED)], DAYS_EXPECTED),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const parts = [dataset.value].flat().map(dayRange);
    if (parts.length > 0 && !parts.includes(undefined)) return DAYS.filter((day) => parts.flat().includes(day));
    addIssue({ message: DAYS_EXPECTED });
    return NEVER;
  }),
);

const TIME_EXPECTED = 'expected a window of the day in quotes, as "11:00-13:00"';
const locations = oneOrMore(name, 'the name of a location');
const applications = oneOrMore(text(255, 'a label or a pattern (* any text, ? one character)'), 'a label or a pattern');
const when = v.pipe(
  members({
    priority: v.optional(priority),
    'bandwidth-max': v.optional(rate),
    'bandwidth-min': v.optional(rate),
    direction: v.optional(oneOf(['upld', 'dnld'])),
    time: v.optional(
      v.pipe(v.string(TIME_EXPECTED), v.regex(/^([01]\d|2[0-3]):[0-5]\d(-([01]\d|2[0-3]):[0-5]\d)?$/, TIME_EXPECTED)),
    ),
    days: v.optional(days),
    day: v.optional(days),
    locations: v.optional(locations),
    location: v.optional(locations),
    applications: v.optional(applications),
    application: v.optional(applications),
    security: v.optional(name),
    'quota-used': v.optional(integer(1, 100, 'percent')),
  }),
  v.check(
    (when) =>
      (when.day === undefined || when.days === undefined) &&
      (when.location === undefined || when.locations === undefined) &&
      (when.application === undefined || when.applications === undefined),
    'expected one of days and day, of locations and location, of applications and application, not both',
  ),
);

const rule = v.pipe(
  members({
    name,
    when: v.optional(when),
    class: v.optional(name),
    refuse: v.optional(text(255, 'the reason, for the subscriber,')),
    'over-ceiling': v.optional(oneOf(['refuse', 'lower'])),
  }),
  v.check(
    (rule) => (rule.class === undefined) !== (rule.refuse === undefined),
    'expected either class or refuse: what happens when the rule matches',
  ),
);

const OCTETS_EXPECTED = 'expected bytes: a whole number, or a text as "50 GB" (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB)';
const quota = members({
  octets: v.pipe(
    v.union([v.number(OCTETS_EXPECTED), v.string(OCTETS_EXPECTED)], OCTETS_EXPECTED),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const octets = octetsOf(dataset.value);
      if (octets !== undefined) return octets;
      addIssue({ message: OCTETS_EXPECTED });
      return NEVER;
    }),
  ),
  period: v.optional(oneOf(['day', 'week', 'month'])),
});

const ZONE_EXPECTED = 'expected the name of a time zone, as Europe/Vienna';
const FRACTION_EXPECTED = 'expected a fraction from 0.1 to 0.9, of at most three digits';

export const planFile = v.pipe(
  members({
    name: v.optional(name),
    'default-class': v.optional(name),
    'time-zone': v.optional(v.pipe(v.string(ZONE_EXPECTED), v.check(isTimeZone, ZONE_EXPECTED))),
    quota: v.optional(quota),
    classes: v.pipe(
      v.record(name, serviceClass, 'expected classes by name, as "best-effort: { dscp: 0, priority: L }"'),
      v.check((classes) => Object.keys(classes).length > 0, 'expected at least one class'),
    ),
    rules: v.optional(v.array(rule, 'expected a list of rules'), []),
    lease: v.optional(
      members({
        valid: v.optional(integer(60, RATE_MAX, 'seconds')),
        'renew-at': v.optional(
          v.pipe(
            v.number(FRACTION_EXPECTED),
            v.minValue(0.1, FRACTION_EXPECTED),
            v.maxValue(0.9, FRACTION_EXPECTED),
            v.check((fraction) => /^0\.\d{1,3}$/.test(String(fraction)), FRACTION_EXPECTED),
          ),
        ),
      }),
    ),
    'groups-max': v.optional(integer(1, 65_535)),
    routes,
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const plan = dataset.value;
    const known = Object.keys(plan.classes);
    const issue = (message: string, keys: readonly (string | number)[]) => {
      // Only `key` is read of a path's items; the rest is valibot's own book-keeping.
      const path = keys.map((key) => ({ type: 'unknown', origin: 'value', input: plan, key, value: plan }) as const);
      addIssue({ message, path: path as never });
    };
    if (plan['default-class'] !== undefined && !known.includes(plan['default-class']))
      issue(`no class is named ${plan['default-class']}; expected one of ${known.join(', ')}`, ['default-class']);
    plan.rules.forEach((rule, index) => {
      if (rule.class !== undefined && !known.includes(rule.class))
        issue(`no class is named ${rule.class}; expected one of ${known.join(', ')}`, ['rules', index, 'class']);
      if (plan.rules.findIndex((other) => other.name === rule.name) < index)
        issue(`another rule is named ${rule.name} already`, ['rules', index, 'name']);
    });
  }),
);

export type PlanFile = v.InferOutput<typeof planFile>;

/** 192.0.2.7/24 is 192.0.2.0/24. */
function canonical(text: string): string {
  const prefix = parsePrefix(text);
  return prefix === undefined ? text : formatPrefix(prefix);
}

/** `fri`, or `fri-mon`: from Friday over the weekend; undefined: neither. */
function dayRange(range: string): readonly DayOfWeek[] | undefined {
  const [first = '', last = first, ...more] = range.split('-');
  const [from, to] = [first, last].map((day) => DAYS.indexOf(day as DayOfWeek));
  if (from === undefined || to === undefined || from < 0 || to < 0 || more.length > 0) return undefined;
  const length = ((to - from + 7) % 7) + 1;
  return [...DAYS, ...DAYS].slice(from, from + length);
}
