import { unwrap } from '@sublane/basics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeRecord, type JournalRecord, type JournalState, readJournal } from '../lanes/journal.ts';
import { JournalKeeper } from '../lanes/journal-keeper.ts';
import { JournalFile } from './journal-file.ts';
import { LossyDisk, PowerLost } from './lossy-disk.fixture.ts';

const SCOPE = { boot: 'b', namespace: 'n' };
const STATE_DIR = '/var/lib/sublane/lanes';

/** Each tells of a wish of its own, so that states can be told apart. */
const record = (kind: JournalRecord['kind'], number: number): JournalRecord =>
  ({
    kind,
    reached: { wish: { uplink: `eth${number}`, lanes: [] }, uplink: {} as never },
    borrowed: [[`net/x${number % 3}`, { value: '1', old: String(number) }]],
    ...(kind === 'begin' && { steps: ['ip link add'] }),
  }) as JournalRecord;

/** What a walk of `begin` and `reached` records is, as an engine writes them. */
const walks = fc.array(fc.constantFrom<JournalRecord['kind']>('begin', 'reached'), { minLength: 1, maxLength: 4 });

const text = ({ reached, borrowed, open }: JournalState) => JSON.stringify([reached, [...borrowed], open]);

function keeperOn(disk: LossyDisk): JournalKeeper {
  const keeper = new JournalKeeper(new JournalFile(STATE_DIR, disk), SCOPE);
  unwrap(keeper.load());
  return keeper;
}

describe('a journal after the power was gone', () => {
  test('tells the last state written, or the one that was being written, at every byte', () => {
    fc.assert(
      fc.property(
        walks,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        (kinds, random) => {
          const chance = () => random.next().value as number;
          for (let at = 0; ; at++) {
            const disk = new LossyDisk();
            let keeper = keeperOn(disk);
            const acknowledged = [text(keeper.state)];
            let ended = true;
            disk.failsAfter = at;
            for (const [index, kind] of kinds.entries()) {
              const before = acknowledged.at(-1) as string;
              // The power goes: the state may be either of two.
              const lost = attempt(() => unwrap(keeper.write(record(kind, index))));
              if (!lost) {
                acknowledged.push(text(keeper.state));
                continue;
              }
              ended = false;
              const being = text(followed(keeper, record(kind, index)));
              disk.loseWhatIsNotDurable(chance);
              keeper = keeperOn(disk);
              expect([before, being]).toContain(text(keeper.state));
              // And it is written on.
              unwrap(keeper.write(record('reached', 99)));
              expect(text(keeperOn(disk).state)).toBe(text(keeper.state));
              break;
            }
            if (ended) {
              disk.loseWhatIsNotDurable(chance);
              expect(text(keeperOn(disk).state)).toBe(acknowledged.at(-1));
              return;
            }
          }
        },
      ),
      { numRuns: 4 },
    );
  });

  test('is replaced as a whole or not at all', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })), (random) => {
        const chance = () => random.next().value as number;
        for (let at = 0; ; at++) {
          const disk = new LossyDisk();
          const store = new JournalFile(STATE_DIR, disk);
          unwrap(store.append('the first\n'));
          disk.failsAfter = at;
          if (!attempt(() => unwrap(store.replace('the second, which is longer\n')))) {
            disk.loseWhatIsNotDurable(chance);
            expect(unwrap(store.read())).toBe('the second, which is longer\n');
            return;
          }
          disk.loseWhatIsNotDurable(chance);
          expect(['the first\n', 'the second, which is longer\n']).toContain(unwrap(store.read()));
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('a full disk', () => {
  test('refuses at any byte, and the journal is as it was', () => {
    for (let room = 0; room < encodeRecord(record('begin', 2), SCOPE).length; room++) {
      const disk = new LossyDisk();
      const keeper = keeperOn(disk);
      unwrap(keeper.write(record('reached', 1)));
      const before = unwrap(new JournalFile(STATE_DIR, disk).read());
      disk.room = room;
      const refused = keeper.write(record('begin', 2));
      expect(refused).toMatchObject({
        ok: false,
        failure: { kind: 'journal', message: expect.stringMatching(/ENOSPC/) },
      });
      expect(unwrap(new JournalFile(STATE_DIR, disk).read())).toBe(before);
      disk.room = Number.POSITIVE_INFINITY;
      unwrap(keeper.write(record('begin', 3)));
      expect(text(keeperOn(disk).state)).toBe(text(keeper.state));
    }
  });
});

test('a damaged line in the middle hides nothing that follows', () => {
  const disk = new LossyDisk();
  const keeper = keeperOn(disk);
  for (const number of [1, 2, 3]) unwrap(keeper.write(record('reached', number)));
  const whole = unwrap(new JournalFile(STATE_DIR, disk).read());
  const lines = whole.split('\n');
  for (const index of [0, 1]) {
    const hurt = lines.with(index, (lines[index] as string).replace('eth', 'xth')).join('\n');
    const { state, damaged } = readJournal(hurt, SCOPE);
    expect({ damaged, state: text(state) }).toEqual({ damaged: true, state: text(keeper.state) });
  }
});

/** Whether the power went. */
function attempt(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof PowerLost || String(error).includes('the power is gone')) return true;
    throw error;
  }
}

function followed(keeper: JournalKeeper, next: JournalRecord): JournalState {
  const after = new JournalKeeper(new JournalFile(STATE_DIR, new LossyDisk()), SCOPE);
  unwrap(after.load());
  unwrap(after.write({ kind: 'reached', reached: keeper.state.reached, borrowed: [...keeper.state.borrowed] }));
  if (keeper.state.open)
    unwrap(after.write({ kind: 'begin', reached: undefined, borrowed: [...keeper.state.borrowed], steps: [] }));
  unwrap(after.write(next));
  return after.state;
}
