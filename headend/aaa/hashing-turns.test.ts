import { seconds, unwrap } from '@sublane/basics';
import { expect, test } from 'vitest';
import { HashingTurns } from './hashing-turns.ts';

/** Work that is done when told. */
function job() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { begun: false, end: resolve, fail: reject };
  return Object.assign(state, {
    work: () => {
      state.begun = true;
      return promise;
    },
  });
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('so many at once, the others in the order they came; what is too many is refused at once', async () => {
  const turns = new HashingTurns({ atOnce: 2, waiting: 2, retryAfter: seconds(3) });
  const jobs = Array.from({ length: 5 }, job);
  const done = jobs.map(({ work }) => turns.check(work));
  await settle();
  expect(jobs.map(({ begun }) => begun)).toEqual([true, true, false, false, false]);
  expect(await done[4]).toEqual({ ok: false, failure: { kind: 'authentication-busy', retryAfter: 3 } });
  jobs[1]!.end('one');
  expect(unwrap(await done[1]!)).toBe('one');
  await settle();
  expect(jobs.map(({ begun }) => begun)).toEqual([true, true, true, false, false]);
  for (const { end } of jobs) end('x');
  await Promise.all(done);
  expect(jobs[4]!.begun).toBe(false);
});

test('what fails gives its turn on', async () => {
  const turns = new HashingTurns({ atOnce: 1, waiting: 1 });
  const [bad, good] = [job(), job()];
  const first = turns.check(bad.work);
  const second = turns.check(good.work);
  bad.fail(new Error('no memory'));
  await expect(first).rejects.toThrow('no memory');
  good.end('fine');
  expect(unwrap(await second)).toBe('fine');
  expect(unwrap(await turns.check(async () => 'again'))).toBe('again');
});

test('an operator waits, however many hosts do', async () => {
  const turns = new HashingTurns({ atOnce: 1, waiting: 0 });
  const running = job();
  const first = turns.check(running.work);
  const made = turns.make(async () => 'hash');
  expect((await turns.check(async () => 'host')).ok).toBe(false);
  running.end('x');
  expect([unwrap(await first), await made]).toEqual(['x', 'hash']);
});
