import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failed, ok, silentLog, unwrap } from '@sublane/basics';
import { elementText, rpcError } from '@sublane/netconf';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Commit, Datastore, Participant } from './datastore.ts';
import { filePersistence } from './file-persistence.ts';
import { type DatastoreOptions, openDatastores } from './open-datastores.ts';
import { running } from './testing/harness.ts';
import { lab } from './testing/lab.ts';

const inLab = (inside: string) => `<lab xmlns="urn:example:lab">${inside}</lab>`;

async function store(options: Partial<DatastoreOptions> = {}): Promise<Datastore> {
  const opened = await openDatastores({ schema: lab().context, log: silentLog, ...options });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  return opened.value.running;
}

const put = (one: Datastore, xml: string) => one.commit(() => ok(xml));

describe('a datastore', () => {
  test('holds what was committed, in canonical form', async () => {
    const one = await store();
    expect(one.read()).toMatchObject({ xml: '', elements: [], json: {} });
    const done = await put(one, inLab('<box><id>007</id></box><level>+5</level>'));
    expect(done.ok && done.value).toBe(one.read());
    expect(one.read().json).toEqual({ 'lab:lab': { level: 5, box: [{ id: 7 }] } });
    expect(one.read().xml).not.toContain('007');
  });

  test.each([
    ['a wrong type', '<level>many</level>', 'invalid-value', undefined],
    ['out of range', '<level>101</level>', 'invalid-value', undefined],
    ['a wrong pattern', '<name>UPPER</name>', 'invalid-value', undefined],
    ['too long', '<name>aaaaaaaaaaaaaaaaaaaaaaaaaaaa</name>', 'invalid-value', undefined],
    ['an unknown identity', '<colour>green</colour>', 'invalid-value', undefined],
    ['a dangling leafref (RFC 7950 §15.5)', '<first-box>9</first-box>', 'data-missing', 'instance-required'],
    ['must, with its own tag (§15.4)', '<box><id>1</id><size>1000</size></box>', 'operation-failed', 'too-large'],
    ['must, without (§15.4)', '<box><id>1</id><label>forbidden</label></box>', 'operation-failed', 'must-violation'],
    ['when (§8.3.1)', '<level>50</level><guarded>x</guarded>', 'unknown-element', undefined],
    [
      'unique (§15.1)',
      '<box><id>1</id><label>x</label></box><box><id>2</id><label>x</label></box>',
      'operation-failed',
      'data-not-unique',
    ],
    [
      'max-elements (§15.2)',
      '<few><name>a</name></few><few><name>b</name></few><few><name>c</name></few>',
      'operation-failed',
      'too-many-elements',
    ],
    ['min-elements (§15.3)', '<needs-two><two>a</two></needs-two>', 'operation-failed', 'too-few-elements'],
    ['a mandatory choice (§15.6)', '<pick/>', 'data-missing', 'missing-choice'],
    ['a mandatory leaf', '<options/>', 'data-missing', undefined],
    ['a feature that is off (§8.3.1)', '<extra>x</extra>', 'unknown-element', undefined],
    ['an unknown element', '<nobody/>', 'unknown-element', undefined],
    ['an unknown namespace', '<x xmlns="urn:nobody"/>', 'unknown-namespace', undefined],
    ['state', '<box><id>1</id><full>true</full></box>', 'unknown-element', undefined],
    ['a missing key', '<box><size>1</size></box>', 'missing-element', undefined],
    ['the same twice', '<name>a</name><name>b</name>', 'bad-element', undefined],
    ['two cases', '<box><id>1</id><apples>1</apples><pears>1</pears></box>', 'bad-element', undefined],
  ])('refuses %s and stays as it was', async (_, inside, tag, appTag) => {
    const one = await store({ initial: inLab('<name>a</name>') });
    const before = one.read();
    const done = await put(one, inLab(inside));
    expect(done.ok ? [] : done.failure.map((error) => [error.tag, error.appTag])).toEqual([[tag, appTag]]);
    expect(!done.ok && done.failure[0]?.message).toBeTruthy();
    expect(one.read()).toBe(before);
  });

  test('says which entries and which choice are meant (RFC 7950 §15.1, §15.6)', async () => {
    const one = await store();
    const info = async (inside: string) => {
      const done = await put(one, inLab(inside));
      return done.ok
        ? []
        : done.failure.flatMap((error) => error.info?.map((about) => [about.name, elementText(about)]) ?? []);
    };
    expect(await info('<box><id>1</id><label>x</label></box><box><id>2</id><label>x</label></box>')).toEqual([
      ['non-unique', "/lab:lab/lab:box[lab:id='1']/lab:label"],
      ['non-unique', "/lab:lab/lab:box[lab:id='2']/lab:label"],
    ]);
    expect(await info('<pick/>')).toEqual([['missing-choice', 'one']]);
  });

  test('does not open on what is not valid', async () => {
    const opened = await openDatastores({ schema: lab().context, log: silentLog, initial: inLab('<level>x</level>') });
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'invalid', errors: [{ tag: 'invalid-value' }] } });
  });

  test('commits one after another, each on what the last left', async () => {
    const one = await store();
    await Promise.all(
      Array.from({ length: 10 }, (_, id) =>
        one.commit(({ xml }) => ok(inLab(`${xml.replace(/<\/?lab[^>]*>/g, '')}<box><id>${id}</id></box>`))),
      ),
    );
    expect(one.read().xml.match(/<box>/g)).toHaveLength(10);
  });

  test('what was put comes back, and what is refused changes nothing', async () => {
    const one = await store();
    const config = fc.record({
      level: fc.integer({ min: -50, max: 150 }),
      ids: fc.uniqueArray(fc.nat(20), { maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(config, async ({ level, ids }) => {
        const before = one.read();
        const boxes = ids.map((id) => `<box><id>${id}</id></box>`).join('');
        const done = await put(one, inLab(`<level>${level}</level>${boxes}`));
        expect(done.ok).toBe(level >= 0 && level <= 100);
        if (!done.ok) {
          expect(one.read()).toBe(before);
          return;
        }
        const { box, ...rest } = one.read().json['lab:lab'] as { box?: { id: number }[] };
        expect(rest).toEqual({ level });
        expect(box?.map(({ id }) => id) ?? []).toEqual(ids);
      }),
    );
  });
});

describe('participants', () => {
  const recorder = (name: string, steps: string[], more: Partial<Participant> = {}): Participant => ({
    name,
    validate: () => {
      steps.push(`${name} validate`);
      return ok();
    },
    apply: async () => {
      steps.push(`${name} apply`);
      return ok();
    },
    confirm: () => void steps.push(`${name} confirm`),
    undo: () => void steps.push(`${name} undo`),
    ...more,
  });
  const refuse = () => failed([rpcError.inUse('application', { message: 'leases are held' })]);

  test('validate, apply, persist, confirm: in order', async () => {
    const steps: string[] = [];
    const persistence = { load: async () => undefined, save: async () => void steps.push('save') };
    const one = await store({ participants: [recorder('a', steps), recorder('b', steps)], persistence });
    await put(one, inLab('<name>a</name>'));
    expect(steps).toEqual(['a validate', 'b validate', 'a apply', 'b apply', 'save', 'a confirm', 'b confirm']);
  });

  test('are told what changes', async () => {
    const seen: Commit[] = [];
    const one = await store({
      initial: inLab('<name>a</name>'),
      participants: [
        {
          name: 'a',
          validate(commit) {
            seen.push(commit);
            return ok();
          },
        },
      ],
    });
    await put(one, inLab('<name>b</name>'));
    expect(seen[0]?.changes).toEqual([{ operation: 'update', path: '/lab:lab/name' }]);
    expect(seen[0]?.before.json).toEqual({ 'lab:lab': { name: 'a' } });
    expect(seen[0]?.after).toBe(one.read());
  });

  test('are not asked where nothing changes, nor beyond validate for a test', async () => {
    const steps: string[] = [];
    const one = await store({ initial: inLab('<name>a</name>'), participants: [recorder('a', steps)] });
    await put(one, inLab('<name>a</name>'));
    expect(steps).toEqual([]);
    await one.commit(() => ok(inLab('<name>b</name>')), { testOnly: true });
    expect(steps).toEqual(['a validate']);
    expect(one.read().json).toEqual({ 'lab:lab': { name: 'a' } });
  });

  test.each([
    ['validate', ['a validate']],
    ['apply', ['a validate', 'b validate', 'c validate', 'a apply', 'a undo']],
  ] as const)('one that refuses to %s stops it, and what was applied is taken back', async (step, expected) => {
    const steps: string[] = [];
    const one = await store({
      participants: [recorder('a', steps), recorder('b', steps, { [step]: refuse }), recorder('c', steps)],
    });
    const before = one.read();
    const done = await put(one, inLab('<name>a</name>'));
    expect(done.ok ? [] : done.failure.map(({ tag }) => tag)).toEqual(['in-use']);
    expect(steps).toEqual(expected);
    expect(one.read()).toBe(before);
  });

  test('a save that fails takes everything back', async () => {
    const steps: string[] = [];
    const persistence = {
      load: async () => undefined,
      save: async () => {
        throw new Error('disk full');
      },
    };
    const one = await store({ participants: [recorder('a', steps), recorder('b', steps)], persistence });
    const done = await put(one, inLab('<name>a</name>'));
    expect(done.ok ? [] : done.failure.map(({ tag }) => tag)).toEqual(['operation-failed']);
    expect(steps.slice(-2)).toEqual(['b undo', 'a undo']);
    expect(one.read().xml).toBe('');
  });

  test('one that throws refuses; one that cannot undo is reported', async () => {
    const steps: string[] = [];
    const bug = () => {
      throw new Error('bug');
    };
    const one = await store({
      participants: [recorder('a', steps, { undo: bug }), recorder('b', steps, { apply: bug })],
    });
    const done = await put(one, inLab('<name>a</name>'));
    expect(done.ok ? [] : done.failure.map(({ tag }) => tag)).toEqual(['operation-failed', 'rollback-failed']);
    expect(JSON.stringify(done)).not.toContain('bug');
  });
});

describe('a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'datastore-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('holds the configuration for the next start', async () => {
    const path = join(folder, 'running.xml');
    const first = await store({ persistence: filePersistence(path), initial: inLab('<name>a</name>') });
    expect(first.read().json).toEqual({ 'lab:lab': { name: 'a' } });
    await put(first, inLab('<name>b</name>'));
    expect(await readFile(path, 'utf8')).toBe(first.read().xml);
    const second = await store({ persistence: filePersistence(path), initial: inLab('<name>a</name>') });
    expect(second.read().json).toEqual({ 'lab:lab': { name: 'b' } });
    expect(await readdir(folder)).toEqual(['running.xml']);
  });

  test('holds what a start restores, and what it begins with', async () => {
    const path = join(folder, 'more.xml');
    const options = { persistence: filePersistence(path), initial: inLab('<name>a</name>') };
    const first = await running('', { ...options, candidate: true });
    unwrap(await first.candidate!.edit(() => ok(inLab('<name>b</name>'))));
    unwrap(await first.candidate!.commit({ confirmed: { timeout: 600, persist: 'p' } }));
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      running: inLab('<name>b</name>'),
      revertTo: inLab('<name>a</name>'),
    });
    await first.close();
    const second = await running('', { ...options, candidate: true, startup: true });
    expect(second.running.read().json).toEqual({ 'lab:lab': { name: 'a' } });
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      running: inLab('<name>a</name>'),
      startup: inLab('<name>a</name>'),
    });
    unwrap(await second.startup!.replace(() => ok(inLab('<name>s</name>'))));
    const third = await running('', { ...options, startup: true });
    expect(third.running.read().json).toEqual({ 'lab:lab': { name: 's' } });
  });

  test('half written by a crash is not looked at', async () => {
    const path = join(folder, 'crashed.xml');
    await writeFile(path, inLab('<name>old</name>'));
    await writeFile(join(folder, '.crashed.xml.next'), '<lab xmlns="urn:exam');
    const one = await store({ persistence: filePersistence(path) });
    expect(one.read().json).toEqual({ 'lab:lab': { name: 'old' } });
    await put(one, inLab('<name>new</name>'));
    expect(await readFile(path, 'utf8')).toContain('new');
  });
});
