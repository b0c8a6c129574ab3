import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { matchesPlainly } from './decide-oracle.ts';
import { DEFAULT_RULE, type Granted } from './decision.ts';
import { explain } from './explain.ts';
import type { Limit, Plan, Rule, ServiceClass } from './plan.ts';
import { anyGrant, anyPlan, anyRule, anySituation, anyWish } from './policy-arbitraries.ts';
import { kbps, serviceClass } from './policy-fixture.ts';
import { DIRECTIONS, type GroupWish } from './wish.ts';

const runs = { numRuns: 2000 };

describe('what is given', () => {
  test('never more than asked, than the class’s ceiling, than the authority’s; nothing that was not asked', () => {
    fc.assert(
      fc.property(anyWish, anyGrant, anyPlan, anySituation, (wish, grant, plan, situation) => {
        const decision = decide(wish, grant, plan, situation);
        if (decision.kind === 'refuse') return;
        let less = false;
        for (const which of DIRECTIONS) {
          const [granted, wanted, limit] = [decision[which], wish[which], decision.class[which]];
          expect(granted === undefined).toBe(wanted === undefined);
          if (granted === undefined || wanted === undefined) continue;
          const allowed = which === 'upld' ? grant.upldCeiling : grant.dnldCeiling;
          const ceiling = limit?.ceiling === 'unlimited' ? Number.POSITIVE_INFINITY : (limit?.ceiling ?? 0);
          expect(granted.rate).toBe(Math.min(wanted.bandwidth, ceiling, allowed ?? Number.POSITIVE_INFINITY));
          less ||= granted.rate < wanted.bandwidth;
        }
        expect(decision.kind).toBe(less ? 'lower' : 'accept');
        expect(decision.security).toBe(decision.class.securityProfile ?? wish.security);
      }),
      runs,
    );
  });

  test('less is given only by a rule that lowers', () => {
    fc.assert(
      fc.property(anyWish, anyGrant, anyPlan, anySituation, (wish, grant, plan, situation) => {
        const { kind, rule } = decide(wish, grant, plan, situation);
        const decider = plan.rules.find(({ name }) => name === rule);
        if (kind === 'lower') expect(decider?.outcome).toMatchObject({ overCeiling: 'lower' });
      }),
      runs,
    );
  });

  test('whoever is granted more is not over a ceiling with less, where the same rule decides', () => {
    fc.assert(
      fc.property(anyWish, anyGrant, anyPlan, anySituation, fc.nat(), fc.nat(), (wish, grant, plan, now, up, down) => {
        const smaller: GroupWish = {
          ...wish,
          ...(wish.upld && { upld: { ...wish.upld, bandwidth: kbps(1 + (up % wish.upld.bandwidth)) } }),
          ...(wish.dnld && { dnld: { ...wish.dnld, bandwidth: kbps(1 + (down % wish.dnld.bandwidth)) } }),
        };
        const [more, less] = [decide(wish, grant, plan, now), decide(smaller, grant, plan, now)];
        if (more.kind === 'refuse' || more.rule !== less.rule) return;
        expect(less.kind).not.toBe('refuse');
      }),
      runs,
    );
  });
});

describe('which rule', () => {
  test('the first that matches decides: told a second time', () => {
    fc.assert(
      fc.property(anyWish, anyGrant, anyPlan, anySituation, (wish, grant, plan, situation) => {
        const first = plan.rules.findIndex((rule) => matchesPlainly(rule, wish, situation));
        expect(decide(wish, grant, plan, situation).rule).toBe(first < 0 ? DEFAULT_RULE : `rule-${first}`);
      }),
      { numRuns: 5000 },
    );
  });

  test('what stands after it changes nothing', () => {
    fc.assert(
      fc.property(anyWish, anyGrant, anyPlan, anySituation, anyRule('other'), (wish, grant, plan, situation, other) => {
        const decision = decide(wish, grant, plan, situation);
        const at = plan.rules.findIndex(({ name }) => name === decision.rule);
        if (at < 0) return;
        const until = plan.rules.slice(0, at + 1);
        expect(decide(wish, grant, { ...plan, rules: until }, situation)).toEqual(decision);
        expect(decide(wish, grant, { ...plan, rules: [...until, other] }, situation)).toEqual(decision);
      }),
      runs,
    );
  });

  test('the same question has the same answer, whatever was asked before', () => {
    fc.assert(
      fc.property(anyWish, anyWish, anyGrant, anyPlan, anySituation, (wish, other, grant, plan, situation) => {
        const first = decide(wish, grant, plan, situation);
        decide(other, grant, plan, situation);
        expect(decide(wish, grant, plan, situation)).toEqual(first);
        // A plan that was never seen before.
        expect(decide(structuredClone(wish), { ...grant }, structuredClone(plan), structuredClone(situation))).toEqual(
          first,
        );
      }),
    );
  });

  test('the account of the rules is the truth: the one named matches, none before it does', () => {
    fc.assert(
      fc.property(anyWish, anyGrant, anyPlan, anySituation, (wish, grant, plan, situation) => {
        const { decision, rules } = explain(wish, grant, plan, situation);
        expect(decision).toEqual(decide(wish, grant, plan, situation));
        expect(rules.map(({ rule }) => rule)).toEqual(plan.rules.map(({ name }) => name));
        const decider = rules.findIndex(({ verdict }) => verdict === 'decides');
        expect(decision.rule).toBe(decider < 0 ? DEFAULT_RULE : rules[decider]?.rule);
        rules.forEach((account, at) => {
          if (account.verdict === 'later') {
            expect(decider >= 0 && at > decider).toBe(true);
            return;
          }
          expect(account.verdict === 'decides').toBe(matchesPlainly(plan.rules[at]!, wish, situation));
          if (account.verdict === 'differs') expect(account.found).not.toBe('');
        });
        if (decider >= 0) for (const { verdict } of rules.slice(decider + 1)) expect(verdict).toBe('later');
      }),
      runs,
    );
  });
});

/**
 * The order of plans that is meant: a plan gives at least what another gives if it comes from that one by steps of these
 * kinds, and of no others. Not among them: a rule put before others, or after them where the plan has a default class,
 * since it takes groups from whoever gave them something.
 */
const steps: fc.Arbitrary<(plan: Plan) => Plan> = fc.oneof(
  // A ceiling is raised, or a direction gets one.
  fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(...DIRECTIONS), fc.integer({ min: 1, max: 6 })).map(
    ([name, which, by]) =>
      (plan: Plan) =>
        withClass(plan, name, (old) => ({ ...old, [which]: raised(old[which], by) })),
  ),
  // A class is added.
  fc.constant((plan: Plan) => ({ ...plan, classes: new Map([...plan.classes, ['new', serviceClass('new')]]) })),
  // A class binds its lanes to no security profile any more.
  fc
    .constantFrom('a', 'b')
    .map((name) => (plan: Plan) => withClass(plan, name, ({ securityProfile: _, ...old }) => old)),
  // A rule lowers instead of refusing.
  fc
    .nat(5)
    .map(
      (at) => (plan: Plan) => withRules(plan, (rules) => rules.map((rule, i) => (i === at ? lowering(rule) : rule))),
    ),
  // A rule that refuses goes.
  fc
    .nat(5)
    .map(
      (at) => (plan: Plan) =>
        withRules(plan, (rules) => rules.filter((rule, i) => i !== at || !('refuse' in rule.outcome))),
    ),
  // What no rule matches gets a class, or a rule of its own.
  fc
    .constantFrom('a', 'b')
    .map((name) => (plan: Plan) => (plan.defaultClass === undefined ? { ...plan, defaultClass: name } : plan)),
  anyRule('last').map(
    (rule) => (plan: Plan) => (plan.defaultClass === undefined ? withRules(plan, (rules) => [...rules, rule]) : plan),
  ),
);

function withClass(plan: Plan, name: string, change: (old: ServiceClass) => ServiceClass): Plan {
  return { ...plan, classes: new Map([...plan.classes].map(([key, old]) => [key, key === name ? change(old) : old])) };
}
function withRules(plan: Plan, change: (rules: readonly Rule[]) => readonly Rule[]): Plan {
  return { ...plan, rules: change(plan.rules) };
}
function raised(limit: Limit | undefined, by: number): Limit {
  if (limit === undefined) return { ceiling: kbps(by) };
  return limit.ceiling === 'unlimited' ? limit : { ceiling: by > 4 ? 'unlimited' : kbps(limit.ceiling + by) };
}
function lowering(rule: Rule): Rule {
  return 'class' in rule.outcome ? { ...rule, outcome: { ...rule.outcome, overCeiling: 'lower' } } : rule;
}

test('a plan that gives at least as much grants every group that the other grants, by the same rule, and no less', () => {
  let granted = 0;
  fc.assert(
    fc.property(
      anyWish,
      anyGrant,
      anyPlan,
      anySituation,
      fc.array(steps, { minLength: 1, maxLength: 6 }),
      (wish, grant, plan, situation, some) => {
        const before = decide(wish, grant, plan, situation);
        if (before.kind === 'refuse') return;
        granted += 1;
        const more = some.reduce((present, step) => step(present), plan);
        const after = decide(wish, grant, more, situation) as Granted;
        expect([after.kind === 'lower', 'class' in after && after.class.name, after.rule]).toEqual([
          after.kind === 'lower' && before.kind === 'lower',
          before.class.name,
          before.rule,
        ]);
        for (const which of DIRECTIONS) {
          expect(after[which]?.rate ?? 0).toBeGreaterThanOrEqual(before[which]?.rate ?? 0);
        }
      },
    ),
    { numRuns: 5000 },
  );
  // The arbitraries do reach what the law speaks of.
  expect(granted).toBeGreaterThan(500);
});

test('an authority that allows more never gives less', () => {
  fc.assert(
    fc.property(anyWish, anyGrant, anyPlan, anySituation, fc.nat(3), fc.nat(3), (wish, grant, plan, now, up, down) => {
      const { upldCeiling, dnldCeiling, ...unbounded } = grant;
      const wider = {
        ...unbounded,
        ...(upldCeiling !== undefined && up > 0 && { upldCeiling: kbps(upldCeiling + up) }),
        ...(dnldCeiling !== undefined && down > 0 && { dnldCeiling: kbps(dnldCeiling + down) }),
      };
      const before = decide(wish, grant, plan, now);
      if (before.kind === 'refuse') return;
      const after = decide(wish, wider, plan, now) as Granted;
      expect(after.rule).toBe(before.rule);
      for (const which of DIRECTIONS) expect(after[which]?.rate ?? 0).toBeGreaterThanOrEqual(before[which]?.rate ?? 0);
    }),
    runs,
  );
});
