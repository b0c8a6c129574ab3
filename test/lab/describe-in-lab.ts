import { describe, it } from 'vitest';
import { labRefusal } from './lab.ts';

/** `describe` for tests in namespaces: where none can be made, one skip that says why. */
export function describeInLab(name: string, body: () => void): void {
  const refusal = labRefusal();
  if (refusal === undefined) describe(name, body);
  else describe(name, () => it('in network namespaces', (context) => context.skip(refusal)));
}
