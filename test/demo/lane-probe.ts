import { CALLS } from './applications.ts';
import type { Stage } from './stage.ts';
import { serverUrl } from './traffic.ts';

/** The addresses that the server sees when curl runs in the lane of the calls; curl's words if it fails. */
export function probeLane(stage: Stage, families: readonly (4 | 6)[]): Promise<readonly string[]> {
  return Promise.all(
    families.map(async (family) => {
      const curl = ['curl', '-gsS', '-m', '5', serverUrl(CALLS, family)];
      const { stdout, stderr } = await stage.agent.run('exec', CALLS.group.name, '--', ...curl);
      return stdout.trim() || stderr.trim();
    }),
  );
}
