import type { AaaConfiguration, GrantMapping, RadiusGroup } from '../aaa/aaa-configuration.ts';
import { EMBEDDED } from '../aaa/grant.ts';

/** What is permitted in `/headend/aaa` and yet will disappoint somebody. */
export function aaaAdvice(aaa: AaaConfiguration): readonly string[] {
  const used = new Set([aaa.authority, ...aaa.realms.values()]);
  const groups = [...aaa.groups.values()];
  return [
    ...groups.filter(({ name }) => !used.has(name)).map(({ name }) => unused(name)),
    ...groups.flatMap((group) => [...planless(group), ...shadowed(group), ...oddUnits(group)]),
    ...(used.has(EMBEDDED) || groups.length === 0
      ? []
      : ['aaa: no name is answered for by the embedded authority, so subscribers in the store are asked of elsewhere']),
    ...(aaa.dynamicAuthorization?.clients.size === 0
      ? ['aaa: dynamic authorization listens and no client may ask; name one: headend aaa client add ADDRESS']
      : []),
  ];
}

const unused = (name: string) =>
  `aaa: RADIUS group ${name} answers for nobody; give it a realm (headend aaa realm add REALM ${name}), or all names without one (headend aaa authority ${name})`;

function planless({ name, mappings, defaultPlan }: RadiusGroup): string[] {
  const names = mappings.some(({ grants: { kind } }) => kind === 'plan' || kind === 'plan-named');
  if (names || defaultPlan !== undefined) return [];
  return [
    `aaa: RADIUS group ${name} maps nothing to a plan and has no default plan, so all of its subscribers are refused`,
  ];
}

/** A mapping behind another that takes all it could take. */
function shadowed({ name, mappings }: RadiusGroup): string[] {
  const kindOf = ({ grants: { kind } }: GrantMapping) => (kind === 'plan-named' ? 'plan' : kind);
  return mappings.flatMap((one, index) => {
    const first = mappings
      .slice(0, index)
      .find(
        (before) =>
          before.attribute.toLowerCase() === one.attribute.toLowerCase() &&
          kindOf(before) === kindOf(one) &&
          (before.pattern === undefined || before.pattern === '*' || before.pattern === one.pattern),
      );
    if (first === undefined) return [];
    return [
      `aaa: RADIUS group ${name}: mapping ${one.name} never decides, since ${first.name} before it fits whatever it fits`,
    ];
  });
}

function oddUnits({ name, mappings }: RadiusGroup): string[] {
  return mappings.flatMap(({ name: mapping, attribute, grants }) =>
    'unit' in grants && grants.unit === 'kilobits-per-second' && /^wispr-bandwidth-/i.test(attribute)
      ? [
          `aaa: RADIUS group ${name}: mapping ${mapping} reads ${attribute} in kbit/s; servers give it in bit/s, so it would be a thousand times as much`,
        ]
      : [],
  );
}
