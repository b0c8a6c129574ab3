import { describe, expect, it } from 'vitest';
import { type LogRecord, placeOf, yangError } from './log-record.ts';

describe('the place in a message of libyang', () => {
  it.each([
    ['Data location "/m:a/b[c=\'1\']/d", line number 7.', { path: "/m:a/b[c='1']/d", line: 7 }],
    ['Data location "/m:a".', { path: '/m:a' }],
    ['Data location "/m:a[k="x", line number 3."]", line number 9.', { path: '/m:a[k="x", line number 3."]', line: 9 }],
    ['Schema location "/m:a/b".', { schemaPath: '/m:a/b' }],
    ['Schema location "/m:{grouping=\'g\'}/x", line number 2.', { schemaPath: "/m:{grouping='g'}/x", line: 2 }],
    ['Line number 12.', { line: 12 }],
    ['/m:a/b', { path: '/m:a/b' }],
    ['somewhere else', {}],
  ])('%s', (prose, place) => {
    expect(placeOf(prose)).toEqual(place);
  });

  it('takes a path with a line break whole', () => {
    expect(placeOf('Data location "/m:a[k=\'x\ny\']", line number 4.')).toEqual({ path: "/m:a[k='x\ny']", line: 4 });
  });
});

describe('a record of the log', () => {
  const record = (code: number, kind: number, message: string, appTag: string | null = null): LogRecord => [
    0,
    code,
    kind,
    null,
    appTag,
    message,
  ];

  it('names the code, also that of a plug-in', () => {
    expect(yangError(record(7, 9, 'x')).code).toBe('LY_EVALID');
    expect(yangError(record(0x80 | 7, 9, 'x')).code).toBe('LY_EVALID');
    expect(yangError(record(0x7f, 9, 'x')).code).toBe('LY_EPLUGIN');
  });

  it('tells the reason by app-tag before words', () => {
    expect(yangError(record(7, 9, 'Whatever the schema says.', 'too-few-elements')).reason).toBe('too-few-elements');
  });

  it('takes words of a schema’s own for must after parsing, for a value while parsing', () => {
    expect(yangError([0, 7, 9, 'Data location "/m:a".', 'own-tag', 'Own words.']).reason).toBe('must');
    expect(yangError([0, 7, 9, 'Data location "/m:a", line number 1.', 'own-tag', 'Own words.']).reason).toBe('value');
  });

  it('says something when libyang does not', () => {
    expect(yangError([0, 7, 1, null, null, null])).toEqual({
      message: 'LY_EVALID',
      code: 'LY_EVALID',
      reason: 'syntax',
    });
  });
});
