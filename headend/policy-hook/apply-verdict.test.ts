import { bytes, kilobitsPerSecond, unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Granted, Treatment } from '../policy/decision.ts';
import type { ServiceClass } from '../policy/plan.ts';
import { DIRECTIONS } from '../policy/wish.ts';
import { applyVerdict } from './apply-verdict.ts';
import type { HookGroup } from './policy-hook.ts';
import { readAnswer } from './read-answer.ts';

const CLASS: ServiceClass = {
  name: 'calls',
  dscp: 46,
  priority: 'H',
  scope: 'external',
  admission: 'guaranteed',
  routes: [],
};

const rate = (value: number): Treatment => ({
  rate: kilobitsPerSecond(value),
  burst: bytes(32_000),
  priority: 'H',
});
const group = (groupId: number, directions: Pick<Granted, 'upld' | 'dnld'>): HookGroup => ({
  wish: { groupId, applications: [] },
  decision: { kind: 'accept', groupId, rule: 'calls', class: CLASS, ...directions },
});
const CALLS = group(1, { upld: rate(2000), dnld: rate(4000) });
const FILMS = group(2, { dnld: rate(20_000) });

/** What becomes of both groups by an answer as it comes over the wire. */
function judge(result: unknown) {
  const verdict = unwrap(readAnswer(JSON.stringify({ result }), new Set([1, 2])));
  return applyVerdict([CALLS, FILMS], verdict);
}

describe('a verdict', () => {
  it('that allows leaves the decisions as they are, the same objects', () => {
    const judged = unwrap(judge({ allow: true, groups: { 1: {}, 2: { dnld: 20_000 } } }));
    expect(judged[0]).toBe(CALLS.decision);
    expect(judged[1]).toBe(FILMS.decision);
  });

  it('lowers the directions it names, and says so', () => {
    const judged = unwrap(judge({ allow: true, groups: { 1: { upld: 500, dnld: 9000 }, 2: { upld: 1 } } }));
    expect(judged[0]).toEqual({ ...CALLS.decision, kind: 'lower', upld: { ...rate(2000), rate: 500 } });
    expect(judged[1]).toBe(FILMS.decision);
  });

  it('that refuses the request refuses it whole', () => {
    expect(judge({ allow: false, reason: 'not\u0007today', groups: { 1: { allow: true } } })).toEqual({
      ok: false,
      failure: [{ kind: 'policy-hook-refuses', reason: 'not today' }],
    });
    expect(judge(false)).toEqual({ ok: false, failure: [{ kind: 'policy-hook-refuses' }] });
  });

  it('that refuses groups names each of them', () => {
    const groups = { 1: { allow: false }, 2: { allow: false, reason: 'no films', dnld: 1 } };
    expect(judge({ allow: true, groups })).toEqual({
      ok: false,
      failure: [
        { kind: 'policy-hook-refuses', groupId: 1, rule: 'calls' },
        { kind: 'policy-hook-refuses', groupId: 2, rule: 'calls', reason: 'no films' },
      ],
    });
  });
});

const someRate = fc.integer({ min: 1, max: 10_000_000 });
const someGroup = fc
  .record({ upld: fc.option(someRate), dnld: fc.option(someRate) })
  .filter(({ upld, dnld }) => upld !== null || dnld !== null);
const someVerdict = fc.record(
  {
    allow: fc.oneof(fc.boolean(), fc.constant(true)),
    reason: fc.string(),
    groups: fc.dictionary(
      fc.integer({ min: 1, max: 4 }).map(String),
      fc.record(
        {
          allow: fc.oneof(fc.boolean(), fc.constant(true)),
          upld: fc.oneof(someRate, fc.double({ min: 1, max: 1e15, noNaN: true })),
          dnld: someRate,
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: ['allow'] },
);
const anything = fc.oneof({ weight: 4, arbitrary: someVerdict }, { weight: 1, arbitrary: fc.jsonValue() });

it('for any answer nothing comes out above the plan’s decision, and nothing of it changes but rates', () => {
  fc.assert(
    fc.property(fc.array(someGroup, { minLength: 1, maxLength: 4 }), anything, (rates, result) => {
      const groups = rates.map(({ upld, dnld }, i) =>
        group(i + 1, { ...(upld !== null && { upld: rate(upld) }), ...(dnld !== null && { dnld: rate(dnld) }) }),
      );
      const verdict = readAnswer(JSON.stringify({ result }), new Set(groups.map(({ wish }) => wish.groupId)));
      if (!verdict.ok) return;
      const judged = applyVerdict(groups, verdict.value);
      const refuses = !verdict.value.allow || [...verdict.value.groups.values()].some(({ allow }) => !allow);
      expect(judged.ok).toBe(!refuses);
      if (!judged.ok) return;
      expect(judged.value.length).toBe(groups.length);
      for (const [i, after] of judged.value.entries()) {
        const before = groups[i]!.decision;
        let lowered = false;
        for (const direction of DIRECTIONS) {
          const [was, is] = [before[direction], after[direction]];
          expect(is === undefined).toBe(was === undefined);
          if (is === undefined || was === undefined) continue;
          expect(is.rate).toBeLessThanOrEqual(was.rate);
          expect(is.rate).toBeGreaterThanOrEqual(1);
          expect(Number.isInteger(is.rate)).toBe(true);
          expect(is).toEqual({ ...was, rate: is.rate });
          lowered ||= is.rate < was.rate;
        }
        const { upld: _upld, dnld: _dnld, ...others } = before;
        expect(after).toMatchObject({ ...others, kind: lowered ? 'lower' : before.kind });
      }
    }),
  );
});

it('what lowers once lowers no further when it is said again', () => {
  fc.assert(
    fc.property(someRate, someRate, (decided, ceiling) => {
      const verdict = { allow: true, groups: new Map([[1, { allow: true, upld: ceiling }]]) };
      const once = unwrap(applyVerdict([group(1, { upld: rate(decided) })], verdict));
      const again = unwrap(applyVerdict([{ wish: CALLS.wish, decision: once[0]! }], verdict));
      expect(again).toEqual(once);
    }),
  );
});
