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
      'gold.yaml:12:12: group-max: unknown member; expected one of name, default-class, time-zone, quota, classes, rules',
    ],
    ['no classes', ['classes:', 'klasses:'], 'classes: is missing'],
  ])('refuses %s and says where', (_, [from, to], expected) => {
    const plan = parsePlanFile(GOLD.replace(from!, to!), 'gold.yaml');
    expect(plan.ok ? 'taken' : plan.failure.map(faultText).join('\n')).toContain(expected);
  });
});

/** Every member there is, each with its unit. */
const WHOLE = `name: silver
time-zone: Europe/Vienna
quota: { octets: 50 GB, period: month }
default-class: best-effort
classes:
  work:
    { dscp: 26, priority: M, scope: internal, admission: guaranteed, security-profile: strict, service-chain: firewall,
      upld: { ceiling: 5000, burst: 1514 }, routes: [ { to: 198.51.100.0/24, via: 198.51.100.1 } ] }
  best-effort: { dscp: 0, priority: L, admission: best-effort, upld: { ceiling: 1000 }, dnld: { ceiling: unlimited } }
rules:
  - name: night-work
    when:
      priority: M
      bandwidth-min: 100
      bandwidth-max: 5000
      direction: upld
      time: "22:00-06:00"
      days: [fri, sat]
      locations: [vienna, graz]
      applications: ["unit:*.service", büro?]
      security: strict
      quota-used: 1
    class: work
    over-ceiling: lower
  - { name: used-up, when: { quota-used: 100 }, class: best-effort, over-ceiling: lower }
lease: { valid: 60, renew-at: 0.9 }
groups-max: 65535
routes: [ { to: 2001:db8:100::/48 } ]
`;

describe('a plan file with all there is', () => {
  it('becomes the YANG list entry', () => {
    const plan = parsePlanFile(WHOLE, 'silver.yaml');
    expect(plan.ok ? plan.value : plan.failure.map(faultText)).toEqual({
      name: 'silver',
      'time-zone': 'Europe/Vienna',
      quota: { octets: '50000000000', period: 'month' },
      'default-class': 'best-effort',
      class: [
        {
          name: 'work',
          dscp: 26,
          priority: 'M',
          scope: 'internal',
          admission: 'guaranteed',
          'security-profile': 'strict',
          'service-chain': 'firewall',
          upld: { ceiling: 5000, burst: 1514 },
          route: [{ to: '198.51.100.0/24', via: '198.51.100.1' }],
        },
        {
          name: 'best-effort',
          dscp: 0,
          priority: 'L',
          admission: 'best-effort',
          upld: { ceiling: 1000 },
          dnld: { ceiling: 'unlimited' },
        },
      ],
      rule: [
        {
          name: 'night-work',
          when: {
            priority: 'M',
            'bandwidth-min': 100,
            'bandwidth-max': 5000,
            direction: 'upld',
            time: '22:00-06:00',
            day: ['fri', 'sat'],
            location: ['vienna', 'graz'],
            application: ['unit:*.service', 'büro?'],
            security: 'strict',
            'quota-used': 1,
          },
          class: 'work',
          'over-ceiling': 'lower',
        },
        { name: 'used-up', when: { 'quota-used': 100 }, class: 'best-effort', 'over-ceiling': 'lower' },
      ],
      lease: { valid: 60, 'renew-at': '0.9' },
      'groups-max': 65535,
      route: [{ to: '2001:db8:100::/48' }],
    });
  });

  it.each<[string, object | undefined]>([
    ['{ days: sat }', { day: ['sat'] }],
    ['{ day: mon-fri }', { day: ['mon', 'tue', 'wed', 'thu', 'fri'] }],
    ['{ days: [sat-mon, sun, wed] }', { day: ['mon', 'wed', 'sat', 'sun'] }],
    ['{ location: vienna }', { location: ['vienna'] }],
    ['{ locations: vienna }', { location: ['vienna'] }],
    ['{ application: zoom }', { application: ['zoom'] }],
    ['{ application: [zoom, "*.тест"] }', { application: ['zoom', '*.тест'] }],
    ['{}', undefined],
  ])('takes one or several: when: %s', (when, expected) => {
    const plan = parsePlanFile(
      `classes: { c: { dscp: 0, priority: L } }\nrules: [ { name: r, when: ${when}, class: c } ]`,
      'short.yaml',
    );
    expect(plan.ok ? plan.value.rule : plan.failure.map(faultText)).toEqual([
      { name: 'r', ...(expected && { when: expected }), class: 'c' },
    ]);
  });

  it.each([
    [
      'a zone nobody knows',
      ['Europe/Vienna', 'Mars/Olympus'],
      'silver.yaml:2:12: time-zone: expected the name of a time zone, as Europe/Vienna',
    ],
    [
      'a quota of no unit',
      ['50 GB', '50 gigs'],
      'silver.yaml:3:18: quota.octets: expected bytes: a whole number, or a text as "50 GB"',
    ],
    ['a quota of nothing', ['50 GB', '0'], 'quota.octets: expected bytes'],
    ['a quota of no whole bytes', ['50 GB', '0.1 B'], 'quota.octets: expected bytes'],
    [
      'a period that is none',
      ['period: month', 'period: year'],
      'silver.yaml:3:33: quota.period: expected day, week or month',
    ],
    [
      'an admission that is none',
      ['admission: guaranteed', 'admission: sure'],
      'silver.yaml:7:58: classes.work.admission: expected guaranteed or best-effort',
    ],
    [
      'a profile that is no name',
      ['security-profile: strict', 'security-profile: [strict]'],
      'classes.work.security-profile: expected a name',
    ],
    ['a burst below one frame', ['burst: 1514', 'burst: 1500'], 'classes.work.upld.burst: expected bytes from 1514'],
    [
      'a day that is none',
      ['[fri, sat]', '[fri, sabbath]'],
      'silver.yaml:18:13: rules[0].when.days: expected a day (mon, tue, wed, thu, fri, sat, sun), a range as mon-fri, or a list of them',
    ],
    ['no day', ['[fri, sat]', '[]'], 'rules[0].when.days: expected a day'],
    [
      'a place twice',
      ['[vienna, graz]', '[vienna, vienna]'],
      'rules[0].when.locations: expected the name of a location, or a list of them, each once',
    ],
    [
      'a place that is no name',
      ['[vienna, graz]', 'Wien Mitte'],
      'silver.yaml:19:18: rules[0].when.locations: expected the name of a location',
    ],
    [
      'both spellings',
      ['security: strict\n', 'location: vienna\n'],
      'rules[0].when: expected one of days and day, of locations and location',
    ],
    [
      'no pattern',
      ['["unit:*.service", büro?]', '[""]'],
      'silver.yaml:20:22: rules[0].when.applications[0]: expected a label or a pattern (* any text, ? one character) of 1',
    ],
    [
      'a percentage that is none',
      ['quota-used: 1\n', 'quota-used: 101\n'],
      'silver.yaml:22:19: rules[0].when.quota-used: expected percent from 1 to 100',
    ],
    [
      'a rate that is none',
      ['bandwidth-min: 100', 'bandwidth-min: 0'],
      'rules[0].when.bandwidth-min: expected a rate in kbit/s from 1',
    ],
    [
      'too long a reason',
      ['class: best-effort, over-ceiling: lower }\n', `refuse: ${'x'.repeat(256)} }\n`],
      'rules[1].refuse: expected the reason, for the subscriber, of 1 to 255 characters',
    ],
    [
      'routes that are no list',
      ['routes: [ { to: 2001:db8:100::/48 } ]', 'routes: { to: 2001:db8:100::/48 }'],
      'routes: expected a list of routes',
    ],
  ])('refuses %s and says where', (_, [from, to], expected) => {
    const text = WHOLE.replace(from!, to!);
    expect(text).not.toBe(WHOLE);
    const plan = parsePlanFile(text, 'silver.yaml');
    expect(plan.ok ? 'taken' : plan.failure.map(faultText).join('\n')).toContain(expected);
  });
});
