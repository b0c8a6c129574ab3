import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { ManualClock, unwrap } from '@sublane/basics';
import { afterAll, describe, expect, it } from 'vitest';
import { planAdvice } from '../configuration/plan-consistency.ts';
import { EMPTY_CONFIGURATION } from '../policy/configuration.ts';
import { readPlanSource } from './plan-source.ts';
import { createProgram } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'plan-try-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const GOLD = `name: gold
time-zone: Europe/Vienna
quota: { octets: 50 GB }
default-class: best-effort
classes:
  conversational: { dscp: 46, priority: H, security-profile: strict, upld: { ceiling: 5000 }, dnld: { ceiling: 8000 } }
  best-effort: { dscp: 0, priority: L, admission: best-effort, upld: { ceiling: 10000 } }
rules:
  - { name: calls, when: { priority: H, bandwidth-max: 5000, locations: vienna }, class: conversational }
  - { name: films, when: { priority: M, days: sat-sun }, class: best-effort, over-ceiling: lower }
  - { name: noon, when: { priority: L, time: "11:00-13:00" }, refuse: bulk transfers rest at noon }
  - { name: slow, when: { quota-used: 100 }, class: best-effort, over-ceiling: lower }
`;
const gold = file('gold.yaml', GOLD);
const H = '{ upld: { bandwidth: 2000, priority: H } }';
const L = '{ upld: { bandwidth: 2000, priority: L } }';

/** One command, without a headend. */
async function run(...argv: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let code: number | undefined;
  const program = createProgram(
    {
      stdin: new PassThrough(),
      stdout,
      stderr,
      clock: new ManualClock(Date.parse('2026-11-21T20:00:00Z')),
      interruption: () => new AbortController().signal,
      connect: () => Promise.reject(new Error('plan try asks no headend')),
      exit: (with_) => {
        code = with_;
      },
    },
    '0',
  );
  await program.parseAsync(argv, { from: 'user' });
  const said = (stream: PassThrough) => String(stream.read() ?? '').replaceAll(`${folder}/`, '');
  return { code, stdout: said(stdout), stderr: said(stderr) };
}
const attempt = (request: string, ...more: string[]) => run('plan', 'try', gold, '--request', request, ...more);

describe('plan try', () => {
  it('says what is granted, and by which rule', async () => {
    expect(await attempt(H, '--location', 'cell-7', '--location', 'vienna')).toEqual({
      code: 0,
      stdout: `granted by rule calls
  class  conversational, DSCP 46, external, guaranteed
  upld   2 Mbit/s at priority H
  bound by security profile strict
lease: 3600 s, renewed after 1800 s
`,
      stderr: '',
    });
  });

  it('says what is lowered', async () => {
    const { stdout } = await attempt('{ upld: { bandwidth: 20000, priority: M } }', '--at', '2026-11-21T10:00:00Z');
    expect(stdout).toContain('upld   10 Mbit/s at priority L, lowered from 20 Mbit/s');
  });

  it('goes by the time of the plan’s zone', async () => {
    expect(await attempt(L, '--at', '2026-11-21T09:59:59Z')).toMatchObject({ code: 0 });
    const noon = await attempt(L, '--at', '2026-11-21T10:00:00Z');
    expect(noon).toMatchObject({ code: 4, stdout: '' });
    expect(noon.stderr).toMatch(/^headend: Group 1 is refused by rule noon of the plan: bulk transfers rest at noon/);
  });

  it('goes by the headend’s zone where the plan has none', async () => {
    const plan = file('zoneless.yaml', GOLD.replace('time-zone: Europe/Vienna\n', ''));
    const at = ['--at', '2026-11-21T05:31:00Z'];
    expect((await run('plan', 'try', plan, '--request', L, ...at)).code).toBe(0);
    expect((await run('plan', 'try', plan, '--request', L, ...at, '--time-zone', 'Asia/Kolkata')).code).toBe(4);
  });

  it('explains each rule', async () => {
    expect(
      (await attempt(H, '--explain', '--location', 'graz', '--quota-used', '7')).stdout,
    ).toBe(`granted by the default class, since no rule matches
  class  best-effort, DSCP 0, external, best-effort
  upld   2 Mbit/s at priority L
  rules
    calls: locations wants vienna, finds graz
    films: priority wants M, finds upld priority H
    noon: priority wants L, finds upld priority H
    slow: quota-used wants 100 % at least, finds 7 %
tried for sat 21:00 in Europe/Vienna, at graz, 7 % of the quota used
lease: 3600 s, renewed after 1800 s
`);
  });

  it('tries what a quota that is used up leaves', async () => {
    const { stdout } = await attempt(H, '--quota-used', '100', '--location', 'vienna', '--explain');
    expect(stdout).toContain('granted by rule slow');
    expect(stdout).toContain('films: priority');
    const film = '{ dnld: { bandwidth: 1, priority: H } }';
    expect((await attempt(film, '--quota-used', '100', '--explain')).stdout).toContain('refused by rule slow');
  });

  it('tries several groups, all granted or none', async () => {
    const request = file(
      'agent.yaml',
      `host-id: laptop\ngroups:\n  - { id: 3, name: calls, ...H }\n  - { id: 5, ...D }\n`
        .replace('...H', 'upld: { bandwidth: 1, priority: H }')
        .replace('...D', 'dnld: { bandwidth: 1, priority: H }'),
    );
    const { code, stdout, stderr } = await attempt(request);
    expect([code, stdout]).toEqual([
      4,
      `group 3 (calls): granted by the default class, since no rule matches
  class  best-effort, DSCP 0, external, best-effort
  upld   1 kbit/s at priority L
group 5: refused, no rule matches (direction-not-offered)
lease: 3600 s, renewed after 1800 s
`,
    ]);
    expect(stderr).toMatch(/Leave dnld out of group 5/);
  });

  it('has JSON for programs: an object, or a list where a list is asked for', async () => {
    const one = await attempt(H, '--location', 'vienna', '--json', '--explain');
    expect(JSON.parse(one.stdout)).toEqual({
      group: 1,
      decision: 'accept',
      rule: 'calls',
      class: 'conversational',
      dscp: 46,
      upld: { rate: 2000, priority: 'H' },
      security: 'strict',
      rules: [
        { rule: 'calls', verdict: 'decides' },
        { rule: 'films', verdict: 'later' },
        { rule: 'noon', verdict: 'later' },
        { rule: 'slow', verdict: 'later' },
      ],
    });
    const several = await attempt(`[ ${H}, { dnld: { bandwidth: 1, priority: L } } ]`, '--json');
    expect(several.code).toBe(4);
    const refused = await attempt(L, '--json', '--at', '2026-11-21T10:00:00Z');
    expect(JSON.parse(refused.stdout)).toMatchObject({ decision: 'refuse', rule: 'noon', code: 'rule-refuses' });
    expect(JSON.parse(several.stdout)).toMatchObject([
      { group: 1, decision: 'accept', class: 'best-effort' },
      { group: 2, decision: 'refuse', code: 'direction-not-offered' },
    ]);
  });

  it.each([
    [['{ upld: fast }'], /--request:1:9: upld: expected members/],
    [['nowhere.yaml'], /cannot read the request nowhere\.yaml: ENOENT/],
    [[folder], /cannot read the request .*EISDIR/],
  ])('is not deceived by the request %j', async (request, said) => {
    const { code, stderr } = await attempt(...(request as [string]));
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  });

  it.each<[string, [string, string], RegExp]>([
    [
      'is not readable as one',
      ['priority: M', 'priority: X'],
      /gold-x\.yaml:10:38: rules\[1\]\.when\.priority: expected H, M or L/,
    ],
    [
      'has a rule that never decides',
      [
        'priority: L, time: "11:00-13:00" }, refuse: bulk transfers rest at noon',
        'priority: M, days: sat }, class: best-effort',
      ],
      /gold-x\.yaml:11:5: rules\[2\]: .* rule noon never decides, since rule films before it/,
    ],
    [
      'has a rule that never matches',
      ['bandwidth-max: 5000', 'bandwidth-min: 9, bandwidth-max: 5'],
      /gold-x\.yaml:9:56: rules\[0\]\.when\.bandwidth-min: /,
    ],
    [
      'counts no quota',
      ['quota: { octets: 50 GB }\n', ''],
      /gold-x\.yaml:11:39: rules\[3\]\.when\.quota-used: .* the plan has no quota/,
    ],
  ])('refuses a plan that %s, with the line', async (_, [from, to], said) => {
    const plan = file('gold-x.yaml', GOLD.replace(from, to));
    const { code, stderr } = await run('plan', 'try', plan, '--request', H);
    expect([code, stderr]).toEqual([2, expect.stringMatching(said)]);
  });

  it('has no use for a quota that is not there', async () => {
    const plan = file('plain.yaml', 'classes: { c: { dscp: 0, priority: L } }\n');
    const { code, stderr } = await run('plan', 'try', plan, '--request', H, '--quota-used', '5');
    expect([code, stderr]).toEqual([2, expect.stringContaining('plain.yaml has no quota')]);
  });
});

describe('the plan of the manual', () => {
  const manual = readFileSync(new URL('../../docs/headend.md', import.meta.url), 'utf8');
  const [text = ''] = /^ {4}name: gold\n(?: {4}.*\n)+/m.exec(manual) ?? [];
  const plan = file('manual.yaml', text.replaceAll(/^ {4}/gm, ''));

  it.each<[string, string[], string]>([
    ['{ upld: { bandwidth: 2000, priority: H }, dnld: { bandwidth: 4000, priority: H } }', [], 'granted by rule calls'],
    ['{ dnld: { bandwidth: 2000, priority: M } }', ['--quota-used', '85'], 'refused by rule films'],
    ['{ dnld: { bandwidth: 99000, priority: M } }', ['--at', '2026-11-21T00:59:00Z'], 'granted by rule evening-films'],
    ['{ dnld: { bandwidth: 99000, priority: M } }', ['--at', '2026-11-21T01:00:00Z'], 'since no rule matches'],
    [
      '{ dnld: { bandwidth: 9, priority: L }, applications: [unit:work-a] }',
      ['--location', 'cell,vienna'],
      'granted by rule office',
    ],
    ['{ upld: { bandwidth: 99000, priority: L } }', ['--quota-used', '100'], 'granted by rule used-up'],
  ])('answers %s %j: %s', async (request, more, expected) => {
    const { stdout } = await run('plan', 'try', plan, '--request', request, '--explain', ...more);
    expect(stdout).toContain(expected);
  });

  it('lacks nothing but pools', () => {
    const source = unwrap(readPlanSource(plan));
    const configuration = { ...EMPTY_CONFIGURATION, plans: new Map([['gold', source.plan]]) };
    expect(new Set(planAdvice(configuration).map(({ code }) => code))).toEqual(new Set(['class-without-pool']));
  });
});
