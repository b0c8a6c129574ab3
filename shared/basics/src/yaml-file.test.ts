import { expect, test } from 'vitest';
import { faultText, placesInYaml, readYaml, type Schema } from './yaml-file.ts';

const anything: Schema<unknown> = { '~standard': { validate: (value) => ({ value }) } };
const complaining = (path: PropertyKey[]): Schema<unknown> => ({
  '~standard': { validate: () => ({ issues: [{ message: 'expected better', path }] }) },
});

test('a fault names the line of the member', () => {
  const read = readYaml('a: 1\nlist:\n  - id: 5\n', 'some.yaml', complaining(['list', 0, 'id']));
  expect(read).toEqual({
    ok: false,
    failure: [{ where: 'some.yaml:3:9', path: 'list[0].id', message: 'expected better' }],
  });
});

test('a missing member is placed at its parent', () => {
  const read = readYaml('a: 1\nlist:\n  - id: 5\n', 'some.yaml', complaining(['list', 0, 'name']));
  expect(read.ok ? [] : read.failure.map(faultText)).toEqual(['some.yaml:3:5: list[0].name: expected better']);
});

test.each([
  ['a: 1\na: 2\n', 'some.yaml:2:1'],
  ['a: [1, 2\n', 'some.yaml:2:1'],
  ['a: !secret b\n', 'some.yaml:1:4'],
])('%j is no YAML we take', (text, where) => {
  const read = readYaml(text, 'some.yaml', anything);
  expect(read.ok ? undefined : read.failure[0]?.where).toBe(where);
});

test.each([
  ['a: *b\n', 'Unresolved alias'],
  [
    `a: &a [1, 1]\nb: [${Array(60).fill('*a')}]\nc: &c [${Array(60).fill('*a')}]\nd: [${Array(60).fill('*c')}]\n`,
    'Excessive alias count',
  ],
])('aliases that lead nowhere, or too far, are faults', (text, message) => {
  const read = readYaml(text, 'some.yaml', anything);
  expect(read.ok ? [] : read.failure.map(faultText)).toEqual([expect.stringContaining(`some.yaml: ${message}`)]);
});

test('a fault that is found later has its line too', () => {
  const placeOf = placesInYaml('a: 1\nlist:\n  - id: 5\n', 'some.yaml');
  expect(placeOf(['list', 0, 'id'])).toEqual({ where: 'some.yaml:3:9', path: 'list[0].id' });
  expect(placeOf(['list', 0, 'name'])).toEqual({ where: 'some.yaml:3:5', path: 'list[0].name' });
  expect(placeOf([])).toEqual({ where: 'some.yaml:1:1', path: '' });
});

test('what is right comes through', () => {
  expect(readYaml('a: [1, two]\n', 'some.yaml', anything)).toEqual({ ok: true, value: { a: [1, 'two'] } });
});
