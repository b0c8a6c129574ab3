import * as v from 'valibot';
import { ENDPOINT_EXPECTED, parseEndpoint } from './endpoint.ts';

/** What the parts of headend.yaml have in common. */
export const endpoint = v.pipe(
  v.string(ENDPOINT_EXPECTED),
  v.check((text) => parseEndpoint(text) !== undefined, ENDPOINT_EXPECTED),
);

/** One address, or a list. */
export const endpoints = v.union(
  [
    endpoint,
    v.pipe(v.array(endpoint), v.minLength(1, ENDPOINT_EXPECTED), v.maxLength(16, 'expected at most 16 addresses')),
  ],
  ENDPOINT_EXPECTED,
);
export const readEndpoints = (given: string | string[]) => [given].flat().map((one) => parseEndpoint(one)!);

export const fileName = v.pipe(v.string('expected a file name'), v.minLength(1, 'expected a file name'));
export const fileNames = v.pipe(
  v.array(fileName, 'expected a list of files'),
  v.minLength(1, 'expected at least one file'),
);

export const integer = (from: number, to: number) => {
  const expected = `expected a whole number from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};
export const count = (from: number, to: number, usual: number) => v.optional(integer(from, to), usual);

export const oneOf = <const T extends string>(words: readonly T[]) =>
  v.picklist(words, `expected one of ${words.join(', ')}`);
