import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeadendProgram } from './headend-program.ts';

const HEAD = `name: gold
classes:
  work: { dscp: 26, priority: M, upld: { ceiling: 5000 } }
  rest: { dscp: 0, priority: L, admission: best-effort, dnld: { ceiling: unlimited } }
`;

/** What a person sees who gives a headend a plan. */
describe('plan add', () => {
  const program = new HeadendProgram();
  const add = async (rules: string, ...more: string[]) => {
    writeFileSync(program.file('gold.yaml'), `${HEAD}${rules}`);
    const { code, stdout, stderr } = await program.run([
      ...['plan', 'add', 'gold', '--file', program.file('gold.yaml')],
      ...more,
    ]);
    return { code, stdout, stderr: stderr.replaceAll(`${program.scratch}/`, '') };
  };

  beforeAll(async () => {
    await program.must('init', '--listen', '127.0.0.1:0');
    await program.serve();
    await program.must('location', 'add', 'region', '--upld-capacity', '4000');
    await program.must('location', 'add', 'cell', '--parent', 'region');
    await program.must(
      'pool',
      'add',
      'p',
      '--class',
      'work',
      '--location',
      'cell',
      '--prefix',
      '192.0.2.0/24',
      '--attach',
      'routed',
    );
    await program.must('security-profile', 'add', 'strict');
  });
  afterAll(() => program.dispose());

  it('refuses what the file alone shows to be senseless, before the headend is asked', async () => {
    const { code, stderr } = await add(`rules:
  - { name: all, class: work }
  - { name: some, when: { priority: H }, class: rest }
`);
    expect([code, stderr]).toEqual([
      2,
      'headend: gold.yaml:7:5: rules[1]: plan gold: rule some never decides, since rule all before it matches whenever it does; put it before all, or remove it\n',
    ]);
  });

  it('refuses what only the headend can know, with the line all the same', async () => {
    const unreachable = await add(`rules:
  - { name: here, when: { location: region }, class: work }
  - { name: there, when: { location: cell }, class: rest }
`);
    expect(unreachable).toMatchObject({ code: 4, stdout: '' });
    expect(unreachable.stderr).toMatch(
      /^headend: gold\.yaml:7:5: rules\[1\]: .*rule there never decides.*\n {2}at \/headend\/plan\[name='gold'\]\/rule\[name='there'\]\n.*rule-unreachable/,
    );

    const nowhere = await add('rules:\n  - { name: there, when: { location: nowhere }, class: rest }\n');
    expect(nowhere.stderr).toMatch(/^headend: gold\.yaml:6:38: rules\[0\]\.when\.location: /);
    const unbound = await add('rules:\n  - { name: bound, when: { security: open }, class: rest }\n');
    expect(unbound.stderr).toMatch(/^headend: gold\.yaml:6:38: rules\[0\]\.when\.security: /);
    expect(nowhere.code).not.toBe(0);
    expect(await program.json<unknown[]>('plan', 'list')).toEqual([]);
  });

  it('takes a plan that is to be completed, and says what it lacks with the line', async () => {
    const { code, stderr } = await add(`rules:
  - { name: works, when: { priority: M, days: mon-fri, application: "work*" }, class: work }
`);
    expect(code).toBe(0);
    const notes = stderr.split('\n').filter((line) => line !== '');
    expect(notes).toEqual([
      expect.stringMatching(/^note: gold\.yaml:3:\d+: classes\.work\.upld\.ceiling: .*5000.*at region \(4000\)/),
      expect.stringMatching(/^note: gold\.yaml:4:9: classes\.rest: .*no pool serves class rest/),
      expect.stringMatching(/^note: gold\.yaml:4:9: classes\.rest: .*no rule gives class rest/),
      expect.stringMatching(/^note: gold\.yaml:1:1: .*no default class/),
    ]);
  });

  it('check lists it, each with its path', async () => {
    const { advice, warnings } = await program.json<{ advice: { path: string; code: string }[]; warnings: string[] }>(
      'check',
    );
    expect(advice.map(({ path, code }) => `${code} ${path}`)).toEqual([
      "ceiling-over-capacity plan[name='gold']/class[name='work']/upld/ceiling",
      "class-without-pool plan[name='gold']/class[name='rest']",
      "class-unused plan[name='gold']/class[name='rest']",
      "default-class-missing plan[name='gold']",
    ]);
    expect(warnings).toHaveLength(4);
    expect((await program.run(['check'])).stderr).toContain("\n  at /headend/plan[name='gold']/class[name='rest']\n");
  });

  it('shows the plan as its file, and takes that back', async () => {
    const shown = await program.json<object>('plan', 'show', 'gold');
    expect(shown).toMatchObject({
      rules: [{ name: 'works', when: { days: ['mon', 'tue', 'wed', 'thu', 'fri'], applications: ['work*'] } }],
    });
    writeFileSync(program.file('shown.yaml'), JSON.stringify(shown));
    await program.must('plan', 'add', 'gold', '--replace', '--file', program.file('shown.yaml'));
    expect(await program.json('plan', 'show', 'gold')).toEqual(shown);
    await program.must(
      'plan',
      'try',
      program.file('shown.yaml'),
      '--request',
      '{ upld: { bandwidth: 1, priority: M }, applications: [workshop] }',
      '--at',
      '2026-11-20T12:00:00Z',
    );
  });
});
