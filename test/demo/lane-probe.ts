import { CALLS } from './applications.ts';
import type { Stage } from './stage.ts';
import { serverUrl } from './traffic.ts';

/** The addresses that the server sees when curl runs in the lane of the calls, IPv4 then IPv6; its words if it fails. */
export function probeLane(stage: Stage): Promise<readonly string[]> {
  return Promise.all(
    ([4, 6] as const).map(async (family) => {
      const curl = ['curl', '-gsS', '-m', '5', serverUrl(family)];
      const { stdout, stderr } = await stage.agent.run('exec', CALLS.group.name, '--', ...curl);
      return stdout.trim() || stderr.trim();
    }),
  );
}
