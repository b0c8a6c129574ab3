import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, REASON_MAX, readAnswer } from './read-answer.ts';

const ASKED = new Set([1, 2]);
const read = (answer: unknown) => readAnswer(JSON.stringify(answer), ASKED);

describe('an answer', () => {
  it('may be a bare yes or no', () => {
    expect(read({ result: true })).toEqual({ ok: true, value: { allow: true, groups: new Map() } });
    expect(read({ result: false })).toMatchObject({ value: { allow: false } });
  });

  it('may say more, of the request and of each group', () => {
    const groups = { 1: { allow: false, reason: 'no' }, 2: { upld: 900.7, dnld: 1 } };
    expect(read({ result: { allow: true, reason: 'so', groups } })).toEqual({
      ok: true,
      value: {
        allow: true,
        reason: 'so',
        groups: new Map<number, object>([
          [1, { allow: false, reason: 'no' }],
          [2, { allow: true, upld: 900, dnld: 1 }],
        ]),
      },
    });
  });

  it('may have other documents of the package beside it', () => {
    expect(read({ result: { allow: true, busy_hours: [8, 9] }, decision_id: 'x', metrics: {} }).ok).toBe(true);
  });

  it('without a result is a document without a value', () => {
    expect(read({})).toEqual({ ok: false, failure: { kind: 'undefined' } });
    expect(read({ decision_id: 'x' })).toEqual({ ok: false, failure: { kind: 'undefined' } });
  });
});

describe('nonsense', () => {
  it.each<[unknown, string]>([
    [[], 'expected'],
    [{ result: null }, 'expected an object with allow'],
    [{ result: [] }, 'allow'],
    [{ result: {} }, 'allow'],
    [{ result: { allow: 'yes' } }, 'result.allow: expected true or false'],
    [{ result: { allow: true, reason: 1 } }, 'result.reason: expected a text'],
    [{ result: { allow: true, groups: { 1: { upld: 0 } } } }, 'result.groups.1.upld: expected a rate of at least 1'],
    [{ result: { allow: true, groups: { 1: { upld: '900' } } } }, 'result.groups.1.upld: expected a rate'],
    [{ result: { allow: true, groups: { 1: { dnlod: 900 } } } }, 'result.groups.1.dnlod'],
    [{ result: { allow: true, groups: { one: {} } } }, 'expected the number of a group'],
    [{ result: { allow: true, groups: { 3: {} } } }, 'it speaks of group 3, which was not asked for'],
    [{ result: { allow: true, groups: [{}] } }, 'result.groups'],
  ])('%j is not an answer, and it is said why', (answer, message) => {
    expect(read(answer)).toMatchObject({ failure: { kind: 'unusable', message: expect.stringContaining(message) } });
  });

  it.each(['', 'true', '{"result":', '<html>', '\u0000'])('%j is not JSON of an answer', (body) => {
    expect(readAnswer(body, ASKED)).toMatchObject({ failure: { kind: 'unusable' } });
  });

  it('of any kind throws nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.boolean(), (text, wrapped) => {
        const answer = readAnswer(wrapped ? `{"result":${text}}` : text, ASKED);
        expect(answer.ok || ['unusable', 'undefined'].includes(answer.failure.kind)).toBe(true);
      }),
    );
  });
});

describe('a reason', () => {
  it.each([
    ['  two\n\tlines ', 'two lines'],
    ['\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['safe\u202etxt.exe', 'safe txt.exe'],
    ['half \ud800', 'half'],
  ])('%j becomes %j', (text, clean) => expect(printable(text)).toBe(clean));

  it('is short and can be printed, whatever was said', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const clean = printable(text);
        expect([...clean].length).toBeLessThanOrEqual(REASON_MAX);
        expect(clean).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
