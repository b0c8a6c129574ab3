import { isIP } from 'node:net';
import { type FileFault, type JsonObject, type Result, readYaml } from '@sublane/basics';
import * as v from 'valibot';
import { members } from '../settings/members.ts';

/**
 * Reads a plan as people write it (YAML, classes by name) into the shape of `sublane-headend`'s list `plan`
 * (RFC 7951 JSON). Every fault comes with its line and with what was expected.
 */
export function parsePlanFile(text: string, file: string): Result<JsonObject, readonly FileFault[]> {
  const read = readYaml(text, file, planFile);
  return read.ok ? { ok: true, value: toYang(read.value) } : read;
}

const RATE_MAX = 4_294_967_295;

const integer = (from: number, to: number, what = 'a whole number') => {
  const expected = `expected ${what} from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};
const NAME_EXPECTED =
  'expected a name: 1 to 64 letters, digits, dots, underscores and dashes, beginning with a letter or digit';
const name = v.pipe(v.string(NAME_EXPECTED), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, NAME_EXPECTED));
const oneOf = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `expected ${options.slice(0, -1).join(', ')} or ${options.at(-1)}`);

const PREFIX_EXPECTED = 'expected a prefix, as 198.51.100.0/24 or 2001:db8::/32';
const prefix = v.pipe(
  v.string(PREFIX_EXPECTED),
  v.check((text) => isPrefix(text), PREFIX_EXPECTED),
);
const ADDRESS_EXPECTED = 'expected an IP address';
const address = v.pipe(
  v.string(ADDRESS_EXPECTED),
  v.check((text) => isIP(text) !== 0, ADDRESS_EXPECTED),
);

const priority = oneOf(['H', 'M', 'L']);
const limit = members({
  ceiling: v.optional(
    v.union(
      [integer(1, RATE_MAX), v.literal('unlimited')],
      `expected a rate in kbit/s (1 to ${RATE_MAX}), or unlimited`,
    ),
  ),
  burst: v.optional(integer(0, RATE_MAX, 'bytes')),
});
const routes = v.optional(v.array(members({ to: prefix, via: v.optional(address) })));

const serviceClass = members({
  dscp: integer(0, 63, 'a DSCP'),
  priority,
  scope: v.optional(oneOf(['internal', 'external'])),
  'service-chain': v.optional(v.string('expected a text')),
  upld: v.optional(limit),
  dnld: v.optional(limit),
  routes,
});

const TIME_EXPECTED = 'expected a window of the day in quotes, as "11:00-13:00"';
const rule = v.pipe(
  members({
    name,
    when: v.optional(
      members({
        priority: v.optional(priority),
        'bandwidth-max': v.optional(integer(1, RATE_MAX, 'a rate in kbit/s')),
        direction: v.optional(oneOf(['upld', 'dnld'])),
        time: v.optional(
          v.pipe(
            v.string(TIME_EXPECTED),
            v.regex(/^([01]\d|2[0-3]):[0-5]\d(-([01]\d|2[0-3]):[0-5]\d)?$/, TIME_EXPECTED),
          ),
        ),
      }),
    ),
    class: v.optional(name),
    refuse: v.optional(
      v.pipe(v.string('expected the reason, for the subscriber'), v.minLength(1, 'expected a reason')),
    ),
    'over-ceiling': v.optional(oneOf(['refuse', 'lower'])),
  }),
  v.check(
    (rule) => (rule.class === undefined) !== (rule.refuse === undefined),
    'expected either class or refuse: what happens when the rule matches',
  ),
);

const planFile = v.pipe(
  members({
    name: v.optional(name),
    'default-class': v.optional(name),
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
            v.number('expected a fraction from 0.1 to 0.9'),
            v.minValue(0.1, 'expected a fraction from 0.1 to 0.9'),
            v.maxValue(0.9, 'expected a fraction from 0.1 to 0.9'),
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

type PlanFile = v.InferOutput<typeof planFile>;

function toYang({ classes, rules, lease, routes, ...plan }: PlanFile): JsonObject {
  return defined({
    ...plan,
    class: Object.entries(classes).map(([name, { routes, ...rest }]) =>
      defined({ name, ...rest, route: routes?.map(defined) }),
    ),
    ...(rules.length > 0 && { rule: rules.map((rule) => defined({ ...rule, when: rule.when && defined(rule.when) })) }),
    // decimal64 is a string in JSON (RFC 7951 §6.1).
    lease: lease && defined({ valid: lease.valid, 'renew-at': lease['renew-at']?.toString() }),
    route: routes?.map(defined),
  });
}

/** Without the members that are not there. */
function defined(members: { readonly [member: string]: unknown }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonObject;
}

/** An IPv4 or IPv6 prefix in text: the address, a slash, a length that fits the family. */
export function isPrefix(text: string): boolean {
  const [address = '', length = '', ...more] = text.split('/');
  const family = isIP(address);
  return family !== 0 && more.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}
