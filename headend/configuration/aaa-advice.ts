import type { AaaConfiguration, GrantMapping, RadiusGroup } from '../aaa/aaa-configuration.ts';
import { EMBEDDED } from '../aaa/grant.ts';
import { patternCovers } from '../policy/label-pattern.ts';
import { type ConfigurationFault, listPath } from './configuration-fault.ts';

/** What is permitted in `/headend/aaa` and yet will disappoint somebody, with the place of each. */
export function aaaAdvice(aaa: AaaConfiguration): readonly ConfigurationFault[] {
  const used = new Set([aaa.authority, ...aaa.realms.values()]);
  const groups = [...aaa.groups.values()];
  return [
    ...groups.filter(({ name }) => !used.has(name)).map(unused),
    ...groups.flatMap((group) => [...planless(group), ...shadowed(group), ...oddUnits(group)]),
    ...(used.has(EMBEDDED) || groups.length === 0
      ? []
      : [
          {
            path: 'aaa/authority',
            code: 'aaa-embedded-unused',
            message:
              'aaa: no name is answered for by the embedded authority, so subscribers in the store are asked of elsewhere',
          },
        ]),
    ...(aaa.dynamicAuthorization?.clients.size === 0
      ? [
          {
            path: 'aaa/dynamic-authorization',
            code: 'aaa-without-client',
            message:
              'aaa: dynamic authorization listens and no client may ask; name one: headend aaa client add ADDRESS',
          },
        ]
      : []),
  ];
}

const groupPath = (name: string) => `aaa/${listPath('radius', name)}`;

const unused = ({ name }: RadiusGroup): ConfigurationFault => ({
  path: groupPath(name),
  code: 'aaa-group-unused',
  message: `aaa: RADIUS group ${name} answers for nobody; give it a realm (headend aaa realm add REALM ${name}), or all names without one (headend aaa authority ${name})`,
});

function planless({ name, mappings, defaultPlan }: RadiusGroup): ConfigurationFault[] {
  const names = mappings.some(({ grants: { kind } }) => kind === 'plan' || kind === 'plan-named');
  if (names || defaultPlan !== undefined) return [];
  return [
    {
      path: groupPath(name),
      code: 'aaa-group-without-plan',
      message: `aaa: RADIUS group ${name} maps nothing to a plan and has no default plan, so all of its subscribers are refused`,
    },
  ];
}

/** A mapping behind another that takes all it could take. */
function shadowed({ name, mappings }: RadiusGroup): ConfigurationFault[] {
  const kindOf = ({ grants: { kind } }: GrantMapping) => (kind === 'plan-named' ? 'plan' : kind);
  return mappings.flatMap((one, index) => {
    const first = mappings
      .slice(0, index)
      .find(
        (before) =>
          before.attribute.toLowerCase() === one.attribute.toLowerCase() &&
          kindOf(before) === kindOf(one) &&
          (before.pattern === undefined || patternCovers(before.pattern, one.pattern ?? '*')),
      );
    if (first === undefined) return [];
    return [
      {
        path: `${groupPath(name)}/${listPath('mapping', one.name)}`,
        code: 'aaa-mapping-unreachable',
        message: `aaa: RADIUS group ${name}: mapping ${one.name} never decides, since ${first.name} before it fits whatever it fits`,
      },
    ];
  });
}

function oddUnits({ name, mappings }: RadiusGroup): ConfigurationFault[] {
  return mappings.flatMap(({ name: mapping, attribute, grants }) =>
    'unit' in grants && grants.unit === 'kilobits-per-second' && /^wispr-bandwidth-/i.test(attribute)
      ? [
          {
            path: `${groupPath(name)}/${listPath('mapping', mapping)}`,
            code: 'aaa-mapping-unit',
            message: `aaa: RADIUS group ${name}: mapping ${mapping} reads ${attribute} in kbit/s; servers give it in bit/s, so it would be a thousand times as much`,
          },
        ]
      : [],
  );
}
