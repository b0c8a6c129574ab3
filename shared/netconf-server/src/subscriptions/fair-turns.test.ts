import { describe, expect, it } from 'vitest';
import { FairTurns } from './fair-turns.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('work in turns', () => {
  it('is done once, later, in the order it was asked for', async () => {
    const turns = new FairTurns();
    const done: string[] = [];
    const [a, b] = [() => void done.push('a'), () => void done.push('b')];
    for (const work of [a, b, a]) turns.book(work);
    expect(done).toEqual([]);
    await turn();
    expect(done).toEqual(['a', 'b']);
    turns.book(a);
    await turn();
    expect(done).toEqual(['a', 'b', 'a']);
  });

  it('lets others in, and is all done in the end', async () => {
    const turns = new FairTurns();
    let [done, between] = [0, 0];
    for (let number = 0; number < 100; number++) {
      turns.book(() => {
        done++;
        for (const end = performance.now() + 1; performance.now() < end; );
      });
    }
    while (done < 100) {
      await turn();
      between++;
    }
    expect(between).toBeGreaterThan(2);
  });

  it('is left undone where it was taken back', async () => {
    const turns = new FairTurns();
    const done: string[] = [];
    const work = () => void done.push('a');
    turns.book(work);
    turns.cancel(work);
    await turn();
    expect(done).toEqual([]);
  });
});
