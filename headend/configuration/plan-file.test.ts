import { faultText } from '@sublane/basics';
import { describe, expect, it } from 'vitest';
import { parsePlanFile } from './plan-file.ts';

const GOLD = `name: gold
default-class: best-effort
classes:
  conversational: { dscp: 46, priority: H, scope: external, upld: { ceiling: 5000, burst: 32000 }, dnld: { ceiling: 8000 } }
  streaming:      { dscp: 34, priority: M, dnld: { ceiling: 25000 }, scope: internal, routes: [ { to: 198.51.100.0/24 }, { to: 2001:db8:100::/48 } ] }
  best-effort:    { dscp: 0,  priority: L, upld: { ceiling: 10000 }, dnld: { ceiling: unlimited } }
rules:
  - { name: calls, when: { priority: H, bandwidth-max: 5000 }, class: conversational }
  - { name: films, when: { priority: M, direction: dnld }, class: streaming, over-ceiling: lower }
  - { name: no-bulk-at-noon, when: { priority: L, time: "11:00-13:00" }, refuse: "bulk transfers rest at noon" }
lease: { valid: 3600, renew-at: 0.5 }
groups-max: 8
`;

describe('a plan file', () => {
  it('becomes the YANG list entry', () => {
    const plan = parsePlanFile(GOLD, 'gold.yaml');
    expect(plan.ok && plan.value).toEqual({
      name: 'gold',
      'default-class': 'best-effort',
      'groups-max': 8,
      lease: { valid: 3600, 'renew-at': '0.5' },
      class: [
        {
          name: 'conversational',
          dscp: 46,
          priority: 'H',
          scope: 'external',
          upld: { ceiling: 5000, burst: 32000 },
          dnld: { ceiling: 8000 },
        },
        {
          name: 'streaming',
          dscp: 34,
          priority: 'M',
          scope: 'internal',
          dnld: { ceiling: 25000 },
          route: [{ to: '198.51.100.0/24' }, { to: '2001:db8:100::/48' }],
        },
        { name: 'best-effort', dscp: 0, priority: 'L', upld: { ceiling: 10000 }, dnld: { ceiling: 'unlimited' } },
      ],
      rule: [
        { name: 'calls', when: { priority: 'H', 'bandwidth-max': 5000 }, class: 'conversational' },
        { name: 'films', when: { priority: 'M', direction: 'dnld' }, class: 'streaming', 'over-ceiling': 'lower' },
        {
          name: 'no-bulk-at-noon',
          when: { priority: 'L', time: '11:00-13:00' },
          refuse: 'bulk transfers rest at noon',
        },
      ],
    });
  });

  it.each([
    [
      'a DSCP that is none',
      ['dscp: 46', 'dscp: 64'],
      'gold.yaml:4:27: classes.conversational.dscp: expected a DSCP from 0 to 63',
    ],
    [
      'a priority that is none',
      ['priority: L, upld', 'priority: low, upld'],
      'classes.best-effort.priority: expected H, M or L',
    ],
    [
      'a ceiling that is none',
      ['ceiling: unlimited', 'ceiling: much'],
      'expected a rate in kbit/s (1 to 4294967295), or unlimited',
    ],
    [
      'a rule for a class that is not there',
      ['class: streaming', 'class: films'],
      'gold.yaml:9:67: rules[1].class: no class is named films; expected one of conversational, streaming, best-effort',
    ],
    [
      'a default that is not there',
      ['default-class: best-effort', 'default-class: best'],
      'gold.yaml:2:16: default-class: no class is named best',
    ],
    ['two rules of one name', ['name: films', 'name: calls'], 'rules[1].name: another rule is named calls already'],
    ['a rule without an outcome', [', class: streaming, over', ', over'], 'rules[1]: expected either class or refuse'],
    [
      'a window that is none',
      ['"11:00-13:00"', '"noon"'],
      'rules[2].when.time: expected a window of the day in quotes',
    ],
    ['a prefix too long', ['198.51.100.0/24', '198.51.100.0/33'], 'routes[0].to: expected a prefix'],
    ['a lease too short', ['valid: 3600', 'valid: 5'], 'gold.yaml:11:17: lease.valid: expected seconds from 60'],
    ['a name with blanks', ['name: gold', 'name: all of it'], 'gold.yaml:1:7: name: expected a name'],
    [
      'a member nobody knows',
      ['groups-max: 8', 'group-max: 8'],
      'gold.yaml:12:12: group-max: unknown member; expected one of name, default-class, classes, rules',
    ],
    ['no classes', ['classes:', 'klasses:'], 'classes: is missing'],
  ])('refuses %s and says where', (_, [from, to], expected) => {
    const plan = parsePlanFile(GOLD.replace(from!, to!), 'gold.yaml');
    expect(plan.ok ? 'taken' : plan.failure.map(faultText).join('\n')).toContain(expected);
  });
});
