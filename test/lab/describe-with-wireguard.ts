import { spawnSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { describeInLab } from './describe-in-lab.ts';

/** `describeInLab` for tests that need wireguard-go: where it is not, one skip that says what brings it. */
export function describeWithWireguard(name: string, body: () => void): void {
  if (spawnSync('wireguard-go', ['--version']).status === 0) describeInLab(name, body);
  else
    describe(name, () =>
      it('with wireguard-go', (context) =>
        context.skip('there is no wireguard-go; npm run setup -- --for test brings it')),
    );
}
