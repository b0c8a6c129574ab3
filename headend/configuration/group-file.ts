import { type FileFault, failed, kilobitsPerSecond, ok, type Result, readYaml } from '@sublane/basics';
import * as v from 'valibot';
import type { GroupWish } from '../policy/wish.ts';
import { members } from '../settings/members.ts';

/** What a group asks for, and what the host calls it. */
export interface NamedWish {
  readonly wish: GroupWish;
  readonly name?: string;
}

/**
 * Reads what one group asks for, as agent.yaml writes it: `{ upld: { bandwidth: 2000, priority: H } }`, in kbit/s.
 * `source` is its name in faults.
 */
export function parseGroupWish(text: string, source: string): Result<GroupWish, readonly FileFault[]> {
  const read = readYaml(text, source, group);
  return read.ok ? ok(wishOf(read.value, 1).wish) : failed(read.failure);
}

/**
 * Reads what one group or several ask for: a group, a list of them, or a whole agent.yaml, of which the groups are read. A
 * group without an id gets its place in the list.
 */
export function parseRequest(text: string, source: string): Result<readonly NamedWish[], readonly FileFault[]> {
  const shape = readYaml(text, source, v.unknown());
  if (!shape.ok) return shape;
  const { value } = shape;
  const several = Array.isArray(value) ? groups : isAgentFile(value) ? agentFile : one;
  const read = readYaml<readonly Group[]>(text, source, several);
  return read.ok ? ok(read.value.map((entry, at) => wishOf(entry, at + 1))) : failed(read.failure);
}

const RATE_EXPECTED = 'expected a rate in kbit/s from 1 to 4294967295';
const direction = members({
  bandwidth: v.pipe(
    v.number(RATE_EXPECTED),
    v.integer(RATE_EXPECTED),
    v.minValue(1, RATE_EXPECTED),
    v.maxValue(4_294_967_295, RATE_EXPECTED),
    v.transform(kilobitsPerSecond),
  ),
  priority: v.picklist(['H', 'M', 'L'], 'expected H, M or L'),
});

const ID_EXPECTED = 'expected a whole number from 1 to 65535';
const TEXT_EXPECTED = 'expected a text of 1 to 255 characters';
const text = v.pipe(v.string(TEXT_EXPECTED), v.minLength(1, TEXT_EXPECTED), v.maxLength(255, TEXT_EXPECTED));
const group = v.pipe(
  members({
    id: v.optional(
      v.pipe(
        v.number(ID_EXPECTED),
        v.integer(ID_EXPECTED),
        v.minValue(1, ID_EXPECTED),
        v.maxValue(65_535, ID_EXPECTED),
      ),
    ),
    name: v.optional(text),
    upld: v.optional(direction),
    dnld: v.optional(direction),
    security: v.optional(text),
    applications: v.optional(v.array(text, 'expected a list of applications'), []),
    // What a group has in agent.yaml and no request says.
    'when-down': v.optional(v.unknown()),
    container: v.optional(v.unknown()),
  }),
  v.check(({ upld, dnld }) => upld !== undefined || dnld !== undefined, 'expected upld, dnld or both'),
);
type Group = v.InferOutput<typeof group>;

const groups = v.pipe(
  v.array(group, 'expected a list of groups'),
  v.minLength(1, 'expected at least one group'),
  v.check((list) => {
    const ids = list.map(({ id }, at) => id ?? at + 1);
    return new Set(ids).size === ids.length;
  }, 'expected each group to have an id of its own'),
);
const one = v.pipe(
  group,
  v.transform((only) => [only]),
);
const agentFile = v.pipe(
  v.looseObject({ groups }),
  v.transform((file) => file.groups),
);

function isAgentFile(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'groups' in value;
}

function wishOf({ id, name, upld, dnld, security, applications }: Group, place: number): NamedWish {
  const wish = {
    groupId: id ?? place,
    applications,
    ...(upld && { upld }),
    ...(dnld && { dnld }),
    ...(security !== undefined && { security }),
  };
  return { wish, ...(name !== undefined && { name }) };
}
