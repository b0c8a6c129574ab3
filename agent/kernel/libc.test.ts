import { expect, test } from 'vitest';
import { errno, errnoName, libc } from './libc.ts';

test('calls the C library, and names why it refused', () => {
  expect(libc.close(-1)).toBe(-1);
  expect(errno()).toBe(9);
  libc.close(-1);
  expect(errnoName()).toBe('EBADF');
  expect(libc.fcntl(1, 3, 'int', 0)).toBeGreaterThanOrEqual(0);
});

test('of two names of a number takes the one that Node has, and says a number that has none', () => {
  expect([errnoName(11), errnoName(95), errnoName(524)]).toEqual(['EAGAIN', 'ENOTSUP', 'errno 524']);
});

test('each function is there', () => {
  // With nothing passed the call is refused before it is made; one that is missing is refused by its name.
  for (const [name, call] of Object.entries(libc))
    expect(() => (call as () => unknown)(), name).toThrow(/Expected \d+ arguments/);
});
