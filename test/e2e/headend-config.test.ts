import { join } from 'node:path';
import { unwrap } from '@sublane/basics';
import { connectUnix } from 'netconf-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, HeadendProgram } from './headend-program.ts';

interface Commit {
  readonly version: number;
  readonly 'committed-by': string;
  readonly purpose: string;
  readonly waits?: unknown;
}

/** One story: each step rests on those before it. */
describe('headend config', () => {
  const program = new HeadendProgram();
  const config = (...words: readonly string[]) => program.must('config', ...words);
  const history = () => program.json<readonly Commit[]>('config', 'history');
  const pools = async () =>
    (await program.json<readonly { readonly name: string }[]>('pool', 'list')).map(({ name }) => name);

  beforeAll(async () => {
    await program.must('init', '--listen', '127.0.0.1:0');
    await program.serve();
  });
  afterAll(() => program.dispose());

  it('shows each command that changed something as a commit, and what it changed', async () => {
    const before = (await history())[0]?.version ?? 0;
    await program.must('pool', 'add', 'calls', '--class', 'c', '--prefix', '192.0.2.0/24');
    await program.must('pool', 'add', 'films', '--class', 'f', '--prefix', '198.51.100.0/24');
    expect((await history()).slice(0, 2)).toEqual([
      expect.objectContaining({ version: before + 2, 'committed-by': 'local', purpose: 'edit' }),
      expect.objectContaining({ version: before + 1, 'committed-by': 'local', purpose: 'edit' }),
    ]);
    const diff = await config('diff', String(before + 1));
    expect(diff.split('\n')[0]).toBe("+ /pool[name='films']");
    expect(diff).toContain("+ /pool[name='films']/prefix[.='198.51.100.0/24']");
    expect(diff).not.toContain('/name ');
    expect(await config('diff')).toBe('no difference from running to candidate\n');
  });

  it('goes back to a version, which is a commit of its own', async () => {
    const [newest] = await history();
    const back = String((newest?.version ?? 0) - 1);
    expect(await config('rollback', back)).toMatch(/^- \/pool\[name='films'\]$/m);
    expect(await pools()).toEqual(['calls']);
    expect((await history())[0]?.version).toBe((newest?.version ?? 0) + 1);
    expect(await config('rollback', back)).toMatch(/^nothing to do/);
    expect(await config('diff', back)).toMatch(/^no difference/);
  });

  it('takes back what nobody keeps in time, and keeps what somebody does', async () => {
    const [newest] = await history();
    const withFilms = String((newest?.version ?? 0) - 1);
    await config('rollback', withFilms, '--confirm-within', '6');
    expect(await pools()).toEqual(['calls', 'films']);
    await eventually(async () => (await pools()).length === 1);
    expect((await history())[0]).toMatchObject({ purpose: 'revert', 'committed-by': 'headend' });

    const made = await program.json<{ readonly id: string }>(
      'config',
      'rollback',
      withFilms,
      '--confirm-within',
      '600',
    );
    expect((await history())[0]).toMatchObject({ purpose: 'confirmed', waits: [null] });
    await config('confirm', made.id);
    expect((await history())[0]).not.toHaveProperty('waits');
    const late = await program.run(['config', 'cancel', made.id]);
    expect(late).toMatchObject({ code: 4, stderr: expect.stringContaining('no confirmed commit waits') });
    expect(await pools()).toEqual(['calls', 'films']);
  });

  it('takes back at once what was on trial, also by a restart', async () => {
    await config('rollback', '1', '--confirm-within', '600', '--json');
    await program.stop();
    await program.serve();
    expect(await pools()).toEqual(['calls', 'films']);
    expect((await history())[0]).toMatchObject({ purpose: 'revert' });
  });

  it.each([
    [['rollback', '4000000000'], 4, 'there is no version 4000000000'],
    [['show', '4000000000'], 4, 'headend config history'],
    [['diff', '1', 'yesterday'], 2, 'Expected the number of a commit'],
    [['rollback', 'running'], 2, 'Expected a whole number'],
    [['confirm', 'nothing'], 4, 'no confirmed commit waits'],
    [['commit'], 1, 'the candidate holds no change'],
  ])('%j says what is wrong', async (words, code, said) => {
    const refused = await program.run(['config', ...words]);
    expect(refused).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(said) });
  });

  it('leaves the candidate alone that somebody else prepares', async () => {
    await using other = unwrap(await connectUnix(join(program.folder, 'headend.sock')));
    const edit = '<headend xmlns="urn:sublane:params:xml:ns:yang:sublane-headend"><time-zone>UTC</time-zone></headend>';
    const edited = await other.editConfig({ target: 'candidate', config: edit });
    expect(edited.ok).toBe(true);
    expect(await config('diff')).toBe('+ /time-zone UTC\n');
    expect(await program.run(['config', 'rollback', '1'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('neither committed nor discarded'),
    });
    expect(await config('commit')).toMatch(/^\+ \/time-zone UTC\ncommitted: this is version \d+\n$/);
    expect(await config('show')).toContain('<time-zone>UTC</time-zone>');
  });
});
