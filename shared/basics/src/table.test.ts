import { expect, test } from 'vitest';
import { bytesText, durationText, rateText, table } from './table.ts';

test('columns are aligned, numbers to the right', () => {
  const text = table(
    ['NAME', 'COUNT'],
    [
      ['é', 7],
      ['films', 1200],
      ['x', undefined],
    ],
  );
  expect(text).toBe('NAME   COUNT\né          7\nfilms   1200\nx          -');
  expect(table(['NAME'], [], 'no lanes')).toBe('no lanes');
});

test.each([
  [7, '7 s'],
  [250, '4 min 10 s'],
  [3900, '1 h 05 min'],
  [90_000, '1 d 1 h'],
  [-3, '0 s'],
])('%d seconds read %s', (seconds, text) => expect(durationText(seconds)).toBe(text));

test.each([
  [5, '5 kbit/s'],
  [2500, '2.5 Mbit/s'],
  [1_000_000, '1 Gbit/s'],
])('%d kbit/s reads %s', (kilobits, text) => expect(rateText(kilobits)).toBe(text));

test.each([
  [812, '812 B'],
  [1500, '1.5 kB'],
  [20_000_000, '20 MB'],
])('%d bytes read %s', (count, text) => expect(bytesText(count)).toBe(text));
