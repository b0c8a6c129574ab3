import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { lane, wishOf, world } from './engine-world.fixture.ts';
import type { FakeKernel } from './fake-kernel.ts';

const preferencesOf = ({ objects }: FakeKernel) => [
  ...new Set(objects.flatMap((object) => (object.kind === 'rule' ? [object.preference] : []))),
];

test.each([
  ['none of others', [], [30_001, 30_002]],
  ['some after ours', [31_000, 32_000], [30_001, 30_002]],
  ['wg-quick’s, started before', [32_764, 32_765], [30_001, 30_002]],
  ['wg-quick’s, started after', [29_998, 29_999], [29_996, 29_997]],
  ['Tailscale’s', [5_210, 5_230, 5_250, 5_270], [5_208, 5_209]],
  ['as far as there is room', [2], [2, 3]],
])('rules before those of others: %s', async (_, foreignRules, expected) => {
  const { kernel, engine } = world({ foreignRules }, { beforeOthers: true });
  unwrap(await engine().converge(wishOf(lane())));
  expect(preferencesOf(kernel)).toEqual(expected);
});

test('they follow when rules of others come or go, and otherwise stay where they were asked to be', async () => {
  const foreignRules: number[] = [];
  const { kernel, engine } = world({ foreignRules }, { beforeOthers: true });
  const one = engine();
  unwrap(await one.converge(wishOf(lane())));
  foreignRules.push(29_999);
  expect(unwrap(await one.inspect())).toMatchObject({ drift: [], stale: true });
  unwrap(await one.converge(wishOf(lane())));
  expect(preferencesOf(kernel)).toEqual([29_997, 29_998]);
  foreignRules.pop();
  unwrap(await one.converge(wishOf(lane())));
  expect(preferencesOf(kernel)).toEqual([30_001, 30_002]);

  const beside = world({ foreignRules: [5_000] });
  unwrap(await beside.engine().converge(wishOf(lane())));
  expect(preferencesOf(beside.kernel)).toEqual([30_001, 30_002]);
});
