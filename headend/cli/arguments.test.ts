import { describe, expect, it } from 'vitest';
import { durationArgument, integerArgument, timeArgument } from './arguments.ts';
import { parseConnect } from './connection.ts';

describe('times', () => {
  const read = timeArgument(() => Date.UTC(2026, 10, 21, 12));
  it.each([
    ['10m', '2026-11-21T11:50:00.000Z'],
    ['0s', '2026-11-21T12:00:00.000Z'],
    ['1d', '2026-11-20T12:00:00.000Z'],
    ['2026-11-21T10:00:00+01:00', '2026-11-21T09:00:00.000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ])('%s is %s', (text, at) => expect(read(text)).toBe(at));
  it.each(['', 'now', '10', '5 m', '2026-13-01', '-1h'])('%j is none', (text) =>
    expect(() => read(text)).toThrow('Expected a time'),
  );
});

describe('whole numbers', () => {
  const read = integerArgument(1, 10);
  it('in the range', () => expect(read('10')).toBe(10));
  it.each(['0', '11', '1.5', '1e1', '', 'x'])('%j is none', (text) => expect(() => read(text)).toThrow('from 1 to 10'));
});

describe('how long', () => {
  const read = durationArgument(60, 2_592_000);
  it.each([
    ['60s', 60],
    ['30m', 1800],
    ['12h', 43_200],
    ['1d', 86_400],
    ['30d', 2_592_000],
  ])('%s is %d s', (text, seconds) => expect(read(text)).toBe(seconds));
  it.each(['', '59s', '31d', '0d', '60', '1w', '1.5h', '-1d', '999999999d', '1d '])('%j is none', (text) =>
    expect(() => read(text)).toThrow('Expected 60 s to'),
  );
});

describe('--connect', () => {
  it.each([
    ['ssh://olga@edge.example', { user: 'olga', host: 'edge.example', port: 830 }],
    ['ssh://olga@127.0.0.1:8830', { user: 'olga', host: '127.0.0.1', port: 8830 }],
    ['ssh://olga@[2001:db8::1]:22', { user: 'olga', host: '2001:db8::1', port: 22 }],
    ['ssh://a%40b@h', { user: 'a@b', host: 'h', port: 830 }],
  ])('%s', (text, target) => expect(parseConnect(text)).toEqual(target));
  it.each(['', 'edge', 'olga@edge', 'ssh://edge', 'http://olga@edge', 'ssh://olga:secret@edge', 'ssh://olga@edge/x'])(
    '%j is no address',
    (text) => expect(parseConnect(text)).toBeUndefined(),
  );
});
