// Makes the lanes of a wish, or takes all away, and ends; prints where processes enter the first one's group.
import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { openLinuxEngine } from '../../agent/kernel/linux-engine.ts';

const [stateDir = '', slice = '', wish = ''] = process.argv.slice(2);
const engine = openLinuxEngine({ stateDir, slice });
if (wish === 'undo') unwrap(await engine.undo());
else {
  const { lanes } = unwrap(await engine.converge(JSON.parse(wish)));
  console.log(join(lanes[0]?.cgroup as string, 'cgroup.procs'));
}
process.exit(0);
