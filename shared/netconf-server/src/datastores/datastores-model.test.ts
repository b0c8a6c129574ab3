import { failed, ManualClock, milliseconds, ok, type Result } from '@sublane/basics';
import { type RpcError, rpcError } from '@sublane/netconf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Commit, Participant, Saved } from '../datastore.ts';
import type { Datastores } from '../datastores.ts';
import type { Session } from '../session.ts';
import { DatastoresModel, type Step } from '../testing/datastores-model.ts';
import { inLab, running } from '../testing/harness.ts';
import { MemoryPersistence } from '../testing/memory-persistence.ts';

const xmlOf = (value: string) => inLab(`<name>${value}</name>`);
const nameIn = (xml: string) => /<name>(.*?)<\/name>/.exec(xml)?.[1] ?? '';
const savedText = ({ running, revertTo }: Saved) =>
  revertTo === undefined ? nameIn(running) : `${nameIn(running)} revert-to ${nameIn(revertTo)}`;

/** Keeps every state that was ever on disk. */
class Recorded extends MemoryPersistence {
  readonly seen: string[] = [];

  override async save(...what: Parameters<MemoryPersistence['save']>): Promise<void> {
    await super.save(...what);
    this.seen.push(savedText(what[0]));
  }
}

/** The real datastores, with two sessions that come back after they ended. */
class Real {
  readonly persistence = new Recorded();
  readonly clock = new ManualClock();
  readonly #participants: readonly Participant[];
  datastores!: Datastores;
  #sessions: Session[] = [];
  #lastId = 0;

  constructor(participants: readonly Participant[] = []) {
    this.#participants = participants;
  }

  async start(): Promise<void> {
    const { persistence, clock } = this;
    const participants = this.#participants;
    this.datastores = await running(xmlOf('a'), { candidate: true, persistence, clock, participants });
    this.#sessions = [this.#session(), this.#session()];
  }

  #session(): Session {
    const identity = { user: 'ann', role: 'host' };
    const id = ++this.#lastId;
    return { id, identity, transport: 'other', startedAt: new Date(0), close: () => {}, closeWhenIdle: () => {} };
  }

  async take(step: Step): Promise<string> {
    const { datastores, persistence, clock } = this;
    const candidate = datastores.candidate!;
    switch (step.kind) {
      case 'lock':
        return said(await datastores.locks.take(step.name, this.#sessions[step.who]!));
      case 'unlock':
        return said(await datastores.locks.release(step.name, this.#sessions[step.who]!));
      case 'edit': {
        const edit = () => ok(xmlOf(step.value));
        const session = this.#sessions[step.who]!;
        const done =
          step.name === 'running' ? datastores.running.commit(edit, { session }) : candidate.edit(edit, { session });
        return said(await done);
      }
      case 'commit': {
        const { who, confirmed, persist, persistId } = step;
        const trial = confirmed === undefined ? {} : { confirmed: { timeout: confirmed, ...(persist && { persist }) } };
        return said(
          await candidate.commit({ session: this.#sessions[who]!, ...trial, ...(persistId && { persistId }) }),
        );
      }
      case 'cancel':
        return said(
          await candidate.cancel({
            session: this.#sessions[step.who]!,
            ...(step.persistId && { persistId: step.persistId }),
          }),
        );
      case 'discard':
        return said(await candidate.discard({ session: this.#sessions[step.who]! }));
      case 'end':
        datastores.sessionEnded(this.#sessions[step.who]!);
        this.#sessions[step.who] = this.#session();
        await datastores.settled();
        return 'ok';
      case 'pass':
        await clock.advance(milliseconds(step.seconds * 1000));
        await datastores.settled();
        return 'ok';
      case 'restart':
        await datastores.close();
        await this.start();
        return 'ok';
      case 'full': {
        persistence.full = true;
        const answer = await this.take(step.step);
        persistence.full = false;
        return answer;
      }
    }
  }
}

function said(result: Result<unknown, RpcError | readonly RpcError[]>): string {
  if (result.ok) return 'ok';
  return [result.failure].flat().map(({ tag }) => tag)[0] ?? '';
}

const who = fc.nat(1);
const name = fc.constantFrom('running' as const, 'candidate' as const);
const token = fc.constantFrom('p', 'q');
const edit = fc.record({ kind: fc.constant('edit' as const), who, name, value: fc.constantFrom('a', 'b', 'c') });
const commit = fc.record(
  { kind: fc.constant('commit' as const), who, confirmed: fc.constantFrom(5, 20), persist: token, persistId: token },
  { requiredKeys: ['kind', 'who'] },
);
const cancel = fc.record(
  { kind: fc.constant('cancel' as const), who, persistId: token },
  { requiredKeys: ['kind', 'who'] },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: edit, weight: 5 },
  { arbitrary: commit, weight: 6 },
  { arbitrary: fc.record({ kind: fc.constantFrom('lock' as const, 'unlock' as const), who, name }), weight: 4 },
  { arbitrary: cancel, weight: 2 },
  { arbitrary: fc.record({ kind: fc.constantFrom('discard' as const, 'end' as const), who }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 6, 30) }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('restart' as const) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('full' as const), step: fc.oneof(edit, commit, cancel) }), weight: 1 },
);

test('two sessions, time and crashes: every answer, every state, and every state on disk is that of the model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), async (steps) => {
      const real = new Real();
      await real.start();
      const model = new DatastoresModel('a');
      for (const one of steps) {
        const before = model.saved;
        const expected = model.take(one);
        real.persistence.seen.length = 0;
        expect([one, await real.take(one)]).toEqual([one, expected]);
        expect([one, nameIn(real.datastores.running.read().xml)]).toEqual([one, model.running]);
        expect([one, nameIn(real.datastores.candidate!.read().xml)]).toEqual([one, model.candidate]);
        expect(real.datastores.candidate!.modified).toBe(model.draft !== undefined);
        for (const where of ['running', 'candidate'] as const)
          expect(real.datastores.locks.holder(where) !== undefined).toBe(model.locks.has(where));
        // On disk there was what there had been, or what is now; and now there is that.
        for (const state of real.persistence.seen) expect([before, model.saved]).toContain(state);
        const { saved } = real.persistence;
        if (saved !== undefined) expect([one, savedText(saved)]).toEqual([one, model.saved]);
      }
      await real.datastores.close();
    }),
    { numRuns: 200 },
  );
}, 60_000);

test('asked for at once, things happen in the order they were asked for', async () => {
  const eager = step.filter(({ kind }) => !['pass', 'restart', 'full', 'end'].includes(kind));
  await fc.assert(
    fc.asyncProperty(fc.array(eager, { maxLength: 30, size: 'max' }), async (steps) => {
      const real = new Real();
      await real.start();
      const model = new DatastoresModel('a');
      const answers = await Promise.all(steps.map((one) => real.take(one)));
      expect(answers).toEqual(steps.map((one) => model.take(one)));
      expect(nameIn(real.datastores.running.read().xml)).toBe(model.running);
      await real.datastores.close();
    }),
    { numRuns: 50 },
  );
}, 60_000);

test('whoever refuses, and whatever cannot be saved: the device, running and the disk are one', async () => {
  const refusals = fc.array(fc.boolean(), { minLength: 1, maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), refusals, async (steps, moods) => {
      let device = 'a';
      let asked = 0;
      const refuse = () => (moods[asked++ % moods.length] ? failed([rpcError.inUse('application')]) : ok());
      const participants: Participant[] = [
        {
          name: 'device',
          apply({ after }: Commit) {
            device = nameIn(after.xml);
            return ok();
          },
          undo({ before }: Commit) {
            device = nameIn(before.xml);
          },
        },
        { name: 'moody', validate: refuse, apply: refuse },
      ];
      const real = new Real(participants);
      await real.start();
      let restores: string | undefined;
      for (const one of steps) {
        await real.take(one);
        const { saved } = real.persistence;
        expect([one, device]).toEqual([one, nameIn(real.datastores.running.read().xml)]);
        if (saved === undefined) continue;
        expect([one, nameIn(saved.running)]).toEqual([one, device]);
        // What is to be restored is never another while it waits.
        if (restores !== undefined && saved.revertTo !== undefined) expect(nameIn(saved.revertTo)).toBe(restores);
        restores = saved.revertTo && nameIn(saved.revertTo);
      }
      await real.datastores.close();
    }),
    { numRuns: 150 },
  );
}, 60_000);
