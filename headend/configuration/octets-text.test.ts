import fc from 'fast-check';
import { expect, test } from 'vitest';
import { octetsOf, octetsText } from './octets-text.ts';

test.each<[number | string, number | undefined]>([
  [1, 1],
  ['50 GB', 50_000_000_000],
  ['50GB', 50_000_000_000],
  ['1.1 GB', 1_100_000_000],
  ['0.001 kB', 1],
  ['1.5 TiB', 1_649_267_441_664],
  ['2 KiB', 2048],
  ['7 B', 7],
  [0, undefined],
  [1.5, undefined],
  ['0.0001 kB', undefined],
  ['1.5 B', undefined],
  ['50', undefined],
  ['50 gb', undefined],
  ['50 kiB', undefined],
  ['-1 GB', undefined],
  ['1e3 B', undefined],
  ['10000 TB', undefined],
])('%j: %s bytes', (value, octets) => {
  expect(octetsOf(value)).toBe(octets);
});

test('what is shown is read back to the same', () => {
  const octets = fc.oneof(
    fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    fc
      .tuple(fc.integer({ min: 1, max: 8000 }), fc.constantFrom(1e3, 1e6, 1e9, 2 ** 10, 2 ** 40))
      .map(([a, b]) => a * b),
  );
  fc.assert(
    fc.property(octets, (value) => {
      expect(octetsOf(octetsText(value))).toBe(value);
    }),
  );
  expect([octetsText(5e10), octetsText(3 * 2 ** 30), octetsText(1001)]).toEqual(['50 GB', '3 GiB', 1001]);
});
