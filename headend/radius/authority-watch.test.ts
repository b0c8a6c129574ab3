import { expect, test } from 'vitest';
import { AuthorityWatch } from './authority-watch.ts';

const server = (name: string, state: 'unknown' | 'alive' | 'dead') => ({ authority: 'isp', name, state });

test('a server that stops answering is told of once, and once when it answers again', () => {
  const watch = new AuthorityWatch();
  const look = (...states: ('unknown' | 'alive' | 'dead')[]) =>
    watch.look(states.map((state, at) => server(`r${at}`, state))).map(({ server: name, state }) => `${name} ${state}`);
  expect(look('unknown', 'alive')).toEqual([]);
  expect(look('dead', 'dead')).toEqual(['r0 dead', 'r1 dead']);
  expect(look('dead', 'unknown')).toEqual([]);
  expect(look('alive', 'dead')).toEqual(['r0 alive']);
  expect(look('alive', 'alive')).toEqual(['r1 alive']);
  expect(look('alive', 'alive')).toEqual([]);
});

test('one that is no longer configured is forgotten', () => {
  const watch = new AuthorityWatch();
  expect(watch.look([server('a', 'dead')])).toHaveLength(1);
  expect(watch.look([])).toEqual([]);
  expect(watch.look([server('a', 'alive')])).toEqual([]);
});
