import { type RpcError, xmlElement } from '@sublane/netconf';
import { expect, test } from 'vitest';
import { reasonOf } from './agent-failure.ts';
import { isPrintable, printable } from './printable.ts';
import { refusalOf } from './refusal-of.ts';

test('nothing is left that moves a cursor, colours a screen or turns text around', () => {
  const bad = 'a\u001b[2Jb\u009b31mc\u202ed\u200be\u0000f\u2028g';
  expect(isPrintable(bad)).toBe(false);
  expect(printable(bad)).toBe('a\ufffd[2Jb\ufffd31mc\ufffdd\ufffde\ufffdf\ufffdg');
  expect(isPrintable(printable(bad))).toBe(true);
  expect(printable('two\r\nlines\tand more')).toBe('two lines and more');
  expect(isPrintable('Zürich – 東京 “calls”')).toBe(true);
});

test('and not more of it than fits', () => {
  expect(printable('x'.repeat(2_000))).toHaveLength(1_024);
  expect(printable('abcdef', 4)).toBe('abc…');
  expect(printable('😀😀😀', 2)).toBe('😀…');
  expect(printable('😀😀', 2)).toBe('😀😀');
});

test('a reason of the other side is printed so', () => {
  const reason = 'bye\u009b2J';
  expect(reasonOf({ kind: 'unreachable', headend: 'h', reason })).toBe('no session with the headend h: bye\ufffd2J');
  expect(reasonOf({ kind: 'malformed', reason })).toContain('bye\ufffd2J');
});

test.each([
  ['12', 12],
  ['0', undefined],
  ['-5', undefined],
  ['soon', undefined],
])('a refusal is read with care: retry-after %s', (text, retryAfter) => {
  const error: RpcError = {
    type: 'application',
    tag: 'access-denied',
    severity: 'error',
    appTag: 'pool\u001bempty',
    message: 'no\u009b2J',
    info: [
      xmlElement('refusal', 'urn:x', [
        xmlElement('retry-after', 'urn:x', [text]),
        xmlElement('rule', 'urn:x', ['r\u009b']),
      ]),
    ],
  };
  expect(refusalOf(error)).toEqual({
    tag: 'access-denied',
    code: 'pool\ufffdempty',
    message: 'no\ufffd2J',
    rule: 'r\ufffd',
    ...(retryAfter !== undefined && { retryAfter }),
  });
});
