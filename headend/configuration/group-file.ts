import { type FileFault, failed, kilobitsPerSecond, ok, type Result, readYaml } from '@sublane/basics';
import * as v from 'valibot';
import type { GroupWish } from '../policy/wish.ts';
import { members } from '../settings/members.ts';

/**
 * Reads what one group asks for, as agent.yaml writes it: `{ upld: { bandwidth: 2000, priority: H } }`, in kbit/s.
 * `source` is its name in faults.
 */
export function parseGroupWish(text: string, source: string): Result<GroupWish, readonly FileFault[]> {
  const read = readYaml(text, source, group);
  if (!read.ok) return failed(read.failure);
  const { upld, dnld } = read.value;
  return ok({ groupId: 1, applications: [], ...(upld && { upld }), ...(dnld && { dnld }) });
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

const group = v.pipe(
  members({ upld: v.optional(direction), dnld: v.optional(direction) }),
  v.check(({ upld, dnld }) => upld !== undefined || dnld !== undefined, 'expected upld, dnld or both'),
);
