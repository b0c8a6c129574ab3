import { unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import type { PlanData } from './headend-data.ts';
import { parsePlanFile } from './plan-file.ts';
import { planFilePlaces } from './plan-file-places.ts';

const TEXT = `name: gold
classes:
  work: { dscp: 26, priority: M, upld: { ceiling: 5000 } }
rules:
  - { name: calls, when: { days: [sat], location: vienna }, class: work }
  - { name: nights, when: { time: "22:00-06:00", applications: zoom }, class: work }
routes: [ { to: 198.51.100.0/24 } ]
`;
const placeOf = planFilePlaces(TEXT, 'gold.yaml', unwrap(parsePlanFile(TEXT, 'gold.yaml')) as unknown as PlanData);

test.each([
  ["plan[name='gold']", 'gold.yaml:1:1', ''],
  ["plan[name='gold']/class[name='work']", 'gold.yaml:3:9', 'classes.work'],
  ["plan[name='gold']/class[name='work']/upld/ceiling", 'gold.yaml:3:51', 'classes.work.upld.ceiling'],
  ["plan[name='gold']/rule[name='nights']", 'gold.yaml:6:5', 'rules[1]'],
  ["plan[name='gold']/rule[name='nights']/when/time", 'gold.yaml:6:35', 'rules[1].when.time'],
  ["plan[name='gold']/rule[name='nights']/class", 'gold.yaml:6:79', 'rules[1].class'],
  // Written for several, or for one.
  ["plan[name='gold']/rule[name='calls']/when/day", 'gold.yaml:5:34', 'rules[0].when.days'],
  ["plan[name='gold']/rule[name='calls']/when/location[.='vienna']", 'gold.yaml:5:51', 'rules[0].when.location'],
  ["plan[name='gold']/route[to='198.51.100.0/24']", 'gold.yaml:7:9', 'routes'],
  // Not in the file: where it would be.
  ["plan[name='gold']/rule[name='nights']/when/day", 'gold.yaml:6:27', 'rules[1].when.days'],
  ["plan[name='gold']/default-class", 'gold.yaml:1:1', 'default-class'],
  // As an error says it.
  ["/slh:headend/slh:plan[slh:name='gold']/slh:rule[slh:name='nights']/slh:class", 'gold.yaml:6:79', 'rules[1].class'],
  [
    '/sublane-headend:headend/plan[name="gold"]/rule[name="calls"]/when/location',
    'gold.yaml:5:51',
    'rules[0].when.location',
  ],
])('%s is at %s', (path, where, member) => {
  expect(placeOf(path)).toEqual({ where, path: member });
});

test.each(["plan[name='silver']/default-class", "pool[name='gold']", '', 'time-zone'])(
  '%j is not of this file',
  (path) => {
    expect(placeOf(path)).toBeUndefined();
  },
);
