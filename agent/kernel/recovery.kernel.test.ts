import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unwrap } from '@sublane/basics';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeInLab } from '../../test/lab/describe-in-lab.ts';
import { Lab, mustRun, type Namespace, openAccessNetwork } from '../../test/lab/index.ts';
import { differences, hostState } from './host-state.fixture.ts';
import { enterNamespace } from './network-namespace.fixture.ts';
import { fromNow, labLane, SubscriberHost, upTo, wishFor } from './subscriber-host.fixture.ts';

describeInLab('a state directory that fails, and agents that meet', () => {
  let lab: Lab;
  let subscriber: SubscriberHost;
  let other: Namespace;
  let pristine: string;
  const validUntil = fromNow(3_600_000);
  const wish = wishFor(labLane(1, { validUntil, upld: upTo(1000) }));
  const next = wishFor(labLane(1, { validUntil, dscp: 0 }), labLane(2, { validUntil }));
  const state = () => hostState(subscriber.options.slice as string);

  beforeAll(async () => {
    lab = Lab.open();
    subscriber = new SubscriberHost(await openAccessNetwork(lab), lab);
    other = await lab.namespace('other');
    pristine = state();
  });
  afterAll(async () => {
    subscriber?.leave();
    await lab?.close();
  });
  afterEach(async () => {
    unwrap(await subscriber.engine().undo());
  });

  /** A file system of four pages, mounted for the time of a test. */
  async function onSmallDisk(name: string, use: (folder: string) => Promise<void>): Promise<void> {
    const folder = join(lab.folder, name);
    mkdirSync(folder);
    await mustRun(['mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder]);
    try {
      await use(folder);
    } finally {
      await mustRun(['umount', folder]);
    }
  }

  /** Writes until nothing more fits. */
  function fill(folder: string): void {
    for (let size = 4096; size >= 1; size /= 2)
      try {
        for (let count = 0; count < 64; count++)
          writeFileSync(join(folder, 'filling'), Buffer.alloc(size), { flag: 'a' });
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
  }

  test('a disk that is full: nothing is touched, and undo still takes all away', async () => {
    await onSmallDisk('full', async (stateDir) => {
      fill(stateDir);
      const fresh = subscriber.engine({ stateDir });
      expect(await fresh.converge(wish)).toMatchObject({
        ok: false,
        failure: { kind: 'journal', message: expect.stringContaining('ENOSPC') },
      });
      expect(state()).toBe(pristine);
      writeFileSync(join(stateDir, 'filling'), '');
      const engine = subscriber.engine({ stateDir });
      unwrap(await engine.converge(wish));
      const held = state();
      const journal = readFileSync(join(stateDir, 'journal'), 'utf8');
      fill(stateDir);
      // A wish long enough that its record does not fit into the rest of the journal's last page.
      const long = wishFor(...[1, 2, 3, 4, 5, 6].map((id) => labLane(id, { validUntil, name: 'x'.repeat(900) })));
      expect(await engine.converge(long)).toMatchObject({ ok: false, failure: { kind: 'journal' } });
      expect(state()).toBe(held);
      expect(readFileSync(join(stateDir, 'journal'), 'utf8')).toBe(journal);
      expect(unwrap(await engine.undo())).toEqual({ notes: [] });
      expect(differences(state(), pristine)).toEqual([]);
      expect(subscriber.engine({ stateDir }).current()).toBeUndefined();
    });
  });

  test('a disk that is read-only: nothing is touched, undo takes all away and says what it could not forget', async () => {
    await onSmallDisk('read-only', async (stateDir) => {
      unwrap(await subscriber.engine({ stateDir }).converge(wish));
      const held = state();
      await mustRun(['mount', '-o', 'remount,ro', stateDir]);
      const engine = subscriber.engine({ stateDir });
      expect(engine.current()).toEqual(wish);
      expect(unwrap(await engine.converge(wish)).steps).toBe(0);
      expect(await engine.converge(next)).toMatchObject({
        ok: false,
        failure: { kind: 'journal', message: expect.stringContaining('EROFS') },
      });
      expect(state()).toBe(held);
      const { notes } = unwrap(await engine.undo());
      expect(notes).toEqual([expect.stringMatching(/EROFS.*it still tells of lanes that are gone/)]);
      expect(differences(state(), pristine)).toEqual([]);
      await mustRun(['mount', '-o', 'remount,rw', stateDir]);
      unwrap(await subscriber.engine({ stateDir }).converge(next));
      unwrap(await subscriber.engine({ stateDir }).undo());
      expect(differences(state(), pristine)).toEqual([]);
    });
  });

  test('without any state directory, on a file system that takes none: undo goes by the marks', async () => {
    unwrap(await subscriber.engine().converge(next));
    await onSmallDisk('none', async (folder) => {
      await mustRun(['mount', '-o', 'remount,ro', folder]);
      const { notes } = unwrap(await subscriber.engine({ stateDir: join(folder, 'state') }).undo());
      expect(notes.join('\n')).toMatch(/cannot be locked: .*arp_ignore.* stay as they are/);
      const left = differences(state(), pristine);
      // What was borrowed is known to the journal alone.
      expect(left).toEqual(['- 0', '- 0', '+ 1', '+ 2']);
    });
  });

  test('names that were changed, or are not known any more: what stands by the old ones goes', async () => {
    const { slice } = subscriber.options;
    const names = {
      slice: `${slice}`.replace('.slice', 'b.slice'),
      table: 'lanes',
      tables: 610_000,
      preference: 20_000,
    };
    const known = { ...names, mark: 0x5c000000, protocol: 152, linkGroup: 0x5b1b, handle: 0x5b1b };
    unwrap(await subscriber.engine(known).converge(wish));
    // By the defaults, with the journal's word for it.
    unwrap(await subscriber.engine(known).converge(next));
    unwrap(await subscriber.engine({ asRemembered: true }).undo());
    expect(differences(state(), pristine)).toEqual([]);
    unwrap(await subscriber.engine().converge(wish));
    const held = state();
    unwrap(await subscriber.engine(known).converge(next));
    unwrap(await subscriber.engine().converge(wish));
    expect(differences(state(), held)).toEqual([]);
  });

  test('agents of one state directory at the same instant: each change is whole, who comes too late is told', async () => {
    const program = fileURLToPath(new URL('./converge-once.fixture.ts', import.meta.url));
    const wishes = [wish, next, wish, next];
    const ended = await Promise.all(
      wishes.map((one) =>
        subscriber.network.host.run([
          process.execPath,
          program,
          JSON.stringify(subscriber.options),
          JSON.stringify(one),
        ]),
      ),
    );
    expect(ended.map(({ stderr }) => stderr).join('')).toBe('');
    const outcomes = ended.map(({ stdout }) => stdout.trim());
    expect(new Set([...outcomes, 'reached', 'busy'])).toEqual(new Set(['reached', 'busy']));
    expect(outcomes).toContain('reached');
    const engine = subscriber.engine();
    expect(await engine.repair()).toEqual({ ok: true, value: undefined });
    expect([wish, next]).toContainEqual(engine.current());
    expect(unwrap(await engine.plan(engine.current() ?? wishFor())).steps).toEqual([]);
  });

  test('a slice of another network namespace’s agent is neither taken nor removed; one whose namespace is gone is', async () => {
    unwrap(await subscriber.engine().converge(wish));
    const held = state();
    const { slice } = subscriber.options;
    await other.ip(
      'link add uplink type veth peer name away',
      'link set uplink up',
      'address add 192.0.2.8/24 dev uplink',
    );
    const options = { stateDir: join(lab.folder, 'other'), slice: slice as string };
    const leave = enterNamespace(other.path);
    try {
      const stranger = subscriber.engine(options);
      const theirs = { ...wishFor(labLane(2, { validUntil })), uplink: 'uplink' };
      expect(await stranger.converge(theirs)).toMatchObject({
        ok: false,
        failure: { kind: 'occupied', what: slice, message: expect.stringContaining('cgroup-slice') },
      });
      expect(stranger.enter(1, process.pid)).toMatchObject({ ok: false });
      unwrap(await stranger.undo());
    } finally {
      leave();
    }
    expect(state()).toBe(held);
    // As if its namespace had gone: what is left is taken over.
    const { holdSlice } = await import('./slice-owner.ts');
    const [group] = unwrap(await subscriber.engine().observe()).lanes;
    holdSlice(join(group?.cgroup as string, '..'), 'net:[1]');
    unwrap(await subscriber.engine().converge(next));
    unwrap(await subscriber.engine().undo());
    expect(differences(state(), pristine)).toEqual([]);
  });
});
